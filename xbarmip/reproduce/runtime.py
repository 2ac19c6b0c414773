"""Table 7: the run time of the paper's algorithm and of the exact one, on one machine."""

from collections.abc import Mapping
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.source import case_key, figures
from xbarmip.reproduce.store import Row, Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve

_SHORT = 5.0  # seconds; a shorter run is done three times
_LIMITS = 3  # a run may take so many times as long as a proof elsewhere: most are the paper's


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each case of table 7."""
    made: dict[str, Work] = {}
    for entry in figures()["runtime"]:
        of = entry["network"], entry["crossbars"], entry["size"]
        made[case_key(*of)] = partial(_row, entry, seconds)
    return made


def _row(entry: dict[str, Any], seconds: float, progress: Progress | None) -> Row:
    network = load_network(entry["network"])

    def measured(solver: str, objective: str, rule: str | None) -> Row:
        problem = Problem(network, entry["crossbars"], entry["size"], objective, rule)
        _warm(solver, objective, rule)
        times: list[float] = []
        while not times or (len(times) < 3 and times[0] < _SHORT):
            begin = perf_counter()
            found = solve(problem, solver, time_limit=_LIMITS * seconds, progress=progress)
            times.append(perf_counter() - begin)
        return {
            "status": found.status.value,
            "stop": found.stop.value,
            "value": found.value,
            "bound": found.bound,
            "seconds": round(median(times), 4),
        }

    return {
        "network": entry["network"],
        "crossbars": entry["crossbars"],
        "size": entry["size"],
        "published seconds": entry["seconds"],
        "published-dp": measured("published-dp", "steps", "published"),
        "dp steps": measured("dp", "steps", "published"),
        "dp cycles": measured("dp", "cycles", None),
    }


def _warm(solver: str, objective: str, rule: str | None) -> None:
    """Have the kernels compiled, or loaded."""
    solve(Problem(load_network("lenet-5"), 60, 128, objective, rule), solver)
