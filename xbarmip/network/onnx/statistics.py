"""Operators that reduce or normalise along axes: each entry is made of all along them."""

from collections.abc import Iterable

from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value


def reduce(operation: Operation) -> tuple[Value, ...]:
    """ReduceMean and its kin; no axes means all of them."""
    axes = operation.integers("axes", 1)
    if not axes:
        nothing = bool(operation.node.integer("noop_with_empty_axes", 0))
        axes = () if nothing else tuple(range(_rank(operation)))
    return _reduced(operation, axes)


def arg_reduce(operation: Operation) -> tuple[Value, ...]:
    """ArgMax and ArgMin."""
    return _reduced(operation, (operation.node.integer("axis", 0),))


def softmax(operation: Operation) -> tuple[Value, ...]:
    """Over one axis; before operator set 13 over all axes from one on."""
    if operation.node.version >= 13:
        return _normalised(operation, (operation.node.integer("axis", -1),))
    return _normalised(operation, _from_axis(operation, 1))


def trailing_norm(operation: Operation) -> tuple[Value, ...]:
    """LayerNormalization: over all axes from one on."""
    return _normalised(operation, _from_axis(operation, -1))


def axis_norm(operation: Operation) -> tuple[Value, ...]:
    """LpNormalization: over one axis."""
    return _normalised(operation, (operation.node.integer("axis", -1),))


def map_norm(operation: Operation) -> tuple[Value, ...]:
    """InstanceNormalization: over the whole map of each channel."""
    return _normalised(operation, range(2, _rank(operation)))


def group_norm(operation: Operation) -> tuple[Value, ...]:
    """GroupNormalization: over the whole map of a group of channels."""
    data, groups = operation.value(0), operation.node.integer("num_groups", 1)
    batch, channels, *spatial = data.shape
    apart = data.reshaped((batch, groups, channels // groups, *spatial))
    return (apart.collapsed(range(2, len(apart.shape))).reshaped(data.shape),)


def mean_variance_norm(operation: Operation) -> tuple[Value, ...]:
    """MeanVarianceNormalization: over given axes."""
    return _normalised(operation, operation.node.attributes.get("axes", (0, 2, 3)))


def batch_norm(operation: Operation) -> tuple[Value, ...]:
    """Constant statistics pass; those of a training run are taken over the map itself."""
    training = operation.node.integer("training_mode", 0)
    return map_norm(operation) if training else (operation.value(0),)


def quantised_by_range(operation: Operation) -> tuple[Value, ...]:
    """DynamicQuantizeLinear: scale and zero point follow from the smallest and largest entry."""
    data = operation.value(0)
    axes = range(len(data.shape))
    whole = data.collapsed(axes)
    single = whole.squeezed(axes, keep=False)
    return whole, single, single


def _rank(operation: Operation) -> int:
    return len(operation.value(0).shape)


def _from_axis(operation: Operation, default: int) -> range:
    rank = _rank(operation)
    return range(operation.axis(operation.node.integer("axis", default), rank), rank)


def _reduced(operation: Operation, axes: Iterable[int]) -> tuple[Value, ...]:
    data, keep = operation.value(0), bool(operation.node.integer("keepdims", 1))
    gone = {operation.axis(axis, len(data.shape)) for axis in axes}
    return (data.collapsed(gone, operation.node.outputs[0]).squeezed(gone, keep),)


def _normalised(operation: Operation, axes: Iterable[int]) -> tuple[Value, ...]:
    """The map after each entry was made to depend on all the others along `axes`."""
    data = operation.value(0)
    return (data.collapsed({operation.axis(axis, len(data.shape)) for axis in axes}),)
