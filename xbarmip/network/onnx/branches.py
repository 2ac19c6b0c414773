"""`If` with a condition that is known: the nodes of the branch that is taken stand in its place."""

from collections.abc import Iterator, Mapping, Sequence

import onnx
from onnx import AttributeProto, TensorProto, helper

from xbarmip.errors import InputError
from xbarmip.network.onnx.constants import Constants
from xbarmip.network.onnx.node import STANDARD_DOMAINS

Choices = Mapping[str, bool]
"""By the first result of an If, whether its condition holds."""


def known_choices(graph: onnx.GraphProto, constants: Constants) -> Choices:
    """The conditions that follow from constants and shapes."""
    chosen = {}
    for node in graph.node:
        if _is_choice(node):
            try:
                condition = constants.array(node.input[0])
            except InputError:  # a value of the run: the If stays, and is refused where it matters
                continue
            if condition.size == 1:
                chosen[node.output[0]] = bool(condition.item())
    return chosen


def take(graph: onnx.GraphProto, chosen: Choices) -> list[TensorProto]:
    """Put the taken branches in the places of their Ifs; returns the constants that came along.

    What a branch makes keeps its name, unless something outside of it has that name.
    """
    nodes = list(graph.node)
    kept = (node for node in nodes if not _chosen(node, chosen))
    known = {name for node in nodes for name in node.output}
    known |= {one.name for one in (*graph.input, *graph.initializer)}
    known |= {name for node in kept for inner in _graphs(node) for name in _made(inner)}
    del graph.node[:]
    stored: list[TensorProto] = []
    for node in nodes:
        branch = _branch(node, chosen[node.output[0]]) if _chosen(node, chosen) else None
        if branch is None:
            graph.node.append(node)
            continue
        made = _made(branch)
        renamed = {name: f"{node.output[0]}/{name}" for name in made & known}
        known.update(renamed.get(name, name) for name in made)
        stored += _put(graph, branch, renamed, node.output)
    return stored


def _put(
    graph: onnx.GraphProto,
    branch: onnx.GraphProto,
    renamed: Mapping[str, str],
    outputs: Sequence[str],
) -> list[TensorProto]:
    """Append what a branch holds, its results called `outputs`; returns its constants."""
    stored = []
    for tensor in branch.initializer:
        stored.append(graph.initializer.add())
        stored[-1].CopyFrom(tensor)
        stored[-1].name = renamed.get(tensor.name, tensor.name)
    for node in branch.node:
        graph.node.append(node)
        _rename(graph.node[-1], renamed)
    for result, name in zip(branch.output, outputs, strict=True):
        made = renamed.get(result.name, result.name)
        graph.node.append(helper.make_node("Identity", [made], [name]))
    return stored


def _chosen(node: onnx.NodeProto, chosen: Choices) -> bool:
    return _is_choice(node) and node.output[0] in chosen


def _is_choice(node: onnx.NodeProto) -> bool:
    """Whether a node is a well-formed If."""
    if node.op_type != "If" or node.domain not in STANDARD_DOMAINS or len(node.input) != 1:
        return False
    branches = (_branch(node, holds) for holds in (True, False))
    sizes = {0 if branch is None else len(branch.output) for branch in branches}
    return sizes == {len(node.output)} != {0}


def _branch(node: onnx.NodeProto, holds: bool) -> onnx.GraphProto | None:
    which = "then_branch" if holds else "else_branch"
    found = (one for one in node.attribute if one.name == which)
    return next((one.g for one in found if one.type == AttributeProto.GRAPH), None)


def _made(graph: onnx.GraphProto) -> set[str]:
    """Names of what a graph, and graphs inside it, make or store."""
    made = {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        made.update(node.output, *(_made(inner) for inner in _graphs(node)))
    return made - {""}


def _rename(node: onnx.NodeProto, renamed: Mapping[str, str]) -> None:
    """Rename tensors that a node, and graphs inside it, read or make."""
    for names in (node.input, node.output):
        for place, name in enumerate(names):
            names[place] = renamed.get(name, name)
    for graph in _graphs(node):
        for entry in (*graph.output, *graph.initializer):
            entry.name = renamed.get(entry.name, entry.name)
        for inner in graph.node:
            _rename(inner, renamed)


def _graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs
