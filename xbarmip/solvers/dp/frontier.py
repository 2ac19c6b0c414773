"""The whole frontier: the optimum of every budget, as the points where it improves (SPEC §7)."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from xbarmip.display import html_table, in_us
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.exact import as_int
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.effort import POINT_BEAMS
from xbarmip.solvers.dp.plain import plain_frontier
from xbarmip.solvers.dp.primal.start import proportional
from xbarmip.solvers.dp.run import Run
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.dp.standing import ANY
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.protocol import Limits, Progress, Watch, refused_latency, until_stopped
from xbarmip.solvers.result import Stop
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import StepTime, time_of


@dataclass(frozen=True, slots=True)
class Point:
    """A budget at which the optimum improves.

    Attributes
    ----------
    crossbars : int
        The smallest budget that has this optimum; `allocation` takes all of it.
    value : int
        The optimum, in cycles or steps.
    allocation : mapping of str to int
        Duplication R by layer name, in layer order.
    """

    crossbars: int
    value: int
    allocation: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The point for JSON."""
        return {
            "crossbars": self.crossbars,
            "value": self.value,
            "allocation": dict(self.allocation),
        }


@dataclass(frozen=True, slots=True)
class Frontier:
    """Fewest cycles or steps against crossbars, every point proven.

    Attributes
    ----------
    problem : Problem
        Its budget is the largest that was asked for.
    points : tuple of Point
        Ascending in crossbars, descending in value; none where the problem is infeasible.
    stop : Stop
        FINISHED, or what ended the search before it had every point that was asked for.
    seconds : float
        Wall-clock time.

    Raises
    ------
    ValueError
        When the points are out of order or over the budget.
    """

    problem: Problem
    points: tuple[Point, ...]
    stop: Stop
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for lower, upper in pairwise(self.points):
            if lower.crossbars >= upper.crossbars or lower.value <= upper.value:
                raise ValueError(f"points {lower} and {upper} of a frontier are out of order")
        if self.points and self.points[-1].crossbars > self.problem.crossbars:
            raise ValueError(f"point {self.points[-1]} of a frontier is over the budget")

    @property
    def complete(self) -> bool:
        """Whether it holds every point that was asked for."""
        return self.stop is Stop.FINISHED

    @property
    def covered(self) -> tuple[int, int] | None:
        """Smallest and largest budget whose optimum is known; None where there is none."""
        return (self.points[0].crossbars, self.problem.crossbars) if self.points else None

    @property
    def times(self) -> tuple[StepTime | None, ...]:
        """The step time of each point's allocation, where the hardware says it."""
        return tuple(time_of(self.problem, point.allocation) for point in self.points)

    def _repr_html_(self) -> str:
        shown = "complete" if self.complete else f"stopped: {self.stop}"
        names = ("crossbars", self.problem.label)
        timed = ("step us", f"{self.problem.label} in us") if any(self.times) else ()
        rows = [
            (point.crossbars, point.value)
            + (() if time is None else (in_us(time.seconds), in_us(point.value * time.seconds)))
            for point, time in zip(self.points, self.times, strict=True)
        ]
        return html_table(f"{self.problem}: every budget, {shown}", (*names, *timed), rows)

    def as_dict(self) -> dict[str, Any]:
        """The frontier for JSON."""
        facts = self.problem.as_dict()
        return {
            **{("up_to" if key == "crossbars" else key): fact for key, fact in facts.items()},
            "complete": self.complete,
            "stop": self.stop,
            "covered": self.covered,
            "smallest_budget": self.problem.smallest_budget,
            "points": [
                point.as_dict() | ({} if time is None else time.latency_facts("value", point.value))
                for point, time in zip(self.points, self.times, strict=True)
            ],
            "seconds": self.seconds,
        }

    def at(self, crossbars: int) -> Point:
        """The point that holds at a budget: its value is the optimum there.

        Raises
        ------
        InputError
            On a budget that is not covered.
        """
        asked = as_int(crossbars, "crossbars")
        if self.covered is None:
            raise InputError("crossbars: the frontier does not cover any budget")
        low, high = self.covered
        as_int(asked, "crossbars on this frontier", low, high)
        return self.points[bisect_right(self.points, asked, key=lambda point: point.crossbars) - 1]


def frontier(
    problem: Problem,
    down_to: int | None = None,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The optimum of every budget up to that of `problem`.

    From the largest budget down: the optimum T of a budget, then the fewest crossbars X that reach
    T. (X, T) is a point, T + 1 a bound for all smaller budgets, and X - 1 the next budget.

    Parameters
    ----------
    problem : Problem
        Its budget is where the curve ends.
    down_to : int, optional
        Smallest budget of interest; the point that holds there is the last that is sought.
    time_limit : float, optional
        Wall-clock seconds. The points found by then are returned; so they are on Ctrl-C.
    memory_limit : int, optional
        Bytes of working memory of one search.
    progress : callable, optional
        Called with a dict of facts (seconds, points, crossbars, best, bound, ...).

    Raises
    ------
    InputError
        On a bad limit, or `down_to` out of 1..crossbars.
    UnsupportedError
        Where the objective is a time, or the problem a goal.
    VerificationError
        When a point does not survive re-evaluation.
    """
    if reasons := refused_latency(problem):
        raise UnsupportedError(
            f"a frontier of budgets is of a count: {reasons[0]}; "
            "xbarmip.pareto(problem, 'crossbars') has that of a time"
        )
    last = 1 if down_to is None else as_int(down_to, "down_to", 1, problem.crossbars)
    watch = Watch(Limits(time_limit, memory_limit), progress)
    points: list[Point] = []
    stop = Stop.FINISHED
    if problem.feasible:
        with interrupts_held() as let_through:
            run = Run(problem, watch, let_through)
            stop = until_stopped(lambda: _trace(run, last, points))
    return Frontier(problem, tuple(reversed(points)), stop, watch.seconds)


def _trace(run: Run, down_to: int, points: list[Point]) -> None:
    """Append every point from the largest budget down to the one that holds at `down_to`."""
    options = DynamicProgram()
    search = run.search(options.switches)
    if search is None:
        _trace_plain(run, down_to, points)
        return
    smallest = max(down_to, run.problem.smallest_budget)
    while True:
        run.facts = {"points": len(points), "crossbars": run.budget}
        run.check()
        run.meet(search, options.beam)
        if run.allocation is None:
            return
        points.append(_cheapest(run, search, options.beam))
        if points[-1].crossbars <= smallest:
            return
        _go_below(run, points[-1])


def _cheapest(run: Run, search: TargetSearch, beam: int) -> Point:
    """The point of the run's optimum, with an allocation that takes the fewest crossbars."""
    width, complete = POINT_BEAMS * beam, False
    used = run.problem.crossbars_used(run.best)
    while not complete:
        answer = search.search(Goal(run.bound, used - 1), width)
        complete = answer.complete
        if answer.allocation is None:
            width *= 4
        else:
            run.accept(answer.allocation, run.bound)
            used = run.problem.crossbars_used(answer.allocation)
    if run.value < run.bound:
        raise VerificationError(f"frontier: {run.best} is better than the bound {run.bound}")
    return _point(run.problem, run.best, run.value)


def _go_below(run: Run, point: Point) -> None:
    """Set the run to the budget just below a point, with a bound and an allocation to begin with.

    One crossbar less buys at least what the point's allocation leaves when one layer gives up one
    copy.
    """
    run.budget = point.crossbars - 1
    run.bound = point.value + 1
    run.allocation, run.value = None, ANY
    chosen = np.array(list(point.allocation.values()), dtype=np.int64)
    fewer = (chosen - np.eye(len(chosen), dtype=np.int64))[chosen > 1]
    even = proportional(replace(run.problem, crossbars=run.budget))
    run.try_each([*(tuple(row) for row in fewer.tolist()), even])


def _trace_plain(run: Run, down_to: int, points: list[Point]) -> None:
    run.facts = {"points": 0, "crossbars": run.budget}
    ends = plain_frontier(run.problem, run.check)
    for used, value, chosen in reversed(ends):
        points.append(_point(run.problem, chosen, value))
        if used <= down_to:
            return


def _point(problem: Problem, allocation: tuple[int, ...], value: int) -> Point:
    evaluated = evaluate(problem, allocation)
    if evaluated != value:
        raise VerificationError(f"frontier: {allocation} has value {evaluated}, not {value}")
    names = problem.network.index
    return Point(
        problem.crossbars_used(allocation), value, dict(zip(names, allocation, strict=True))
    )
