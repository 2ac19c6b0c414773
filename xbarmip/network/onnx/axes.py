"""Operators that rearrange, join or select along a tensor's axes, positions staying in place."""

from dataclasses import replace

from xbarmip.errors import InputError
from xbarmip.network.onnx.layout import (
    Layout,
    channels_only,
    holds_positions,
    regroup,
    spatial,
    with_axis,
)
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value, lost, union


def reshape(operation: Operation) -> tuple[Value, ...]:
    """Axes are split and merged; the map is lost where rows or columns would be taken apart."""
    data, shape, label = operation.sole(), operation.shape(), operation.node.label
    layout = None if data.layout is None else regroup(data.layout, shape)
    if layout is None:
        return (lost([data], shape, label),)
    return (Value(shape, data.sources, layout, label),)


def transpose(operation: Operation) -> tuple[Value, ...]:
    """Axes change places."""
    data, shape, label = operation.sole(), operation.shape(), operation.node.label
    if data.layout is None:
        return (replace(data, shape=shape),)
    order = operation.node.attributes.get("perm", range(len(shape))[::-1])
    layout = tuple(data.layout[axis] for axis in order)
    return (Value(shape, data.sources, layout, label),)


def concat(operation: Operation) -> tuple[Value, ...]:
    """Channels behind one another; the map is lost where rows or columns are put together."""
    shape, label = operation.shape(), operation.node.label
    axis = operation.axis(operation.node.integer("axis", 1), len(shape))
    sourced = [value for value in operation.operands if value.sources]
    layouts = [v.layout for v in sourced if v.layout is not None]
    if len(layouts) < len(sourced) or any(holds_positions(one, axis) for one in layouts):
        return (lost(sourced, shape, label),)
    widened = {with_axis(layout, axis, shape[axis]) for layout in layouts}
    if len(widened) > 1:
        return (lost(sourced, shape, label),)
    sources = union([value.sources for value in sourced])
    return (Value(shape, sources, widened.pop(), sourced[-1].moved or label),)


def split(operation: Operation) -> tuple[Value, ...]:
    """Groups of channels."""
    data = operation.sole()
    axis = operation.axis(operation.node.integer("axis", 0), len(data.shape))
    layout = _selected(data, axis)
    shapes = [operation.shape(output) for output in range(len(operation.node.outputs))]
    return tuple(
        replace(data, shape=shape, layout=with_axis(layout, axis, shape[axis])) for shape in shapes
    )


def gather(operation: Operation) -> tuple[Value, ...]:
    """Chosen channels; the axes of the indices take the place of the channels' axis."""
    data = operation.sole()
    axis = operation.axis(operation.node.integer("axis", 0), len(data.shape))
    old, shape = _selected(data, axis), operation.shape()
    rank = len(shape) - len(data.shape) + 1  # of the indices
    chosen = channels_only(shape[axis : axis + rank])
    layout = (*old[:axis], *chosen, *old[axis + 1 :])
    return (Value(shape, data.sources, layout, operation.node.label),)


def _selected(data: Value, axis: int) -> Layout:
    """Layout of a tensor from which entries along `axis` are taken: channels, not positions."""
    if data.layout is None:
        raise InputError(f"selects from positions that {data.moved} rearranged")
    if spatial((data.layout[axis],)):
        raise InputError(f"selects rows or columns along axis {axis}, which is not understood")
    return data.layout
