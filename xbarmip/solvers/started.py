"""The dynamic program, beginning with allocations that are known."""

from dataclasses import dataclass

from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.protocol import Hint, Watch
from xbarmip.solvers.result import Proof, Result


@dataclass(frozen=True, slots=True)
class Started:
    """The solver, and allocations that each of its searches is told.

    Attributes
    ----------
    solver : DynamicProgram
    allocations : tuple of (tuple of int)
        In layer order; those that a problem does not allow are of no use and no harm.
    """

    solver: DynamicProgram
    allocations: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """That of the solver."""
        return self.solver.name

    @property
    def refutes(self) -> Proof:
        """What its INFEASIBLE rests on."""
        return self.solver.refutes

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """The reasons of the solver."""
        return self.solver.unsupported(problem)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Solve, beginning with what is known."""
        return self.solve_from(problem, watch, Hint())

    def solve_from(self, problem: Problem, watch: Watch, hint: Hint) -> Result:
        """`solve` with more that is known."""
        own = tuple(one for one in self.allocations if problem.meets(one))
        known = hint._replace(allocations=(*hint.allocations, *own))
        return self.solver.solve_from(problem, watch, known)
