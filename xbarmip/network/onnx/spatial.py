"""Poolings."""

from dataclasses import replace

from xbarmip.errors import InputError
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value
from xbarmip.network.onnx.windows import map_size, sliding_window
from xbarmip.network.window import Window


def hypothesis(data: Value, made: Value, window: Window, pooled: str = "") -> Value:
    """`made`, a map that comes from `data` as `window` says, if channels are taken together."""
    size, name = map_size(data.shape), pooled if data.lone else ""
    return replace(made, sources=tuple(one.passing(window, size, name) for one in made.sources))


def windowed(data: Value, window: Window, pooled: str = "") -> Value:
    """A map behind a window that takes every channel for itself."""
    axes = range(2, len(data.shape))
    made = data
    for axis in axes:
        of = axis - len(data.shape) + 2  # of one spatial axis, the columns
        made = made.windowed(axis, window, of)
    return hypothesis(data, made, window, pooled)


def pool(operation: Operation) -> tuple[Value, ...]:
    """A pooling with a window, and where its largest entries came from."""
    node, data = operation.node, operation.value(0)
    kernel = tuple(node.attributes["kernel_shape"])
    size = map_size(data.shape)
    if len(kernel) != len(data.shape) - 2:
        raise InputError(f"kernel {list(kernel)} does not fit a tensor of shape {list(data.shape)}")
    made = windowed(data, sliding_window(node, kernel, size), node.outputs[0])
    return made, made


def global_pool(operation: Operation) -> tuple[Value, ...]:
    """A pooling over the whole map."""
    data = operation.value(0)
    axes = range(2, len(data.shape))
    return (data.collapsed(axes, operation.node.outputs[0]).squeezed(axes, keep=True),)
