"""The least latency of every budget, beside allocations that have the fewest cycles."""

from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import Any

from xbarmip.errors import InputError
from xbarmip.questions.against import ParetoFront, pareto
from xbarmip.solvers.dp.frontier import Frontier
from xbarmip.solvers.protocol import Progress
from xbarmip.timing.step_time import microseconds, ticks_of


def is_timed(curve: Frontier) -> bool:
    """Whether its hardware says how long a step lasts."""
    hardware = curve.problem.hardware
    return hardware is not None and hardware.has_step_time


def computation_binds(curve: Frontier) -> bool:
    """Whether each of its allocations has the shortest step that there is, that of computation.

    Then these have the least latency as well: no step is shorter, and nothing has fewer of them.
    """
    return all(time is not None and time.seconds == time.compute for time in curve.times)


def latency_front(
    curve: Frontier,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> ParetoFront:
    """The least latency of every budget up to that of a frontier, from the largest down.

    Parameters
    ----------
    curve : Frontier
        Of cycles, with hardware that says how long a step lasts.
    time_limit, memory_limit, progress
        As of `pareto`. Where it stops early, the budgets from the last point on are proven.
    """
    timed = replace(curve.problem, objective=curve.problem.measure.time)
    return pareto(timed, "crossbars", "dp", time_limit, memory_limit, progress)


def fastest(curve: Frontier, front: ParetoFront | None) -> dict[str, Any]:
    """What is known of the least latency at each budget, for JSON.

    `points` are proven: crossbars and the least microseconds with so many, from `proven_from` on.
    `bounds` has for each corner of the frontier what the least latency is at least and at most.
    Where it is not proven, it is no less than the fewest cycles of the shortest step there is, nor
    than that of a larger budget; and no more than that of a corner with as many crossbars or fewer.

    Raises
    ------
    InputError
        On a front that is not of the latency against crossbars of the same problem.
    """
    if front is not None and replace(front.problem, objective="cycles") != curve.problem:
        raise InputError("the front of latencies is of another problem than the frontier of cycles")
    found = _proven(curve, front)
    start = found[0][0] if found else None
    budgets = [crossbars for crossbars, _ in found]
    slowest = found[0][1] if found else Fraction(0)
    best = accumulate((point.value * time.seconds for point, time in _pairs(curve)), min)
    bounds = []
    for (point, time), most in zip(_pairs(curve), best, strict=True):
        place = bisect_right(budgets, point.crossbars) - 1
        least = found[place][1] if place >= 0 else max(point.value * time.compute, slowest)
        bounds.append([microseconds(least), microseconds(least if place >= 0 else most)])
    return {
        "points": [[crossbars, microseconds(seconds)] for crossbars, seconds in found],
        "proven_from": start,
        "bounds": bounds,
    }


def _pairs(curve: Frontier) -> list[tuple[Any, Any]]:
    return list(zip(curve.points, curve.times, strict=True))


def _proven(curve: Frontier, front: ParetoFront | None) -> list[tuple[int, Fraction]]:
    """Crossbars and the least seconds with so many, by growing budget.

    Without a front, those of the frontier's allocations, if computation binds in all of them.
    """
    if front is None:
        if not computation_binds(curve):
            return []
        return [(point.crossbars, point.value * time.seconds) for point, time in _pairs(curve)]
    tick, first = ticks_of(front.problem).tick, curve.points[0].crossbars
    pairs = sorted((point.against, point.value * tick) for point in front.points)
    below = [pair for pair in pairs if pair[0] <= first][-1:]
    return [(first, seconds) for _, seconds in below] + [pair for pair in pairs if pair[0] > first]
