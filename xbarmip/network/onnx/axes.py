"""Operators that rearrange, join or select along a tensor's axes."""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from xbarmip.errors import InputError
from xbarmip.network.onnx.field import Field, Shape
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.spatial import hypothesis
from xbarmip.network.onnx.value import Value, broadcast_shape, join, side_by_side
from xbarmip.network.window import Window

Result = tuple[Value, ...]


def reshape(operation: Operation) -> Result:
    """The same entries in row-major order under other axes."""
    data = operation.value(0)
    target = list(operation.integers("shape", 1) or ())
    batch = operation.tensors.model.batch
    if batch > 1 and target and target[0] == batch:
        target[0] = 1
    if not operation.node.integer("allowzero", 0):
        target = [data.shape[i] if n == 0 else n for i, n in enumerate(target)]
    size, known = prod(data.shape), prod(n for n in target if n != -1)
    if -1 not in target and known == size * batch and target[0] % batch == 0:
        target[0] //= batch
        known = size
    shape = tuple(size // known if n == -1 and known else n for n in target)
    if prod(shape) != size:
        raise InputError(f"does not fit: {list(data.shape)} cannot become {target}")
    return (data.reshaped(shape),)


def flatten(operation: Operation) -> Result:
    """To a matrix, split before an axis."""
    data = operation.value(0)
    axis = operation.node.integer("axis", 1)
    axis += len(data.shape) if axis < 0 else 0
    return (data.reshaped((prod(data.shape[:axis]), prod(data.shape[axis:]))),)


def squeeze(operation: Operation) -> Result:
    """Axes of size 1 go."""
    data = operation.value(0)
    given = operation.integers("axes", 1)
    if given is None:
        given = tuple(axis for axis, n in enumerate(data.shape) if n == 1)
    gone = {operation.axis(axis, len(data.shape)) for axis in given}
    return (data.reshaped(tuple(n for i, n in enumerate(data.shape) if i not in gone)),)


def unsqueeze(operation: Operation) -> Result:
    """Axes of size 1 come."""
    data, given = operation.value(0), operation.integers("axes", 1) or ()
    rank = len(data.shape) + len(given)
    new = {operation.axis(axis, rank) for axis in given}
    old = iter(data.shape)
    return (data.reshaped(tuple(1 if axis in new else next(old) for axis in range(rank))),)


def transpose(operation: Operation) -> Result:
    """Axes change places."""
    data = operation.value(0)
    order = tuple(operation.node.attributes.get("perm", range(len(data.shape))[::-1]))
    shape = tuple(data.shape[axis] for axis in order)
    return (data.mapped(shape, lambda field: field.transpose(order)),)


def concat(operation: Operation) -> Result:
    """Entries behind one another along an axis."""
    parts = operation.operands
    axis = operation.axis(operation.node.integer("axis", 1), len(parts[0].shape))
    rest = {(*part.shape[:axis], *part.shape[axis + 1 :]) for part in parts}
    if len(rest) > 1:
        raise InputError(f"cannot put {[list(p.shape) for p in parts]} together along axis {axis}")
    total = sum(part.shape[axis] for part in parts)
    shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])
    placed, start = [], 0
    for part in parts:
        index = np.full(total, -1)
        index[start : start + part.shape[axis]] = np.arange(part.shape[axis])
        start += part.shape[axis]
        placed.append(part.picked(axis, index) if part.sources else part)
    return (side_by_side(placed, shape),)


def split(operation: Operation) -> Result:
    """Runs of entries along an axis; of equal length, the last may be shorter, unless given."""
    data = operation.value(0)
    axis = operation.axis(operation.node.integer("axis", 0), len(data.shape))
    n, parts = data.shape[axis], len(operation.node.outputs)
    sizes = operation.integers("split", 1) or (-(-n // parts),) * parts
    ends = np.minimum(np.cumsum(sizes), n)
    starts = np.concatenate(([0], ends[:-1]))
    return tuple(
        data.picked(axis, range(a, b)) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def gather(operation: Operation) -> Result:
    """Chosen entries; the axes of the indices take the place of the axis. Where the indices are no
    constants, any entry may be chosen.
    """
    data, indices = operation.value(0), operation.value(1)
    axis = operation.axis(operation.node.integer("axis", 0), len(data.shape))
    shape = (*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :])
    if data.sources and operation.fixed(1):
        index = operation.array(1).ravel() % data.shape[axis]
        return (data.picked(axis, index).reshaped(shape),)
    behind = (1,) * (len(data.shape) - axis - 1)
    chosen = indices.reshaped((*indices.shape, *behind))
    open_axis = (*data.shape[:axis], *(1,) * len(indices.shape), *data.shape[axis + 1 :])
    every = data.collapsed([axis]).squeezed([axis], keep=True).reshaped(open_axis)
    return (join([every, chosen], shape),)


def strided_slice(operation: Operation) -> Result:
    """Entries from a start to before an end, by axis."""
    data = operation.value(0)
    kept = [range(n) for n in data.shape]
    for axis, chosen in _kept(operation, data):
        kept[axis] = chosen
    made = data
    for axis, chosen in enumerate(kept):
        if chosen != range(data.shape[axis]):
            made = made.picked(axis, chosen)
    steps = tuple(chosen.step for chosen in kept[2:])
    regular = all(
        chosen.step > 0 and chosen == range(n)[:: chosen.step]
        for chosen, n in zip(kept[2:], data.shape[2:], strict=True)
    )
    if regular and len(data.shape) == 4 and set(steps) != {1}:
        made = hypothesis(data, made, Window((1, 1), (steps[0], steps[1])))
    return (made,)


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


def pad(operation: Operation) -> Result:
    """More entries along axes, or, where pads are negative, fewer."""
    node, data = operation.node, operation.value(0)
    mode = node.text("mode", "constant")
    if mode not in _PADS:
        raise InputError(f"mode {mode!r} is not one of {', '.join(_PADS)}")
    rank = len(data.shape)
    pads = operation.integers("paddings" if node.version < 2 else "pads", 1) or ()
    given = operation.integers("axes", 3)
    axes = range(rank) if given is None else [operation.axis(a, rank) for a in given]
    if len(pads) != 2 * len(axes):
        raise InputError(f"has {len(pads)} pads for {len(axes)} axes, must be two an axis")
    around = {a: (pads[i], pads[i + len(axes)]) for i, a in enumerate(axes)}
    made = data
    for axis, (before, after) in around.items():
        if before or after:
            n = data.shape[axis]
            made = made.picked(axis, _PADS[mode](np.arange(-before, n + after), n))
    edges = [around.get(axis, (0, 0)) for axis in (2, 3)]
    flat = (edges[0][0], edges[1][0], edges[0][1], edges[1][1])
    if rank == 4 and mode == "constant" and min(flat) >= 0 and max(flat) > 0:
        made = hypothesis(data, made, Window((1, 1), pads=flat))
    return (made,)


def _reflected(index: np.ndarray, n: int) -> np.ndarray:
    period = max(2 * (n - 1), 1)
    folded = np.abs(index) % period
    return np.minimum(folded, period - folded) if n > 1 else np.zeros_like(index)


_PADS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "constant": lambda index, n: np.where((index >= 0) & (index < n), index, -1),
    "reflect": _reflected,
    "edge": lambda index, n: np.clip(index, 0, n - 1),
    "wrap": lambda index, n: index % n,
}
"""The entry at each place of a padded axis of `n` entries; -1 for a constant."""


def expand(operation: Operation) -> Result:
    """Entries repeated along axes of size 1."""
    data, target = operation.value(0), list(operation.integers("shape", 1) or ())
    batch = operation.tensors.model.batch
    if batch > 1 and target and target[0] == batch:
        target[0] = 1
    return (join([data], broadcast_shape([data.shape, tuple(target)])),)


def tile(operation: Operation) -> Result:
    """All entries repeated along axes."""
    made = operation.value(0)
    for axis, times in enumerate(operation.integers("repeats", 1) or ()):
        if times > 1:
            made = made.picked(axis, np.tile(np.arange(made.shape[axis]), times))
    return (made,)


def cumulative_sum(operation: Operation) -> Result:
    """Every entry made of those before it, or behind it, along an axis."""
    data = operation.value(0)
    axis = operation.axis(int(operation.array(1).ravel()[0]), len(data.shape))
    n, at = data.shape[axis], np.arange(data.shape[axis])
    alone = operation.node.integer("exclusive", 0)
    backwards = operation.node.integer("reverse", 0)
    first, behind = (at + alone, np.full(n, n)) if backwards else (0 * at, at + 1 - alone)
    return (data.spanned(axis, first, behind),)


def _moved(data: Value, split: Shape, order: Sequence[int], shape: Shape) -> Value:
    """Axes split up, in another order, and merged."""

    def rule(field: Field) -> Field:
        apart = field.reshape(data.shape, split).transpose(order)
        return apart.reshape(tuple(split[axis] for axis in order), shape)

    return data.mapped(shape, rule)


def space_to_depth(operation: Operation) -> Result:
    """Blocks of positions become channels: an output reads one block."""
    data, b = operation.value(0), operation.node.integer("blocksize", 1)
    n, c, h, w = _image(data)
    split = (n, c, h // b, b, w // b, b)
    shape = (n, c * b * b, h // b, w // b)
    made = _moved(data, split, (0, 3, 5, 1, 2, 4), shape)
    return (hypothesis(data, made, Window((b, b), (b, b))),)


def depth_to_space(operation: Operation) -> Result:
    """Channels become blocks of positions."""
    data, b = operation.value(0), operation.node.integer("blocksize", 1)
    n, c, h, w = _image(data)
    shape = (n, c // (b * b), h * b, w * b)
    if operation.node.text("mode", "DCR") == "CRD":
        return (_moved(data, (n, c // (b * b), b, b, h, w), (0, 1, 4, 2, 5, 3), shape),)
    return (_moved(data, (n, b, b, c // (b * b), h, w), (0, 3, 4, 1, 5, 2), shape),)


def _image(data: Value) -> tuple[int, int, int, int]:
    if len(data.shape) != 4:
        raise InputError(f"reads a tensor of shape {list(data.shape)}, must have four axes")
    n, c, h, w = data.shape
    return n, c, h, w
