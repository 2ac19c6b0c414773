"""The grid that PIMSYN searches for hours: the proven optima of all its budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import Best
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.li_han_chen_2023.figures import case_key
from xbarmip.reproduce.pimsyn.allocations import NAME, OBJECTIVES, logical
from xbarmip.reproduce.published import published
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress


class Point(NamedTuple):
    """A point of the grid: share of the power, bits of a cell, and the crossbars that these pay."""

    ratio: Decimal
    bits: int
    size: int
    physical: int
    crossbars: int


@dataclass(frozen=True, slots=True)
class GridRow:
    """A network and budget, and the optimum of each measure."""

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


def points() -> list[Point]:
    """Every point, as the program goes through them."""
    grid = published(NAME)["grid"]
    found = []
    for ratio in grid["ratios"]:
        for bits in grid["bits"]:
            for crossbar in grid["crossbar"]:
                physical = int(grid["power_w"] * ratio / crossbar["peak_w"])
                size = crossbar["size"]
                found.append(Point(ratio, bits, size, physical, logical(physical, bits)))
    return found


def networks() -> list[str]:
    """The networks of the allocations."""
    return [each["network"] for each in published(NAME)["allocation"]]


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network and each budget that holds it; many points have the same budget."""
    made: dict[str, Work] = {}
    for name in networks():
        for size, crossbars in sorted({(point.size, point.crossbars) for point in points()}):
            problem = Problem(load_network(name), crossbars, size)
            if problem.feasible:
                made[case_key(name, crossbars, size)] = partial(_row, problem, seconds)
    return made


def _row(problem: Problem, seconds: float, progress: Progress | None) -> GridRow:
    network, crossbars, size = problem.network, problem.crossbars, problem.crossbar.rows
    cycles, interval = (
        Best.of(Problem(network, crossbars, size, objective), seconds, progress)
        for objective in OBJECTIVES
    )
    return GridRow(network.name, size, crossbars, cycles, interval)


def claims(row: GridRow) -> dict[str, Claim]:
    """The optima of a row."""
    found: dict[str, Claim] = {}
    for objective in OBJECTIVES:
        name = row.certificate(objective)
        found |= row.best(objective).claims(name, row.problem(objective))
    return found


@dataclass(frozen=True, slots=True)
class Grid:
    """All that the page shows of the rows."""

    rows: Mapping[str, GridRow]

    @property
    def networks(self) -> list[str]:
        """Each network once."""
        return list(dict.fromkeys(row.network for row in self.rows.values()))

    @property
    def points(self) -> int:
        """How many points the grid has."""
        return len(points())

    def sizes(self, network: str) -> Mapping[int, list[GridRow]]:
        """The rows of a network by the size of a crossbar."""
        found: dict[int, list[GridRow]] = {}
        for row in self.rows.values():
            if row.network == network:
                found.setdefault(row.size, []).append(row)
        return found

    def who(self, row: GridRow) -> str:
        """The points that have a budget: share of the power and bits of a cell."""
        fitting = (p for p in points() if (p.size, p.crossbars) == (row.size, row.crossbars))
        return ", ".join(f"{point.ratio}/{point.bits}" for point in fitting)

    def too_small(self, network: str) -> list[Point]:
        """The points whose crossbars do not hold one copy of every layer."""
        held = {(row.size, row.crossbars) for row in self.rows.values() if row.network == network}
        return [point for point in points() if (point.size, point.crossbars) not in held]

    @property
    def proven(self) -> int:
        """How many optima are."""
        return sum(row.best(each).proven for row in self.rows.values() for each in OBJECTIVES)

    @property
    def optima(self) -> int:
        """How many there are."""
        return len(self.rows) * len(OBJECTIVES)
