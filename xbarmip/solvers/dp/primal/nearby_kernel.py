"""Exchanges between neighbouring layers, for deep networks.

A round of `exchange_kernel` goes through the outputs of the whole network whenever a layer is
lowered. Here only a few layers in a row change at a time: when the outputs before them exist, and
when those behind them must, stays as it is, so that all there is to go through are their own. They
are taken in order, so that both are at hand: outputs before exist as the layers gone through make
them, and those behind must exist as the layers not gone through yet ask for them.
"""

from xbarmip.compiled import compiled, inner
from xbarmip.solvers.dp.effort import NEIGHBOURS, TRIALS
from xbarmip.solvers.dp.primal.exchange_kernel import (
    below,
    crossbars_of,
    ends,
    ends_between,
    fits,
    latest_between,
    latest_ends,
    lower_one,
    raise_one,
)
from xbarmip.timing.tables import PRODUCER


@compiled
def exchanged_nearby(net, menu, r, goal, rounds, desk):  # type: ignore[no-untyped-def]
    """The crossbars of r after some rounds of exchanges between neighbours.

    r meets the target, and goes on to do so. Ends where the budget holds it, or nothing is saved.
    """
    target, budget = goal
    cost = crossbars_of(menu.sets, r)
    for _ in range(rounds):
        before = cost
        ends(net, r, 0, desk.end)
        latest_ends(net, r, target, desk.latest, len(r) - 1)
        for k in range(len(r)):
            desk.other[k] = r[k]
        for first in range(len(r)):
            last = min(len(r), first + NEIGHBOURS) - 1
            span = (first, last, _last_to_ask(net, first, last))
            for _ in range(TRIALS):
                cost -= _saved(net, menu, r, target, span, desk)
            ends_between(net, r, first, first, desk.end)
        if cost <= budget or cost == before:
            break
    return cost


@inner
def _last_to_ask(net, first, last):  # type: ignore[no-untyped-def]
    """The last layer that asks anything of those from `first` to `last`, or is among them."""
    for k in range(len(net.layer) - 2, last, -1):
        for e in range(net.into[k], net.into[k + 1]):
            if first <= net.edge[e, PRODUCER] <= last:
                return k
    return last


@inner
def _saved(net, menu, r, target, span, desk):  # type: ignore[no-untyped-def]
    """Raise one or two layers of a span, lower all of them; keep that in r if it is no dearer.

    What it saves. `desk.other` is r before and after.
    """
    other, state = desk.other, desk.state
    first, last, asker = span
    count, saved = last - first + 1, 0
    for _ in range(1 + below(state, 2)):
        raise_one(net, menu.largest, other, first + below(state, count), state)
    ends_between(net, other, first, last, desk.end)
    latest_between(net, other, target, desk.latest, span)
    late = 0  # more copies may make a layer late
    for k in range(first, last + 1):
        late += not fits(net, k, other[k], desk.end, desk.latest)
    if not late:
        begin = below(state, count)
        for step in range(count):
            k = first + (begin + step) % count
            if lower_one(net, other, k, desk):
                ends_between(net, other, k, last, desk.end)
                latest_between(net, other, target, desk.latest, (first, k, asker))
        for k in range(first, last + 1):
            saved += menu.sets[k] * (r[k] - other[k])
        if saved >= 0:
            for k in range(first, last + 1):
                r[k] = other[k]
    for k in range(first, last + 1):
        other[k] = r[k]
    return max(0, saved)
