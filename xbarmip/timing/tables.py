"""A view's need maps as flat integer arrays, for the compiled kernels."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.measures.view import View
from xbarmip.network.window import Array


class NeedTable(NamedTuple):
    """Need maps of some edges, grouped by consumer. All arrays are int64.

    Attributes
    ----------
    into : shape (layers + 1,)
        The edges into layer l are numbers into[l] .. into[l + 1] - 1 of the arrays below.
    producer, producer_width, row_scale : shape (edges,)
    height, width : shape (edges,)
        The consumer's map.
    row_start, column_start : shape (edges,)
        Where the edge's part of `rows` and `columns` begins; `above` begins at row_start + e.
    rows, above, columns
        As in `NeedMap`, one edge after another.
    """

    into: Array
    producer: Array
    producer_width: Array
    row_scale: Array
    height: Array
    width: Array
    row_start: Array
    column_start: Array
    rows: Array
    above: Array
    columns: Array


def need_table(view: View, keep: Iterable[int]) -> NeedTable:
    """Pack the need maps of the edges in `keep`, in the order of `by_consumer`."""
    order = by_consumer(view, keep)
    maps = [view.need[e] for e in order]
    consumers = [view.edges[e][1] for e in order]
    heights, widths = [len(m.rows) for m in maps], [len(m.columns) for m in maps]
    return NeedTable(
        into=np.searchsorted(consumers, np.arange(len(view.outputs) + 1)).astype(np.int64),
        producer=_ints(view.edges[e][0] for e in order),
        producer_width=_ints(m.producer_width for m in maps),
        row_scale=_ints(m.row_scale for m in maps),
        height=_ints(heights),
        width=_ints(widths),
        row_start=_starts(heights),
        column_start=_starts(widths),
        rows=_joined([m.rows for m in maps]),
        above=_joined([m.above for m in maps]),
        columns=_joined([m.columns for m in maps]),
    )


def by_consumer(view: View, edges: Iterable[int]) -> list[int]:
    """Edge numbers in ascending order of their consumers."""
    return sorted(edges, key=lambda e: (view.edges[e][1], e))


def _ints(values) -> Array:  # type: ignore[no-untyped-def]
    return np.fromiter(values, dtype=np.int64)


def _starts(lengths: Sequence[int]) -> Array:
    return np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64) if lengths else _ints(())


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


@compiled
def prefix(table: NeedTable, e: int, row: int, column: int) -> int:
    """Raster index of producer row `row` at the column that the consumer's `column` reaches."""
    last = table.columns[table.column_start[e] + column]
    return (row - 1) * table.producer_width[e] + last if row > 0 and last > 0 else 0


@compiled
def need(table: NeedTable, e: int, x: int) -> int:
    """`NeedMap.__call__` of edge `e`, for x >= 1."""
    width, height = table.width[e], table.height[e]
    row = (x - 1) // width
    column = x - 1 - row * width
    start = table.row_start[e]
    beyond = row - (height - 1)
    if beyond <= 0:
        return max(table.above[start + e + row], prefix(table, e, table.rows[start + row], column))
    scale = table.row_scale[e]
    last = table.rows[start + height - 1] + beyond * scale
    before = prefix(table, e, last - scale, width - 1)
    return max(table.above[start + e + height], before, prefix(table, e, last, column))
