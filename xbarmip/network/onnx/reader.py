"""From an ONNX file to a `Network`."""

from dataclasses import replace
from pathlib import Path

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge
from xbarmip.network.onnx.layers import LAYERS, Finder, Found
from xbarmip.network.onnx.layout import shape_of
from xbarmip.network.onnx.limits import fenced
from xbarmip.network.onnx.model import Model, open_model
from xbarmip.network.onnx.names import layer_names
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.operators import KEEPING_SHAPE, RULES
from xbarmip.network.onnx.value import Source, Step, Value, union
from xbarmip.network.onnx.ways import bounded, check_edges
from xbarmip.network.window import Whole, Window

_UNDERSTOOD = frozenset({*LAYERS, *RULES})


def read_onnx(path: Path, name: str | None = None) -> Network:
    """Read a network from an ONNX file.

    Convolutions and fully connected layers (`Conv`; `Gemm` and `MatMul` with constant weights)
    become layers, in the file's order. Everything else is a path between them: a join gives the
    layer behind it an edge from every layer that feeds it, and a pooling stands in the edge's
    `through`, unless it reads one layer's result alone and every reader of that layer reads it
    through this pooling; then it becomes the layer's `pool` (SPEC §2). What no output of the model
    depends on is left out. A batch axis of unknown size counts as 1.

    Parameters
    ----------
    path : Path
        The file. Weights may be anywhere: only their shapes matter.
    name : str, optional
        Name of the network; the file's name without its ending by default.

    Returns
    -------
    Network
        Layers named after their weights or nodes, see `xbarmip.network.onnx.names`.

    Raises
    ------
    InputError
        If the file is no valid ONNX model, a size is unknown, or a node does something that is not
        understood. The message names the file, the node and its operator.
    """
    path = Path(path)
    try:
        with fenced(path):
            return _read(path, name or path.stem)
    except InputError as error:
        # Names from a damaged file may hold anything; the message stays one plain line.
        line = "".join(c if c.isprintable() else " " for c in str(error))
        raise InputError(f"{path}: {line}") from error


def _read(path: Path, name: str) -> Network:
    model = open_model(path, _UNDERSTOOD, KEEPING_SHAPE)
    found, values = _walk(model)
    if not found:
        raise InputError("holds no convolution and no fully connected layer")
    check_edges(found)
    leaving = union([values[o].sources for o in model.outputs if o in values])
    return _network(name, f"ONNX file {path.name}", model, found, leaving)


def _walk(model: Model) -> tuple[list[Found], dict[str, Value]]:
    """Follow every tensor from the inputs to the outputs."""
    values = {name: Value(model.shapes[name]) for name in model.inputs if name in model.shapes}
    finder = Finder()
    for node in model.nodes:
        try:
            results = _apply(Operation(node, model, values), finder)
            for output, value in results.items():
                _check_size(output, value)
                values[output] = bounded(value, output, finder.found)
        except InputError as error:
            raise InputError(f"{node.label}: {error}") from error
    return finder.found, values


def _apply(operation: Operation, finder: Finder) -> dict[str, Value]:
    """The outputs of a node that are understood, by name."""
    node = operation.node
    if node.operator in LAYERS:
        return {node.outputs[0]: finder.apply(operation)}
    if not any(value.sources for value in operation.operands):
        shapes = operation.model.shapes
        return {output: Value(shapes[output]) for output in node.outputs if output in shapes}
    return dict(zip(node.outputs, RULES[node.operator](operation), strict=False))


def _check_size(output: str, value: Value) -> None:
    """Hold our own arithmetic of sizes against the shapes that ONNX infers."""
    if value.layout is not None and shape_of(value.layout) != value.shape:
        raise InputError(
            f"makes {output!r} of shape {list(shape_of(value.layout))}, "
            f"but ONNX infers {list(value.shape)}"
        )


def _network(
    name: str, source: str, model: Model, found: list[Found], leaving: tuple[Source, ...]
) -> Network:
    pools = _fused(found, leaving)
    names = layer_names(found, model.makers)
    layers = tuple(
        replace(one.layer, name=names[i], pool=pools.get(i)) for i, one in enumerate(found)
    )
    edges: dict[Edge, None] = {}
    for consumer, one in zip(names, found, strict=True):
        for producer, steps in one.reads:
            behind = steps[1:] if producer in pools else steps
            through = tuple(step.operator for step in behind)
            edges[Edge(names[producer], consumer, through)] = None
    outputs = {producer for producer, _ in leaving}
    ordered = tuple(names[i] for i in sorted(outputs))
    return Network(name, layers, tuple(edges), ordered, source)


def _fused(found: list[Found], leaving: tuple[Source, ...]) -> dict[int, Window | Whole]:
    """The pooling behind each layer that is the only way to its result."""
    first: dict[int, set[Step | None]] = {}
    for producer, steps in (*leaving, *(source for one in found for source in one.reads)):
        first.setdefault(producer, set()).add(steps[0] if steps else None)
    return {
        producer: step.operator
        for producer, steps in first.items()
        for step in steps
        if len(steps) == 1
        and step is not None
        and step.pooled
        and isinstance(step.operator, Window | Whole)
    }
