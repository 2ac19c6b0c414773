"""Edges that the pipeline cannot feel because longer paths already imply them."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from xbarmip.measures.view import View
from xbarmip.network.need import NeedMap
from xbarmip.network.window import Array

_BLOCK = 2**14  # outputs of a consumer that are compared at once: memory for each layer it may ask


@lru_cache(maxsize=64)
def independent_edges(view: View) -> tuple[int, ...]:
    """Numbers of the edges that remain when implied ones are left out, in order.

    An edge j -> i is implied when for every x the longer paths from j to i ask at least as much of
    j: output x of i asks need(x) of each producer, that in turn asks what its need map says of its
    own producers, and so on back to j. Along such a path the pipeline waits for at least that much,
    since a step makes at least the output asked for and need maps are monotone. The paths may use
    edges into i that are implied themselves, but those come from layers after j, so that the
    argument ends at edges that remain. Identity skips of residual networks and the long edges of
    densely connected ones are of this kind.

    Holds for `cycles` and for the demands of the closed form; there an implied edge may still carry
    a tail.
    """
    kept: dict[int, Sequence[int]] = {}
    for i in range(len(view.outputs)):
        kept[i] = _independent_into(view, i, kept)
    return tuple(sorted(number for numbers in kept.values() for number in numbers))


def _independent_into(view: View, i: int, kept: dict[int, Sequence[int]]) -> Sequence[int]:
    """Edges into layer i that no longer path implies; `kept` has those into earlier layers."""
    direct: dict[int, list[int]] = defaultdict(list)
    for number in view.into[i]:
        direct[view.edges[number][0]].append(number)
    if len(direct) < 2:
        return view.into[i]
    independent: set[int] = set()
    for first in range(1, view.outputs[i] + 1, _BLOCK):
        x = np.arange(first, min(first + _BLOCK, view.outputs[i] + 1), dtype=np.int64)
        independent.update(_independent_at(view, x, direct, kept))
    return sorted(independent)


def _independent_at(
    view: View, x: Array, direct: dict[int, list[int]], kept: dict[int, Sequence[int]]
) -> list[int]:
    """Those of the edges in `direct`, by producer, that ask for more at some output in `x`."""
    asked: dict[int, Array] = {}
    independent = []
    for k in range(max(direct), min(direct) - 1, -1):
        for number in direct[k]:
            wanted = needs(view.need[number], x)
            if k not in asked or (asked[k] < wanted).any():
                independent.append(number)
        for number in direct[k]:
            _ask(asked, k, needs(view.need[number], x))
        for number in kept[k] if k in asked else ():
            producer = view.edges[number][0]
            if producer >= min(direct):
                _ask(asked, producer, needs(view.need[number], asked[k]))
    return independent


def _ask(asked: dict[int, Array], layer: int, wanted: Array) -> None:
    asked[layer] = np.maximum(asked[layer], wanted) if layer in asked else wanted


def needs(need: NeedMap, x: Array) -> Array:
    """`need` of every entry of `x` at once, each in 0..outputs of the consumer; need(0) is 0."""
    return listed_needs(need.rows, need.above, need.columns, need.producer_width, x)


def listed_needs(rows: Array, above: Array, columns: Array, width: int, x: Array) -> Array:
    """The same of a need map in numbers (see `NeedMap`)."""
    row, column = np.divmod(np.maximum(x, 1) - 1, len(columns))
    last_row, last_column = rows[row], columns[column]
    own = np.where((last_row > 0) & (last_column > 0), (last_row - 1) * width + last_column, 0)
    return np.where(x > 0, np.maximum(above[row], own), 0)
