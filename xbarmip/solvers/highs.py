"""HiGHS on a Pyomo model: the model's exact rows handed over, and HiGHS's word taken for nothing.

The rows come from `xbarmip.model.rows`, so HiGHS sees what `verify` checks. highspy is called
directly because the run needs callbacks (progress, interruption) and the dual bound as it stands.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import highspy
import numpy as np
import pyomo.environ as pyo
from pyomo.common.collections import ComponentMap

from xbarmip.errors import InputError, UnsupportedError, XbarmipError
from xbarmip.exact import as_int
from xbarmip.model.pause import Pause, paused
from xbarmip.model.rows import (
    LARGEST_NUMBER,
    Exact,
    Row,
    constraints,
    exact,
    label,
    objective,
    read_constraint,
    read_objective,
)
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import Watch
from xbarmip.solvers.quiet import quiet_highs

_POLL_SECONDS = 0.1


class HighsError(XbarmipError):
    """HiGHS refused its input, or ended in a way that says nothing."""


class End(Enum):
    """How a run of HiGHS ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    TIME = "time"
    MEMORY = "memory"
    INTERRUPTED = "interrupted"


_ENDS = {
    highspy.HighsModelStatus.kOptimal: End.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: End.INFEASIBLE,
    highspy.HighsModelStatus.kTimeLimit: End.TIME,
    highspy.HighsModelStatus.kInterrupt: End.INTERRUPTED,
}


class Run(NamedTuple):
    """What HiGHS said.

    Attributes
    ----------
    end : End
    bound : float or None
        Its dual bound; None where it has none.
    values : mapping of pyomo variable to float, or None
        Its best solution, as it stands.
    statistics : dict
    """

    end: End
    bound: float | None
    values: Mapping[Any, float] | None
    statistics: dict[str, Any]


def check_options(threads: int, seed: int, start: bool) -> None:
    """Check the options of a solver `milp`.

    Raises
    ------
    InputError
        Naming the option, its value and the rule.
    """
    as_int(threads, "milp option threads", 1, 1024)
    as_int(seed, "milp option seed", 0, 2**31 - 1)
    if not isinstance(start, bool):
        raise InputError(f"milp option start must be a bool, got {start!r}")


def run_highs(
    model: pyo.ConcreteModel,
    watch: Watch,
    memory: Memory,
    threads: int = 1,
    seed: int = 0,
    start: bool = False,
) -> Run:
    """Minimise the model's objective with both MIP gaps at 0.

    Parameters
    ----------
    model : pyomo ConcreteModel
        Linear.
    watch, memory : Watch, Memory
        Their limits are kept; the watch is told best, bound and nodes.
    threads, seed : int
        Options of HiGHS.
    start : bool
        Begin with the solution that the variables hold.

    Raises
    ------
    UnsupportedError
        On a number that floats or the tolerance of HiGHS do not carry exactly.
    HighsError
        On a status of HiGHS that says nothing of the kinds above.
    """
    program = _Program(model, watch.check)
    solver = quiet_highs()
    configure(solver, threads, seed)
    _require(solver.passModel(program.lp), "passModel")
    if start:
        solution = highspy.HighsSolution()
        solution.col_value = [float(variable.value) for variable in program.variables]
        _require(solver.setSolution(solution), "setSolution")
    told = finish(solver, watch, memory)
    values = None
    if told.values is not None:
        values = ComponentMap(zip(program.variables, told.values, strict=True))
    sizes = {"columns": len(program.variables), "rows": len(program.rows)}
    return Run(told.end, told.bound, values, {**sizes, **told.statistics})


class Told(NamedTuple):
    """What HiGHS said of a program that was passed to it; as in `Run`, values by column."""

    end: End
    bound: float | None
    values: Sequence[float] | None
    statistics: dict[str, Any]


def finish(solver: Any, watch: Watch, memory: Memory) -> Told:
    """Let HiGHS solve what was passed to it, within limits.

    Raises
    ------
    HighsError
        On a status of HiGHS that says nothing of the kinds of `End`.
    """
    if watch.remaining is not None:  # asked as late as can be: passing the model takes time too
        _set(solver, "time_limit", watch.remaining)
    forced = _supervise(solver, watch, memory)
    status = solver.getModelStatus()
    if status not in _ENDS:
        raise HighsError(f"HiGHS ended with status {solver.modelStatusToString(status)!r}")
    end = forced if forced and _ENDS[status] is End.INTERRUPTED else _ENDS[status]
    info = solver.getInfo()
    found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    return Told(
        end,
        info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None,
        solver.getSolution().col_value if found and end is not End.INFEASIBLE else None,
        {
            "nodes": max(0, info.mip_node_count),
            "dual_bound": info.mip_dual_bound,
            "highs": solver.version(),
        },
    )


class _Program:
    """A linear model as HiGHS reads it."""

    def __init__(self, model: pyo.ConcreteModel, pause: Pause) -> None:
        self.rows = [read_constraint(data) for data in paused(constraints(model), pause)]
        self.variables = list(model.component_data_objects(pyo.Var, active=True))
        self._column = ComponentMap((v, number) for number, v in enumerate(self.variables))
        self.lp = highspy.HighsLp()
        self._fill_columns(read_objective(objective(model)))
        self._fill_rows(pause)

    def _fill_columns(self, target: Row) -> None:
        lp, variables = self.lp, self.variables
        cost = np.zeros(len(variables))
        for coefficient, variable in zip(target.coefficients, target.variables, strict=True):
            cost[self._column[variable]] = _number(coefficient, target.component)
        bounds = [(v, *((v.value, v.value) if v.fixed else v.bounds)) for v in variables]
        lp.num_col_ = len(variables)
        lp.col_cost_ = cost
        lp.offset_ = _number(target.constant, target.component)
        lp.col_lower_ = np.array([_bound(lower, -np.inf, v) for v, lower, _ in bounds])
        lp.col_upper_ = np.array([_bound(upper, np.inf, v) for v, _, upper in bounds])
        kind = highspy.HighsVarType
        lp.integrality_ = [
            kind.kContinuous if v.is_continuous() else kind.kInteger for v in variables
        ]

    def _fill_rows(self, pause: Pause) -> None:
        lp, rows = self.lp, self.rows
        lengths = [len(row.variables) for row in rows]
        columns = [self._column[v] for row in paused(rows, pause) for v in row.variables]
        numbers = [
            _number(k, row.component) for row in paused(rows, pause) for k in row.coefficients
        ]
        lp.num_row_ = len(rows)
        lp.row_lower_ = np.array([_bound(row.lower, -np.inf, row.component) for row in rows])
        lp.row_upper_ = np.array([_bound(row.upper, np.inf, row.component) for row in rows])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        lp.a_matrix_.index_ = np.array(columns, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(numbers, dtype=np.float64)


def _number(number: Exact, component: Any) -> float:
    """`number` as a float that is equal to it and within what the tolerance allows."""
    if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
        raise UnsupportedError(
            f"{label(component)}: number {number} is beyond {LARGEST_NUMBER}, "
            "up to which HiGHS tells units apart"
        )
    if float(number) != number:
        raise UnsupportedError(
            f"{label(component)}: {number} is not a floating-point number, as HiGHS needs"
        )
    return float(number)


def _bound(bound: Any, otherwise: float, component: Any) -> float:
    return otherwise if bound is None else _number(exact(bound, "bound", component), component)


def configure(solver: Any, threads: int, seed: int) -> None:
    """Set threads and seed, and both MIP gaps to 0."""
    options: dict[str, Any] = {
        "threads": threads,
        "parallel": "on" if threads > 1 else "off",
        "random_seed": seed,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.0,
    }
    for option, setting in options.items():
        _set(solver, option, setting)


def _set(solver: Any, option: str, setting: Any) -> None:
    _require(solver.setOptionValue(option, setting), f"option {option}")


def _require(status: highspy.HighsStatus, what: str) -> None:
    if status == highspy.HighsStatus.kError:
        raise HighsError(f"HiGHS refused {what}")


def _supervise(solver: Any, watch: Watch, memory: Memory) -> End | None:
    """Let HiGHS run; report on it, and stop it at a limit or on Ctrl-C. Why it was stopped."""
    latest: dict[str, Any] = {}  # written by the thread of HiGHS, read by this one

    def note(event: Any) -> None:
        out = event.data_out
        latest.update(
            best=_whole(out.mip_primal_bound),
            bound=_whole(out.mip_dual_bound),
            nodes=out.mip_node_count,
        )

    forced = None
    solver.HandleUserInterrupt = True
    solver.cbMipLogging += note
    highspy.Highs.resetGlobalScheduler(True)  # else a run with other `threads` is refused
    solver.startSolve()
    while True:
        try:
            done, _ = solver.wait(_POLL_SECONDS)
            if done:
                return forced
            watch.tell(**latest)
            if forced is None and (memory.exceeded or watch.expired):
                forced = End.MEMORY if memory.exceeded else End.TIME
        except KeyboardInterrupt:
            forced = End.INTERRUPTED
        if forced is not None:
            solver.cancelSolve()


def _whole(bound: float) -> int | None:
    """A bound of HiGHS for people to read."""
    return round(bound) if abs(bound) < LARGEST_NUMBER else None
