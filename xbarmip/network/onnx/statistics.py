"""Operators that reduce or normalise along axes.

Along channels they leave positions alone. Over the whole map, a reduction is a global pooling, and
after a normalisation every position depends on all of the map: it is reduced to one value and
repeated. Over rows without columns, or the reverse, neither is understood.
"""

from collections.abc import Iterable
from dataclasses import replace

from xbarmip.errors import InputError
from xbarmip.network.onnx.layout import spatial
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value, mix
from xbarmip.network.window import Whole


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
    """InstanceNormalization and its kin: over the whole map."""
    return _normalised(operation, range(2, _rank(operation)))


def mean_variance_norm(operation: Operation) -> tuple[Value, ...]:
    """MeanVarianceNormalization: over given axes."""
    return _normalised(operation, operation.node.attributes.get("axes", (0, 2, 3)))


def batch_norm(operation: Operation) -> tuple[Value, ...]:
    """Constant statistics pass; those of a training run are taken over the map itself."""
    training = operation.node.integer("training_mode", 0)
    return map_norm(operation) if training else _normalised(operation, ())


NORMALISING = (softmax, trailing_norm, axis_norm, map_norm, mean_variance_norm, batch_norm)
"""The rules of operators that change no shape."""


def _rank(operation: Operation) -> int:
    return len(operation.value(0).shape)


def _from_axis(operation: Operation, default: int) -> range:
    rank = _rank(operation)
    return range(operation.axis(operation.node.integer("axis", default), rank), rank)


def _reduced(operation: Operation, axes: Iterable[int]) -> tuple[Value, ...]:
    data, shape = operation.sole(), operation.shape()
    keep = bool(operation.node.integer("keepdims", 1))
    gone = {operation.axis(axis, len(data.shape)) for axis in axes}
    if data.layout is None:
        return (replace(data, shape=shape),)
    within = spatial(tuple(data.layout[axis] for axis in gone))
    if within and within != spatial(data.layout):
        raise InputError("reduces rows without columns, or the reverse, which is not understood")
    layout = tuple(
        () if i in gone else axis for i, axis in enumerate(data.layout) if keep or i not in gone
    )
    sources = data.passing(Whole(), operation.node.outputs[0]) if within else data.sources
    return (Value(shape, sources, layout, operation.node.label),)


def _normalised(operation: Operation, axes: Iterable[int]) -> tuple[Value, ...]:
    """The map after each entry was made to depend on all the others along `axes`."""
    data = operation.sole()
    over = {operation.axis(axis, len(data.shape)) for axis in axes}
    within = spatial(tuple(data.layout[axis] for axis in over)) if data.layout else set()
    if not within:
        return (data,)
    if within != spatial(data.layout or ()):
        raise InputError("normalises rows without columns, or the reverse, which is not understood")
    return (mix(data),)
