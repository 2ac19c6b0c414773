"""The frontier of a network as a page: a slider along its corners, and what each of them is."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from xbarmip.compare.pictures.pipeline import activity
from xbarmip.errors import InputError
from xbarmip.exact import ceil_div
from xbarmip.measures.view import View
from xbarmip.pages.fastest import fastest, is_timed
from xbarmip.pages.page import rendered
from xbarmip.problem import Problem
from xbarmip.questions.against import ParetoFront
from xbarmip.solvers.dp.frontier import Frontier, Point
from xbarmip.timing.evaluate import count_many
from xbarmip.timing.pipeline import schedule
from xbarmip.timing.step_time import step_time

MOST_CORNERS = 1000
_COLUMNS = 160  # of the picture of a pipeline
_TENTHS = 9  # how busy a layer is, as one digit


def explore_page(curve: Frontier, front: ParetoFront | None = None) -> str:
    """The page, in one HTML file that loads nothing.

    Parameters
    ----------
    curve : Frontier
        Of cycles.
    front : ParetoFront, optional
        Of its latencies (`latency_front`), where the hardware says how long a step lasts.

    Raises
    ------
    InputError
        When the frontier is of another count than cycles, has no corner, or too many to show.
    """
    if curve.problem.objective != "cycles":
        raise InputError(f"explore shows cycles, not {curve.problem.objective!r}")
    if not 1 <= len(curve.points) <= MOST_CORNERS:
        raise InputError(
            f"explore shows 1 to {MOST_CORNERS} corners, and there are {len(curve.points)}; "
            "--from and --up-to choose some"
        )
    return rendered("explore.html.j2", facts=explored(curve, front))


def explored(curve: Frontier, front: ParetoFront | None = None) -> dict[str, Any]:
    """All that the page shows, for JSON."""
    problem = curve.problem
    layers = zip(problem.network.layers, problem.sets, strict=True)
    hardware = problem.hardware
    return {
        "network": problem.network.name,
        "size": problem.crossbar.sides,
        "hardware": hardware.name if hardware is not None and is_timed(curve) else None,
        "fastest": fastest(curve, front) if is_timed(curve) else None,
        "constraints": list(problem.constraint_names),
        "covered": curve.covered,
        "complete": curve.complete,
        "layers": [
            {"name": layer.name, "outputs": layer.outputs, "set": size} for layer, size in layers
        ],
        "corners": [_corner(problem, point) for point in curve.points],
    }


def _corner(problem: Problem, point: Point) -> dict[str, Any]:
    chosen = problem.allocation(point.allocation)
    share, end = activity(problem.network, chosen, _COLUMNS)
    return {
        "crossbars": point.crossbars,
        "cycles": point.value,
        "copies": list(chosen),
        "steps": [
            ceil_div(layer.outputs, r)
            for layer, r in zip(problem.network.layers, chosen, strict=True)
        ],
        "way": longest_way(problem.view, chosen),
        "more": _with_one_more(problem, chosen),
        "busy": [_runs(row) for row in np.rint(_TENTHS * share).astype(int)],
        "end": [int(each) for each in end],
        **_timed(problem, chosen, point.value),
    }


def _runs(row: Sequence[int]) -> str:
    """A row of digits as digit and length of each run: 9x12 0x3."""
    return " ".join(f"{digit}x{len([*run])}" for digit, run in groupby(row))


def _with_one_more(problem: Problem, chosen: Sequence[int]) -> list[int | None]:
    """The cycles with one more copy of each layer, whatever it costs; None where it has all."""
    more = np.array([chosen] * len(chosen), dtype=np.int64) + np.eye(len(chosen), dtype=np.int64)
    outputs = [layer.outputs for layer in problem.network.layers]
    fits = [r < most for r, most in zip(chosen, outputs, strict=True)]
    counts = iter(count_many(problem.view, more[fits]).tolist()) if any(fits) else iter(())
    return [next(counts) if fit else None for fit in fits]


def longest_way(view: View, chosen: Sequence[int]) -> list[int]:
    """How many cycles of a longest way through the pipeline pass in each layer.

    Each step ends a cycle after the one before it, or together with a step of a producer that it
    waits for (SPEC §4). Going back from the last end by one of these that holds, every cycle is
    met once: the numbers add up to the cycles. There may be other ways that are as long.
    """
    ends = schedule(view, chosen)
    layer = max((k for k, end in enumerate(view.ends) if end), key=lambda k: int(ends[k][-1]))
    step, way = len(ends[layer]), [0] * len(chosen)
    while step:
        now = ends[layer][step - 1]
        if now == 1 + (ends[layer][step - 2] if step > 1 else 0):
            way[layer] += 1
            step -= 1
        else:
            layer, step = _waits_for(view, chosen, ends, layer, step)
    return way


def _waits_for(
    view: View, chosen: Sequence[int], ends: Sequence[Any], layer: int, step: int
) -> tuple[int, int]:
    """A producer and the step of it that ends together with this one."""
    made = view.cap(layer, step * chosen[layer])
    for number in view.into[layer]:
        producer = view.edges[number][0]
        wanted = view.need[number](made)
        if wanted:
            last = ceil_div(wanted, chosen[producer])
            if ends[producer][last - 1] == ends[layer][step - 1]:
                return producer, last
    raise AssertionError("a step ends without a reason")


def _timed(problem: Problem, chosen: Sequence[int], cycles: int) -> dict[str, Any]:
    """The step of the allocation, its latency and what binds, where the hardware says it."""
    if problem.hardware is None or not problem.hardware.has_step_time:
        return {}
    time = step_time(problem.network, problem.hardware, chosen)
    return {**time.latency_facts("cycles", cycles), "binding": time.binding}
