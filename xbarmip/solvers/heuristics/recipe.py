"""Heuristics that follow a recipe: an allocation by a formula, no search."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from xbarmip.exact import least_where
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation, feasible, infeasible
from xbarmip.solvers.protocol import Watch, refused_constraints
from xbarmip.solvers.result import Result


class Recipe(ABC):
    """A solver whose answer is one formula: it claims FEASIBLE, and never a bound.

    Made in well under a second, the allocation is returned whatever the limits are.
    """

    name: ClassVar[str]

    __slots__ = ()

    @abstractmethod
    def allocation(self, problem: Problem) -> Allocation:
        """R of every layer, within the budget of a feasible problem."""

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse constraints; every network and objective is taken."""
        return refused_constraints(problem)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Follow the recipe (see `Solver.solve`)."""
        if not problem.feasible:
            return infeasible(self, problem)
        return feasible(self, problem, self.allocation(problem))


def largest_fit(problem: Problem, family: Callable[[int], Allocation], most: int) -> Allocation:
    """family(m) for the largest m in 0..most that the budget pays for.

    No layer's R may fall as m grows, and family(0) must fit.
    """

    def next_is_too_dear(m: int) -> bool:
        return problem.crossbars_used(family(m + 1)) > problem.crossbars

    return family(least_where(0, most, next_is_too_dear))
