"""Nodes that hold weights: convolutions and fully connected layers."""

from dataclasses import dataclass, field
from math import prod

from xbarmip.errors import InputError
from xbarmip.network.layer import Layer
from xbarmip.network.onnx.layout import channels_last, channels_only, extent, image, with_axis
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Source, Value, image_size
from xbarmip.network.onnx.windows import sliding_window
from xbarmip.network.window import Whole, Window

LAYERS = ("Conv", "Gemm", "MatMul")


@dataclass(frozen=True, slots=True)
class Found:
    """A layer that was met, still without its name and fused pooling.

    Attributes
    ----------
    layer : Layer
    node : Node
    weight : str
        Name of the weight tensor.
    reads : tuple of Source
    """

    layer: Layer
    node: Node
    weight: str
    reads: tuple[Source, ...]


@dataclass(slots=True)
class Finder:
    """Collects the layers in the order in which they are met."""

    found: list[Found] = field(default_factory=list)

    def apply(self, operation: Operation) -> Value:
        """Add the layer of a Conv, Gemm or MatMul node and return its result."""
        node = operation.node
        if node.operator == "Conv":
            weight, data = 1, operation.value(0)
            layer = _convolution(operation, data)
        else:
            weight = _weight_position(operation)
            data = operation.value(1 - weight)
            layer = _product(operation, data, weight)
        for position in (weight, *range(2, len(node.inputs))):
            if operation.value(position).sources:
                raise InputError(
                    f"operand {node.inputs[position]!r} must be a constant, but comes from a layer"
                )
        self.found.append(Found(layer, node, node.inputs[weight], data.sources))
        source = (len(self.found) - 1, ())
        shape = operation.shape()
        if layer.fully_connected:
            return Value(shape, (source,), channels_only(shape), data.moved)
        if node.operator == "Conv":
            layout = image(layer.out_channels, layer.height, layer.width)
            return Value(shape, (source,), layout)
        layout = with_axis(data.layout or (), len(shape) - 1, layer.out_channels)
        return Value(shape, (source,), layout, data.moved)


def _convolution(operation: Operation, data: Value) -> Layer:
    node = operation.node
    channels, height, width = image_size(data)
    weights = operation.known_shape(node.inputs[1])
    if len(weights) != 4:
        raise InputError(f"its weights have shape {list(weights)}, two spatial axes are understood")
    out_channels, per_group, *kernel = weights
    stated = list(node.attributes.get("kernel_shape", kernel))
    if stated != kernel:
        raise InputError(f"kernel_shape {stated} differs from its weights' {kernel}")
    groups = node.integer("group", 1)
    if per_group * groups != channels:
        raise InputError(
            f"reads {channels} channels, but its weights are for {groups} x {per_group}"
        )
    window = sliding_window(node, tuple(kernel), (height, width))
    size = window.size(height, 0), window.size(width, 1)
    return Layer(node.label, channels, out_channels, *size, window, groups)


def _weight_position(operation: Operation) -> int:
    """Which operand of a matrix product holds the weights: a constant one, the second at best."""
    node = operation.node
    position = min((1, 0), key=lambda p: (not operation.fixed(p), bool(operation.value(p).sources)))
    if operation.value(position).sources:
        raise InputError(
            f"multiplies two results of layers, {node.inputs[0]!r} and {node.inputs[1]!r}; "
            "only a product with constant weights is a layer"
        )
    return position


def _product(operation: Operation, data: Value, weight: int) -> Layer:
    node = operation.node
    shape = operation.known_shape(node.inputs[weight])
    if len(shape) != 2:
        raise InputError(f"its weights have shape {list(shape)}, must be a matrix")
    transposed = bool(node.integer("transB" if weight else "transA", 0))
    features, outputs = shape[::-1] if transposed != (weight == 0) else shape
    if prod(data.shape) == features:
        return Layer(node.label, features, outputs, 1, 1, Whole())
    if weight and not node.integer("transA", 0) and channels_last(data.layout, features):
        return Layer(node.label, features, outputs, *extent(data.layout or ()), Window((1, 1)))
    raise InputError(
        f"reads a tensor of shape {list(data.shape)} with weights for {features} features; "
        "understood are one flattened map (batch 1), and rows and columns with all channels last"
    )
