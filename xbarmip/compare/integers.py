"""Problems as integers alone: for programs that know nothing of layers, windows and ONNX files.

The keys are those of docs/suite-format.md. What is counted is stated by the numbers of the view, so
that any measure is written and read back. A need map is kept as the last row that each row of the
consumer reads and the last column that each of its columns reads, as in
`xbarmip.network.need.NeedMap`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np

from xbarmip.certificate.statement import linear_constraint, record, stated_stream
from xbarmip.constraint import LinearConstraint
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int
from xbarmip.hardware.movement import SeparableRule, rule_named
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.registry import Measure, objective_and_rule
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.need import NeedMap, listed_need
from xbarmip.network.stream import Stream, has_join
from xbarmip.network.window import Raster, Reach, Window
from xbarmip.problem import Problem
from xbarmip.strict import as_text, known_keys, located, short
from xbarmip.timing.layer_ticks import LayerTicks
from xbarmip.timing.step_time import stated_ticks

_KEYS = ("name", "measure", "crossbars", "layers", "view", "edges", "constraints")
_VIEW_KEYS = ("stalls", "capped", "counted", "tails", "offset")
_EDGE_KEYS = ("producer", "consumer", "width", "rows", "columns", "growth")
_MOST = 2**31 - 1  # a row or a width: the outputs of a map stay within 64 bits
_REFUSAL = "integers cannot state it"


def to_integers(problem: Problem) -> dict[str, Any]:
    """A problem as integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, a need map that is not one of last rows and columns, a
        memory level of a latency whose rule is not separable, or a layer behind a join of which the
        levels disagree how much each operand brings; the message names it.
    """
    stated = _counting(problem)
    return {**stated, "step": _step_out(problem)} if problem.is_latency else stated


def _counting(problem: Problem) -> dict[str, Any]:
    constraints = [linear_constraint(problem, each, _REFUSAL) for each in problem.constraints]
    stated = record(problem, constraints, None)
    return {key: stated[key] for key in _KEYS}


def _step_out(problem: Problem) -> dict[str, Any]:
    """The step time in ticks, as tables over each layer's R."""
    assert problem.hardware is not None
    for level in problem.hardware.memory:
        if not isinstance(rule_named(str(level.rule)), SeparableRule):
            raise UnsupportedError(
                f"memory level {level.name!r}: rule {level.rule!r} is not separable: {_REFUSAL}"
            )
    return stated_ticks(problem, _moves_out)


def _moves_out(layer: LayerTicks, reads: Stream | None, largest: int) -> dict[str, Any]:
    copies = [layer.copies(r) for r in range(1, largest + 1)]
    if None in copies:
        raise UnsupportedError(
            f"layer {layer.site.layer.name!r} reads a join, and the memory levels differ in how "
            f"much each producer brings: {_REFUSAL}"
        )
    columns = zip(*(each for each in copies if each is not None), strict=True)
    stated: dict[str, Any] = {
        "own": [layer.coefficients(r).own for r in range(1, largest + 1)],
        "producers": [[k, list(c)] for k, c in zip(layer.producers, columns, strict=True)],
    }
    return {**stated, "reads": stated_stream(reads)} if has_join(reads) else stated


@dataclass(frozen=True)
class StatedProblem(Problem):
    """A problem whose view is given by its numbers; objective and rule are but what it is called.

    Attributes
    ----------
    stated : Measure
        Whose view of the problem's network is the one that was given.
    """

    stated: Measure = CYCLES

    def _set_measure(self) -> None:
        if (self.objective, self.rule) != (self.stated.name, self.stated.rule):
            raise InputError(
                f"a problem given by its numbers keeps its objective, {self.stated.label!r}"
            )

    @property
    def measure(self) -> Measure:
        """What is counted."""
        return self.stated


def from_integers(data: Any) -> Problem:
    """The problem that `to_integers` wrote, with its own view whether or not its measure is known.

    Raises
    ------
    InputError
        On an unknown or missing key, a value out of range, need maps that do not fit the layers, or
        a latency, which comes from hardware and is written for other programs alone.
    """
    table = known_keys(data, _KEYS, ("step",))
    if "step" in table:
        raise InputError("a latency is written for other programs and cannot be read back")
    edges = [_edge_in(entry, number) for number, entry in enumerate(_list(table, "edges"))]
    sizes = _sizes(_list(table, "layers"), edges)
    layers = [
        _layer_in(entry, number, sizes) for number, entry in enumerate(_list(table, "layers"))
    ]
    network = _network_in(as_text(table["name"], "name"), layers, edges)
    ends = tuple(bool(end) for _, end in layers)
    view = _view_in(table["view"], network, edges, ends)
    name, rule = objective_and_rule(as_text(table["measure"], "measure"))
    measure = Measure(name, f"time of {name}", name, name, partial(_given, view), rule)
    constraints = tuple(_constraint_in(entry, network) for entry in _list(table, "constraints"))
    crossbars = table["crossbars"]
    return StatedProblem(network, crossbars, 1, name, rule, constraints, stated=measure)


def _given(view: View, _: Network) -> View:
    return view


def _network_in(
    name: str, layers: Sequence[tuple[Layer, int]], edges: Sequence["_EdgeIn"]
) -> Network:
    """A network with the layers and edges of a view, for whoever looks at these."""
    made = []
    for producer, consumer, need in edges:
        most = layers[producer][0].height
        rows = np.minimum(need.rows, most) if need.row_scale else need.rows
        listed = (np.maximum(0, each).tolist() for each in (rows, need.columns))
        ends = layers[producer][0], layers[consumer][0]
        reach = _fitted(Reach(*map(tuple, listed)), (ends[1].height, ends[1].width))
        made.append(Edge(ends[0].name, ends[1].name, (reach,)))
    outputs = tuple(layer.name for layer, end in layers if end)
    return Network(name, tuple(layer for layer, _ in layers), tuple(made), outputs)


def _view_in(
    data: Any, network: Network, edges: Sequence["_EdgeIn"], ends: tuple[bool, ...]
) -> View:
    with located("view"):
        table = known_keys(data, _VIEW_KEYS)
        stalls = bool(as_int(table["stalls"], "stalls", 0, 1))
        as_int(table["offset"], "offset", 0, 0)
        counted = tuple(as_int(n, "counted", 0) for n in _list(table, "counted"))
        tails = tuple(_tail_in(each) for each in _list(table, "tails"))
        view = View(
            network,
            tuple((producer, consumer) for producer, consumer, _ in edges),
            tuple(need for *_, need in edges),
            tuple(layer.outputs for layer in network.layers) if stalls else counted,
            ends,
            stalls,
            bool(as_int(table["capped"], "capped", 0, 1)),
            () if stalls and not any(tails) else tails,
        )
        for layer, n in zip(network.layers, counted, strict=False):
            as_int(n, f"counted of layer {layer.name!r}", 0, layer.outputs)
        if stalls and counted != view.counted:
            raise InputError(f"counted must be {[*view.counted]}, got {[*counted]}")
        return view


def _tail_in(entry: Any) -> tuple[int, int] | None:
    if entry is None:
        return None
    if not isinstance(entry, list) or len(entry) != 2:
        raise InputError(f"tails must be pairs or null, got {short(entry)}")
    end = as_int(entry[0], "tails: end", 0)
    return end, as_int(entry[1], "tails: begin", 0, end)


_EdgeIn = tuple[int, int, NeedMap]  # producer, consumer, what is read


def _edge_in(entry: Any, number: int) -> _EdgeIn:
    with located(f"edge number {number}"):
        table = known_keys(entry, _EDGE_KEYS)
        need = listed_need(
            _last(table, "rows"),
            _last(table, "columns"),
            as_int(table["width"], "width", 1, _MOST),
            as_int(table["growth"], "growth", 0, _MOST),
        )
        producer = as_int(table["producer"], "producer", 0)
        return producer, as_int(table["consumer"], "consumer", 0), need


def _last(table: Mapping[str, Any], key: str) -> list[int]:
    """What is read last, at least once; below 1 for nothing, as printed formulas have it."""
    listed = [as_int(each, key, -_MOST, _MOST) for each in _list(table, key)]
    if not listed:
        raise InputError(f"{key} must not be empty")
    return listed


def _fitted(reach: Reach, size: tuple[int, int]) -> Reach | Raster:
    """What is read, for a consumer of this size: one row for all of it numbers the outputs."""
    if (len(reach.rows), len(reach.columns)) == size:
        return reach
    return Raster(*size, reach.columns)


def _sizes(layers: list[Any], edges: list[_EdgeIn]) -> dict[int, tuple[int, int]]:
    """Height and width of the layers that have an edge into them, then of those that feed one.

    Of a layer with neither nothing but the number of its outputs matters. An edge that numbers all
    outputs of both its ends in one row goes with any size.
    """
    sizes: dict[int, tuple[int, int]] = {}
    for number, (producer, consumer, _) in enumerate(edges):
        if max(producer, consumer) >= len(layers):
            raise InputError(f"edge number {number}: there are only {len(layers)} layers")
    outputs = [_outputs(layers, producer) for producer, *_ in edges]
    flat = [
        need.rows.tolist() == [1] and need.producer_width == n
        for (_, _, need), n in zip(edges, outputs, strict=True)
    ]
    for any_size in (False, True):
        numbers = [number for number, one in enumerate(flat) if one == any_size]
        for number in numbers:
            _, consumer, need = edges[number]
            size = (len(need.rows), len(need.columns))
            known = sizes.setdefault(consumer, size)
            if known != size and not (any_size and prod(known) == prod(size)):
                raise InputError(f"edge number {number}: its consumer's other edges differ in size")
        for number in numbers:
            producer, _, need = edges[number]
            width = need.producer_width
            known = sizes.setdefault(producer, (outputs[number] // width, width))
            if known[1] != width and not any_size:
                raise InputError(f"edge number {number}: layer {producer} is {known[1]} wide")
    return sizes


def _outputs(layers: list[Any], number: int) -> int:
    entry = layers[number]
    outputs = entry.get("outputs") if isinstance(entry, Mapping) else None
    return as_int(outputs, f"layer number {number}: outputs", 1)


def _layer_in(entry: Any, number: int, sizes: dict[int, tuple[int, int]]) -> tuple[Layer, int]:
    with located(f"layer number {number}"):
        table = known_keys(entry, ("name", "outputs", "set", "end"))
        outputs = as_int(table["outputs"], "outputs", 1)
        height, width = sizes.get(number, (1, outputs))
        if height * width != outputs:
            raise InputError(f"has {outputs} outputs, but its edges make it {height} x {width}")
        crossbar_set = as_int(table["set"], "set", 1)
        layer = Layer(table["name"], crossbar_set, 1, height, width, Window.square(1))
        return layer, as_int(table["end"], "end", 0, 1)


def _constraint_in(entry: Any, network: Network) -> LinearConstraint:
    table = known_keys(entry, ("name", "limit", "weights"))
    weights = []
    for pair in _list(table, "weights"):
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], list):
            raise InputError(f"weights must be pairs of a layer and a list, got {short(pair)}")
        place = as_int(pair[0], "weights: layer", 0, len(network.layers) - 1)
        listed = tuple(as_int(weight, "weights") for weight in pair[1])
        weights.append((network.layers[place].name, listed))
    return LinearConstraint(as_text(table["name"], "name"), tuple(weights), table["limit"])


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    value = table[key]
    if not isinstance(value, list):
        raise InputError(f"{key} must be a list, got {short(value)}")
    return value
