"""Edges that the pipeline cannot feel because a longer path already implies them."""

from functools import lru_cache

import numpy as np

from xbarmip.network.graph import Network
from xbarmip.network.need import NeedMap
from xbarmip.network.window import Array


@lru_cache(maxsize=64)
def independent_edges(network: Network) -> tuple[int, ...]:
    """Numbers of the edges that remain when implied ones are left out, in order.

    An edge j -> i is implied when for some k there are edges j -> k -> i with
    need_{j->i}(x) <= need_{j->k}(need_{k->i}(x)) for every x: layer i waits for output
    need_{k->i}(x) of k, whose step waits for at least as many outputs of j, since need maps are
    monotone and steps round up. The two edges may be implied themselves; they span fewer layers,
    so that the argument ends at edges that remain. Identity skips of residual networks and the
    long edges of densely connected ones are of this kind.

    Holds for `cycles` only: in the closed form an implied edge still carries a tail.
    """
    between: dict[tuple[int, int], list[int]] = {}
    for number, edge in enumerate(network.edges):
        ends = network.index[edge.producer], network.index[edge.consumer]
        between.setdefault(ends, []).append(number)
    producers: dict[int, list[int]] = {}
    for j, i in between:
        producers.setdefault(i, []).append(j)

    def implied(j: int, i: int, number: int) -> bool:
        direct = network.clamped[number]
        x = np.arange(1, network.layers[i].outputs + 1, dtype=np.int64)
        wanted = needs(direct, x)
        return any(
            np.all(needs(network.clamped[first], needs(network.clamped[second], x)) >= wanted)
            for k in sorted(producers[i], reverse=True)
            if j < k and (j, k) in between
            for second in between[k, i]
            for first in between[j, k]
        )

    return tuple(
        number
        for (j, i), numbers in between.items()
        for number in numbers
        if not implied(j, i, number)
    )


def needs(need: NeedMap, x: Array) -> Array:
    """`need` of every entry of `x` at once, each in 0..outputs of the consumer; need(0) is 0."""
    row, column = np.divmod(np.maximum(x, 1) - 1, len(need.columns))
    last_row, last_column = need.rows[row], need.columns[column]
    own = np.where(
        (last_row > 0) & (last_column > 0), (last_row - 1) * need.producer_width + last_column, 0
    )
    return np.where(x > 0, np.maximum(need.above[row], own), 0)
