"""Table 7: the run time of the paper's algorithm and of the exact one, on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Annotated, Any

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.li_han_chen_2023.figures import case_key, figures
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Status, Stop

_SHORT = 5.0  # seconds; a shorter run is done three times
_LIMITS = 3  # a run may take so many times as long as a proof elsewhere: most are the paper's


@dataclass(frozen=True, slots=True)
class Run:
    """A solver's answer and the median of its seconds."""

    status: Status
    stop: Stop
    value: int | None
    bound: int | None
    seconds: float

    @property
    def stopped(self) -> bool:
        """Whether a limit ended it."""
        return self.stop != Stop.FINISHED


@dataclass(frozen=True, slots=True)
class RuntimeRow:
    """A case of table 7: the paper's algorithm, and `dp` for steps and for cycles."""

    network: str
    crossbars: int
    size: int
    published_seconds: Annotated[int, "published seconds"]
    paper: Annotated[Run, "published-dp"]
    steps: Annotated[Run, "dp steps"]
    cycles: Annotated[Run, "dp cycles"]

    @property
    def ratio(self) -> float | None:
        """How many times as long as `dp` the paper's algorithm takes for steps; None where a limit
        stopped `dp`.
        """
        return None if self.steps.stopped else self.paper.seconds / self.steps.seconds


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each case of table 7."""
    return {
        case_key(each["network"], each["crossbars"], each["size"]): partial(_row, each, seconds)
        for each in figures()["runtime"]
    }


def _row(printed: Mapping[str, Any], seconds: float, progress: Progress | None) -> RuntimeRow:
    network = load_network(printed["network"])

    def measured(solver: str, objective: str, rule: str | None) -> Run:
        problem = Problem(network, printed["crossbars"], printed["size"], objective, rule)
        _warm(solver, objective, rule)
        times: list[float] = []
        while not times or (len(times) < 3 and times[0] < _SHORT):
            begin = perf_counter()
            found = solve(problem, solver, time_limit=_LIMITS * seconds, progress=progress)
            times.append(perf_counter() - begin)
        return Run(found.status, found.stop, found.value, found.bound, round(median(times), 4))

    return RuntimeRow(
        network=printed["network"],
        crossbars=printed["crossbars"],
        size=printed["size"],
        published_seconds=printed["seconds"],
        paper=measured("published-dp", "steps", "published"),
        steps=measured("dp", "steps", "published"),
        cycles=measured("dp", "cycles", None),
    )


def _warm(solver: str, objective: str, rule: str | None) -> None:
    """Have the kernels compiled, or loaded."""
    solve(Problem(load_network("lenet-5"), 60, 128, objective, rule), solver)


@dataclass(frozen=True, slots=True)
class RunTimes:
    """All that the page shows of the rows."""

    rows: Mapping[str, RuntimeRow]

    @property
    def ratios(self) -> list[float]:
        """How many times as long the paper's algorithm takes, where `dp` came to its end."""
        return [row.ratio for row in self.rows.values() if row.ratio is not None]
