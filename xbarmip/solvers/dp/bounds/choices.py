"""The cheapest R of every layer at some multipliers, for `multipliers`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.state.bounds import Windows


class Rated(NamedTuple):
    """Paths with their multipliers; `begin`, `end` of shape (paths, layers) are 0 off the path."""

    multiplier: NDArray[np.float64]
    begin: Array
    end: Array


class Charged(NamedTuple):
    """What linear constraints add to prices.

    Attributes
    ----------
    on : bool array, shape (layers,)
        Whether they add anything to those of a layer.
    start : int64 array, shape (layers + 1,)
    extra : float64 array
        extra[start[k] + R - low_k] is added.
    """

    on: NDArray[np.bool_]
    start: Array
    extra: NDArray[np.float64]


def cheapest_choices(windows: Windows, rated: Rated, charged: Charged) -> Array:
    """For every layer the R of its window that is cheapest."""
    cheapest, number = windows.low.copy(), np.empty(len(rated.multiplier), dtype=np.int64)
    look = np.empty(int((windows.high - windows.low).max()) + 1, dtype=np.int64)
    _fill_cheapest(windows, rated, charged, number, look, cheapest)
    return cheapest


@compiled
def _fill_cheapest(windows, rated, charged, number, look, cheapest):  # type: ignore[no-untyped-def]
    """Fill `cheapest`; `number` takes the paths that count in a layer, `look` is of its window."""
    begin, end = rated.begin, rated.end
    for k in range(len(cheapest)):
        low, high, count = windows.low[k], windows.high[k], 0
        for p in range(len(number)):
            if rated.multiplier[p] > 0 and end[p, k] > 0:
                number[count] = p
                count += 1
        _mark(end, k, number, count, (low, high), look)
        least, start = np.inf, charged.start[k]
        for r in range(low, high + 1):
            if look[r - low] == 0 and not charged.on[k]:
                continue
            price = windows.sets[k] * r + charged.extra[start + r - low]
            for i in range(count):
                p = number[i]
                steps = (end[p, k] - 1) // r - (begin[p, k] - 1) // r
                price += rated.multiplier[p] * steps
            if price < least:
                least, cheapest[k] = price, r


@inner
def _mark(end, k, number, count, window, look):  # type: ignore[no-untyped-def]
    """Mark which R of a window may be cheapest: the least, and where a leg takes a step less."""
    low, high = window
    for i in range(high - low + 1):
        look[i] = i == 0
    for i in range(count):
        last = end[number[i], k]
        fewest, most = (last - 1) // high + 1, (last - 1) // low + 1
        # more steps to mark than there are R
        if most - fewest > high - low:
            for j in range(high - low + 1):
                look[j] = 1
            break
        for steps in range(fewest, most):
            look[(last - 1) // steps + 1 - low] = 1
