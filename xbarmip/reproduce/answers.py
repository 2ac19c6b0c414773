"""What rows are made of: answers of solvers, and what an allocation takes."""

from dataclasses import dataclass

from xbarmip.errors import InputError
from xbarmip.measures.registry import measure_of
from xbarmip.problem import Problem
from xbarmip.reproduce.claims import Claim
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Result, Status
from xbarmip.timing.evaluate import count_of


def answer_of(problem: Problem, found: Result) -> tuple[int, tuple[int, ...]]:
    """Value and allocation.

    Raises
    ------
    InputError
        If the solver found none: no row can be made.
    """
    if found.value is None or found.allocation is None:
        budget = f"{problem.network.name} on {problem.crossbars} crossbars"
        said = f" ({found.message})" if found.message else ""
        raise InputError(f"{budget}: {found.solver} found no allocation, {found.status}{said}")
    return found.value, problem.allocation(found.allocation)


@dataclass(frozen=True, slots=True)
class Best:
    """What `dp` answers, and the crossbars that its allocation takes."""

    status: Status
    value: int
    bound: int | None
    crossbars: int
    allocation: tuple[int, ...]

    @classmethod
    def of(cls, problem: Problem, seconds: float, progress: Progress | None) -> "Best":
        """The answer to a problem within a time limit."""
        found = solve(problem, time_limit=seconds, progress=progress)
        value, allocation = answer_of(problem, found)
        used = problem.crossbars_used(allocation)
        return cls(found.status, value, found.bound, used, allocation)

    @property
    def proven(self) -> bool:
        """Whether it is the optimum."""
        return self.status == Status.OPTIMAL

    def claims(self, name: str, problem: Problem) -> dict[str, Claim]:
        """The claim that is made of a problem, by the name of its certificate; none if unproven."""
        return {name: Claim(problem, self.value, self.allocation)} if self.proven else {}


@dataclass(frozen=True, slots=True)
class Taken:
    """What an allocation takes, whoever made it."""

    crossbars: int
    cycles: int
    interval: int
    allocation: tuple[int, ...]

    @classmethod
    def of(cls, problem: Problem, allocation: tuple[int, ...]) -> "Taken":
        """The same of an allocation on the problem's network and crossbars."""
        cycles, interval = (
            count_of(measure_of(name).view(problem.network), allocation)
            for name in ("cycles", "interval")
        )
        return cls(problem.crossbars_used(allocation), cycles, interval, allocation)
