"""Runs of the simulator: what each allocation counts, beside the time that was simulated."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from typing import Any, NamedTuple

from xbarmip.cores.heuristics import first_fit, longest_first
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.errors import InputError
from xbarmip.exact import ceil_div
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.library import load_network
from xbarmip.reproduce.answers import Taken
from xbarmip.reproduce.published import published
from xbarmip.reproduce.ranks import Ranked, ranked
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress

NAME = "pimcomp"
MAPPINGS = {"first-fit": first_fit, "longest-copy-first": longest_first}
COUNTS = ("cycles", "interval", "volume", "core interval", "period")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run: allocation, mapping, what they count, and the simulated time.

    Attributes
    ----------
    volume : int
        Products of all copies together, over the cores: no core interval of the allocation is less.
    core_interval : int
        Products of the busiest core under the mapping, done again here.
    period_us : float
        The larger of the time of these products and of the values that are moved.
    compiled : int
        Products of the busiest core in the compiled flow.
    """

    network: str
    cores: int
    crossbars_per_core: int
    allocation: str
    mapping: str
    taken: Taken
    volume: int
    core_interval: int
    period_us: float
    compiled: int
    simulated_ns: int

    @property
    def simulated_us(self) -> float:
        """The simulated time."""
        return self.simulated_ns / 1000

    def count(self, name: str) -> float:
        """What it counts, by one of `COUNTS`."""
        return {
            "cycles": self.taken.cycles,
            "interval": self.taken.interval,
            "volume": self.volume,
            "core interval": self.core_interval,
            "period": self.period_us,
        }[name]


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each run."""
    return {
        f"{run['network']}/{run['crossbars_per_core']}/{run['allocation']}/{run['mapping']}": (
            partial(_row, run)
        )
        for run in published(NAME)["run"]
    }


def _row(run: Mapping[str, Any], progress: Progress | None) -> RunRow:
    placement = Placement(
        load_network(run["network"]), run["cores"], run["crossbars_per_core"],
        objective="period", hardware=load_hardware("pimsim-nn"), split=True,
    )  # fmt: skip
    problem = placement.problem
    allocation = problem.allocation(run["duplication"])
    layout = MAPPINGS[run["mapping"]](placement, allocation)
    if layout is None:
        raise InputError(f"{run['allocation']} does not fit in the cores by {run['mapping']}")
    found, copies = score(placement, layout), list(zip(placement.parts, allocation, strict=True))
    products = sum(part.blocks * r * part.windows(r) for part, r in copies)
    assert found.period is not None
    return RunRow(
        run["network"], run["cores"], run["crossbars_per_core"], run["allocation"], run["mapping"],
        Taken.of(problem, allocation),
        volume=ceil_div(products, run["cores"]),
        core_interval=found.interval,
        period_us=round(float(found.period * 10**6), 1),
        compiled=run["products"],
        simulated_ns=run["simulated_ns"],
    )  # fmt: skip


class Chip(NamedTuple):
    """Runs that compare: one network, as many cores, as many crossbars in each."""

    network: str
    cores: int
    crossbars_per_core: int

    def __str__(self) -> str:
        return f"{self.network} on {self.cores} x {self.crossbars_per_core}"


class Pair(NamedTuple):
    """Two runs of one chip, the first with fewer cycles and a longer simulated time."""

    fewer: RunRow
    faster: RunRow

    @property
    def times(self) -> float:
        """How many times as long the one with fewer cycles takes."""
        return self.fewer.simulated_ns / self.faster.simulated_ns


@dataclass(frozen=True)
class Runs:
    """All that the page shows of the rows."""

    rows: Mapping[str, RunRow]
    counts: tuple[str, ...] = COUNTS

    @cached_property
    def chips(self) -> Mapping[Chip, list[RunRow]]:
        """The runs that compare with each other, the fastest first."""
        found: dict[Chip, list[RunRow]] = {}
        for row in self.rows.values():
            chip = Chip(row.network, row.cores, row.crossbars_per_core)
            found.setdefault(chip, []).append(row)
        return {
            chip: sorted(rows, key=lambda row: row.simulated_ns) for chip, rows in found.items()
        }

    @cached_property
    def ranks(self) -> Mapping[tuple[Chip, str], Mapping[str, Ranked]]:
        """By chip and mapping ("any", or one that has at least three runs there): how well each
        count ranks as the simulator does.
        """
        found = {}
        for chip, rows in self.chips.items():
            for mapping in ("any", *MAPPINGS):
                some = [row for row in rows if mapping in ("any", row.mapping)]
                if len(some) > 2 and (mapping == "any" or len(some) < len(rows)):
                    found[chip, mapping] = self._ranked(some)
        return found

    def _ranked(self, rows: list[RunRow]) -> Mapping[str, Ranked]:
        simulated = [row.simulated_ns for row in rows]
        return {name: ranked([row.count(name) for row in rows], simulated) for name in COUNTS}

    @property
    def own(self) -> Mapping[Chip, Mapping[str, RunRow]]:
        """Where PIMCOMP's own allocations ran: these and the fewest cycles, by the same mapping."""
        return {
            chip: {row.allocation: row for row in rows if row.mapping == "first-fit"}
            for chip, rows in self.chips.items()
            if any(row.allocation == "GA" for row in rows)
        }

    @property
    def remapped(self) -> list[tuple[RunRow, RunRow]]:
        """The same allocation on the same chip by two mappings, the faster first."""
        return [
            (one, other)
            for rows in self.chips.values()
            for one, other in combinations(rows, 2)
            if one.taken.allocation == other.taken.allocation
        ]

    def crossed(self, chip: Chip) -> list[Pair]:
        """Pairs of a chip that cycles order otherwise than the simulator, the worst first."""
        found = [
            Pair(slower, faster)
            for faster, slower in combinations(self.chips[chip], 2)
            if slower.taken.cycles < faster.taken.cycles
        ]
        return sorted(found, key=lambda pair: -pair.times)
