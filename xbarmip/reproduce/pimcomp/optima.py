"""The fewest cycles and the least interval on the crossbars of the simulated chips."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import Best
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.pimcomp.runs import NAME
from xbarmip.reproduce.published import published
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress

OBJECTIVES = ("cycles", "interval")


@dataclass(frozen=True, slots=True)
class OptimumRow:
    """A network and the crossbars of a chip, all cores together: the optimum of each measure."""

    network: str
    crossbars: int
    cycles: Best
    interval: Best

    def best(self, objective: str) -> Best:
        """The optimum of a measure."""
        return self.cycles if objective == "cycles" else self.interval

    def problem(self, objective: str) -> Problem:
        """The problem of an optimum."""
        return Problem(load_network(self.network), self.crossbars, objective=objective)

    def certificate(self, objective: str) -> str:
        """The file name of its certificate."""
        return f"{self.network}-{self.crossbars}-{objective}.cert"


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each chip."""
    chips = {(run["network"], run["cores"] * run["crossbars_per_core"])
             for run in published(NAME)["run"]}  # fmt: skip
    return {f"{name}/{n}": partial(_row, name, n, seconds) for name, n in sorted(chips)}


def _row(network: str, crossbars: int, seconds: float, progress: Progress | None) -> OptimumRow:
    cycles, interval = (
        Best.of(Problem(load_network(network), crossbars, objective=objective), seconds, progress)
        for objective in OBJECTIVES
    )
    return OptimumRow(network, crossbars, cycles, interval)


def claims(row: OptimumRow) -> dict[str, Claim]:
    """The optima of a row."""
    found: dict[str, Claim] = {}
    for objective in OBJECTIVES:
        name = row.certificate(objective)
        found |= row.best(objective).claims(name, row.problem(objective))
    return found


@dataclass(frozen=True, slots=True)
class Optima:
    """All that the page shows of the rows."""

    rows: Mapping[str, OptimumRow]
    objectives: tuple[str, ...] = OBJECTIVES
