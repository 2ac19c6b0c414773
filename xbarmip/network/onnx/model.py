"""An ONNX file, opened and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import NodeProto, TensorProto, checker, defs, helper, inliner

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.network.onnx.limits import check_unfolded
from xbarmip.network.onnx.node import STANDARD_DOMAINS, Node

_SHAPE_READERS = ("Shape", "Size")
_LARGE = 4096  # weights: beyond this many entries a constant is not checked, only its shape matters


@dataclass(frozen=True, slots=True)
class Model:
    """What the reader walks over.

    Attributes
    ----------
    nodes : tuple of Node
        In the file's (topological) order, without constant arithmetic and without nodes that no
        output of the model depends on.
    makers : mapping
        The node behind every tensor, constant arithmetic included.
    protos : mapping
        The same nodes as ONNX has them.
    inputs : mapping
        Tensors that enter, with their shapes; a batch is one image.
    batch : int
        How many images the file has in a batch; 1 where it leaves that open.
    outputs : tuple of str
        Tensors that leave.
    fixed : frozenset of str
        Tensors that do not depend on the values of the inputs.
    stored : mapping
        The stored constants.
    version : int
        Version of the standard operator set.
    proto : ModelProto
        The file, its inputs of these sizes and its large weights gone.
    """

    nodes: tuple[Node, ...]
    makers: Mapping[str, Node]
    protos: Mapping[str, NodeProto]
    inputs: Mapping[str, tuple[int, ...]]
    batch: int
    outputs: tuple[str, ...]
    fixed: frozenset[str]
    stored: Mapping[str, TensorProto]
    version: int
    proto: onnx.ModelProto


def model_of(proto: onnx.ModelProto, inputs: Mapping[str, Sequence[int]]) -> Model:
    """The model that `proto` is; its large weights are gone from it afterwards.

    Parameters
    ----------
    proto : ModelProto
    inputs : mapping
        Shapes for inputs whose sizes the file leaves open, or that are to be read at another size.

    Raises
    ------
    InputError
        If it is not a valid model, or an input's size is unknown (other than its first axis, the
        batch, which becomes 1).
    """
    graph = proto.graph
    versions = {
        "" if o.domain in STANDARD_DOMAINS else o.domain: o.version for o in proto.opset_import
    }
    every = [Node.of(node, versions) for node in graph.node]
    stored = {t.name: t for t in graph.initializer}
    sparse = {t.values.name: t.values for t in graph.sparse_initializer}
    fixed = _fixed(every, {*stored, *sparse})
    outputs = tuple(o.name for o in graph.output)
    entering = [e for e in graph.input if e.name not in stored and e.name not in sparse]
    shapes, batch = _sizes(entering, inputs)
    nodes = _live(every, outputs, fixed)
    for node in nodes:
        # the checker of ONNX would not say which node it is
        if "." not in node.operator and not defs.has(node.operator):
            raise InputError(f"{node.label} is an operator that is not understood")
    _drop_weights(graph)
    _check(proto)
    return Model(
        nodes,
        {made: node for node in every for made in node.outputs},
        {made: node for node in graph.node for made in node.output},
        shapes,
        batch,
        outputs,
        fixed,
        stored,
        versions.get("", 1),
        proto,
    )


def parse(path: Path) -> onnx.ModelProto:
    """The model in a file, its local functions unfolded.

    Raises
    ------
    InputError
        If the file is unreadable, truncated or no model.
    """
    try:
        proto = onnx.load(path, format="protobuf", load_external_data=False)
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error
    except DecodeError as error:
        raise InputError("is not an ONNX model, or is truncated") from error
    if not proto.graph.node:
        raise InputError("is not an ONNX model, or is truncated: it holds no operators")
    check_unfolded(proto)
    if not proto.functions:
        return proto
    try:
        return inliner.inline_local_functions(proto)
    except MemoryError:
        raise
    except Exception as error:  # the inliner raises whatever C++ gives it
        raise InputError(f"its local functions do not unfold: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """The first line of an exception's message that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _check(proto: onnx.ModelProto) -> None:
    """Have the model checked; that exporters leave the shapes of results open is all right, and so
    is an operator that later operator sets write in another way.
    """
    results = (*proto.graph.output, *proto.graph.value_info)
    tensors = [r.type.tensor_type for r in results if r.type.HasField("tensor_type")]
    open_ended = [tensor for tensor in tensors if not tensor.HasField("shape")]
    for tensor in open_ended:
        tensor.shape.SetInParent()
    try:
        checker.check_model(proto)
    except MemoryError:
        raise
    except Exception as error:  # a checker refuses by several kinds of exceptions
        if "deprecated" not in str(error):
            raise InputError(f"is not a valid ONNX model: {first_line(error)}") from error
    for tensor in open_ended:
        tensor.ClearField("shape")


def _fixed(nodes: list[Node], stored: set[str]) -> frozenset[str]:
    """Names of all tensors that do not depend on the values of the inputs."""
    fixed = {"", *stored}
    for node in nodes:
        constant = fixed.issuperset(node.inputs) or node.operator in _SHAPE_READERS
        if constant and not node.subgraphs:
            fixed.update(node.outputs)
    return frozenset(fixed)


def _live(nodes: list[Node], outputs: tuple[str, ...], fixed: frozenset[str]) -> tuple[Node, ...]:
    """The nodes that some output depends on, without the fixed ones."""
    wanted = set(outputs) - fixed
    live = []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.outputs):
            live.append(node)
            wanted.update(name for name in (*node.inputs, *node.captured) if name not in fixed)
    return tuple(reversed(live))


def _sizes(
    entering: list[onnx.ValueInfoProto], given: Mapping[str, Sequence[int]]
) -> tuple[dict[str, tuple[int, ...]], int]:
    """The shape of every input, its first axis 1 where there are two or more; and the batch."""
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


def _sides(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _drop_weights(graph: onnx.GraphProto) -> None:
    """Turn large or external constants into inputs: of these, only the shapes matter."""
    declared = {entry.name for entry in graph.input}
    kept = []
    for tensor in graph.initializer:
        if prod(tensor.dims) <= _LARGE and tensor.data_location != onnx.TensorProto.EXTERNAL:
            kept.append(tensor)
        elif tensor.name not in declared:
            entry = helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            graph.input.append(entry)
    del graph.initializer[:]
    graph.initializer.extend(kept)
