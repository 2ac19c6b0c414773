"""Convolutions and transposed convolutions as layers."""

import numpy as np

from xbarmip.errors import InputError
from xbarmip.network.layer import Layer
from xbarmip.network.onnx.layers import CONVOLUTIONS, Finder, read_map
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Source, Value, join
from xbarmip.network.onnx.windows import map_size, pads_of, pair, sliding_window
from xbarmip.network.window import Array, Window


def convolution(operation: Operation, finder: Finder) -> Value:
    """Add the layer of a convolution and return its result."""
    node, operands = operation.node, CONVOLUTIONS[operation.node.operator]
    data, weights = operation.value(operands.data), operation.value(operands.weight).shape
    data = operation.with_scales(data)
    if len(weights) != len(data.shape):
        raise InputError(
            f"its weights have shape {list(weights)}, which does not fit a tensor of shape "
            f"{list(data.shape)}"
        )
    size, kernel = map_size(data.shape), weights[2:]
    stated = list(node.attributes.get("kernel_shape", kernel))
    if stated != list(kernel):
        raise InputError(f"kernel_shape {stated} differs from its weights' {list(kernel)}")
    groups = node.integer("group", 1)
    if node.operator == "ConvTranspose":
        channels, out_channels = weights[0], weights[1] * groups
        window, data = _transposed(node, kernel, data)
        size = map_size(data.shape)
    else:
        out_channels, channels = weights[0], weights[1] * groups
        window = sliding_window(node, kernel, size)
    if channels != data.shape[1]:
        raise InputError(
            f"reads {data.shape[1]} channels, but its weights are for "
            f"{groups} x {channels // groups}"
        )
    height, width = window.size(size[0], 0), window.size(size[1], 1)
    layer = Layer(node.label, channels, out_channels, height, width, window, groups)
    spatial = (height, width)[-len(kernel) :]
    shape = (1, out_channels, *spatial)
    reads = [read_map(one, _reach(one, size)) for one in data.sources]
    axes = tuple(range(2, len(shape)))
    weight = node.inputs[operands.weight]
    result = finder.add(layer, node, weight, filter(None, reads), data.stream, shape, axes)
    if operands.addend is not None and operation.given(operands.addend):
        return join([result, operation.value(operands.addend)], shape)
    return result


def _reach(source: Source, size: tuple[int, int]) -> Array:
    """How far the positions of a map see, all channels together."""
    values = source.field.collapse((0, 1)).values()
    return np.broadcast_to(values.reshape((1, *values.shape[2:])[-2:]), size)


def _transposed(node: Node, kernel: tuple[int, ...], data: Value) -> tuple[Window, Value]:
    """A transposed convolution is a convolution of stride 1 over the map with zeros inserted
    (SPEC §15): its window, and that map.
    """
    count, size = len(kernel), map_size(data.shape)
    stride, dilation = pair(node, "strides", count, 1), pair(node, "dilations", count, 1)
    taps = (1, kernel[0]) if count == 1 else (kernel[0], kernel[1])
    before, made = zip(
        *(_frame(node, count, axis, size[axis], taps[axis]) for axis in (0, 1)), strict=True
    )
    reach = [(taps[axis] - 1) * dilation[axis] for axis in (0, 1)]
    lead = [reach[axis] - before[axis] for axis in (0, 1)]
    tail = [made[axis] - size[axis] + before[axis] for axis in (0, 1)]
    if stride == (1, 1) and min(*lead, *tail) >= 0:
        pads = (lead[0], lead[1], tail[0], tail[1])
        return Window(taps, pads=pads, dilation=dilation), data
    for axis in range(2, 2 + count):
        of = axis - count  # of one spatial axis, the columns
        inserted = np.arange(made[of] + reach[of]) - lead[of]
        place = inserted // stride[of]
        met = (inserted % stride[of] == 0) & (place >= 0) & (place < size[of])
        data = data.picked(axis, np.where(met, place, -1))
    return Window(taps, dilation=dilation), data


def _frame(node: Node, count: int, axis: int, n: int, taps: int) -> tuple[int, int]:
    """What a transposed convolution leaves out before its first output along an axis, and how many
    outputs it has there.
    """
    stride, dilation = (
        pair(node, "strides", count, 1)[axis],
        pair(node, "dilations", count, 1)[axis],
    )
    more = pair(node, "output_padding", count, 0)[axis]
    more = 0 if count < 2 and axis == 0 else more
    whole = stride * (n - 1) + more + (taps - 1) * dilation + 1
    auto = node.text("auto_pad", "NOTSET") or "NOTSET"
    stated = node.attributes.get("output_shape")
    if stated is None and not auto.startswith("SAME"):
        pads = pads_of(node, count)
        return pads[axis], whole - pads[axis] - pads[axis + 2]
    made = n * stride if stated is None else ((1, *stated)[-2:] if count == 1 else stated)[axis]
    cut = whole - made
    return (cut // 2 if auto == "SAME_UPPER" else cut - cut // 2), made
