"""Need maps: how many outputs of a producer must exist (SPEC §3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xbarmip.errors import InputError
from xbarmip.exact import INT64_MAX, least_where
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Array, Operator, Raster


@dataclass(frozen=True, eq=False, slots=True)
class NeedMap:
    """need(x): outputs of the producer (a raster prefix) behind the consumer's outputs 1..x.

    An output reads a product of rows and columns, so its last input in raster order sits at the
    last row and the last column that it reads. need(x) is the running maximum of those, kept as one
    integer per row and one per column instead of one per output.

    Attributes
    ----------
    rows : int64 array, shape (consumer height,)
        Last producer row that an output in this row reads, 0 for none.
    above : int64 array, shape (consumer height + 1,)
        need of all outputs in the rows above; `above[0]` is 0.
    columns : int64 array, shape (consumer width,)
        Last producer column that the outputs up to this column read, 0 for none.
    producer_width : int
    row_scale : int
        What `rows` grows by per row beyond the last (printed formula only, else 0).
    """

    rows: Array
    above: Array
    columns: Array
    producer_width: int
    row_scale: int = 0

    def __call__(self, x: int) -> int:
        """Outputs of the producer needed for the consumer's outputs 1..x, x >= 1."""
        row, column = divmod(x - 1, len(self.columns))
        beyond = row - (len(self.rows) - 1)
        if beyond <= 0:
            return max(int(self.above[row]), self._prefix(int(self.rows[row]), column))
        last = int(self.rows[-1]) + beyond * self.row_scale
        before = self._prefix(last - self.row_scale, len(self.columns) - 1)
        return max(int(self.above[-1]), before, self._prefix(last, column))

    def _prefix(self, row: int, column: int) -> int:
        last = int(self.columns[column])
        return (row - 1) * self.producer_width + last if row > 0 and last > 0 else 0

    def first(self, target: int, limit: int) -> int:
        """Smallest x <= `limit` with need(x) >= `target`; 0 when there is none."""
        if self(limit) < target:
            return 0
        return least_where(1, limit, lambda x: self(x) >= target)


def _need_map(rows: Array, columns: Array, producer_width: int, row_scale: int = 0) -> NeedMap:
    columns = np.maximum.accumulate(columns)
    whole_rows = np.where(
        (rows > 0) & (columns[-1] > 0), (rows - 1) * producer_width + columns[-1], 0
    )
    above = np.concatenate(([0], np.maximum.accumulate(whole_rows)))
    return NeedMap(rows, above, columns, producer_width, row_scale)


def listed_need(
    rows: Sequence[int], columns: Sequence[int], producer_width: int, row_scale: int = 0
) -> NeedMap:
    """The need map of the last row that each row reads, and the last column that each does."""
    last_rows, last_columns = (np.array(each, dtype=np.int64) for each in (rows, columns))
    return _need_map(last_rows, last_columns, producer_width, row_scale)


def no_need(producer: Layer, consumer: Layer) -> NeedMap:
    """need(x) = 0 for all x: the consumer waits for nothing."""
    return listed_need([0] * consumer.height, [0] * consumer.width, producer.width)


def _chain(producer: Layer, edge: Edge, consumer: Layer) -> tuple[Operator, ...]:
    fused = () if producer.pool is None else (producer.pool,)
    return (*fused, *edge.through, consumer.window)


def extents(producer: Layer, edge: Edge, consumer: Layer) -> tuple[tuple[int, ...], ...]:
    """Map sizes along an edge, from the producer's output to the consumer's, as (rows, columns)."""
    sizes = []
    for axis, n in enumerate((producer.height, producer.width)):
        along = [n]
        for operator in _chain(producer, edge, consumer):
            along.append(operator.size(along[-1], axis))
        sizes.append(tuple(along))
    return tuple(sizes)


def clamped_need(producer: Layer, edge: Edge, consumer: Layer) -> NeedMap:
    """The exact need map: windows clamped to the rows and columns that exist; monotone in x.

    Raises
    ------
    InputError
        If a `Raster` on the way lists a position that its input does not have.
    """
    chain = _chain(producer, edge, consumer)
    if any(isinstance(operator, Raster) for operator in chain):
        # One row of all outputs, each with the raster position that it reads up to: any need map.
        one_row = raster_reach(producer.height, producer.width, chain).ravel()
        return _need_map(np.ones(1, dtype=np.int64), one_row, producer.outputs)
    rows, columns = separate_reach(producer.height, producer.width, chain)
    return _need_map(rows, columns, producer.width)


def separate_reach(height: int, width: int, chain: tuple[Operator, ...]) -> tuple[Array, Array]:
    """Last row, and last column, of a map behind each row and column that a chain without `Raster`
    makes of it; 0 for none.
    """
    reach = []
    for axis, full in enumerate((height, width)):
        last = np.arange(1, full + 1, dtype=np.int64)
        for operator in chain:
            assert not isinstance(operator, Raster)
            last = operator.last(last, full, axis)
        reach.append(last)
    return reach[0], reach[1]


def raster_reach(height: int, width: int, chain: tuple[Operator, ...]) -> Array:
    """Last position, in raster order, of a map behind each position that a chain makes of it; 0 for
    none. An output reads a product of rows and columns of its input, so the largest position over
    both is the largest over the rows of the largest over the columns.

    Raises
    ------
    InputError
        If a `Raster` lists a position that its input does not have.
    """
    last = np.arange(1, height * width + 1, dtype=np.int64).reshape(height, width)
    for operator in chain:
        if isinstance(operator, Raster):
            listed = np.array(operator.positions, dtype=np.int64)
            if listed.max() > last.size:
                raise InputError(
                    f"raster positions must be at most {last.size}, got {listed.max()}"
                )
            last = np.concatenate(([0], last.ravel()))[listed]
            last = last.reshape(operator.height, operator.width)
        else:
            full = height * width  # of `Whole`: all outputs of the producer
            last = operator.last(operator.last(last, full, 0).T, full, 1).T
    return last


def printed_need(producer: Layer, edge: Edge, consumer: Layer) -> NeedMap:
    """The need map as the paper prints it: columns clamped, rows not (Algorithm 1, lines 5-12).

    Where the printed expression falls (a pad at least as wide as the kernel), its running maximum
    stands instead, and a non-positive need is 0: nothing is needed. Elsewhere the two are equal.

    Raises
    ------
    InputError
        If rows that do not exist are asked for so far out that 64 bits do not hold them.
    """
    chain = _chain(producer, edge, consumer)
    row, column = printed(chain, producer.height, 0), printed(chain, producer.width, 1)
    farthest = row.scale * consumer.height + abs(row.offset)
    if (farthest + 1) * producer.width > INT64_MAX // 4:
        raise InputError(
            f"edge {edge.producer!r} -> {edge.consumer!r}: the rule 'published' asks for row "
            f"{farthest} of {producer.height}, which does not fit in 64 bits"
        )
    rows = [row.scale * q + row.offset for q in range(1, consumer.height + 1)]
    columns = [
        min(column.scale * q + column.offset, column.cap) for q in range(1, consumer.width + 1)
    ]
    return _need_map(
        np.array(rows, dtype=np.int64),
        np.array(columns, dtype=np.int64),
        producer.width,
        row.scale,
    )


class Printed(NamedTuple):
    """The published map of a chain along one axis, from an output position q to an input position.

    For columns min(scale * q + offset, cap); for rows, which are not clamped, without the cap.
    """

    scale: int
    offset: int
    cap: int


def printed(chain: Iterable[Operator], full: int, axis: int) -> Printed:
    """The published map of a chain behind a producer of `full` positions along an axis.

    With a >= 0, a * min(s*q + o, n) + b = min(a*s*q + a*o + b, a*n + b): one affine map and one cap
    stand for a chain of any length.
    """
    a, b, cap, n = 1, 0, full, full
    for operator in chain:
        step = operator.printed(axis)
        if step is None:
            a, b, cap = 0, full, full
        else:
            a, b, cap = a * step.scale, a * step.offset + b, min(a * n + b, cap)
        n = operator.size(n, axis)
    return Printed(a, b, cap)
