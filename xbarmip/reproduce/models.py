"""The same comparison on networks of today: branches, joins, and the time to move data."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from xbarmip.compare.instance import Instance
from xbarmip.compare.suite import read_suite
from xbarmip.reproduce.bandwidth import hardware
from xbarmip.reproduce.store import Row, Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve

EVALUATIONS = 2_000  # of each search: some minutes for all models together
TIMES = "x2"  # the smallest budget, as the suite writes it
HEURISTICS: Mapping[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in ("woho", "stride")},
    "stride, pooling": ("stride", {"pooling": True}),
    **{name: (name, {}) for name in ("identical", "greedy", "lagrangian")},
    **{name: (name, {"evaluations": EVALUATIONS}) for name in ("random", "genetic", "annealing")},
}
OBJECTIVES = ("cycles", "latency")


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network of the suite `onnx`, at twice its smallest budget, and objective."""
    return {
        f"{instance.name.removesuffix('/cycles')}/{objective}": partial(
            _row, instance, objective, seconds
        )
        for instance in read_suite("onnx").instances
        if TIMES in instance.name.split("/")
        for objective in OBJECTIVES
    }


def _row(instance: Instance, objective: str, seconds: float, progress: Progress | None) -> Row:
    problem = replace(instance.problem, objective=objective, hardware=hardware())
    best = solve(problem, time_limit=seconds, progress=progress)
    return {
        "network": problem.network.name,
        "crossbars": problem.crossbars,
        "smallest": problem.smallest_budget,
        "objective": objective,
        "dp": {"status": best.status.value, "value": best.value, "bound": best.bound},
        "rivals": {
            name: solve(problem, solver, progress=progress, **options).value
            for name, (solver, options) in HEURISTICS.items()
        },
    }
