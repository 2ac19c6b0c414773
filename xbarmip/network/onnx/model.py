"""An ONNX file, opened, checked and with every tensor's shape inferred."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import checker, helper, inliner

from xbarmip.errors import InputError
from xbarmip.network.onnx.constants import Constants
from xbarmip.network.onnx.limits import check_unfolded
from xbarmip.network.onnx.node import STANDARD_DOMAINS, Node
from xbarmip.network.onnx.shapes import Shapes, first_line, infer_shapes

_SHAPE_READERS = ("Shape", "Size")
_LARGE = 4096  # weights: beyond this many entries only the shape of a constant matters


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
    inputs, outputs : tuple of str
        Tensors that enter and leave.
    fixed : frozenset of str
        Tensors that do not depend on the values of the inputs.
    shapes : mapping
        Shape of every tensor that is fully known.
    constants : Constants
        The values of small fixed tensors.
    """

    nodes: tuple[Node, ...]
    makers: Mapping[str, Node]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    fixed: frozenset[str]
    shapes: Shapes
    constants: Constants


def open_model(path: Path, understood: Set[str], keeping_shape: Set[str]) -> Model:
    """Read the ONNX file at `path`; weights in external files are left where they are.

    Parameters
    ----------
    path : Path
    understood : set of str
        The operators that nodes may have, constant arithmetic apart.
    keeping_shape : set of str
        Those whose first output has the shape of the first input.

    Raises
    ------
    InputError
        If the file is unreadable, truncated or no valid model, has a live node whose operator is
        not among `understood`, or an input whose size is unknown (other than its first axis, the
        batch, which becomes 1).
    """
    proto = _parse(path)
    graph = proto.graph
    versions = {
        "" if o.domain in STANDARD_DOMAINS else o.domain: o.version for o in proto.opset_import
    }
    every = [Node.of(node, versions) for node in graph.node]
    stored = {t.name for t in graph.initializer} | {t.values.name for t in graph.sparse_initializer}
    fixed = _fixed(every, stored)
    outputs = tuple(o.name for o in graph.output)
    nodes = _live(every, outputs, fixed)
    for node in nodes:
        if node.subgraphs:
            raise InputError(f"{node.label} has graphs inside it, which is not understood")
        if node.operator not in understood:
            raise InputError(f"{node.label} is an operator that is not understood")
    _set_sizes(graph, stored)
    _drop_weights(graph)
    _check(proto)
    version = versions.get("", 1)
    shapes = infer_shapes(proto, version, fixed, keeping_shape)
    inputs = tuple(i.name for i in graph.input if i.name not in stored)
    makers = {made: node for node in every for made in node.outputs}
    constants = Constants(graph, version, shapes)
    return Model(nodes, makers, inputs, outputs, fixed, shapes, constants)


def _parse(path: Path) -> onnx.ModelProto:
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


def _check(proto: onnx.ModelProto) -> None:
    """Have the model checked; that exporters leave the shapes of results open is all right."""
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
            wanted.update(name for name in node.inputs if name not in fixed)
    return tuple(reversed(live))


def _set_sizes(graph: onnx.GraphProto, stored: set[str]) -> None:
    """Make the batch axis of every input 1 where it is open; refuse any other open axis."""
    for entry in graph.input:
        if entry.name in stored or not entry.type.HasField("tensor_type"):
            continue
        if not entry.type.tensor_type.HasField("shape"):
            raise InputError(f"input {entry.name!r} has no shape; fix it before reading")
        for axis, dim in enumerate(entry.type.tensor_type.shape.dim):
            if dim.dim_value > 0:
                continue
            if axis > 0:
                known = f" ({dim.dim_param!r})" if dim.dim_param else ""
                raise InputError(
                    f"input {entry.name!r} has an unknown size{known} on axis {axis}; "
                    "fix it to an integer before reading"
                )
            dim.dim_value = 1


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
