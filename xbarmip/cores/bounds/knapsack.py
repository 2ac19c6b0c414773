"""The dearest set of parts that a core holds: a knapsack of two dimensions, any number of each."""

from collections.abc import Sequence

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.exact import INT64_MAX
from xbarmip.network.window import Array


def dearest(
    capacity: int, units: int, crossbars: Sequence[int], loads: Sequence[int], prices: Sequence[int]
) -> int:
    """The most that parts cost which take at most `capacity` crossbars and `units` of load.

    Raises
    ------
    OverflowError
        When a sum of prices might exceed 64 bits.
    """
    if max(prices, default=0) * capacity > INT64_MAX:
        raise OverflowError("prices of parts are too large for a knapsack in 64 bits")
    best = dict[tuple[int, int], int]()
    for size, load, price in zip(crossbars, loads, prices, strict=True):
        best[size, load] = max(price, best.get((size, load), 0))
    sizes, weights = np.array([*best, (capacity + 1, 0)], dtype=np.int64).T.copy()
    worth = np.array([*best.values(), 0], dtype=np.int64)
    filled = table(capacity, units, sizes, weights, worth)
    return int(filled[capacity, units])


def table(capacity: int, units: int, crossbars: Array, loads: Array, prices: Array) -> Array:
    """best[s, t]: the most that parts cost which take at most s crossbars and t units.

    Exact in 64-bit integers as long as no sum of `capacity` prices exceeds them: a part takes at
    least one crossbar.
    """
    best = np.zeros((capacity + 1, units + 1), dtype=prices.dtype)
    fill(best, crossbars, loads, prices)
    return best


def _fill(best: Array, crossbars: Array, loads: Array, prices: Array) -> None:
    """The rows of `table`, of which the first is there."""
    for s in range(1, len(best)):
        row, above = best[s], best[s - 1]
        for t in range(len(row)):
            row[t] = above[t]
        for part in range(len(prices)):
            if crossbars[part] <= s:
                rest, load, price = best[s - crossbars[part]], loads[part], prices[part]
                for t in range(load, len(row)):
                    row[t] = max(row[t], rest[t - load] + price)


fill = compiled(_fill)


def content(
    best: Array, capacity: int, units: int, crossbars: Array, loads: Array, prices: Array
) -> dict[int, int]:
    """A set of parts that costs `best[capacity, units]`: how many of each."""
    s, t, held = capacity, units, dict[int, int]()
    while best[s, t] > 0:
        if best[s - 1, t] == best[s, t]:
            s -= 1
            continue
        near = np.flatnonzero((crossbars <= s) & (loads <= t))
        worth = best[s - crossbars[near], t - loads[near]] + prices[near]
        part = int(near[np.flatnonzero(worth == best[s, t])[0]])
        held[part] = held.get(part, 0) + 1
        s, t = s - int(crossbars[part]), t - int(loads[part])
    return held
