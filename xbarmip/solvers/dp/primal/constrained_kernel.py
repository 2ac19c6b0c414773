"""The search of `constrained`: exchanges under sums with limits, of which the budget is one.

As in `exchange_kernel`, a target is kept while layers take fewer copies, one after another. Here a
layer stops where the sums come nearest to their limits within what the target allows it: the lowest
R and the former one are the ends of that, and a weight need not fall with R. What an allocation is
*over* is, over all sums, the part by which it exceeds the limit, in units of what the sum can vary.
A round is kept if it is over no more than before; where nothing is over, all limits are met.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import TOO_DEAR
from xbarmip.solvers.dp.primal.exchange_kernel import (
    PRIME,
    below,
    ends,
    fits,
    latest_ends,
    raise_some,
    shorten,
)
from xbarmip.solvers.dp.sorting import order_by


class Limits(NamedTuple):
    """Sums with limits; int64 arrays but for `unit`. The budget is the first.

    Attributes
    ----------
    first : shape (layers + 1,)
        Where the terms of each layer begin, in the next two.
    sums, begin : shape (terms,)
        Of which sum a term is, and behind which entry of `weights` that of R = 1 stands.
    weights : flat
    limit, total : shape (sums,)
        `total` is that of the allocation at hand.
    unit : float64 array, shape (sums,)
        What the sum can vary by.
    """

    first: Array
    sums: Array
    begin: Array
    weights: Array
    limit: Array
    total: Array
    unit: NDArray[np.float64]


@inner
def _over(limits):  # type: ignore[no-untyped-def]
    """By how much the sums are over their limits, in all."""
    over = 0.0
    for c in range(len(limits.total)):
        over += max(0, limits.total[c] - limits.limit[c]) / limits.unit[c]
    return over


@inner
def _fill(limits, r):  # type: ignore[no-untyped-def]
    """Fill the sums of an allocation; by how much they are over their limits, in all."""
    for c in range(len(limits.total)):
        limits.total[c] = 0
    for k in range(len(r)):
        for term in range(limits.first[k], limits.first[k + 1]):
            limits.total[limits.sums[term]] += limits.weights[limits.begin[term] + r[k]]
    return _over(limits)


@inner
def _change(limits, k, before, after):  # type: ignore[no-untyped-def]
    """How much more is over with R_k = after in place of `before`, which the sums are of."""
    change = 0.0
    for term in range(limits.first[k], limits.first[k + 1]):
        c, at = limits.sums[term], limits.begin[term]
        total, limit = limits.total[c], limits.limit[c]
        new = total + limits.weights[at + after] - limits.weights[at + before]
        change += (max(0, new - limit) - max(0, total - limit)) / limits.unit[c]
    return change


@inner
def _move(limits, k, before, after):  # type: ignore[no-untyped-def]
    """Have the sums follow a change of R_k."""
    for term in range(limits.first[k], limits.first[k + 1]):
        at = limits.begin[term]
        limits.total[limits.sums[term]] += limits.weights[at + after] - limits.weights[at + before]


@compiled
def exchanged_within(net, menu, limits, r, goal, rounds, desk):  # type: ignore[no-untyped-def]
    """Whether an allocation was found that meets a goal and all limits.

    Begins with r, and leaves the best one there.
    """
    target, budget = goal
    limits.limit[0] = budget
    if not shorten(net, menu, r, target, TOO_DEAR * budget, desk):
        return False
    over = _lower(net, menu.sets, limits, r, target, desk)
    other, state = desk.other, desk.state
    for _ in range(rounds):
        if over == 0:
            break
        raise_some(net, menu.largest, r, desk)
        _raise_for_nothing(menu.largest, limits, other, state)
        if ends(net, other, 0, desk.end) <= target:
            now = _lower(net, menu.sets, limits, other, target, desk)
            if now <= over:
                over = now
                for k in range(len(r)):
                    r[k] = other[k]
    return over == 0


@inner
def _raise_for_nothing(largest, limits, r, state):  # type: ignore[no-untyped-def]
    """Raise layers from one on as long as nothing is over for it."""
    _fill(limits, r)
    first = below(state, len(r))
    for step in range(len(r)):
        k = (first + step) % len(r)
        most = min(largest[k], r[k] + max(1, r[k] // 4))
        before = r[k]
        while r[k] < most and _change(limits, k, before, r[k] + 1) <= 0:
            r[k] += 1
        if r[k] > before:
            _move(limits, k, before, r[k])


@inner
def _lower(net, sets, limits, r, target, desk):  # type: ignore[no-untyped-def]
    """Lower the R of one layer after another, dear ones rather first; by how much r is over then.

    `desk.end` is of r. A layer is lowered as far as the target allows; it takes then of the numbers
    down to there the largest with which least is over, if the target is met with that as well.
    """
    dear = below(desk.state, 3) / 2
    for k in range(len(r)):
        desk.worth[k] = -(float(sets[k]) ** dear) * (1 + below(desk.state, PRIME))
    latest_ends(net, r, target, desk.latest, len(r) - 1)
    order_by(desk.worth, desk.order)
    over = _fill(limits, r)
    for at in range(len(r)):
        k = desk.order[at]
        if over <= 0:
            break
        before, low, stride = r[k], r[k], r[k] // 2
        while stride > 0:
            while low > stride and fits(net, k, low - stride, desk.end, desk.latest):
                low -= stride
            stride //= 2
        best, least, now = before, 0.0, _change(limits, k, before, low)
        for number in range(before - 1, low - 1, -1):
            change = _change(limits, k, before, number)
            if change < least:
                best, least = number, change
        if best not in (before, low) and not fits(net, k, best, desk.end, desk.latest):
            best = low if now < 0 else before
        if best < before:
            _move(limits, k, before, best)
            r[k] = best
            ends(net, r, k, desk.end)
            latest_ends(net, r, target, desk.latest, k)
        over = _over(limits)
    return over
