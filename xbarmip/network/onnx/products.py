"""Products with a constant matrix as layers: fully connected, or pointwise over positions."""

from collections.abc import Sequence
from math import prod

import numpy as np

from xbarmip.errors import InputError
from xbarmip.network.layer import Layer
from xbarmip.network.onnx.field import reach_of
from xbarmip.network.onnx.layers import EINSUM, PRODUCTS, Finder, Read, read_map
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Source, Value, broadcast_shape, join
from xbarmip.network.window import Array, Whole, Window


def weight_position(node: Node, fixed: Sequence[bool]) -> int | None:
    """Which operand of a product holds the weights: a constant one, the second at best; None where
    both are values of the run.
    """
    if node.operator in (EINSUM, "MatMul", "Gemm", "MatMulInteger", "com.microsoft.FusedMatMul"):
        return next((at for at in (1, 0) if at < len(fixed) and fixed[at]), None)
    position = PRODUCTS[node.operator].weight
    return position if fixed[position] else None


def product(operation: Operation, finder: Finder) -> Value:
    """Add the layer of a Gemm, MatMul or one of their kin and return its result."""
    node = operation.node
    weight = weight_position(node, [operation.fixed(i) for i in range(len(node.inputs))])
    operands = PRODUCTS[node.operator]
    first = operands.data if weight == operands.weight else 1
    data = operation.with_scales(operation.value(first))
    missing = len(operation.value(weight or 0).shape) - len(data.shape)
    data = join([data], (1,) * missing + data.shape)
    turned = bool(node.integer("transA" if first == 0 else "transB", 0))
    rank = len(data.shape)
    last = rank - 1 if (first == operands.data) != turned or rank == 1 else rank - 2
    features, outputs = _matrix(operation, weight or 0, first == operands.data)
    if data.shape[last] != features:
        raise InputError(
            f"reads a tensor of shape {list(data.shape)} with weights for {features} features"
        )
    order = [axis for axis in range(rank) if axis != last]
    order.insert(rank - 1 if first == operands.data else max(rank - 2, 0), -1)
    result = contraction(operation, finder, data, (features, outputs), order, weight or 0)
    if operands.addend is not None and operation.given(operands.addend):
        return join([result, operation.value(operands.addend)], result.shape)
    return result


def product_shape(operation: Operation) -> tuple[int, ...]:
    """The shape that a product gives, be its operands constants or values of the run."""
    node, shapes = operation.node, [value.shape for value in operation.operands]
    if node.operator == EINSUM:
        terms, _, made = node.text("equation", "").replace(" ", "").partition("->")
        sizes: dict[str, int] = {}
        for letters, shape in zip(terms.split(","), shapes, strict=True):
            sizes |= dict(zip(letters, shape, strict=True))
        return tuple(sizes[letter] for letter in made)
    operands = PRODUCTS[node.operator]
    first, second = operation.value(operands.data).shape, operation.value(operands.weight).shape
    if min(len(first), len(second)) < 2:
        raise InputError(f"multiplies {list(first)} by {list(second)}, must be matrices")
    rows = first[-1 if node.integer("transA", 0) else -2]
    columns = second[-2 if node.integer("transB", 0) else -1]
    return (*broadcast_shape([first[:-2], second[:-2]]), rows, columns)


def _matrix(operation: Operation, position: int, behind: bool) -> tuple[int, int]:
    """Features and outputs of constant weights that stand behind, or before, the data."""
    node = operation.node
    if "K" in node.attributes and "N" in node.attributes:
        return node.integer("K", 0), node.integer("N", 0)
    shape = operation.value(position).shape
    if len(shape) < 2 or prod(shape[:-2]) != 1:
        raise InputError(f"its weights have shape {list(shape)}, must be a matrix")
    turned = bool(node.integer("transB" if behind else "transA", 0))
    rows, columns = shape[-2:]
    return (rows, columns) if turned != behind else (columns, rows)


def einsum(operation: Operation, finder: Finder) -> Value:
    """Add the layer of an Einsum with constant weights and return its result."""
    node = operation.node
    terms, _, made = node.text("equation", "").replace(" ", "").partition("->")
    letters = terms.split(",")
    weight = weight_position(node, [operation.fixed(i) for i in range(len(node.inputs))])
    if weight is None or len(letters) != 2 or not made or "." in terms:
        raise InputError(f"equation {node.text('equation', '')!r} is not understood")
    data, of, by = operation.value(1 - weight), letters[1 - weight], letters[weight]
    shape = operation.value(weight).shape
    summed = [letter for letter in of if letter not in made]
    together = [letter for letter in of if letter in by and letter in made]
    sizes = dict(zip(by, shape, strict=True))
    if any(letter not in by for letter in summed) or any(sizes[one] > 1 for one in together):
        raise InputError(f"equation {node.text('equation', '')!r} is not a product with a matrix")
    features = prod(sizes[letter] for letter in summed)
    new = [letter for letter in made if letter not in of]
    outputs = prod(sizes[letter] for letter in new)
    order = [of.index(letter) if letter in of else -1 for letter in made]
    widths = [sizes[letter] for letter in new]
    return contraction(operation, finder, data, (features, outputs), order, weight, widths)


def contraction(
    operation: Operation,
    finder: Finder,
    data: Value,
    matrix: tuple[int, int],
    order: list[int],
    weight: int,
    widths: Sequence[int] = (),
) -> Value:
    """Add the layer that multiplies the entries along axes that the result has not by a matrix.

    Parameters
    ----------
    data : Value
    matrix : (int, int)
        Features that are read, and outputs.
    order : list of int
        The axes of the result: an axis of `data`, or -1 for outputs.
    weight : int
        The operand that holds the matrix.
    widths : sequence of int
        Sizes of the outputs' axes, where there are several.
    """
    node = operation.node
    kept = [axis for axis in order if axis >= 0]
    gone = [axis for axis in range(len(data.shape)) if axis not in kept]
    sizes = [data.shape[axis] for axis in kept]
    reaches = []
    for one in data.sources:
        values = one.field.collapse(gone).values().transpose((*kept, *gone))
        reaches.append(np.broadcast_to(values.reshape(values.shape[: len(kept)]), sizes))
    height, width = _form(data.sources, reaches, sizes)
    features, outputs = matrix
    window: Window | Whole = Window((1, 1))
    if height * width == 1:
        window, reads = _single(data.sources, reaches)
    else:
        reads = [
            read
            for one, reach in zip(data.sources, reaches, strict=True)
            if (read := read_map(one, reach.reshape(height, width)))
        ]
    layer = Layer(node.label, features, outputs, height, width, window)
    widening = iter(widths or (outputs,))
    shape = tuple(data.shape[axis] if axis >= 0 else next(widening) for axis in order)
    spatial = tuple(at for at, axis in enumerate(order) if axis >= 0)
    return finder.add(layer, node, node.inputs[weight], reads, data.stream, shape, spatial)


def _form(
    sources: Sequence[Source], reaches: Sequence[Array], sizes: Sequence[int]
) -> tuple[int, int]:
    """Rows and columns of the positions: those of a map that they are one by one, if there is one;
    else the last axis makes the columns.
    """
    count = prod(sizes)
    for one, reach in zip(sources, reaches, strict=True):
        known = reach_of(*one.size, one.way)
        if known.size == count and np.array_equal(known.ravel(), reach.ravel()):
            return known.shape[0], known.shape[1]
    long = [n for n in sizes if n > 1] or [1]
    return count // long[-1], long[-1]


def _single(
    sources: Sequence[Source], reaches: Sequence[Array]
) -> tuple[Window | Whole, list[Read]]:
    """How a layer with one position reads: all of the maps, fully connected; or, where other
    entries than the last were picked from one, that one position, as a map of one position.
    """
    furthest = [int(reach.max()) for reach in reaches]
    ways = [reach_of(*one.size, one.way) for one in sources]
    if all(most == way.max() for most, way in zip(furthest, ways, strict=True)):
        return Whole(), [(one.layer, one.steps) for one in sources]
    single = [
        read_map(one, np.full((1, 1), most)) for one, most in zip(sources, furthest, strict=True)
    ]
    return Window((1, 1)), [read for read in single if read]
