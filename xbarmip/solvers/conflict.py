"""Which constraints cannot hold together: a minimal set of them (SPEC §8)."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.asking import require_taken
from xbarmip.solvers.check import confirm
from xbarmip.solvers.protocol import Limits, Solver, UntilFound
from xbarmip.solvers.registry import EXACT, make_solver, stated
from xbarmip.solvers.result import Status

if TYPE_CHECKING:
    import pyomo.environ as pyo


@dataclass(frozen=True, slots=True)
class Conflict:
    """Constraints that no allocation within the budget meets together.

    Attributes
    ----------
    names : tuple of str
        Of the constraints, in the order of the problem; none where the budget alone cannot hold.
    minimal : bool
        Whether leaving out any one of them is known to make an allocation possible. False where the
        time ended before all were tried.
    """

    names: tuple[str, ...]
    minimal: bool

    def __str__(self) -> str:
        if not self.names:
            return "the budget does not hold one copy of every layer"
        listed = ", ".join(map(repr, self.names))
        if len(self.names) == 1:
            return f"constraint {listed} cannot hold within the budget"
        what = "constraints" if self.minimal else "constraints (perhaps fewer)"
        return f"{what} {listed} cannot hold together within the budget"


def conflict(
    what: "Problem | pyo.ConcreteModel",
    solver: str = "dp",
    time_limit: float | None = None,
    **options: Any,
) -> Conflict | None:
    """Why a problem is infeasible: a minimal set of constraints that cannot hold together.

    Each constraint in turn is left out; where the others still cannot hold, it stays out. What
    remains is minimal: an exact solver has found an allocation without each one of them. Parts of
    one constraint (an equality, one for each layer) share its name and are left out together.

    Parameters
    ----------
    what : Problem or pyomo ConcreteModel
    solver : str
        One that proves infeasibility: "dp", "exhaustive", or "milp" in floating-point numbers.
    time_limit : float, optional
        Wall-clock seconds for each question.
    **options
        The solver's own options.

    Returns
    -------
    Conflict or None
        None where an allocation exists, or the time limit left that open.

    Raises
    ------
    InputError
        On a solver that proves nothing, or a bad option.
    UnsupportedError
        When the solver cannot honour the constraints.
    """
    if solver not in EXACT:
        raise InputError(f"solver must be one of {', '.join(EXACT)}, got {solver!r}")
    chosen = make_solver(solver, **options)
    problem = stated(what)
    problem.require_core()
    if not problem.feasible:
        return Conflict((), minimal=True)
    names = list(problem.constraint_names)
    if _status(chosen, problem, names, time_limit) is not Status.INFEASIBLE:
        return None
    minimal = True
    for name in tuple(names):
        others = [other for other in names if other != name]
        status = _status(chosen, problem, others, time_limit)
        if status is Status.INFEASIBLE:
            names = others
        minimal = minimal and status is not Status.UNKNOWN
    return Conflict(tuple(names), minimal)


def _status(solver: Solver, problem: Problem, names: list[str], seconds: float | None) -> Status:
    """Whether the constraints of these names can hold together."""
    kept = tuple(constraint for constraint in problem.constraints if constraint.name in names)
    if not kept:
        return Status.FEASIBLE
    question = replace(problem, constraints=kept)
    require_taken(solver.name, solver.unsupported(question))
    answer = solver.solve(question, UntilFound(Limits(seconds)))
    confirm(question, solver.name, answer)
    return answer.status
