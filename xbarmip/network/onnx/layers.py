"""Nodes that hold weights: which they are, and how a layer reads what comes before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xbarmip.network.layer import Layer
from xbarmip.network.onnx.field import Field, described, reach_of
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.value import Source, Step, Value
from xbarmip.network.stream import Stream, only
from xbarmip.network.window import Array, Raster, Reach

Read = tuple[int, tuple[Step, ...]]
"""A layer, by its place in the list of layers, and the steps passed since."""


class Operands(NamedTuple):
    """Where a node has its data, its weights and a tensor that is added to its result, if any."""

    data: int
    weight: int
    addend: int | None = None


CONVOLUTIONS: Mapping[str, Operands] = {
    "Conv": Operands(0, 1),
    "ConvInteger": Operands(0, 1),
    "ConvTranspose": Operands(0, 1),
    "QLinearConv": Operands(0, 3),
    "com.microsoft.FusedConv": Operands(0, 1, 3),
    "com.microsoft.QLinearConv": Operands(0, 3),
}
PRODUCTS: Mapping[str, Operands] = {
    "Gemm": Operands(0, 1, 2),
    "MatMul": Operands(0, 1),
    "MatMulInteger": Operands(0, 1),
    "QLinearMatMul": Operands(0, 3),
    "com.microsoft.DynamicQuantizeMatMul": Operands(0, 1),
    "com.microsoft.FusedGemm": Operands(0, 1, 2),
    "com.microsoft.FusedMatMul": Operands(0, 1),
    "com.microsoft.MatMulIntegerToFloat": Operands(0, 1),
    "com.microsoft.MatMulNBits": Operands(0, 1),
    "com.microsoft.QGemm": Operands(0, 3),
}
EINSUM = "Einsum"
LAYERS = frozenset({*CONVOLUTIONS, *PRODUCTS, EINSUM})


@dataclass(frozen=True, slots=True)
class Found:
    """A layer that was met, still without its name and fused pooling.

    Attributes
    ----------
    layer : Layer
    node : Node
    weight : str
        Name of the weight tensor.
    reads : tuple of Read
    stream : Stream, optional
        How what it reads is put together of their layers.
    shape : tuple of int
        Of the node's result.
    spatial : tuple of int
        Its axes along which positions lie.
    """

    layer: Layer
    node: Node
    weight: str
    reads: tuple[Read, ...]
    stream: Stream | None
    shape: tuple[int, ...]
    spatial: tuple[int, ...]


@dataclass(slots=True)
class Finder:
    """Collects the layers in the order in which they are met."""

    found: list[Found] = field(default_factory=list)

    def add(
        self,
        layer: Layer,
        node: Node,
        weight: str,
        reads: Iterable[Read],
        stream: Stream | None,
        shape: tuple[int, ...],
        spatial: tuple[int, ...],
    ) -> Value:
        """Add a layer that reads `stream`; its result, a tensor of `shape` with positions along the
        axes `spatial`.
        """
        crossing = tuple(reads)
        left = only(stream, {producer for producer, _ in crossing})
        self.found.append(Found(layer, node, weight, crossing, left, shape, spatial))
        last = reach_of(layer.height, layer.width, ())
        sizes = [n if axis in spatial else 1 for axis, n in enumerate(shape)]
        size = layer.height, layer.width
        result = Source(len(self.found) - 1, size, Field.of(last.reshape(sizes)))
        return Value(shape, (result,), result.layer)


def read_map(source: Source, reach: Array) -> Read | None:
    """How a layer reads a map whose positions reach as far as `reach` says: through windows, where
    these say all; else as a list. None where nothing is read.
    """
    if not reach.any():
        return None
    way = described(*source.size, source.way, reach)
    if way is not None:
        more = tuple(Step(operator) for operator in way[len(source.steps) :])
        return source.layer, (*source.steps, *more)
    return source.layer, (Step(_listed(reach, source.size)),)


def _listed(reach: Array, size: tuple[int, int]) -> Reach | Raster:
    """Positions that reach so far, by rows and columns where these separate."""
    rows = np.where(reach > 0, (reach - 1) // size[1] + 1, 0)
    columns = np.where(reach > 0, (reach - 1) % size[1] + 1, 0)
    by_row, by_column = rows.max(axis=1), columns.max(axis=0)
    separate = np.minimum(by_row[:, None], 1) * np.minimum(by_column, 1)
    if (rows == separate * by_row[:, None]).all() and (columns == separate * by_column).all():
        return Reach(tuple(by_row.tolist()), tuple(by_column.tolist()))
    height, width = reach.shape
    return Raster(height, width, tuple(reach.ravel().tolist()))
