"""The duplication step of CIM-MLC, and the fewest cycles with the same cores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

from xbarmip.constraints import TileGranularity
from xbarmip.exact import ceil_div
from xbarmip.network.graph import Network
from xbarmip.network.library import list_networks, load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import Best, Taken, answer_of
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.compared import Compared, percent_above
from xbarmip.reproduce.published import published
from xbarmip.reproduce.store import Work
from xbarmip.solvers.heuristics.cim_mlc import CimMlc
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve

NAME = "cim-mlc"
WAYS = ("cores", "crossbars")
TIMES = 2  # the fewest cores that hold one copy of every layer


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A network and number of cores: the sum that the step makes least, what its allocation takes,
    and the fewest cycles in whole cores, and with the same crossbars wherever they are.
    """

    network: str
    cores: int
    sum: int
    rule: Taken
    in_cores: Best
    in_crossbars: Best

    def best(self, way: str) -> Best:
        """The fewest cycles."""
        return self.in_cores if way == "cores" else self.in_crossbars

    def problem(self, way: str) -> Problem:
        """The problem of an optimum."""
        return _problem(load_network(self.network), self.cores, way)

    def certificate(self, way: str) -> str:
        """The file name of its certificate."""
        return f"{self.network}-{self.cores}-{way}.cert"

    def options(self, way: str) -> list[str]:
        """The constraints of the problem, as the command line has them."""
        core = published(NAME)["core"]
        return [f"tile-granularity:crossbars_per_tile={core}"] if way == "cores" else []

    def above(self, way: str) -> float | None:
        """By how many percent the step is above the fewest cycles, at least, where these are not
        proven: they are no more than what was found. None if that says nothing.
        """
        least = percent_above(self.rule.cycles, self.best(way).value)
        return least if self.best(way).proven or least > 0 else None


def _problem(network: Network, cores: int, way: str) -> Problem:
    core = published(NAME)["core"]
    constraints: tuple[Any, ...] = (TileGranularity(core),) if way == "cores" else ()
    return Problem(network, core * cores, constraints=constraints)


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each case that was run."""
    each = ((case["network"], case["cores"]) for case in published(NAME)["case"])
    return dict(_work(name, cores, seconds) for name, cores in each)


def network_cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network that ships, with twice the fewest cores that hold it."""
    return dict(_work(name, cores_of(load_network(name)), seconds) for name in list_networks())


def _work(name: str, cores: int, seconds: float) -> tuple[str, Work]:
    return f"{name}/{cores}", partial(row_of, name, load_network(name), cores, seconds)


def cores_of(network: Network) -> int:
    """Twice the fewest cores that hold one copy of every layer."""
    core = published(NAME)["core"]
    return TIMES * sum(ceil_div(each, core) for each in Problem(network, 1).sets)


def row_of(
    name: str, network: Network, cores: int, seconds: float, progress: Progress | None = None
) -> CaseRow:
    """The row of a network, by whatever name, and number of cores."""
    problem = _problem(network, cores, "crossbars")
    core = published(NAME)["core"]
    copies = CimMlc(core).copies(problem) or ()
    outputs = (layer.outputs for layer in network.layers)
    total = sum(ceil_div(n, k) for n, k in zip(outputs, copies, strict=True))
    _, allocation = answer_of(problem, solve(problem, NAME, core=core))
    in_cores, in_crossbars = (
        Best.of(_problem(network, cores, way), seconds, progress) for way in WAYS
    )
    rule = Taken.of(problem, allocation)
    return CaseRow(name, cores, total, rule, in_cores, in_crossbars)


def claims(row: CaseRow) -> dict[str, Claim]:
    """The optima of a row."""
    found: dict[str, Claim] = {}
    for way in WAYS:
        found |= row.best(way).claims(row.certificate(way), row.problem(way))
    return found


@dataclass(frozen=True, slots=True)
class Cases:
    """All that the page shows of the rows."""

    rows: Mapping[str, CaseRow]
    ways: tuple[str, ...] = WAYS

    @property
    def compared(self) -> list[Compared]:
        """The sums of its program beside those of the package's rule."""
        return list(self._compared())

    def _compared(self) -> Iterator[Compared]:
        for each in published(NAME)["case"]:
            key = f"{each['network']}/{each['cores']}"
            yield Compared(f"sum of {key}", each["sum"], self.rows[key].sum)

    @property
    def proven(self) -> int:
        """How many of the optima are."""
        return sum(row.best(way).proven for row in self.rows.values() for way in WAYS)

    def spread(self, way: str) -> Mapping[str, Any]:
        """Least, mean and largest percentage of the step above the fewest cycles, where proven."""
        proven = [row for row in self.rows.values() if row.best(way).proven]
        every = [percent_above(row.rule.cycles, row.best(way).value) for row in proven]
        return {"least": min(every), "mean": fmean(every), "worst": max(every), "of": len(every)}
