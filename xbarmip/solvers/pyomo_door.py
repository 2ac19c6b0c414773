"""Pyomo's own door: `SolverFactory("xbarmip_dp")` and its siblings (SPEC §9).

They solve models of `build_model` with what was added to them, like `xbarmip.solve`, and answer the
way Pyomo's solvers do. Importing `xbarmip` registers them.
"""

from importlib import metadata
from math import inf
from typing import Any

import pyomo.environ as pyo
from pyomo.core.base.symbol_map import SymbolMap
from pyomo.gdp import Disjunct
from pyomo.opt import Solution, SolverResults, SolverStatus, TerminationCondition

from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import EXACT, solve
from xbarmip.solvers.result import Result, Status, Stop

_CONDITIONS = {
    Stop.FINISHED: (SolverStatus.ok, TerminationCondition.feasible),
    Stop.TIME: (SolverStatus.aborted, TerminationCondition.maxTimeLimit),
    Stop.MEMORY: (SolverStatus.aborted, TerminationCondition.resourceInterrupt),
    Stop.INTERRUPTED: (SolverStatus.aborted, TerminationCondition.userInterrupt),
    Stop.ERROR: (SolverStatus.error, TerminationCondition.error),
}


class PyomoSolver:
    """One solver of the package as Pyomo knows solvers.

    Attributes
    ----------
    options : dict
        Options of the solver, and `time_limit`, `memory_limit`; those of a call come on top.
    """

    solver = ""

    def __init__(self, **settings: Any) -> None:
        settings.pop("type", None)
        self.options: dict[str, Any] = dict(settings.pop("options", {}), **settings)

    def __enter__(self) -> "PyomoSolver":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    @property
    def name(self) -> str:
        """Its name in the SolverFactory."""
        return f"xbarmip_{self.solver}"

    def available(self, exception_flag: bool = True) -> bool:
        """Always: nothing outside the package is called."""
        return True

    def license_is_valid(self) -> bool:
        """Always."""
        return True

    def version(self) -> tuple[int, ...]:
        """Version of the package."""
        return tuple(int(part) for part in metadata.version("xbarmip").split(".")[:3])

    def solve(
        self,
        model: pyo.ConcreteModel,
        tee: bool = False,
        timelimit: float | None = None,
        load_solutions: bool = True,
        options: dict[str, Any] | None = None,
        **more: Any,
    ) -> SolverResults:
        """Solve a model of `build_model`, with the constraints that were added to it.

        Parameters
        ----------
        model : pyomo ConcreteModel
        tee : bool
            Print what the solver tells while it runs.
        timelimit : float, optional
            Seconds.
        load_solutions : bool
            Load the values into the model. Otherwise the results hold them, and
            `model.solutions.load_from(results)` loads them.
        options : dict, optional
            Options of the solver.

        Returns
        -------
        SolverResults
            With bounds, termination condition, and the time.

        Raises
        ------
        InputError, UnsupportedError, VerificationError
            As `xbarmip.solve`; an unknown argument is refused.
        """
        settings = {**self.options, **(options or {}), **more}
        if timelimit is not None:
            settings["time_limit"] = timelimit
        before = _values(model)
        result = solve(model, self.solver, progress=_teller() if tee else None, **settings)
        if tee:
            print(f"{self.name}: {result.status}, value {result.value}, bound {result.bound}")
        results = _results(model, result)
        if not load_solutions and result.allocation is not None:
            _hold(results, _values(model))
            for variable, value in before:
                variable.set_value(value, skip_validation=True)
        return results


def _teller() -> Progress:
    """Prints the best value and the bound whenever they move."""
    last: list[tuple[Any, Any]] = []

    def tell(facts: dict[str, Any]) -> None:
        now = (facts.get("best"), facts.get("bound"))
        if last[-1:] != [now]:
            last.append(now)
            print(f"{facts['seconds']:8.2f} s  best {now[0]}  bound {now[1]}", flush=True)

    return tell


def _values(model: pyo.ConcreteModel) -> list[tuple[Any, Any]]:
    """Every variable of the model, indicators of disjuncts too, with its value."""
    return [
        (variable, variable.value)
        for kind in (pyo.Var, pyo.BooleanVar)
        for variable in model.component_data_objects(kind, descend_into=(pyo.Block, Disjunct))
    ]


def _results(model: pyo.ConcreteModel, result: Result) -> SolverResults:
    results = SolverResults()
    results.problem.name = model.name
    results.problem.sense = pyo.minimize
    results.problem.number_of_objectives = 1
    results.problem.lower_bound = -inf if result.bound is None else result.bound
    results.problem.upper_bound = inf if result.value is None else result.value
    status, condition = _CONDITIONS[result.stop]
    if result.status is Status.OPTIMAL:
        status, condition = SolverStatus.ok, TerminationCondition.optimal
    elif result.status is Status.INFEASIBLE:
        status, condition = SolverStatus.warning, TerminationCondition.infeasible
    results.solver.name = result.solver
    results.solver.status = status
    results.solver.termination_condition = condition
    results.solver.message = result.message
    results.solver.wallclock_time = result.seconds
    return results


def _hold(results: SolverResults, values: list[tuple[Any, Any]]) -> None:
    """Put the solution into the results, for `model.solutions.load_from`."""
    solution, symbols = Solution(), SymbolMap()
    for variable, value in values:
        if variable.ctype is pyo.Var and value is not None:
            symbols.addSymbol(variable, variable.name)
            solution.variable[variable.name] = {"Value": value}
    results.solution.insert(solution)
    results._smap = symbols


def _register(solver: str) -> None:
    kind = type(f"PyomoSolver_{solver}", (PyomoSolver,), {"solver": solver})
    doc = f"xbarmip: exact crossbar allocation by {solver}"
    pyo.SolverFactory.register(f"xbarmip_{solver}", doc=doc)(kind)


for _name in EXACT:
    _register(_name)
