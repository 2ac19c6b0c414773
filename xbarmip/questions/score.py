"""The score of an allocation that anybody made: every measure, and how far from the optimum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from xbarmip.display import html_table
from xbarmip.errors import VerificationError
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amounts
from xbarmip.questions.door import solve
from xbarmip.solvers.result import Result, Status
from xbarmip.timing.evaluate import evaluate, seconds_of
from xbarmip.timing.step_time import microseconds


@dataclass(frozen=True, slots=True)
class Score:
    """What an allocation takes, beside what is known of the best one.

    Attributes
    ----------
    problem : Problem
    allocation : tuple of int
    value, best, bound : int or Fraction
        The objective of the allocation, of the best one found, and what none is below: counts, or
        seconds. None for what is not known.
    crossbars_used : int
    broken : tuple of str
        The constraints that it does not meet, which say something of what is within the budget.
    measures : dict
        Every measure of it, by label; times in microseconds.
    result : Result
        The answer to the problem.
    """

    problem: Problem
    allocation: tuple[int, ...]
    value: int | Fraction
    best: int | Fraction | None
    bound: int | Fraction | None
    crossbars_used: int
    broken: tuple[str, ...]
    measures: dict[str, Any]
    result: Result

    @property
    def allowed(self) -> bool:
        """Whether it is within the budget and meets every constraint."""
        return self.crossbars_used <= self.problem.crossbars and not self.broken

    @property
    def above(self) -> Fraction | None:
        """By which part of it the value is above the best one found; None if none was."""
        return None if self.best is None else Fraction(self.value) / Fraction(self.best) - 1

    def _repr_html_(self) -> str:
        facts = self.as_dict()
        names = ("value", "best", "bound", "percent_above", "crossbars_used", "allowed")
        rows = [*((name, facts[name]) for name in names), *self.measures.items()]
        return html_table(f"score of an allocation; {self.problem}", ("", "allocation"), rows)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON; `percent_above` is a number with one decimal."""
        names = self.problem.network.index
        return {
            **self.problem.as_dict(),
            "allocation": dict(zip(names, self.allocation, strict=True)),
            "crossbars_used": self.crossbars_used,
            "allowed": self.allowed,
            "broken": list(self.broken),
            "measures": self.measures,
            "value": self.shown(self.value),
            "best": self.shown(self.best),
            "bound": self.shown(self.bound),
            "status": str(self.result.status),
            "percent_above": None if self.above is None else round(float(100 * self.above), 1),
            "solver": self.result.solver,
            "options": plain(self.result.options),
            "seconds": self.result.seconds,
        }

    def shown(self, value: int | Fraction | None) -> Any:
        """A value of the objective: a count, or microseconds."""
        return microseconds(value) if isinstance(value, Fraction) else value


def score(
    problem: Problem,
    allocation: Mapping[str, int] | Sequence[int],
    solver: str = "dp",
    time_limit: float | None = None,
    **options: Any,
) -> Score:
    """Score an allocation, which may take more than the budget, beside the problem's optimum.

    Parameters
    ----------
    problem : Problem
        With a single measure to minimise.
    allocation : mapping or sequence of int
        R of every layer, by name or in layer order.
    solver, time_limit, **options
        As for `solve`, which finds the optimum.

    Raises
    ------
    InputError
        On an allocation that does not fit the network.
    VerificationError
        If it is allowed and better than what was proven to be the least.
    """
    problem.require_core()
    chosen = problem.allocation(allocation)
    used = problem.crossbars_used(chosen)
    frame = replace(problem, crossbars=max(used, problem.crossbars), constraints=())
    broken = problem.broken(chosen) if used <= problem.crossbars else ()
    result = solve(problem, solver, time_limit, **options)
    found = Score(
        problem,
        chosen,
        _exact(frame, evaluate(frame, chosen)),
        None if result.value is None else _exact(problem, result.value),
        None if result.bound is None else _exact(problem, result.bound),
        used,
        tuple(dict.fromkeys(each.name for each in broken)),
        amounts(frame, chosen),
        result,
    )
    impossible = result.status is Status.INFEASIBLE or (
        found.bound is not None and found.value < found.bound
    )
    if found.allowed and impossible:
        raise VerificationError(
            f"{solver} says {result.status}, bound {result.bound}; the allocation is allowed and "
            f"better"
        )
    return found


def _exact(problem: Problem, value: int) -> int | Fraction:
    """A value of the objective as a count or in seconds."""
    return seconds_of(problem, value) if problem.is_latency else value
