"""The two answers of a heuristic: FEASIBLE without a bound, or INFEASIBLE."""

from dataclasses import asdict
from typing import Any

from xbarmip.problem import Problem
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

Allocation = tuple[int, ...]


def infeasible(solver: Any, problem: Problem) -> Result:
    """The answer where the budget does not hold one copy of every layer."""
    return Result(
        solver.name,
        Status.INFEASIBLE,
        Stop.FINISHED,
        options=asdict(solver),
        message=f"the smallest budget that works is {problem.smallest_budget} crossbars",
    )


def feasible(
    solver: Any,
    problem: Problem,
    allocation: Allocation,
    stop: Stop = Stop.FINISHED,
    statistics: dict[str, Any] | None = None,
) -> Result:
    """The answer of a heuristic: `allocation` evaluated, without a bound."""
    return Result(
        solver.name,
        Status.FEASIBLE,
        stop,
        evaluate(problem, allocation),
        allocation=dict(zip(problem.network.index, allocation, strict=True)),
        statistics=statistics or {},
        options=asdict(solver),
    )
