"""Operators that change the rows and columns of a map: poolings, pads, strided slices."""

from collections.abc import Iterable
from dataclasses import replace

from xbarmip.errors import InputError
from xbarmip.network.onnx.layout import holds_positions, image, with_axis
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value, image_size
from xbarmip.network.onnx.windows import sliding_window
from xbarmip.network.window import Operator, Whole, Window


def pool(operation: Operation) -> tuple[Value, ...]:
    """A pooling with a window."""
    node, data = operation.node, operation.sole()
    _, height, width = image_size(data)
    window = sliding_window(node, tuple(node.attributes["kernel_shape"]), (height, width))
    return _windowed(operation, data, window, node.outputs[0])


def global_pool(operation: Operation) -> tuple[Value, ...]:
    """A pooling over the whole map."""
    return _windowed(operation, operation.sole(), Whole(), operation.node.outputs[0])


def space_to_depth(operation: Operation) -> tuple[Value, ...]:
    """Blocks of positions become channels: an output reads one block."""
    block = operation.node.integer("blocksize", 1)
    return _windowed(operation, operation.sole(), Window((block, block), (block, block)))


def pad(operation: Operation) -> tuple[Value, ...]:
    """Constants around the map, or more channels of constants."""
    node, data = operation.node, operation.sole()
    mode = node.text("mode", "constant")
    if mode != "constant":
        raise InputError(f"mode {mode!r} repeats positions, only 'constant' is understood")
    rank = len(data.shape)
    pads = operation.integers("paddings" if node.version < 2 else "pads", 1) or ()
    given = operation.integers("axes", 3)
    axes = range(rank) if given is None else [operation.axis(a, rank) for a in given]
    if len(pads) != 2 * len(axes):
        raise InputError(f"has {len(pads)} pads for {len(axes)} axes, must be two an axis")
    before = dict(zip(axes, pads[: len(axes)], strict=True))
    after = dict(zip(axes, pads[len(axes) :], strict=True))
    if not any(before[a] or after[a] for a in axes if _positions(data, a)):
        return (_resized(operation, data, axes),)
    edges = (before.get(2, 0), before.get(3, 0), after.get(2, 0), after.get(3, 0))
    return _windowed(operation, data, Window((1, 1), pads=edges))


def strided_slice(operation: Operation) -> tuple[Value, ...]:
    """Channels at will; of rows and columns, every n-th from the first on."""
    data = operation.sole()
    stride = {2: 1, 3: 1}
    axes = []
    for axis, kept in _kept(operation, data):
        every = range(data.shape[axis])
        if kept == every:
            continue
        if not _positions(data, axis):
            axes.append(axis)
        elif axis in stride and kept == every[:: kept.step] and kept.step > 0:
            stride[axis] = kept.step
        else:
            raise InputError(
                f"takes {len(kept)} of {len(every)} entries along axis {axis}, where rows or "
                "columns lie; only every n-th from the first on is understood"
            )
    if set(stride.values()) == {1}:
        return (_resized(operation, data, axes),)
    return _windowed(operation, data, Window((1, 1), (stride[2], stride[3])))


def _kept(operation: Operation, data: Value) -> list[tuple[int, range]]:
    """Which entries a Slice keeps, for every axis that it names."""
    rank = len(data.shape)
    starts, ends = operation.integers("starts", 1) or (), operation.integers("ends", 2) or ()
    steps = operation.integers("steps", 4) or (1,) * len(starts)
    given = operation.integers("axes", 3)
    axes = tuple(range(len(starts))) if given is None else given
    if not len(axes) == len(starts) == len(ends) == len(steps) or 0 in steps:
        raise InputError(f"starts {starts}, ends {ends}, axes {axes}, steps {steps} do not fit")
    places = [operation.axis(axis, rank) for axis in axes]
    bounds = zip(starts, ends, steps, strict=True)
    return [
        (axis, range(data.shape[axis])[start:end:step])
        for axis, (start, end, step) in zip(places, bounds, strict=True)
    ]


def _positions(data: Value, axis: int) -> bool:
    """Whether rows or columns lie along `axis`, or nobody knows."""
    return data.layout is None or holds_positions(data.layout, axis)


def _windowed(
    operation: Operation, data: Value, operator: Operator, pooled: str = ""
) -> tuple[Value, ...]:
    _, height, width = image_size(data)
    shape = operation.shape()
    layout = image(shape[1], operator.size(height, 0), operator.size(width, 1))
    return (Value(shape, data.passing(operator, pooled), layout, data.moved),)


def _resized(operation: Operation, data: Value, axes: Iterable[int]) -> Value:
    """The value with another number of channels along `axes`."""
    layout, shape = data.layout, operation.shape()
    if layout is not None:
        for axis in axes:
            if not holds_positions(layout, axis):
                layout = with_axis(layout, axis, shape[axis])
    return replace(data, shape=shape, layout=layout, moved=operation.node.label)
