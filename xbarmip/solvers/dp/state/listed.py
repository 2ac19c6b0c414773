"""Linear constraints as flat arrays, and what they say of windows of R, for kernels (SPEC §8).

Step limits of a deep network with joins are hundreds of constraints on two layers each, and their
windows are looked at for every target.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array


class Listed(NamedTuple):
    """Linear constraints, int64; a *term* is one layer of one constraint.

    Attributes
    ----------
    first : shape (constraints + 1,)
        Where the terms of each constraint begin.
    layer, begin : shape (terms,)
        The layer, and behind which entry of `weights` that of R = 1 stands.
    weights : flat
    limit : shape (constraints,)
    """

    first: Array
    layer: Array
    begin: Array
    weights: Array
    limit: Array


def listed(linear: Sequence[dict[int, Array]], limits: Sequence[int]) -> Listed:
    """Constraints, given by the weights of their layers and their limits."""
    weights = [some for terms in linear for some in terms.values()]
    ends = np.cumsum([0, *map(len, weights)], dtype=np.int64)
    return Listed(
        np.cumsum([0, *map(len, linear)], dtype=np.int64),
        np.array([k for terms in linear for k in terms], dtype=np.int64),
        ends[:-1] - 1,
        np.concatenate([np.zeros(0, dtype=np.int64), *weights]),
        np.array(limits, dtype=np.int64),
    )


@compiled
def fill_ends(sums, low, high, least, most):  # type: ignore[no-untyped-def]
    """Fill the least and the most that each term weighs within windows of R."""
    for term in range(len(sums.layer)):
        k, begin = sums.layer[term], sums.begin[term]
        least[term] = most[term] = sums.weights[begin + low[k]]
        for r in range(low[k] + 1, high[k] + 1):
            least[term] = min(least[term], sums.weights[begin + r])
            most[term] = max(most[term], sums.weights[begin + r])


@compiled
def trim(sums, low, high, least):  # type: ignore[no-untyped-def]
    """Narrow windows by each constraint on its own: 1 if one moved, 0 if none, -1 if one is empty.

    An R at either end goes whose weight, with the least of all other layers, is over the limit: the
    rule of `model/menus.py`, which looks at whole menus once, compiled for windows on purpose.
    `least` has room for one number of each term.
    """
    moved = 0
    for c in range(len(sums.limit)):
        spare = sums.limit[c]
        for term in range(sums.first[c], sums.first[c + 1]):
            k, begin = sums.layer[term], sums.begin[term]
            least[term] = sums.weights[begin + low[k]]
            for r in range(low[k] + 1, high[k] + 1):
                least[term] = min(least[term], sums.weights[begin + r])
            spare -= least[term]
        for term in range(sums.first[c], sums.first[c + 1]):
            k, begin = sums.layer[term], sums.begin[term]
            while low[k] <= high[k] and sums.weights[begin + low[k]] > spare + least[term]:
                low[k] += 1
                moved = 1
            while low[k] <= high[k] and sums.weights[begin + high[k]] > spare + least[term]:
                high[k] -= 1
                moved = 1
            if low[k] > high[k]:
                return -1
    return moved
