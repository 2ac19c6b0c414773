"""Problems as integers alone: for programs that know nothing of layers, windows and ONNX files.

The keys are those of docs/suite-format.md. A need map is kept as the last row that each row of the
consumer reads and the last column that each of its columns reads, as in
`xbarmip.network.need.NeedMap`.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from math import prod
from typing import Any

from xbarmip.certificate.statement import counting
from xbarmip.constraint import LinearConstraint
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int
from xbarmip.hardware.movement import SeparableRule, rule_named
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Raster, Reach, Window
from xbarmip.problem import LATENCIES, Problem
from xbarmip.strict import as_text, known_keys, located, short
from xbarmip.timing.step_time import LayerTicks, ticks_of

_KEYS = ("name", "objective", "rule", "crossbars", "layers", "edges", "tails", "constraints")
_EDGE_KEYS = ("producer", "consumer", "width", "rows", "columns", "growth")
_REFUSAL = "integers cannot state it"


def to_integers(problem: Problem) -> dict[str, Any]:
    """A problem as integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, or a memory level of a latency whose rule is not
        separable; the message names it.
    """
    stated = counting(problem, _REFUSAL)
    return {**stated, "step": _step_out(problem)} if problem.is_latency else stated


def digest(problem: Problem) -> str:
    """Sixteen hexadecimal digits that stand for all integers of a problem, and its hardware."""
    hardware = repr(problem.hardware) if problem.is_latency else ""
    text = json.dumps(counting(problem, _REFUSAL), sort_keys=True) + hardware
    return sha256(text.encode()).hexdigest()[:16]


def _step_out(problem: Problem) -> dict[str, Any]:
    """The step time in ticks, as tables over each layer's R."""
    assert problem.hardware is not None
    for level in problem.hardware.memory:
        if not isinstance(rule_named(str(level.rule)), SeparableRule):
            raise UnsupportedError(
                f"memory level {level.name!r}: rule {level.rule!r} is not separable: {_REFUSAL}"
            )
    ticks = ticks_of(problem)
    return {
        "tick": list(ticks.tick.as_integer_ratio()),
        "compute": ticks.compute,
        "layers": [
            _moves_out(layer, most)
            for layer, most in zip(ticks.layers, problem.largest, strict=True)
        ],
    }


def _moves_out(layer: LayerTicks, largest: int) -> dict[str, Any]:
    own, copies = zip(*(layer.coefficients(r) for r in range(1, largest + 1)), strict=True)
    columns = zip(*copies, strict=True)
    return {
        "own": list(own),
        "producers": [[k, list(c)] for k, c in zip(layer.producers, columns, strict=True)],
    }


def from_integers(data: Any) -> Problem:
    """The problem that `to_integers` wrote.

    Raises
    ------
    InputError
        On an unknown or missing key, a value out of range, need maps that do not fit the layers, or
        what is written for other programs alone: the rule "published", whose printed formulas are
        about windows, and latencies, which come from hardware.
    """
    table = known_keys(data, _KEYS, ("step",))
    if "step" in table or table["objective"] in LATENCIES:
        raise InputError("a latency is written for other programs and cannot be read back")
    if table["rule"] == "published":
        raise InputError("rule 'published' is written for other programs and cannot be read back")
    if table["tails"] != []:
        raise InputError("tails belong to the rule 'published' alone")
    edges = [_edge_in(entry, number) for number, entry in enumerate(_list(table, "edges"))]
    sizes = _sizes(_list(table, "layers"), edges)
    layers = [
        _layer_in(entry, number, sizes) for number, entry in enumerate(_list(table, "layers"))
    ]
    network = Network(
        as_text(table["name"], "name"),
        tuple(layer for layer, _ in layers),
        tuple(
            Edge(
                layers[producer][0].name,
                layers[consumer][0].name,
                (_fitted(reach, (layers[consumer][0].height, layers[consumer][0].width)),),
            )
            for producer, consumer, _, reach in edges
        ),
        tuple(layer.name for layer, end in layers if end),
    )
    if network.sinks != network.outputs:
        raise InputError("every layer without a consumer must have end = 1")
    constraints = [_constraint_in(entry, network) for entry in _list(table, "constraints")]
    return Problem(
        network, table["crossbars"], 1, table["objective"], table["rule"], tuple(constraints)
    )


_EdgeIn = tuple[int, int, int, Reach]  # producer, consumer, the producer's width, what is read


def _edge_in(entry: Any, number: int) -> _EdgeIn:
    with located(f"edge number {number}"):
        table = known_keys(entry, _EDGE_KEYS)
        as_int(table["growth"], "growth", 0, 0)
        reach = Reach(tuple(_list(table, "rows")), tuple(_list(table, "columns")))
        return (
            as_int(table["producer"], "producer", 0),
            as_int(table["consumer"], "consumer", 0),
            as_int(table["width"], "width", 1),
            reach,
        )


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
    for number, (producer, consumer, _, _) in enumerate(edges):
        if max(producer, consumer) >= len(layers):
            raise InputError(f"edge number {number}: there are only {len(layers)} layers")
    outputs = [_outputs(layers, producer) for producer, *_ in edges]
    flat = [
        reach.rows == (1,) and width == n
        for (_, _, width, reach), n in zip(edges, outputs, strict=True)
    ]
    for any_size in (False, True):
        numbers = [number for number, one in enumerate(flat) if one == any_size]
        for number in numbers:
            _, consumer, _, reach = edges[number]
            size = (len(reach.rows), len(reach.columns))
            known = sizes.setdefault(consumer, size)
            if known != size and not (any_size and prod(known) == prod(size)):
                raise InputError(f"edge number {number}: its consumer's other edges differ in size")
        for number in numbers:
            producer, _, width, _ = edges[number]
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
