"""Sizes of what enters a model: the file's, or those that are given."""

from collections.abc import Mapping, Sequence

import onnx

from xbarmip.errors import InputError
from xbarmip.exact import as_int


def sizes(
    entering: list[onnx.ValueInfoProto], given: Mapping[str, Sequence[int]]
) -> tuple[dict[str, tuple[int, ...]], int]:
    """The shape of every input, its first axis 1 where there are two or more; and the batch.

    Parameters
    ----------
    entering : list of ValueInfoProto
    given : mapping
        Shapes for inputs whose sizes the file leaves open, or that are to be read at another size.

    Raises
    ------
    InputError
        If an input's size is unknown (other than its first axis, the batch, which becomes 1).
    """
    names = [entry.name for entry in entering]
    for name in given:
        if name not in names:
            raise InputError(f"has no input {name!r}; its inputs are {', '.join(names)}")
    shapes, batch = {}, 1
    for entry in entering:
        if not entry.type.HasField("tensor_type"):
            continue
        shape = _shape(entry, given.get(entry.name))
        if len(shape) > 1:
            batch = max(batch, shape[0])
            shape = (1, *shape[1:])
        shapes[entry.name] = shape
    return shapes, batch


def _shape(entry: onnx.ValueInfoProto, given: Sequence[int] | None) -> tuple[int, ...]:
    tensor = entry.type.tensor_type
    dims = list(tensor.shape.dim)
    stated = [dim.dim_value if dim.dim_value > 0 else None for dim in dims]
    if given is not None:
        shape = tuple(as_int(n, f"input {entry.name!r}: a size", 1) for n in given)
        if tensor.HasField("shape") and len(shape) != len(stated):
            raise InputError(
                f"input {entry.name!r} has {len(stated)} axes, got {len(shape)}: {_sides(shape)}"
            )
        return shape
    if not tensor.HasField("shape"):
        raise InputError(
            f"input {entry.name!r} has no shape; give it, as in --input {entry.name}=1x3x224x224"
        )
    if dims and stated[0] is None:
        stated[0] = 1
    for axis, dim in enumerate(dims):
        if stated[axis] is None:
            known_as = f" ({dim.dim_param!r})" if dim.dim_param else ""
            example = [n or 224 for n in stated]
            raise InputError(
                f"input {entry.name!r} has an open size{known_as} on axis {axis}; give its sizes, "
                f"as in --input {entry.name}={_sides(example)}"
            )
    return tuple(n for n in stated if n is not None)


def state_sizes(
    graph: onnx.GraphProto,
    entering: list[onnx.ValueInfoProto],
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Have the inputs of these shapes; what the file states of others is no longer true then."""
    changed = False
    for entry in entering:
        tensor = entry.type.tensor_type
        shape = shapes.get(entry.name)
        if shape is not None and shape != tuple(dim.dim_value for dim in tensor.shape.dim):
            del tensor.shape.dim[:]
            for n in shape:
                tensor.shape.dim.add().dim_value = n
            changed = True
    if changed:
        del graph.value_info[:]
        for entry in graph.output:
            entry.type.tensor_type.ClearField("shape")


def _sides(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
