"""Two measures against each other at one budget: the Pareto front, every point proven (SPEC §12).

A point is a pair (f, g) of values of an allocation such that none has as little of both and less
of one. The walk asks for the least f with g at most b, from no b at all, and then for the least g
with that f: a goal with a tie, whose answer is

    f(b) = min f over g <= b,        g(b) = min g over f <= f(b) and g <= b.

(f(b), g(b)) is a point: an allocation with f <= f(b) and g <= g(b) is among those that were asked,
so it has neither less f, nor with f(b) less g. Between g(b) and b there is no other: it would have
f > f(b), as f(b) is the least and g(b) the least with it, and so be worse in both. Hence the next b
is g(b) - 1, and there f is more than f(b). The walk ends where nothing is allowed, or with the
least g that there can be: g descends, so each point is found once.

The front of f and g is that of g and f. So f is the one that no linear constraint bounds, if any.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from xbarmip.display import html_table
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.goal import measure_label
from xbarmip.measures.registry import objective_and_rule
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.questions.amounts import Amount, amount_of
from xbarmip.questions.ask import Asked
from xbarmip.questions.door import confirm_goal
from xbarmip.questions.result import GoalResult
from xbarmip.questions.then import GoalWalk, Walk
from xbarmip.solvers.protocol import Limits, Progress, Solver, Watch
from xbarmip.solvers.registry import made_solver
from xbarmip.solvers.result import Proof, Status, Stop


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """What an allocation has of two measures; none has as little of both and less of one.

    Attributes
    ----------
    value, against : int
        Times in ticks.
    allocation : mapping of str to int
        Duplication R by layer name, in layer order.
    measures : mapping of str to number
        Every measure of the allocation, times in microseconds.
    """

    value: int
    against: int
    allocation: Mapping[str, int]
    measures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ParetoFront:
    """The objective against another measure, at the budget of a problem.

    Attributes
    ----------
    problem : Problem
    against : str
        Label of the other measure.
    points : tuple of ParetoPoint
        Ascending in value, descending in what it is against; none where nothing is allowed.
    stop : Stop
        FINISHED, or what ended the walk before it had every point.
    solver : str
    proof : Proof
        What the points rest on.
    message : str
        Of the solver, where it stopped.
    asked : tuple of Asked
        The core questions, in the order in which they were asked.
    seconds : float
        Wall-clock time.
    """

    problem: Problem
    against: str
    points: tuple[ParetoPoint, ...]
    stop: Stop
    solver: str
    proof: Proof = Proof.EXACT
    message: str = ""
    asked: tuple[Asked, ...] = ()
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether it holds every point."""
        return self.stop is Stop.FINISHED

    @property
    def amounts(self) -> tuple[Amount, Amount]:
        """The two measures: the objective, and what it is against."""
        return amount_of(self.problem, self.problem.label), amount_of(self.problem, self.against)

    def shown(self, point: ParetoPoint) -> dict[str, Any]:
        """The two values of a point by the names that JSON has for them."""
        pair = zip(self.amounts, (point.value, point.against), strict=True)
        return dict(amount.shown(value) for amount, value in pair)

    def _repr_html_(self) -> str:
        shown = "complete" if self.complete else f"stopped: {self.stop}"
        names = [amount.shown(0)[0] for amount in self.amounts]
        rows = [self.shown(point).values() for point in self.points]
        return html_table(f"{self.problem}, against {self.against}: {shown}", names, rows)

    def as_dict(self) -> dict[str, Any]:
        """The front for JSON."""
        points = [
            {
                **plain(self.shown(point)),
                "allocation": dict(point.allocation),
                "measures": plain(point.measures),
            }
            for point in self.points
        ]
        return {
            **self.problem.as_dict(),
            "against": self.against,
            "complete": self.complete,
            "stop": self.stop,
            "solver": self.solver,
            "proof": self.proof,
            "message": self.message,
            "points": points,
            "questions": [each.as_dict() for each in self.asked],
            "seconds": self.seconds,
        }


def pareto(
    problem: Problem,
    against: str,
    solver: str | Solver = "dp",
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> ParetoFront:
    """The Pareto front of the objective and another measure.

    Parameters
    ----------
    problem : Problem
        Its bounds hold for each point; its ties are broken among the allocations of each.
    against : str
        The other measure, as in `then`.
    solver : str or Solver
        An exact one.
    time_limit : float, optional
        Wall-clock seconds. The points found by then are returned; so they are on Ctrl-C.
    memory_limit : int, optional
        Bytes of working memory of one search.
    progress : callable, optional
        Called with a dict of facts (seconds, questions, best, bound, ...).

    Raises
    ------
    InputError
        On an unknown measure, one that is minimised anyway, or a bad limit.
    UnsupportedError
        When the solver cannot be asked what the walk needs.
    VerificationError
        When a point does not survive re-evaluation.
    """
    other = measure_label(against, problem.sums, problem.hardware)
    if other == problem.label:
        raise InputError(f"measure {other!r} cannot be set against itself")
    goal = replace(problem, then=(other, *problem.then))
    swapped = _over_layers(problem, problem.label) and not _over_layers(problem, other)
    if swapped:
        objective, rule = objective_and_rule(other)
        then = (problem.label, *problem.then)
        goal = replace(problem, objective=objective, rule=rule, then=then)
    made = made_solver(solver, options)
    if reasons := GoalWalk(made).unsupported(goal):
        raise UnsupportedError(
            f"solver {made.name!r} cannot set {problem.label} against {other}: {'; '.join(reasons)}"
        )
    found: list[GoalResult] = []
    watch = Watch(Limits(time_limit, memory_limit), progress)
    walk = Walk(goal, made, watch)
    last = _descend(walk, found)
    points = tuple(_point(each, swapped) for each in (found[::-1] if swapped else found))
    return ParetoFront(
        problem,
        other,
        points,
        last.stop,
        made.name,
        walk.proof,
        last.message,
        last.asked,
        watch.seconds,
    )


def _over_layers(problem: Problem, label: str) -> bool:
    return amount_of(problem, label).over_layers is not None


def _descend(walk: Walk, found: list[GoalResult]) -> GoalResult:
    """Append the answer of every point, and return the one that ends the walk."""
    goal = walk.problem
    least = amount_of(goal, goal.then[0]).least
    while True:
        answer = walk.answer()
        if answer.status is not Status.OPTIMAL:
            return answer
        confirm_goal(goal, answer)
        found.append(answer)
        first, second = (each.value for each in answer.minima[:2])
        assert first is not None and second is not None
        if second <= least:
            return answer
        walk.begin_again(goal.then[0], second - 1, first + 1)


def _point(answer: GoalResult, swapped: bool) -> ParetoPoint:
    first, second = (each.value for each in answer.minima[:2])
    assert answer.allocation is not None and first is not None and second is not None
    pair = (second, first) if swapped else (first, second)
    return ParetoPoint(*pair, answer.allocation, answer.measures)
