"""The solvers by name, and the one door to them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.asking import require_taken, timed
from xbarmip.solvers.check import confirm
from xbarmip.solvers.own import answering, blamed, own_class
from xbarmip.solvers.protocol import Counting, Progress, Solver, Watch
from xbarmip.solvers.result import Result
from xbarmip.strict import nearest
from xbarmip.timing.step_time import time_of

if TYPE_CHECKING:
    import pyomo.environ as pyo

SOLVERS: dict[str, str | type[Solver]] = {  # a class, or where it is found when it is first wanted
    "dp": "xbarmip.solvers.dp.solver:DynamicProgram",
    "milp": "xbarmip.solvers.milp:Milp",
    "exhaustive": "xbarmip.solvers.exhaustive:Exhaustive",
    "published-dp": "xbarmip.solvers.heuristics.published_dp:PublishedDynamicProgram",
    "woho": "xbarmip.solvers.heuristics.woho:WohoProportional",
    "stride": "xbarmip.solvers.heuristics.stride:StrideBalanced",
    "cim-mlc": "xbarmip.solvers.heuristics.cim_mlc:CimMlc",
    "identical": "xbarmip.solvers.heuristics.identical:Identical",
    "greedy": "xbarmip.solvers.heuristics.greedy:Greedy",
    "lagrangian": "xbarmip.solvers.heuristics.lagrangian:Lagrangian",
    "random": "xbarmip.solvers.heuristics.random_search:RandomSearch",
    "genetic": "xbarmip.solvers.heuristics.genetic:GeneticAlgorithm",
    "annealing": "xbarmip.solvers.heuristics.annealing:SimulatedAnnealing",
}
EXACT = ("dp", "milp", "exhaustive")  # those that prove what they claim; a comparison's default


def solver_class(name: str) -> type[Solver]:
    """The class of the solver called `name`, which has to be one of `SOLVERS`."""
    found = SOLVERS[name]
    kind: type[Solver] = resolve_name(found) if isinstance(found, str) else found
    return kind


def make_solver(name: str, /, **options: Any) -> Solver:
    """The solver called `name` with its options set.

    Parameters
    ----------
    name : str
        Of `SOLVERS`, of one that an installed package brings, or where a class of one's own is:
        `module:Class` or `path/to/file.py:Class`.

    Raises
    ------
    InputError
        On an unknown solver or option, or a class that cannot be used.
    """
    solver: Solver
    if name in SOLVERS or (kind := own_class(name)) is None:
        solver = solver_of(SOLVERS, "solver", name, options)
        return solver
    with blamed(f"solver {name!r}", InputError):
        solver = solver_of({name: kind}, "solver", name, options)
        if solver.name in SOLVERS:
            raise InputError(f"solver {name!r}: a solver that ships has its name {solver.name!r}")
    return solver


def made_solver(solver: str | Solver, options: Mapping[str, Any]) -> Solver:
    """The solver of a name with its options, or one that is made and takes none.

    Raises
    ------
    InputError
        On an unknown solver or option, or options for one that is made.
    """
    if isinstance(solver, str):
        return make_solver(solver, **options)
    if options:
        raise InputError(
            f"solver {solver.name!r} is already made and takes no options: {', '.join(options)}"
        )
    return solver


def solver_of(table: Mapping[str, Any], words: str, name: str, options: Mapping[str, Any]) -> Any:
    """The solver called `name` in a table of classes, or of where they are, with its options set.

    Raises
    ------
    InputError
        On an unknown name, for which `words` says of what, or option.
    """
    if name not in table:
        others = ", or module:Class, or path/to/file.py:Class" if table is SOLVERS else ""
        near = nearest(name, table)
        raise InputError(f"{words} must be one of {', '.join(table)}{others}, got {name!r}{near}")
    found = table[name]
    kind = resolve_name(found) if isinstance(found, str) else found
    known = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    for option in options:
        if option not in known:
            accepts = ", ".join(known) or "none"
            raise InputError(
                f"solver {name!r} has no option {option!r} "
                f"(it takes: {accepts}); time_limit and memory_limit stand beside the options"
            )
    return kind(**options)


def solver_for(problem: Problem, solver: Solver, whole_frontier: bool = False) -> Solver:
    """What solves `problem` with `solver`: where the objective is a latency, its walk.

    Raises
    ------
    InputError
        When the whole frontier is asked for, and the objective is not a latency or the solver a
        heuristic.
    """
    if whole_frontier and not problem.is_latency:
        raise InputError(f"objective {problem.objective!r} has no frontier of step times")
    if whole_frontier and solver.name not in EXACT:
        raise InputError(f"solver {solver.name!r} is a heuristic and finds no frontier")
    if problem.is_latency and isinstance(solver, Counting):
        from xbarmip.solvers.latency.solver import LatencyWalk

        return LatencyWalk(solver, solver.refutes, whole_frontier)
    return solver


def stated(what: "Problem | pyo.ConcreteModel") -> Problem:
    """The problem itself, or that of a model."""
    if isinstance(what, Problem):
        return what
    from xbarmip.model.statement import problem_of

    return problem_of(what)


def solve(
    what: "Problem | pyo.ConcreteModel",
    solver: str | Solver = "dp",
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    whole_frontier: bool = False,
    **options: Any,
) -> Result:
    """Solve a core problem, or that of a model: `xbarmip.solve` for all but goals.

    Parameters, results and errors are those of `xbarmip.questions.door.solve`.
    """
    problem = stated(what)
    made = made_solver(solver, options)
    chosen = solver_for(problem, made, whole_frontier)
    with answering(made):
        require_taken(made.name, chosen.unsupported(problem), "this problem")

    def answer(watch: Watch) -> Result:
        with answering(made):
            result = chosen.solve(problem, watch)
        confirm(problem, made.name, result)
        if problem.is_latency:
            from xbarmip.solvers.latency.result import LatencyResult, latency_result

            if not isinstance(result, LatencyResult):
                result = latency_result(problem, result)
        elif (time := time_of(problem, result.allocation)) is not None:
            result = replace(result, step=time.seconds)
        verify_in_model(what, result)
        return replace(result, options={**options, **result.options})

    result: Result = timed(answer, time_limit, memory_limit, progress)
    return result


def verify_in_model(what: "Problem | pyo.ConcreteModel", result: Result) -> None:
    """Verify an answer in the model that was to be solved, if it was a model.

    Raises
    ------
    VerificationError
        When the answer does not survive that.
    """
    if not isinstance(what, Problem) and result.allocation is not None:
        from xbarmip.model.verify import verify

        verify(what, result.allocation, claimed=result.value)
