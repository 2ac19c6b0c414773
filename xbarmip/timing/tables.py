"""A view's need maps as flat integer arrays, for the compiled kernels."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled, inner
from xbarmip.measures.view import View
from xbarmip.network.window import Array

PRODUCER, START, WIDTH, HEIGHT, PRODUCER_WIDTH, ROW_SCALE, BASE = range(7)  # columns of `edge`


class NeedTable(NamedTuple):
    """Need maps of some edges, grouped by consumer. All arrays are int64.

    Attributes
    ----------
    into : shape (layers + 1,)
        The edges into layer l are numbers into[l] .. into[l + 1] - 1.
    edge : shape (edges, 7)
        The producer; where the edge's map begins in `maps`; width and height of the consumer's map;
        the producer's width and the row scale, as in `NeedMap`. BASE is -1; where the map is
        listed, what is to be taken off.
    maps
        For each edge `rows`, `above` and `columns`, as in `NeedMap`, one after another; of a map
        that is listed, for x = 0, 1, ... what the first x outputs need, with BASE added, or 0.
    """

    into: Array
    edge: Array
    maps: Array


def need_table(view: View, keep: Iterable[int]) -> NeedTable:
    """Pack the need maps of the edges in `keep`, in the order of `by_consumer`."""
    order = by_consumer(view, keep)
    maps = [view.need[e] for e in order]
    parts = [np.concatenate((m.rows, m.above, m.columns)) for m in maps]
    starts = np.cumsum([0, *(len(part) for part in parts)])
    edge = [
        (view.edges[e][0], start, len(m.columns), len(m.rows), m.producer_width, m.row_scale, -1)
        for e, m, start in zip(order, maps, starts[:-1], strict=True)
    ]
    consumers = [view.edges[e][1] for e in order]
    return NeedTable(
        into=np.searchsorted(consumers, np.arange(len(view.outputs) + 1)).astype(np.int64),
        edge=np.array(edge, dtype=np.int64).reshape(-1, 7),
        maps=np.concatenate([np.zeros(0, dtype=np.int64), *parts]),
    )


def by_consumer(view: View, edges: Iterable[int]) -> list[int]:
    """Edge numbers in ascending order of their consumers."""
    return sorted(edges, key=lambda e: (view.edges[e][1], e))


@inner
def _prefix(table, e, columns, row, column):  # type: ignore[no-untyped-def]
    """Raster index of producer row `row` at the column that the consumer's `column` reaches."""
    last = table.maps[columns + column]
    return (row - 1) * table.edge[e, PRODUCER_WIDTH] + last if row > 0 and last > 0 else 0


@compiled
def need(table, e, x):  # type: ignore[no-untyped-def]
    """`NeedMap.__call__` of edge `e`, for x >= 1."""
    edge, maps = table.edge, table.maps
    rows, width, height = edge[e, START], edge[e, WIDTH], edge[e, HEIGHT]
    if edge[e, BASE] >= 0:
        return max(0, maps[rows + x] - edge[e, BASE])
    above, columns = rows + height, rows + 2 * height + 1
    row = (x - 1) // width
    column = x - 1 - row * width
    beyond = row - (height - 1)
    if beyond <= 0:
        return max(maps[above + row], _prefix(table, e, columns, maps[rows + row], column))
    scale = edge[e, ROW_SCALE]
    last = maps[rows + height - 1] + beyond * scale
    before = _prefix(table, e, columns, last - scale, width - 1)
    return max(maps[above + height], before, _prefix(table, e, columns, last, column))
