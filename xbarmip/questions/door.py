"""The one door to all that can be asked: a core question, or a goal that is a walk over such."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xbarmip.errors import InputError, VerificationError
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of, bounds_of
from xbarmip.questions.result import GoalResult
from xbarmip.questions.then import GoalWalk
from xbarmip.solvers.asking import require_taken, timed
from xbarmip.solvers.protocol import Progress, Solver, Watch
from xbarmip.solvers.registry import made_solver, stated, verify_in_model
from xbarmip.solvers.registry import solve as solve_core
from xbarmip.solvers.result import Result, Status

if TYPE_CHECKING:
    import pyomo.environ as pyo


def solve(
    what: "Problem | pyo.ConcreteModel",
    solver: str | Solver = "dp",
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    whole_frontier: bool = False,
    **options: Any,
) -> Result:
    """Solve a problem, or the problem that a model states.

    Parameters
    ----------
    what : Problem or pyomo ConcreteModel
        A model comes from `build_model`; a solution is loaded into it and verified there.
    solver : str or Solver
        A name of `SOLVERS`: those of `EXACT` prove the optimum, the others are heuristics from the
        literature. Or a solver object, which has its options in itself.
    time_limit : float, optional
        Wall-clock seconds.
    memory_limit : int, optional
        Bytes of working memory of the search.
    progress : callable, optional
        Called with a dict of facts (seconds, best, bound, ...) while the search runs.
    whole_frontier : bool
        For a latency: find every point of the frontier of counts and step times, not only those
        that can hold the least latency.
    **options
        The solver's own options.

    Returns
    -------
    Result
        A `LatencyResult` where the objective is a latency, a `GoalResult` where the problem has
        bounds, ties, or a sum to minimise.

    Raises
    ------
    InputError
        On an unknown solver or option, or a bad limit.
    UnsupportedError
        When the solver cannot honour the problem; the message says what.
    VerificationError
        When the answer does not hold: its allocation is not allowed, a value or bound is not true
        of it, or it does not survive re-evaluation in the model. The message names the solver, its
        claim, and what was found.
    """
    problem = stated(what)
    if problem.is_core:
        return solve_core(
            what, solver, time_limit, memory_limit, progress, whole_frontier, **options
        )
    if whole_frontier:
        raise InputError("a problem with bounds, ties or a sum has no frontier of step times")
    made = made_solver(solver, options)
    walk = GoalWalk(made)
    require_taken(made.name, walk.unsupported(problem), "this problem")

    def answer(watch: Watch) -> GoalResult:
        result = walk.solve(problem, watch)
        confirm_goal(problem, result)
        verify_in_model(what, result)
        return replace(result, options={**options, **result.options})

    result: GoalResult = timed(answer, time_limit, memory_limit, progress)
    return result


def confirm_goal(problem: Problem, result: GoalResult) -> None:
    """Hold the answer against the problem: limits, bounds, and each measure that is minimised.

    Raises
    ------
    VerificationError
        Naming what does not hold.
    """
    if result.allocation is None:
        return
    chosen = problem.allocation(result.allocation)
    if not problem.meets(chosen):
        raise VerificationError(f"{result.solver}: {chosen} is not within the limits")
    for label, most in bounds_of(problem).items():
        if (value := amount_of(problem, label)(chosen)) > most:
            raise VerificationError(f"{result.solver}: {label} is {value}, at most {most} is asked")
    for least in result.minima:
        value = amount_of(problem, least.label)(chosen)
        settled = least is not result.minima[-1] or result.status is Status.OPTIMAL
        if value != least.value and (settled or least.value is not None):
            raise VerificationError(
                f"{result.solver}: claims {least.label} {least.value}, its allocation has {value}"
            )
