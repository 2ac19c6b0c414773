"""The grid that PIMSYN searches: the proven optima of all its budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.li_han_chen_2023.figures import case_key
from xbarmip.reproduce.optima import Optima, OptimaRow, optima_row
from xbarmip.reproduce.pimsyn.allocations import NAME, logical
from xbarmip.reproduce.published import published
from xbarmip.reproduce.store import Work


class Point(NamedTuple):
    """A point of the grid: share of the power, bits of a cell, and the crossbars that these pay."""

    ratio: Decimal
    bits: int
    size: int
    physical: int
    crossbars: int


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
            if Problem(load_network(name), crossbars, size).feasible:
                made[case_key(name, crossbars, size)] = partial(
                    optima_row, name, crossbars, size, seconds
                )
    return made


@dataclass(frozen=True, slots=True)
class Grid(Optima):
    """All that the page shows of the rows."""

    @property
    def networks(self) -> list[str]:
        """Each network once."""
        return list(dict.fromkeys(row.network for row in self.rows.values()))

    @property
    def points(self) -> int:
        """How many points the grid has."""
        return len(points())

    def sizes(self, network: str) -> Mapping[int, list[OptimaRow]]:
        """The rows of a network by the size of a crossbar."""
        found: dict[int, list[OptimaRow]] = {}
        for row in self.rows.values():
            if row.network == network:
                found.setdefault(row.size, []).append(row)
        return found

    def who(self, row: OptimaRow) -> str:
        """The points that have a budget: share of the power and bits of a cell."""
        fitting = (p for p in points() if (p.size, p.crossbars) == (row.size, row.crossbars))
        return ", ".join(f"{point.ratio}/{point.bits}" for point in fitting)

    def too_small(self, network: str) -> list[Point]:
        """The points whose crossbars do not hold one copy of every layer."""
        held = {(row.size, row.crossbars) for row in self.rows.values() if row.network == network}
        return [point for point in points() if (point.size, point.crossbars) not in held]
