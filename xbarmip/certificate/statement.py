"""A problem as integers: those of a certificate (docs/certificate-format.md) and of a suite."""

import json
from typing import Any

from xbarmip.constraint import LinearConstraint
from xbarmip.errors import UnsupportedError
from xbarmip.network.need import NeedMap
from xbarmip.problem import RULES, Problem
from xbarmip.timing.rule import RuleView, rule_view
from xbarmip.timing.step_limit import proportions
from xbarmip.timing.step_time import ticks_of


def statement(problem: Problem) -> dict[str, Any]:
    """The whole problem in integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, a layer whose step time is not, or a rule that was
        registered, by name.
    """
    stated = counting(problem, "no certificate can state it")
    return {**stated, "time": linear_time(problem) if problem.is_latency else None}


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
        "layers": [
            {
                "name": layer.name,
                "outputs": layer.outputs,
                "set": crossbar_set,
                "end": int(layer.name in network.sinks),
            }
            for layer, crossbar_set in zip(network.layers, problem.sets, strict=True)
        ],
        "edges": [
            _edge(network.index[edge.producer], network.index[edge.consumer], need)
            for edge, need in zip(network.edges, needs, strict=True)
        ],
        "tails": _tails(problem) if published else [],
        "constraints": [_constraint(problem, each, refusal) for each in problem.constraints],
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
    """The step times, each linear in the copies of a layer's producers.

    Raises
    ------
    UnsupportedError
        On a layer whose step time is not, by name.
    """
    ticks, layers = ticks_of(problem), []
    for i, layer in enumerate(problem.network.layers):
        form = proportions(problem, i)
        if form is None:
            raise UnsupportedError(
                f"step time of layer {layer.name!r} is not linear in the copies of its producers: "
                "no certificate can state it"
            )
        reads = zip(ticks.layers[i].producers, form.weights, strict=True)
        layers.append(
            {"own": [*form.own], "times": [*form.times], "producers": [*map(list, reads)]}
        )
    return {
        "tick": [ticks.tick.numerator, ticks.tick.denominator],
        "compute": ticks.compute,
        "layers": layers,
    }


def _constraint(problem: Problem, constraint: object, refusal: str) -> dict[str, Any]:
    if not isinstance(constraint, LinearConstraint):
        name = getattr(constraint, "name", constraint)
        raise UnsupportedError(f"constraint {name!r} is not linear: {refusal}")
    return stated_constraint(problem, constraint)


def stated_constraint(problem: Problem, constraint: LinearConstraint) -> dict[str, Any]:
    """A linear constraint, with the weights of every R that the budget leaves."""
    index = problem.network.index
    return {
        "name": constraint.name,
        "limit": constraint.limit,
        "weights": [
            [index[layer], list(weights[: problem.largest[index[layer]]])]
            for layer, weights in constraint.weights
        ],
    }


def stated_view(problem: Problem) -> dict[str, Any]:
    """What is counted, and which outputs of which layers count."""
    view = _view(problem)
    return {
        "stalls": int(problem.rule is None),
        "capped": int(view.capped),
        "counted": [*view.outputs],
        "tails": [None if problem.rule is None else tail for _, _, tail in _sorted_edges(problem)],
        "offset": 0,
    }


def stated_edges(problem: Problem) -> list[dict[str, Any]]:
    """The edges with their need maps, by consumer and producer."""
    return [edge for _, edge, _ in _sorted_edges(problem)]


def _view(problem: Problem) -> RuleView:
    return rule_view(problem.network, problem.rule or "pipeline")


def _sorted_edges(problem: Problem) -> list[tuple[tuple[int, int], dict[str, Any], Any]]:
    view, index = _view(problem), problem.network.index
    places = [(index[edge.consumer], index[edge.producer]) for edge in problem.network.edges]
    found = [
        (place, _edge(place[1], place[0], need), None if tail is None else [*tail])
        for place, need, tail in zip(places, view.need, view.tail, strict=True)
    ]
    return sorted(found, key=lambda each: (each[0], json.dumps(each[1:])))
