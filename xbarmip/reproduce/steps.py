"""Figure 6(a), tables 5 and 6, figure 7: every rule and the optima, on the published cases."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from xbarmip.compare.instance import Instance
from xbarmip.problem import Problem
from xbarmip.reproduce.source import case_key, step_cases
from xbarmip.reproduce.store import Row, Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Result
from xbarmip.timing.closed_form import steps
from xbarmip.timing.pipeline import cycles

PAPER, LEAVING = "published-dp", "published-dp, may leave some"
HEURISTICS: Mapping[str, tuple[str, dict[str, Any]]] = {
    PAPER: ("published-dp", {}),
    LEAVING: ("published-dp", {"spend_all": False}),
    **{name: (name, {}) for name in ("woho", "stride", "identical", "greedy", "lagrangian")},
    **{name: (name, {}) for name in ("random", "genetic", "annealing")},
}


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each published case."""
    return {key_of(each.problem): partial(_row, each, seconds) for each in step_cases()}


def key_of(problem: Problem) -> str:
    """The case that a problem on square crossbars belongs to."""
    return case_key(problem.network.name, problem.crossbars, problem.crossbar.rows)


def _row(instance: Instance, seconds: float, progress: Progress | None) -> Row:
    problem = instance.problem

    def answer(of: Problem, solver: str = "dp", options: dict[str, Any] | None = None) -> Row:
        limit = seconds if solver == "dp" else None
        found = solve(of, solver, time_limit=limit, progress=progress, **(options or {}))
        return answered(of, found)

    return {
        "network": problem.network.name,
        "crossbars": problem.crossbars,
        "size": problem.crossbar.rows,
        "published": str(instance.published),
        "note": instance.note,
        "rivals": {name: answer(problem, *how) for name, how in HEURISTICS.items()},
        "fewest steps": answer(problem),
        "fewest cycles": answer(replace(problem, objective="cycles", rule=None)),
    }


def answered(problem: Problem, found: Result) -> Row:
    """What is kept of an answer: claim, allocation, its steps (published rule) and its cycles."""
    if found.allocation is None:
        return {"status": found.status.value}
    allocation = problem.allocation(found.allocation)
    return {
        "status": found.status.value,
        "bound": found.bound,
        "steps": steps(problem.network, allocation, "published"),
        "cycles": cycles(problem.network, allocation),
        "left": problem.crossbars - problem.crossbars_used(allocation),
        "allocation": list(allocation),
    }
