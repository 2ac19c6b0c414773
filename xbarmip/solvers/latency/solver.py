"""A solver of counts made into a solver of latencies."""

from dataclasses import dataclass

from xbarmip.problem import Problem
from xbarmip.solvers.latency.questions import subproblem
from xbarmip.solvers.latency.walk import Walk
from xbarmip.solvers.protocol import Hint, Solver, Watch, ended
from xbarmip.solvers.result import Proof, Result
from xbarmip.timing.step_limit import least_step


@dataclass(frozen=True, slots=True)
class LatencyWalk:
    """A solver of counts made into a solver of latencies.

    Attributes
    ----------
    solver : Solver
        Minimises cycles or steps subject to constraints.
    refuted : Proof
        What the solver's INFEASIBLE rests on.
    whole : bool
        Whether to follow the whole frontier, not only the part that can hold the least latency.
    """

    solver: Solver
    refuted: Proof = Proof.EXACT
    whole: bool = False

    @property
    def name(self) -> str:
        """Name of the solver that walks."""
        return self.solver.name

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Reasons why the solver cannot take the subproblem with the shortest steps or without a
        limit.
        """
        if not problem.feasible:
            return ()
        reasons = (
            *self.solver.unsupported(subproblem(problem, None)),
            *self.solver.unsupported(subproblem(problem, least_step(problem))),
        )
        return tuple(dict.fromkeys(reasons))

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Prove the least latency (see `Solver.solve`)."""
        return self.solve_from(problem, watch, Hint())

    def solve_from(self, problem: Problem, watch: Watch, hint: Hint) -> Result:
        """`solve` with a hint, without `rounds`: a walk has none."""
        assert hint.rounds is None
        walk = Walk(problem, self.solver, self.refuted, self.whole, watch, hint)
        return walk.result(*ended(walk.run))
