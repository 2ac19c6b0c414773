"""The solvers by name, and the one door to them."""

from dataclasses import fields, replace
from typing import Any

import pyomo.environ as pyo

from xbarmip.clock import compile_seconds
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.model.statement import problem_of
from xbarmip.model.verify import verify
from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.latency.result import LatencyResult, latency_result
from xbarmip.solvers.latency.solver import LatencyWalk
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.protocol import Limits, Progress, Solver, Watch
from xbarmip.solvers.result import Proof, Result
from xbarmip.solvers.rivals.annealing import SimulatedAnnealing
from xbarmip.solvers.rivals.genetic import GeneticAlgorithm
from xbarmip.solvers.rivals.greedy import Greedy
from xbarmip.solvers.rivals.identical import Identical
from xbarmip.solvers.rivals.lagrangian import Lagrangian
from xbarmip.solvers.rivals.published_dp import PublishedDynamicProgram
from xbarmip.solvers.rivals.random_search import RandomSearch
from xbarmip.solvers.rivals.stride import StrideBalanced
from xbarmip.solvers.rivals.woho import WohoProportional

SOLVERS: dict[str, type[Solver]] = {
    "dp": DynamicProgram,
    "milp": Milp,
    "exhaustive": Exhaustive,
    "published-dp": PublishedDynamicProgram,
    "woho": WohoProportional,
    "stride": StrideBalanced,
    "identical": Identical,
    "greedy": Greedy,
    "lagrangian": Lagrangian,
    "random": RandomSearch,
    "genetic": GeneticAlgorithm,
    "annealing": SimulatedAnnealing,
}
EXACT = ("dp", "milp", "exhaustive")  # those that prove what they claim; a comparison's default


def make_solver(name: str, /, **options: Any) -> Solver:
    """The solver called `name` with its options set.

    Raises
    ------
    InputError
        On an unknown solver or option.
    """
    if name not in SOLVERS:
        raise InputError(f"solver must be one of {', '.join(SOLVERS)}, got {name!r}")
    kind: Any = SOLVERS[name]
    known = [field.name for field in fields(kind)]
    for option in options:
        if option not in known:
            accepts = ", ".join(known) or "none"
            raise InputError(f"solver {name!r} has no option {option!r} (it takes: {accepts})")
    solver: Solver = kind(**options)
    return solver


def solver_for(problem: Problem, solver: Solver, whole_frontier: bool = False) -> Solver:
    """What solves `problem` with `solver`: where the objective is a latency, its walk.

    Raises
    ------
    InputError
        When the whole frontier is asked for, and the objective is no latency or the solver a
        heuristic.
    """
    if whole_frontier and not problem.is_latency:
        raise InputError(f"objective {problem.objective!r} has no frontier of step times")
    if whole_frontier and solver.name not in EXACT:
        raise InputError(f"solver {solver.name!r} is a heuristic and finds no frontier")
    if problem.is_latency and isinstance(solver, DynamicProgram | Milp):
        refutes = Proof.NUMERICAL if isinstance(solver, Milp) else Proof.EXACT
        return LatencyWalk(solver, refutes, whole_frontier)
    return solver


def solve(
    what: "Problem | pyo.ConcreteModel",
    solver: str = "dp",
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
    solver : str
        A name of `SOLVERS`: those of `EXACT` prove the optimum, the others are heuristics from the
        literature.
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
        A `LatencyResult` where the objective is a latency.

    Raises
    ------
    InputError
        On an unknown solver or option, or a bad limit.
    UnsupportedError
        When the solver cannot honour the problem; the message says what.
    VerificationError
        When the answer does not survive re-evaluation in the model.
    """
    problem = what if isinstance(what, Problem) else problem_of(what)
    chosen = solver_for(problem, make_solver(solver, **options), whole_frontier)
    reasons = chosen.unsupported(problem)
    if reasons:
        raise UnsupportedError(f"solver {solver!r} cannot take this problem: {'; '.join(reasons)}")
    watch, compiled_before = Watch(Limits(time_limit, memory_limit), progress), compile_seconds()
    result = chosen.solve(problem, watch)
    if problem.is_latency and not isinstance(result, LatencyResult):
        result = latency_result(problem, result)
    if not isinstance(what, Problem) and result.allocation is not None:
        verify(what, result.allocation, claimed=result.value)
    return replace(
        result,
        seconds=watch.seconds,
        compile_seconds=compile_seconds() - compiled_before,
        options={**options, **result.options},
    )
