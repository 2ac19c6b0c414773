"""Pyomo's own door: `SolverFactory("xbarmip_dp")` and its siblings (SPEC §9).

They solve models of `build_model` with what was added to them, like `xbarmip.solve`, and answer the
way Pyomo's solvers do. Importing `xbarmip` registers them.
"""

import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields
from importlib import metadata
from math import inf
from pathlib import Path
from typing import Any, TextIO

import pyomo.environ as pyo
from pyomo.common.collections import Bunch
from pyomo.common.enums import SolverAPIVersion
from pyomo.core.base.symbol_map import SymbolMap
from pyomo.gdp import Disjunct
from pyomo.opt import Solution, SolverResults, SolverStatus, TerminationCondition

from xbarmip.errors import InputError, short
from xbarmip.questions.door import solve
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import EXACT, make_solver, solver_class
from xbarmip.solvers.result import Result, Status, Stop

_LIMITS = ("time_limit", "memory_limit")
_KEYWORDS = ("tee", "load_solutions", "logfile", "warmstart", "options")
_OTHER_NAMES = {"timelimit": "time_limit"}
_WITHOUT_EFFECT = ("keepfiles", "symbolic_solver_labels", "report_timing")  # no file, no label

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
    options : Bunch
        Options of the solver, and `time_limit`, `memory_limit`, also as attributes; those of a call
        come on top.
    """

    solver = ""

    def __init__(self, **settings: Any) -> None:
        settings.pop("type", None)
        self.options = Bunch(**{**settings.pop("options", {}), **settings})

    def __enter__(self) -> "PyomoSolver":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    @property
    def name(self) -> str:
        """Its name in the SolverFactory."""
        return f"xbarmip_{self.solver}"

    def api_version(self) -> SolverAPIVersion:
        """The interface of SolverFactory in pyomo.environ."""
        return SolverAPIVersion.V1

    def warm_start_capable(self) -> bool:
        """Whether `warmstart` has an effect: always."""
        return True

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
        load_solutions: bool = True,
        options: dict[str, Any] | None = None,
        logfile: str | None = None,
        warmstart: bool = False,
        **more: Any,
    ) -> SolverResults:
        """Solve a model of `build_model`, with the constraints that were added to it.

        Parameters
        ----------
        model : pyomo ConcreteModel
        tee : bool
            Print what the solver tells while it runs.
        load_solutions : bool
            Load the values into the model. Otherwise the results hold them, and
            `model.solutions.load_from(results)` loads them.
        options : dict, optional
            Options of the solver, `time_limit` or `timelimit` in seconds, `memory_limit` in bytes.
            They may be given as keywords, too.
        logfile : str, optional
            Where to write what `tee` prints.
        warmstart : bool
            Begin with the allocation that is in the model's values.

        Returns
        -------
        SolverResults
            With bounds, termination condition, and the time.

        Raises
        ------
        InputError, UnsupportedError, VerificationError
            As `xbarmip.solve`; an unknown argument is refused.

        Warns
        -----
        UserWarning
            On an argument of Pyomo's that has no effect here.
        """
        settings = self._settings({**self.options, **(options or {}), **more})
        limits = {name: settings.pop(name) for name in _LIMITS if name in settings}
        before = _values(model)
        if warmstart:
            settings["known"] = (*settings.get("known", ()), *_chosen(model))
        solver = make_solver(self.solver, **settings)
        with ExitStack() as stack:
            outputs: list[TextIO | None] = [None] if tee else []
            if logfile is not None:
                outputs.append(stack.enter_context(_opened(logfile)))
            result = solve(model, solver, progress=_teller(outputs), **limits)
            end = f"{self.name}: {result.status}, value {result.value}, bound {result.bound}"
            for output in outputs:
                print(end, file=output)
        results = _results(model, result)
        if not load_solutions and result.allocation is not None:
            _hold(results, _values(model))
            for variable, value in before:
                variable.set_value(value, skip_validation=True)
        return results

    def _settings(self, given: dict[str, Any]) -> dict[str, Any]:
        """Settings that have a meaning, by the package's names; those of Pyomo's that have none go.

        Raises
        ------
        InputError
            On any other, with a list of what there is.
        """
        kind: Any = solver_class(self.solver)
        known = [*_LIMITS, *(field.name for field in fields(kind))]
        settings: dict[str, Any] = {}
        for name, value in given.items():
            own = _OTHER_NAMES.get(name, name)
            if own in known:
                settings[own] = _seconds(name, value) if own == "time_limit" else value
            elif name not in _WITHOUT_EFFECT:
                raise InputError(
                    f"solver {self.name!r} has no option {name!r} "
                    f"(it takes: {', '.join((*known, *_KEYWORDS))})"
                )
            elif value:
                warnings.warn(f"{self.name}: {name} has no effect", stacklevel=3)
        return settings


def _seconds(name: str, value: Any) -> float | None:
    """A time limit, which Pyomo's users write as a text, too."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be a number of seconds, got {short(value)}") from None


def _opened(logfile: str) -> TextIO:
    try:
        return Path(logfile).open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"logfile {logfile!r} cannot be written: {error.strerror}") from None


def _chosen(model: pyo.ConcreteModel) -> list[tuple[int, ...]]:
    """The allocation of the model's values, if they are one; else a warning."""
    chosen = [
        pair
        for pair, choice in model.choose.items()
        if choice.value is not None and round(choice.value) == 1
    ]
    if [layer for layer, _ in chosen] == list(model.LAYERS):
        return [tuple(r for _, r in chosen)]
    warnings.warn("warmstart: the values of choose are no allocation", stacklevel=3)
    return []


def _teller(outputs: Sequence[TextIO | None]) -> Progress | None:
    """Prints the best value and the bound whenever they move; None stands for standard output."""
    last: list[tuple[Any, Any]] = []

    def tell(facts: dict[str, Any]) -> None:
        now = (facts.get("best"), facts.get("bound"))
        if last[-1:] != [now]:
            last.append(now)
            for output in outputs:
                line = f"{facts['seconds']:8.2f} s  best {now[0]}  bound {now[1]}"
                print(line, file=output, flush=True)

    return tell if outputs else None


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
    (aim,) = model.component_data_objects(pyo.Objective, active=True, descend_into=True)
    results.problem.sense = aim.sense
    results.problem.number_of_objectives = 1
    bounds = (
        -inf if result.bound is None else result.bound,
        inf if result.value is None else result.value,
    )
    if aim.sense == pyo.maximize:  # its negative was minimised
        bounds = -bounds[1], -bounds[0]
    results.problem.lower_bound, results.problem.upper_bound = bounds
    status, condition = _CONDITIONS[result.stop]
    if result.status is Status.OPTIMAL:
        status, condition = SolverStatus.ok, TerminationCondition.optimal
    elif result.status is Status.INFEASIBLE:
        status, condition = SolverStatus.warning, TerminationCondition.infeasible
    results.solver.name = result.solver
    results.solver.status = status
    results.solver.termination_condition = condition
    results.solver.message = result.message
    results.solver.wallclock_time = results.solver.time = result.seconds
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
