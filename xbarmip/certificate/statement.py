"""A problem as integers: those of a certificate (docs/certificate-format.md) and of a suite."""

from typing import Any

from xbarmip.constraint import LinearConstraint
from xbarmip.errors import UnsupportedError
from xbarmip.network.need import NeedMap
from xbarmip.problem import Problem
from xbarmip.timing.step_limit import proportions
from xbarmip.timing.step_time import ticks_of

_STATED = ("cycles", "steps/pipeline", "steps/published")


def statement(problem: Problem) -> dict[str, Any]:
    """The whole problem in integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, a layer whose step time is not, or another measure,
        by name.
    """
    stated = counting(problem, "no certificate can state it")
    return {**stated, "time": _time(problem) if problem.is_latency else None}


def counting(problem: Problem, refusal: str) -> dict[str, Any]:
    """A problem in integers and strings but for the step times; with a latency, of its count.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, or another measure: its name and `refusal`.
    """
    network = problem.network
    if problem.measure.label not in _STATED:
        raise UnsupportedError(f"measure {problem.measure.label!r}: {refusal}")
    view, published = problem.view, problem.rule == "published"
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
                "end": int(end),
            }
            for layer, crossbar_set, end in zip(
                network.layers, problem.sets, view.ends, strict=True
            )
        ],
        "edges": [_edge(*edge, need) for edge, need in zip(view.edges, view.need, strict=True)],
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
    view, tails = problem.view, [0] * len(problem.network.layers)
    for (_, consumer), tail in zip(view.edges, view.tails, strict=True):
        if tail is not None:
            tails[consumer] = tail[0]
    return tails


def _time(problem: Problem) -> dict[str, Any]:
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
    index = problem.network.index
    return {
        "name": constraint.name,
        "limit": constraint.limit,
        "weights": [
            [index[layer], list(weights[: problem.largest[index[layer]]])]
            for layer, weights in constraint.weights
        ],
    }
