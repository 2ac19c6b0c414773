"""The shape of every tensor, by ONNX's own inference with a little help.

ONNX does not follow all constant arithmetic (pads that a chain of nodes computes) and lacks rules
for a few operators that change no shape. Both are supplied, then it infers on.
"""

from collections.abc import Set
from math import prod

import onnx
from onnx import numpy_helper, shape_inference

from xbarmip.errors import InputError
from xbarmip.network.onnx.constants import Constants

Shapes = dict[str, tuple[int, ...]]
_SMALL = 64  # entries of an operand that can decide a shape


def infer_shapes(
    proto: onnx.ModelProto, version: int, fixed: Set[str], keeping_shape: Set[str]
) -> Shapes:
    """Shapes of all tensors whose every axis gets known; `proto` is annotated on the way.

    Parameters
    ----------
    proto : ModelProto
    version : int
        Version of the standard operator set.
    fixed : set of str
        Tensors that do not depend on the values of the inputs.
    keeping_shape : set of str
        Operators whose first output has the shape of the first input.

    Raises
    ------
    InputError
        If ONNX finds a contradiction.
    """
    while True:
        entries, shapes = _infer_once(proto)
        constants = Constants(proto.graph, version, shapes)
        helped = False
        for node in proto.graph.node:
            if node.output[0] in shapes or node.output[0] in fixed:
                continue
            if not node.input or node.input[0] not in entries or node.input[0] not in shapes:
                continue
            if node.op_type in keeping_shape:
                helped |= _keep_shape(proto.graph, node, entries[node.input[0]])
            else:
                helped |= _fill_in(proto.graph, node, constants, fixed, shapes)
        if not helped:
            return shapes


def _infer_once(proto: onnx.ModelProto) -> tuple[dict[str, onnx.ValueInfoProto], Shapes]:
    """What ONNX knows about every tensor that is no initializer, and the known shapes of all."""
    try:
        inferred = shape_inference.infer_shapes(proto, data_prop=True).graph
    except MemoryError:
        raise
    except Exception as error:  # whatever C++ gives
        raise InputError(f"its shapes cannot be inferred: {first_line(error)}") from error
    entries = {e.name: e for e in (*inferred.value_info, *inferred.input, *inferred.output)}
    shapes = {tensor.name: tuple(tensor.dims) for tensor in proto.graph.initializer}
    for name, entry in entries.items():
        shape = known_shape(entry)
        if shape is not None:
            shapes.setdefault(name, shape)
    return entries, shapes


def known_shape(entry: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    """The shape that an entry states, if it is that of a tensor and all of it is known."""
    dims = [dim.dim_value for dim in entry.type.tensor_type.shape.dim]
    if not entry.type.tensor_type.HasField("shape") or not all(n > 0 for n in dims):
        return None
    return tuple(dims)


def first_line(error: Exception) -> str:
    """The first line of an exception's message that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _keep_shape(graph: onnx.GraphProto, node: onnx.NodeProto, entry: onnx.ValueInfoProto) -> bool:
    """State that the first output is like the first input; False if that was stated before."""
    name = node.output[0]
    stated = [e for e in (*graph.value_info, *graph.output) if e.name == name]
    if any(known_shape(e) for e in stated):
        return False
    for old in stated:
        old.type.CopyFrom(entry.type)
    if not stated:
        graph.value_info.append(onnx.ValueInfoProto(name=name, type=entry.type))
    return True


def _fill_in(
    graph: onnx.GraphProto,
    node: onnx.NodeProto,
    constants: Constants,
    fixed: Set[str],
    shapes: Shapes,
) -> bool:
    """Replace small computed operands by their values; False if there is none left."""
    stored = {tensor.name for tensor in graph.initializer}
    helped = False
    for position, name in enumerate(node.input):
        if name not in fixed or name in stored or not name or prod(shapes.get(name, ())) > _SMALL:
            continue
        try:
            value = constants.array(name)
        except InputError:
            continue
        node.input[position] = f"{name} (value)"
        graph.initializer.append(numpy_helper.from_array(value, node.input[position]))
        helped = True
    return helped
