"""From an ONNX file to a `Network`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from onnx import ModelProto

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge
from xbarmip.network.onnx.convolutions import convolution
from xbarmip.network.onnx.field import Field
from xbarmip.network.onnx.layers import CONVOLUTIONS, EINSUM, PRODUCTS, Finder, Found, Read
from xbarmip.network.onnx.limits import fenced
from xbarmip.network.onnx.model import Model, model_of, parse
from xbarmip.network.onnx.names import layer_names, stored_weights
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.operation import Operation, Tensors
from xbarmip.network.onnx.operators import RULES
from xbarmip.network.onnx.products import einsum, product, product_shape
from xbarmip.network.onnx.refusals import (
    ATTENTIONS,
    Refusals,
    feeding,
    is_layer,
    refuse_operators,
)
from xbarmip.network.onnx.value import Step, Value, all_of, stream_of
from xbarmip.network.onnx.ways import bounded, check_edges
from xbarmip.network.stream import join_streams, renamed
from xbarmip.network.window import Whole, Window


@dataclass(frozen=True, slots=True)
class Reading:
    """A network, and the nodes of its layers.

    Attributes
    ----------
    network : Network
    model : Model
    found : tuple of Found
        In the order of the network's layers.
    """

    network: Network
    model: Model
    found: tuple[Found, ...]


def read_onnx(
    path: Path,
    name: str | None = None,
    inputs: Mapping[str, Sequence[int]] | None = None,
    digital: bool = False,
) -> Network:
    """Read a network from an ONNX file.

    Convolutions and products with constant weights become layers, in the file's order. Everything
    else is a path between them: a join gives the layer behind it an edge from every layer that
    feeds it, and is one of its streams (SPEC §6); what moves positions stands in the edge's
    `through`. A pooling that reads one layer's result alone, through which every reader of that
    layer reads it, becomes the layer's `pool` (SPEC §2). What no output of the model depends on is
    left out, and what feeds no layer leaves the network. A batch is read as one image.

    Parameters
    ----------
    path : Path
        The file. Weights may be anywhere: only their shapes matter.
    name : str, optional
        Name of the network; the file's name without its ending by default.
    inputs : mapping of str to sequence of int, optional
        Shapes of inputs, where the file leaves sizes open or to read it at other sizes.
    digital : bool
        Whether products of two activations are read, as digital units that need the whole of what
        they read (SPEC §15).

    Returns
    -------
    Network
        Layers named after their weights or nodes, see `xbarmip.network.onnx.names`.

    Raises
    ------
    InputError
        If the file is not a valid ONNX model, or a size or something else is not understood. The
        message names the file, and for every cause its first node.
    """
    return read_nodes(path, name, inputs, digital).network


def read_nodes(
    path: Path,
    name: str | None = None,
    inputs: Mapping[str, Sequence[int]] | None = None,
    digital: bool = False,
) -> Reading:
    """As `read_onnx`, with the nodes."""
    path = Path(path)
    source = f"ONNX file {path.name}"
    with fenced(path):
        try:
            proto = parse(path)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        return read_proto(proto, str(path), name or path.stem, source, path.parent, inputs, digital)


def read_proto(
    proto: ModelProto,
    what: str,
    name: str,
    source: str,
    folder: Path,
    inputs: Mapping[str, Sequence[int]] | None,
    digital: bool,
) -> Reading:
    """Read an ONNX model that is in memory; its large weights are gone from it afterwards.

    Parameters
    ----------
    proto : ModelProto
    what : str
        What messages call it.
    name, source : str
        Of the network.
    folder : Path
        Where files with further tensors lie.
    inputs, digital
        As for `read_onnx`.

    Raises
    ------
    InputError
        As `read_onnx`.
    """
    try:
        model = model_of(proto, inputs or {})
        feeds = feeding(model)
        refuse_operators(model, feeds, digital)
        found, values = _walk(Tensors(model, folder, _RULES), feeds)
        if not found:
            raise InputError("holds neither a convolution nor a fully connected layer")
        check_edges(found)
        leaving = dict.fromkeys(
            (one.layer, one.steps)
            for output in model.outputs
            if output in values
            for one in values[output].sources
        )
        batch = f", a batch of {model.batch} read as one image" if model.batch > 1 else ""
        network = _network(name, source + batch, model, found, tuple(leaving))
        return Reading(network, model, tuple(found))
    except InputError as error:
        # Names from a damaged file may hold anything; the message stays one plain line.
        line = "".join(c if c.isprintable() else " " for c in str(error))
        raise InputError(f"{what}: {line}") from error


def _walk(tensors: Tensors, feeds: set[str]) -> tuple[list[Found], dict[str, Value]]:
    """Follow every tensor from the inputs to the outputs.

    A node that feeds no layer is never a reason for refusal: what it makes depends on all it reads.
    Behind a node that is refused, none is looked at.

    Raises
    ------
    InputError
        With every cause, if a node that feeds a layer does what is not understood.
    """
    finder, refusals = Finder(), Refusals()
    lost, gone = set[str](), set[str]()
    for node in tensors.model.nodes:
        needed = is_layer(node, tensors.model) or not feeds.isdisjoint(node.outputs)
        if not lost.isdisjoint((*node.inputs, *node.captured)):
            lost.update(node.outputs)
            continue
        try:
            made = _made(node, tensors, finder, gone)
            tensors.values |= {
                name: bounded(value)
                for name, value in zip(node.outputs, made, strict=False)
                if name
            }
        except (ArithmeticError, InputError, LookupError, TypeError, ValueError) as error:
            if needed:
                refusals.add(node, f": {error}", type(error).__name__)
                lost.update(node.outputs)
            else:
                gone.update(node.outputs)
                tensors.values |= dict.fromkeys(node.outputs, _leaving(node, tensors))
    refusals.raise_if_any()
    return finder.found, tensors.values


def _made(node: Node, tensors: Tensors, finder: Finder, gone: set[str]) -> tuple[Value, ...]:
    """What a node makes of its operands, none of which are among those that are `gone`."""
    operation = Operation(node, tensors)
    if not gone.isdisjoint(node.inputs):
        raise InputError("reads what is no longer in the network")
    if is_layer(node, tensors.model):
        if node.operator in CONVOLUTIONS:
            return (convolution(operation, finder),)
        return ((einsum if node.operator == EINSUM else product)(operation, finder),)
    return tensors.made(node)


def _digital(operation: Operation) -> tuple[Value, ...]:
    """What a digital unit makes of the whole of what it reads; of constants, a constant."""
    if operation.node.operator in ATTENTIONS:
        return (all_of(operation.operands, operation.value(0).shape),)
    return (all_of(operation.operands, product_shape(operation)),)


_RULES = {**RULES, **dict.fromkeys((*PRODUCTS, EINSUM, *ATTENTIONS), _digital)}


def _leaving(node: Node, tensors: Tensors) -> Value:
    """What leaves the network through a node that nothing knows more of."""
    read = [name for name in (*node.inputs, *node.captured) if name in tensors.values]
    anything = Field.of(np.ones((), dtype=np.int64))
    sources = dict.fromkeys(
        replace(one, field=anything) for name in read for one in tensors.values[name].sources
    )
    stream = stream_of(join_streams, (tensors.values[name] for name in read))
    return Value((), tuple(sources), stream)


def _network(
    name: str, source: str, model: Model, found: list[Found], leaving: tuple[Read, ...]
) -> Network:
    pools = _fused(found, leaving)
    names = layer_names(found, model.makers)
    layers = tuple(
        replace(
            one.layer,
            name=names[i],
            pool=pools.get(i),
            node=one.node.name,
            weight=stored_weights(one.weight, model.makers),
        )
        for i, one in enumerate(found)
    )
    edges: dict[Edge, None] = {}
    for consumer, one in zip(names, found, strict=True):
        for producer, steps in one.reads:
            behind = steps[1:] if producer in pools else steps
            through = tuple(step.operator for step in behind)
            edges[Edge(names[producer], consumer, through)] = None
    outputs = {producer for producer, _ in leaving}
    ordered = tuple(names[i] for i in sorted(outputs))
    streams = tuple(
        (consumer, stream)
        for consumer, one in zip(names, found, strict=True)
        if (stream := renamed(one.stream, lambda place: names[int(place)]))
    )
    return Network(name, layers, tuple(edges), ordered, source, streams)


def _fused(found: list[Found], leaving: tuple[Read, ...]) -> dict[int, Window | Whole]:
    """The pooling behind each layer that is the only way to its result."""
    first: dict[int, set[Step | None]] = {}
    for producer, steps in (*leaving, *(read for one in found for read in one.reads)):
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
