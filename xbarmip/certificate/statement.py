"""A problem as integers: those of a certificate (docs/certificate-format.md) and of a suite."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from xbarmip.certificate import check
from xbarmip.constraint import LinearConstraint
from xbarmip.errors import UnsupportedError
from xbarmip.network.need import NeedMap
from xbarmip.problem import RULES, Problem
from xbarmip.timing.rule import rule_view
from xbarmip.timing.step_limit import proportions
from xbarmip.timing.step_time import ticks_of

_NO_CERTIFICATE = "no certificate can state it"


def statement(problem: Problem) -> dict[str, Any]:
    """The whole problem in integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, a layer whose step time is not, or a need map of a rule
        that was registered which is not one of last rows and columns, by name.
    """
    constraints = [
        linear_constraint(problem, each, _NO_CERTIFICATE) for each in problem.constraints
    ]
    return record(problem, constraints, linear_time(problem) if problem.is_latency else None)


def record(problem: Problem, constraints: Sequence[Any], time: Any) -> dict[str, Any]:
    """A problem in integers and strings, with constraints and step time as they are given.

    Raises
    ------
    UnsupportedError
        On a need map that no certificate can state.
    """
    edges = _stated_edges(problem)
    return {
        "name": problem.network.name,
        "measure": problem.objective
        if problem.rule is None
        else f"{problem.objective} ({problem.rule})",
        "crossbars": problem.crossbars,
        "layers": _layers(problem),
        "view": {
            **_view(problem),
            "tails": [edge.tail and [*reversed(edge.tail)] for _, edge in edges],
            "offset": 0,
        },
        "edges": [edge.numbers() for _, edge in edges],
        "constraints": [*constraints],
        "time": time,
    }


def edge_numbers(problem: Problem) -> list[int]:
    """Of each edge that `statement` lists the number in the network, one of those of equals."""
    return [number for number, _ in _stated_edges(problem)]


def _view(problem: Problem) -> dict[str, Any]:
    """What is counted, but for what belongs to edges."""
    if problem.rule is None:
        return {"stalls": 1, "capped": 1, "counted": [*problem.network.needed]}
    view = rule_view(problem.network, problem.rule)
    return {"stalls": 0, "capped": int(view.capped), "counted": [*map(int, view.outputs)]}


def _stated_edges(problem: Problem) -> list[tuple[int, check.Need]]:
    """Each edge once, in the checker's order, with its number in the network."""
    network, found = problem.network, list[tuple[int, check.Need]]()
    view = None if problem.rule is None else rule_view(network, problem.rule)
    needs = network.clamped if view is None else view.need
    tails = (None,) * len(needs) if view is None else view.tail
    for number, (edge, need, tail) in enumerate(zip(network.edges, needs, tails, strict=True)):
        what = f"need map of edge {edge.producer!r} -> {edge.consumer!r}: {_NO_CERTIFICATE}"
        try:
            stated = check.Need(
                _edge(network.index[edge.producer], network.index[edge.consumer], need)
            )
        except check.Refused as reason:
            raise UnsupportedError(f"{what} ({reason})") from None
        if stated.above != need.above.tolist():
            raise UnsupportedError(f"{what} (it is not one of last rows and columns)")
        if tail is not None:
            stated.tail = int(tail[1]), int(tail[0])
        found.append((number, stated))
    found.sort(key=_key)
    return [next(equal) for _, equal in groupby(found, key=_key)]


def _key(stated: tuple[int, check.Need]) -> tuple[Any, ...]:
    return stated[1].key()


def _layers(problem: Problem) -> list[dict[str, Any]]:
    network = problem.network
    return [
        {
            "name": layer.name,
            "outputs": layer.outputs,
            "set": crossbar_set,
            "end": int(layer.name in network.sinks),
        }
        for layer, crossbar_set in zip(network.layers, problem.sets, strict=True)
    ]


def counting(problem: Problem, refusal: str) -> dict[str, Any]:
    """A problem in integers and strings but for the step times; with a latency, of its count.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, or a rule that was registered: its name and `refusal`.
    """
    network = problem.network
    if problem.rule not in (None, *RULES):
        raise UnsupportedError(f"rule {problem.rule!r}: {refusal}")
    published = problem.rule == "published"
    needs = network.printed if published else network.clamped
    return {
        "name": network.name,
        "objective": problem.objective,
        "rule": problem.rule,
        "crossbars": problem.crossbars,
        "layers": _layers(problem),
        "edges": [
            _edge(network.index[edge.producer], network.index[edge.consumer], need)
            for edge, need in zip(network.edges, needs, strict=True)
        ],
        "tails": _tails(problem) if published else [],
        "constraints": [linear_constraint(problem, each, refusal) for each in problem.constraints],
    }


def _edge(producer: int, consumer: int, need: NeedMap) -> dict[str, Any]:
    return {
        "producer": producer,
        "consumer": consumer,
        "width": need.producer_width,
        "rows": need.rows.tolist(),
        "columns": need.columns.tolist(),
        "growth": need.row_scale,
    }


def _tails(problem: Problem) -> list[int]:
    """Wo * floor(Pc / Sc) of every layer: the same for all edges into it, 0 without any."""
    view = rule_view(problem.network, "published")
    tails = [0] * len(problem.network.layers)
    for edge, tail in zip(problem.network.edges, view.tail, strict=True):
        if tail is not None:
            tails[problem.network.index[edge.consumer]] = tail[0]
    return tails


def linear_time(problem: Problem) -> dict[str, Any]:
    """How long a step lasts, of a problem with hardware.

    Raises
    ------
    UnsupportedError
        Naming a layer whose step time is not linear in the copies of its producers.
    """
    ticks, layers = ticks_of(problem), []
    for i, layer in enumerate(problem.network.layers):
        form = proportions(problem, i)
        if form is None:
            raise UnsupportedError(
                f"step time of layer {layer.name!r} is not linear in the copies of its producers: "
                f"{_NO_CERTIFICATE}"
            )
        reads = sorted(zip(ticks.layers[i].producers, form.weights, strict=True))
        layers.append(
            {
                "own": [*form.own],
                "times": [*form.times],
                "producers": [[k, weight] for k, weight in reads if weight],
            }
        )
    return {
        "tick": [ticks.tick.numerator, ticks.tick.denominator],
        "compute": ticks.compute,
        "layers": layers,
    }


def linear_constraint(problem: Problem, constraint: object, refusal: str) -> dict[str, Any]:
    """A linear constraint, layers in their order.

    Raises
    ------
    UnsupportedError
        On any other constraint: its name and `refusal`.
    """
    if not isinstance(constraint, LinearConstraint):
        name = getattr(constraint, "name", constraint)
        raise UnsupportedError(f"constraint {name!r} is not linear: {refusal}")
    index = problem.network.index
    return {
        "name": constraint.name,
        "limit": constraint.limit,
        "weights": sorted(
            [index[layer], list(weights[: problem.largest[index[layer]]])]
            for layer, weights in constraint.weights
        ),
    }
