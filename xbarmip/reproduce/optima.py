"""Rows that are optima: the fewest cycles and the least interval of a network and budget."""

from collections.abc import Mapping
from dataclasses import dataclass

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import Best
from xbarmip.reproduce.claims import Claim
from xbarmip.solvers.protocol import Progress

OBJECTIVES = ("cycles", "interval")


@dataclass(frozen=True, slots=True)
class OptimaRow:
    """A network, and a budget of square crossbars: the optimum of each measure."""

    network: str
    size: int
    crossbars: int
    cycles: Best
    interval: Best

    def best(self, objective: str) -> Best:
        """The optimum of a measure."""
        return self.cycles if objective == "cycles" else self.interval

    def problem(self, objective: str) -> Problem:
        """The problem of an optimum."""
        return Problem(load_network(self.network), self.crossbars, self.size, objective)

    def certificate(self, objective: str) -> str:
        """The file name of its certificate."""
        return f"{self.network}-{self.crossbars}x{self.size}-{objective}.cert"


def optima_row(
    network: str, crossbars: int, size: int, seconds: float, progress: Progress | None
) -> OptimaRow:
    """The optima of a network and budget, each within a time limit."""
    cycles, interval = (
        Best.of(Problem(load_network(network), crossbars, size, objective), seconds, progress)
        for objective in OBJECTIVES
    )
    return OptimaRow(network, size, crossbars, cycles, interval)


def optima_claims(row: OptimaRow) -> dict[str, Claim]:
    """The optima of a row that are proven, by the file names of their certificates."""
    found: dict[str, Claim] = {}
    for objective in OBJECTIVES:
        name = row.certificate(objective)
        found |= row.best(objective).claims(name, row.problem(objective))
    return found


@dataclass(frozen=True, slots=True)
class Optima:
    """All that a page shows of such rows."""

    rows: Mapping[str, OptimaRow]
    objectives: tuple[str, ...] = OBJECTIVES

    @property
    def proven(self) -> int:
        """How many optima are."""
        return sum(row.best(each).proven for row in self.rows.values() for each in OBJECTIVES)
