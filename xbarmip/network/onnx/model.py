"""An ONNX file, opened and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import NodeProto, TensorProto, checker, defs, helper, inliner

from xbarmip.errors import InputError
from xbarmip.limits import MOST_ROUNDS
from xbarmip.network.onnx.branches import Choices, known_choices, take
from xbarmip.network.onnx.constants import Constants
from xbarmip.network.onnx.inference import first_line, infer_shapes
from xbarmip.network.onnx.limits import check_unfolded
from xbarmip.network.onnx.node import STANDARD_DOMAINS, Node
from xbarmip.network.onnx.sizes import sizes, state_sizes

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
        The file, its inputs of these sizes, its large weights gone, and each If whose condition is
        known replaced by the branch that is taken.
    branches : tuple of Choices
        These choices, in the rounds in which they were made.
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
    branches: tuple[Choices, ...]


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
    stored = {t.name: t for t in graph.initializer}
    sparse = {t.values.name: t.values for t in graph.sparse_initializer}
    outputs = tuple(o.name for o in graph.output)
    entering = [e for e in graph.input if e.name not in stored and e.name not in sparse]
    shapes, batch = sizes(entering, inputs)
    state_sizes(graph, entering, shapes)
    _drop_weights(graph)
    branches = _decide(proto, stored, versions.get("", 1))
    every = [Node.of(node, versions) for node in graph.node]
    fixed = _fixed(every, {*stored, *sparse})
    nodes = _live(every, outputs, fixed)
    for node in nodes:
        # the checker of ONNX would not say which node it is
        if "." not in node.operator and not defs.has(node.operator):
            raise InputError(f"{node.label} is an operator that is not understood")
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
        branches,
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


def _decide(
    proto: onnx.ModelProto, stored: dict[str, TensorProto], version: int
) -> tuple[Choices, ...]:
    """Replace every If whose condition is known; a choice may be what makes another known.

    Constants that come along are added to `stored`.
    """
    rounds: list[Choices] = []
    while len(rounds) < MOST_ROUNDS and any(node.op_type == "If" for node in proto.graph.node):
        makers = {made: node for node in proto.graph.node for made in node.output}
        here = {n: t for n, t in stored.items() if t.data_location != TensorProto.EXTERNAL}
        constants = Constants(here, makers, version, Path(), _known_shapes(proto).__getitem__)
        chosen = known_choices(proto.graph, constants)
        if not chosen:
            break
        stored |= {tensor.name: tensor for tensor in take(proto.graph, chosen)}
        _drop_weights(proto.graph)
        rounds.append(chosen)
    return tuple(rounds)


def _known_shapes(proto: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    known = {
        entry.name: tuple(dim.dim_value for dim in entry.type.tensor_type.shape.dim)
        for entry in proto.graph.input
    }
    try:
        return known | infer_shapes(proto)
    except InputError:  # what is wrong will be said where it matters
        return known


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
