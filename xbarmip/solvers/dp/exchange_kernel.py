"""The search of `exchange`, for `cycles`.

With all R fixed, the pipeline says when each output exists, and, read backwards from a target, when
it must exist at the latest. Between the two a layer may take fewer copies, which is seen by its own
steps alone. So an allocation that meets a target is made cheaper by lowering one layer after
another, as far as each can go. A round raises a few layers, lowers all others by what that gives
them, and keeps the outcome if it is no dearer. Where the budget holds it, the target is met.
"""

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.solvers.dp.table import NEVER

TOO_DEAR = 2  # budgets: an allocation that takes more is given up
SHARE = 8  # of what a target is missed by, this part is saved at once
RUN, FEW = 7, 4  # fewer than so many layers in a row, or anywhere, are raised in a round
PRIME, ROOT = 2**31 - 1, 48271  # of the pseudorandom numbers by Park and Miller (1988)


@compiled
def exchanged(table, sets, largest, r, target, budget, rounds, state):  # type: ignore[no-untyped-def]
    """The cheapest allocation found that meets the target, and its crossbars (NEVER: none).

    Begins with r, and changes it; takes R up to `largest`, of which the crossbars of all layers
    together must fit 62 bits. `state` is of the pseudorandom numbers, from 1 to PRIME - 1.
    """
    end, due = np.zeros((2, table.offset[-1] + 1), np.int64)
    if not _shorten(table, sets, largest, r, target, TOO_DEAR * budget, end, state):
        return r, NEVER
    _save(table, sets, r, target, end, due, state)
    cost = np.sum(r * sets)
    for _ in range(rounds):
        if cost <= budget:
            break
        other = r.copy()
        if _below(state, 2):
            for _ in range(1 + _below(state, FEW - 1)):
                _raise(table, largest, other, _below(state, len(r)), state)
        else:
            first = _below(state, len(r))
            for k in range(first, min(len(r), first + 2 + _below(state, RUN - 2))):
                _raise(table, largest, other, k, state)
        if _ends(table, other, 0, end) <= target:
            _save(table, sets, other, target, end, due, state)
            if np.sum(other * sets) <= cost:
                r, cost = other, np.sum(other * sets)
    return r, cost


@compiled
def _below(state, most):  # type: ignore[no-untyped-def]
    """A pseudorandom number from 0 to most - 1."""
    state[0] = state[0] * ROOT % PRIME
    return state[0] * most // PRIME


@compiled
def _ends(table, r, first, end):  # type: ignore[no-untyped-def]
    """Fill `end`, the cycle in which each output exists, from layer `first` on; cycles in all."""
    into, total = table.needs.into, 0
    for k in range(first, len(r)):
        at, count, time = table.offset[k], table.outputs[k], 0
        for x in range(0, count, r[k]):
            made = min(x + r[k], count)
            time += 1
            for e in range(into[k], into[k + 1]):
                time = max(time, end[table.asked[table.asked_start[e] + made]])
            end[at + x + 1 : at + made + 1] = time
    for k in range(len(r)):
        if table.sink[k] > 0:
            total = max(total, end[table.offset[k + 1]])
    return total


@compiled
def _dues(table, r, target, due, last):  # type: ignore[no-untyped-def]
    """Fill `due`, the latest cycle in which each output may come if the target is to be met.

    Of the layers up to `last`; the others have theirs already.
    """
    needs = table.needs
    due[: table.offset[last + 1] + 1] = NEVER
    for k in range(len(r) - 1, -1, -1):
        at, count, asks = table.offset[k], table.outputs[k], k <= last
        for e in range(needs.into[k], needs.into[k + 1]):
            asks |= needs.producer[e] <= last
        if not asks:
            continue
        if table.sink[k] > 0:
            due[at + count] = min(due[at + count], target)
        if k <= last:
            for x in range(at + count - 1, at, -1):
                due[x] = min(due[x], due[x + 1])
        time = NEVER
        for x in range((count - 1) // r[k] * r[k], -1, -r[k]):
            time = min(time - 1, due[at + x + 1])
            for e in range(needs.into[k], needs.into[k + 1]):
                place = table.asked[table.asked_start[e] + min(x + r[k], count)]
                due[place] = min(due[place], time)


@compiled
def _fits(table, k, r, end, due):  # type: ignore[no-untyped-def]
    """Whether the target is met with R_k = r and all others as they are."""
    into, at, count, time = table.needs.into, table.offset[k], table.outputs[k], 0
    for x in range(0, count, r):
        time += 1
        for e in range(into[k], into[k + 1]):
            time = max(time, end[table.asked[table.asked_start[e] + min(x + r, count)]])
        if time > due[at + x + 1]:
            return False
    return True


@compiled
def _save(table, sets, r, target, end, due, state):  # type: ignore[no-untyped-def]
    """Lower the R of one layer after another, dear ones rather first; `end` is of r."""
    dear, order = _below(state, 3) / 2, np.empty(len(r))
    for k in range(len(r)):
        order[k] = -(float(sets[k]) ** dear) * (1 + _below(state, PRIME))
    _dues(table, r, target, due, len(r) - 1)
    for k in np.argsort(order):
        before, stride = r[k], r[k] // 2
        while stride > 0:
            while r[k] > stride and _fits(table, k, r[k] - stride, end, due):
                r[k] -= stride
            stride //= 2
        if r[k] < before:
            _ends(table, r, k, end)
            _dues(table, r, target, due, k)


@compiled
def _raise(table, largest, r, k, state):  # type: ignore[no-untyped-def]
    """Raise R_k to save a step of the layer or two, or by a few copies."""
    count = table.outputs[k]
    steps = (count - 1) // r[k] + 1
    if _below(state, 3):
        more = (count - 1) // max(1, steps - 1 - _below(state, 2)) + 1
    else:
        more = r[k] + 1 + _below(state, 3)
    r[k] = min(more, largest[k])


@compiled
def _shorten(table, sets, largest, r, target, most, end, state):  # type: ignore[no-untyped-def]
    """Raise layers until the target is met; False if that takes more than `most` crossbars.

    Of the layers on a critical path those that save much of it for few crossbars take as many
    copies as save a step: one when the target is near, otherwise several at once.
    """
    worth = np.empty(len(r))
    late = _ends(table, r, 0, end) - target
    while late > 0:
        steps = _critical_steps(table, r, end)
        for k in range(len(r)):
            worth[k] = 0.0
            if steps[k] > 1 and r[k] < largest[k]:
                more = _fewer_steps(table, largest, r, k, steps[k])
                worth[k] = (1 - r[k] / more) * steps[k] / (sets[k] * (more - r[k]))
                worth[k] *= PRIME + _below(state, 2 * PRIME)
        saved = 0.0
        for k in np.argsort(-worth):
            if worth[k] == 0 or SHARE * saved >= late:
                break
            more = _fewer_steps(table, largest, r, k, steps[k])
            saved += (1 - r[k] / more) * steps[k]
            r[k] = more
        if saved == 0 or np.sum(r * sets) > most:
            return False
        late = _ends(table, r, 0, end) - target
    return True


@compiled
def _fewer_steps(table, largest, r, k, steps):  # type: ignore[no-untyped-def]
    """The R of a layer that saves one of so many steps."""
    return min(largest[k], -(-r[k] * steps // (steps - 1)))


@compiled
def _critical_steps(table, r, end):  # type: ignore[no-untyped-def]
    """Steps of each layer on a path that ends last and on which no step waits."""
    needs, steps = table.needs, np.zeros(len(r), np.int64)
    k = -1
    for sink in range(len(r)):
        if table.sink[sink] > 0:
            last = k < 0 or end[table.offset[sink + 1]] > end[table.offset[k + 1]]
            k = sink if last else k
    x = table.outputs[k]
    while x > 0:
        steps[k] += 1
        before = (x - 1) // r[k] * r[k]
        time, made = end[table.offset[k] + x], min(before + r[k], table.outputs[k])
        x = before
        if before == 0 or end[table.offset[k] + before] < time - 1:
            for e in range(needs.into[k], needs.into[k + 1]):
                place = table.asked[table.asked_start[e] + made]
                if place > 0 and end[place] == time:
                    k, x = needs.producer[e], place - table.offset[needs.producer[e]]
                    break
    return steps
