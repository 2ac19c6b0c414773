"""The search of `exchange`, where steps stall.

With all R fixed, the pipeline says when each output exists, and, read backwards from a target, when
it must exist at the latest. Between the two a layer may take fewer copies, which is seen by its own
steps alone. So an allocation that meets a target is made cheaper by lowering one layer after
another, as far as each can go. A round raises a few layers, lowers all others by what that gives
them, and keeps the outcome if it is no dearer. Where the budget holds it, the target is met.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import RAISED_ANYWHERE, RAISED_IN_A_ROW, SAVED_AT_ONCE, TOO_DEAR
from xbarmip.solvers.dp.sorting import order_by
from xbarmip.solvers.dp.table import NEVER, OFFSET, OUTPUTS, SINK, SearchTable
from xbarmip.timing.tables import PRODUCER, START

PRIME, ROOT = 2**31 - 1, 48271  # of the pseudorandom numbers by Park and Miller (1988)


class Menu(NamedTuple):
    """Crossbar set and largest R of each layer; all layers together must fit 62 bits."""

    sets: Array
    largest: Array


class Desk(NamedTuple):
    """What the search works with; int64 arrays but for `worth`.

    Attributes
    ----------
    end, latest : by output (see `Net`)
        The cycle in which each output exists; that in which it must exist.
    other, steps, order : shape (layers,)
        An allocation to try, steps on a critical path, layers in order of worth.
    worth : float64 array, shape (layers,)
    state : shape (1,)
        Of the pseudorandom numbers, from 1 to PRIME - 1.
    """

    end: Array
    latest: Array
    other: Array
    steps: Array
    order: Array
    worth: NDArray[np.float64]
    state: Array


def make_desk(table: SearchTable) -> Desk:
    """A desk for the layers and outputs of a network."""
    end, latest = np.zeros((2, int(table.offset[-1]) + 1), dtype=np.int64)
    other, steps, order = np.zeros((3, table.layers), dtype=np.int64)
    state = np.ones(1, dtype=np.int64)
    return Desk(end, latest, other, steps, order, np.zeros(table.layers), state)


@inner
def crossbars_of(sets, r):  # type: ignore[no-untyped-def]
    """The crossbars of an allocation."""
    total = 0
    for k in range(len(r)):
        total += r[k] * sets[k]
    return total


@compiled
def exchanged(net, menu, r, goal, rounds, desk):  # type: ignore[no-untyped-def]
    """The crossbars of the cheapest allocation found that meets a goal; NEVER where there is none.

    Begins with r, and leaves the allocation there.
    """
    target, budget = goal
    if not shorten(net, menu, r, target, TOO_DEAR * budget, desk):
        return NEVER
    _save(net, menu.sets, r, target, desk)
    cost, other = crossbars_of(menu.sets, r), desk.other
    for _ in range(rounds):
        if cost <= budget:
            break
        raise_some(net, menu.largest, r, desk)
        if ends(net, other, 0, desk.end) <= target:
            _save(net, menu.sets, other, target, desk)
            now = crossbars_of(menu.sets, other)
            if now <= cost:
                cost = now
                for k in range(len(r)):
                    r[k] = other[k]
    return cost


@inner
def below(state, most):  # type: ignore[no-untyped-def]
    """A pseudorandom number from 0 to most - 1."""
    state[0] = state[0] * ROOT % PRIME
    return state[0] * most // PRIME


@compiled
def ends(net, r, first, end):  # type: ignore[no-untyped-def]
    """Fill `end`, the cycle in which each output exists, from layer `first` on; cycles in all."""
    total = 0
    ends_between(net, r, first, len(r) - 1, end)
    for k in range(len(r)):
        if net.layer[k, SINK] > 0:
            total = max(total, end[net.layer[k + 1, OFFSET]])
    return total


@compiled
def ends_between(net, r, first, last, end):  # type: ignore[no-untyped-def]
    """Fill `end` of the layers from `first` to `last`; those before have theirs already."""
    for k in range(first, last + 1):
        at, count, time = net.layer[k, OFFSET], net.layer[k, OUTPUTS], 0
        for x in range(0, count, r[k]):
            made = min(x + r[k], count)
            time += 1
            for e in range(net.into[k], net.into[k + 1]):
                time = max(time, end[net.maps[net.edge[e, START] + made]])
            for output in range(at + x + 1, at + made + 1):
                end[output] = time


@compiled
def latest_ends(net, r, target, latest, last):  # type: ignore[no-untyped-def]
    """Fill `latest`, the cycle by which each output must come if the target is to be met.

    Of the layers up to `last`; the others have theirs already.
    """
    latest_between(net, r, target, latest, (0, last, len(r) - 1))


@compiled
def latest_between(net, r, target, latest, span):  # type: ignore[no-untyped-def]
    """Fill `latest` of the layers from the first to the last of `span`.

    The third of it is the last layer that asks anything of them. Those behind have theirs already;
    those before may lose it.
    """
    first, last, asker = span
    for output in range(net.layer[first, OFFSET] + 1, net.layer[last + 1, OFFSET] + 1):
        latest[output] = NEVER
    for k in range(asker, first - 1, -1):
        at, count, asks = net.layer[k, OFFSET], net.layer[k, OUTPUTS], k <= last
        for e in range(net.into[k], net.into[k + 1]):
            asks |= first <= net.edge[e, PRODUCER] <= last
        if not asks:
            continue
        if net.layer[k, SINK] > 0:
            latest[at + count] = min(latest[at + count], target)
        if k <= last:
            for x in range(at + count - 1, at, -1):
                latest[x] = min(latest[x], latest[x + 1])
        time = NEVER
        for x in range((count - 1) // r[k] * r[k], -1, -r[k]):
            time = min(time - 1, latest[at + x + 1])
            for e in range(net.into[k], net.into[k + 1]):
                entry = net.maps[net.edge[e, START] + min(x + r[k], count)]
                latest[entry] = min(latest[entry], time)


@compiled
def fits(net, k, r, end, latest):  # type: ignore[no-untyped-def]
    """Whether the target is met with R_k = r and all others as they are."""
    at, count, time = net.layer[k, OFFSET], net.layer[k, OUTPUTS], 0
    for x in range(0, count, r):
        time += 1
        for e in range(net.into[k], net.into[k + 1]):
            time = max(time, end[net.maps[net.edge[e, START] + min(x + r, count)]])
        # the step ends at `time` > the latest cycle of its first output
        if time > latest[at + x + 1]:
            return False
    return True


@inner
def _save(net, sets, r, target, desk):  # type: ignore[no-untyped-def]
    """Lower the R of one layer after another, dear ones rather first; `desk.end` is of r."""
    dear = below(desk.state, 3) / 2
    for k in range(len(r)):
        desk.worth[k] = -(float(sets[k]) ** dear) * (1 + below(desk.state, PRIME))
    latest_ends(net, r, target, desk.latest, len(r) - 1)
    order_by(desk.worth, desk.order)
    for at in range(len(r)):
        k = desk.order[at]
        if lower_one(net, r, k, desk):
            ends(net, r, k, desk.end)
            latest_ends(net, r, target, desk.latest, k)


@inner
def lower_one(net, r, k, desk):  # type: ignore[no-untyped-def]
    """Lower R_k as far as the target allows, all others being as they are; whether it was any."""
    before, stride = r[k], r[k] // 2
    while stride > 0:
        while r[k] > stride and fits(net, k, r[k] - stride, desk.end, desk.latest):
            r[k] -= stride
        stride //= 2
    return r[k] < before


@inner
def raise_some(net, most, r, desk):  # type: ignore[no-untyped-def]
    """Have `other` be r with some layers raised at random: anywhere, or some in a row."""
    other, state = desk.other, desk.state
    for k in range(len(r)):
        other[k] = r[k]
    if below(state, 2):
        for _ in range(1 + below(state, RAISED_ANYWHERE - 1)):
            raise_one(net, most, other, below(state, len(r)), state)
    else:
        first = below(state, len(r))
        for k in range(first, min(len(r), first + 2 + below(state, RAISED_IN_A_ROW - 2))):
            raise_one(net, most, other, k, state)


@inner
def raise_one(net, largest, r, k, state):  # type: ignore[no-untyped-def]
    """Raise R_k to save a step of the layer or two, or by a few copies."""
    count = net.layer[k, OUTPUTS]
    steps = (count - 1) // r[k] + 1
    if below(state, 3):
        more = (count - 1) // max(1, steps - 1 - below(state, 2)) + 1
    else:
        more = r[k] + 1 + below(state, 3)
    r[k] = min(more, largest[k])


@inner
def shorten(net, menu, r, target, most, desk):  # type: ignore[no-untyped-def]
    """Raise layers until the target is met; False if that takes more than `most` crossbars.

    Of the layers on a critical path those that save much of it for few crossbars take as many
    copies as save a step: one when the target is near, otherwise several at once.
    """
    sets, largest, steps, worth = menu.sets, menu.largest, desk.steps, desk.worth
    late = ends(net, r, 0, desk.end) - target
    while late > 0:
        critical_steps(net, r, desk.end, steps)
        for k in range(len(r)):
            worth[k] = 0.0
            if steps[k] > 1 and r[k] < largest[k]:
                more = _fewer_steps(largest, r, k, steps[k])
                value = (1 - r[k] / more) * steps[k] / (sets[k] * (more - r[k]))
                worth[k] = -value * (PRIME + below(desk.state, 2 * PRIME))
        saved = 0.0
        order_by(worth, desk.order)
        for at in range(len(r)):
            k = desk.order[at]
            if worth[k] == 0 or SAVED_AT_ONCE * saved >= late:
                break
            more = _fewer_steps(largest, r, k, steps[k])
            saved += (1 - r[k] / more) * steps[k]
            r[k] = more
        if saved == 0 or crossbars_of(sets, r) > most:
            return False
        late = ends(net, r, 0, desk.end) - target
    return True


@inner
def _fewer_steps(largest, r, k, steps):  # type: ignore[no-untyped-def]
    """The R of a layer that saves one of so many steps."""
    return min(largest[k], -(-r[k] * steps // (steps - 1)))


@compiled
def critical_steps(net, r, end, steps):  # type: ignore[no-untyped-def]
    """Fill `steps`: those of each layer on a path that ends last and on which no step waits."""
    k = -1
    for sink in range(len(r)):
        steps[sink] = 0
        if net.layer[sink, SINK] > 0:
            last = k < 0 or end[net.layer[sink + 1, OFFSET]] > end[net.layer[k + 1, OFFSET]]
            k = sink if last else k
    x = net.layer[k, OUTPUTS]
    while x > 0:
        steps[k] += 1
        before = (x - 1) // r[k] * r[k]
        time, made = end[net.layer[k, OFFSET] + x], min(before + r[k], net.layer[k, OUTPUTS])
        x = before
        if before == 0 or end[net.layer[k, OFFSET] + before] < time - 1:
            for e in range(net.into[k], net.into[k + 1]):
                entry = net.maps[net.edge[e, START] + made]
                if entry > 0 and end[entry] == time:
                    k = net.edge[e, PRODUCER]
                    x = entry - net.layer[k, OFFSET]
                    break
