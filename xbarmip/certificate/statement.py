"""A problem as integers: those of a certificate (docs/certificate-format.md) and of a suite."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.goal import core_problem, goal_numbers
from xbarmip.constraint import LinearConstraint
from xbarmip.errors import UnsupportedError
from xbarmip.measures.registry import labelled
from xbarmip.network.need import NeedMap
from xbarmip.network.stream import Join, Leaf, Stream, has_join, only
from xbarmip.problem import Problem
from xbarmip.timing.step_limit import proportions
from xbarmip.timing.step_time import ticks_of

_NO_CERTIFICATE = "no certificate can state it"


def statement(problem: Problem) -> dict[str, Any]:
    """The whole problem in integers and strings, ready for JSON.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, a layer whose step time is not, or a need map of a
        measure that was registered which is not one of last rows and columns, by name.
    """
    core = problem if problem.is_core else core_problem(problem)
    constraints = [linear_constraint(core, each, _NO_CERTIFICATE) for each in core.constraints]
    numbers = record(core, constraints, linear_time(core) if core.is_latency else None)
    return numbers if problem.is_core else {**numbers, "goal": goal_numbers(problem)}


def stated_problem(problem: Problem) -> check.Problem:
    """The problem as the checker has it.

    Raises
    ------
    UnsupportedError
        On what no certificate can state, by name, or a problem beyond the checker's limits.
    """
    try:
        return check.Problem(statement(problem))
    except check.Refused as reason:
        raise UnsupportedError(f"no certificate can state this problem: {reason}") from None


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
        "measure": labelled(problem.objective, problem.rule),
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
    """Of each edge that `statement` lists the number in the view, one of those of equals."""
    return [number for number, _ in _stated_edges(problem)]


def _view(problem: Problem) -> dict[str, Any]:
    """What is counted, but for what belongs to edges."""
    view = problem.view
    return {
        "stalls": int(view.stalls),
        "capped": int(view.capped),
        "counted": [*map(int, view.counted if view.stalls else view.outputs)],
    }


def _stated_edges(problem: Problem) -> list[tuple[int, check.Need]]:
    """Each edge once, in the checker's order, with its number in the view."""
    view, names, found = problem.view, [*problem.network.index], list[tuple[int, check.Need]]()
    for number, (producer, consumer) in enumerate(view.edges):
        need, tail = view.need[number], view.tails[number] if view.tails else None
        what = f"need map of edge {names[producer]!r} -> {names[consumer]!r}: {_NO_CERTIFICATE}"
        try:
            stated = check.Need(_edge(producer, consumer, need))
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
    layers = zip(problem.network.layers, problem.sets, problem.view.ends, strict=True)
    return [
        {"name": layer.name, "outputs": layer.outputs, "set": crossbar_set, "end": int(end)}
        for layer, crossbar_set, end in layers
    ]


def _edge(producer: int, consumer: int, need: NeedMap) -> dict[str, Any]:
    return {
        "producer": producer,
        "consumer": consumer,
        "width": need.producer_width,
        "rows": need.rows.tolist(),
        "columns": need.columns.tolist(),
        "growth": need.row_scale,
    }


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
        producers = ticks.layers[i].producers
        brings = {k: w for k, w in sorted(zip(producers, form.weights, strict=True)) if w}
        stated: dict[str, Any] = {
            "own": [*form.own],
            "times": [*form.times],
            "producers": [[*pair] for pair in brings.items()],
        }
        left = only(problem.network.reads[i], brings)
        layers.append(stated | ({"reads": stated_stream(left)} if has_join(left) else {}))
    return {
        "tick": [ticks.tick.numerator, ticks.tick.denominator],
        "compute": ticks.compute,
        "layers": layers,
    }


def stated_stream(stream: Stream | None) -> Any:
    """A tree over layers in the checker's form and order."""
    if stream is None or isinstance(stream, Leaf):
        return stream
    kind = "join" if isinstance(stream, Join) else "concat"
    return {kind: sorted((stated_stream(part) for part in stream.parts), key=check.place)}


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
