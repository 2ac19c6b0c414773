"""The heuristics on the networks that ship and on those of the onnx package."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from statistics import fmean
from time import perf_counter
from typing import Any

from xbarmip.hardware.preset import load_hardware
from xbarmip.network.graph import Network
from xbarmip.network.library import ONNX_SCHEME, list_networks, list_onnx_models, load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import Best, answer_of
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.compared import Excess, percent_above
from xbarmip.reproduce.records import check_names
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve

OBJECTIVES = ("cycles", "interval", "latency")
HARDWARE = "isaac-like"  # for the step time of a latency
TIMES = 2  # the smallest budget
SIZE = 128
SEEDS = (0, 1, 2)
EVALUATIONS = 1_000  # of each search and seed: the whole table takes half an hour
RECIPES: Mapping[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in ("woho", "stride")},
    "stride, pooling": ("stride", {"pooling": True}),
    **{name: (name, {}) for name in ("identical", "cim-mlc", "greedy", "lagrangian")},
}
SEARCHES = ("random", "genetic", "annealing")
HEURISTICS = (*RECIPES, *SEARCHES)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a heuristic finds, and in how many seconds: one of each for each seed."""

    values: tuple[int, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A network and objective: the answer of `dp`, and what every heuristic finds."""

    network: str
    layers: int
    crossbars: int
    objective: str
    dp: Best
    rules: Mapping[str, Tried]

    def __post_init__(self) -> None:
        check_names(self.rules, HEURISTICS, "rules")

    @property
    def problem(self) -> Problem:
        """What is solved."""
        return problem_of(load_network(self.network), self.crossbars, self.objective)

    @property
    def certificate(self) -> str:
        """The file name of the certificate."""
        return f"{self.network.removeprefix(ONNX_SCHEME)}-{self.objective}.cert"

    @property
    def best(self) -> int:
        """The smallest value that any solver found."""
        return min(self.dp.value, *chain(*(tried.values for tried in self.rules.values())))

    @property
    def open(self) -> float | None:
        """By how many percent the best is above what `dp` proved; None if that is nothing."""
        return percent_above(self.best, self.dp.bound) if self.dp.bound else None

    def above(self, rule: str) -> float:
        """By how many percent a heuristic is above the best, on average over its seeds."""
        return fmean(percent_above(value, self.best) for value in self.rules[rule].values)

    def spread(self, rule: str) -> float:
        """By how many percent its worst seed is above its best one."""
        values = self.rules[rule].values
        return percent_above(max(values), min(values))


def networks() -> dict[str, Network]:
    """By name; of those with the same layers only the first."""
    names = (*list_networks(), *(ONNX_SCHEME + name for name in list_onnx_models()))
    found: dict[object, tuple[str, Network]] = {}
    for name in names:
        network = load_network(name)
        found.setdefault(shape_of(network), (name, network))
    return dict(found.values())


def shape_of(network: Network) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The outputs of its layers, and their crossbar sets: networks that share them count as one."""
    return tuple(layer.outputs for layer in network.layers), Problem(network, 1, SIZE).sets


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network, at twice its smallest budget, and objective."""
    return {
        f"{name}/{objective}": partial(row_of, name, network, objective, seconds)
        for name, network in networks().items()
        for objective in OBJECTIVES
    }


def problem_of(network: Network, crossbars: int, objective: str) -> Problem:
    """The problem of a row."""
    hardware = load_hardware(HARDWARE) if objective == "latency" else None
    return Problem(network, crossbars, SIZE, objective, hardware=hardware)


def row_of(
    name: str,
    network: Network,
    objective: str,
    seconds: float,
    progress: Progress | None = None,
) -> NetworkRow:
    """The row of a network, by whatever name, and objective."""
    crossbars = TIMES * Problem(network, 1, SIZE).smallest_budget
    problem = problem_of(network, crossbars, objective)
    best = Best.of(problem, seconds, progress)
    rules = {rule: _tried(problem, [how]) for rule, how in RECIPES.items()}
    for search in SEARCHES:
        ways = [(search, {"evaluations": EVALUATIONS, "seed": seed}) for seed in SEEDS]
        rules[search] = _tried(problem, ways)
    return NetworkRow(name, len(network.layers), crossbars, objective, best, rules)


def _tried(problem: Problem, ways: list[tuple[str, dict[str, Any]]]) -> Tried:
    values, seconds = [], []
    for solver, options in ways:
        begin = perf_counter()
        values.append(answer_of(problem, solve(problem, solver, **options))[0])
        seconds.append(round(perf_counter() - begin, 3))
    return Tried(tuple(values), tuple(seconds))


def claims(row: NetworkRow) -> dict[str, Claim]:
    """The optimum of a row, if it is proven."""
    return row.dp.claims(row.certificate, row.problem) if row.dp.proven else {}


@dataclass(frozen=True, slots=True)
class Rule:
    """How far a heuristic is above the best known, the largest spread of its seeds in percent, and
    its mean seconds.
    """

    above: Excess
    spread: float
    seconds: float


@dataclass(frozen=True)
class Objective:
    """The rows of an objective."""

    rows: list[NetworkRow]

    @property
    def proven(self) -> int:
        """How many optima are."""
        return sum(row.dp.proven for row in self.rows)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Each heuristic over all networks."""
        return {name: self._rule(name) for name in HEURISTICS}

    def _rule(self, name: str) -> Rule:
        return Rule(
            Excess.over(row.above(name) for row in self.rows),
            max(row.spread(name) for row in self.rows),
            fmean(second for row in self.rows for second in row.rules[name].seconds),
        )

    @property
    def nearest(self) -> Mapping[str, Rule]:
        """The two heuristics that are nearest on average."""
        return dict(sorted(self.rules.items(), key=lambda rule: rule[1].above.mean)[:2])


@dataclass(frozen=True)
class Networks:
    """All that the page shows of the rows."""

    rows: Mapping[str, NetworkRow]
    evaluations: int = EVALUATIONS
    seeds: tuple[int, ...] = SEEDS
    hardware: str = HARDWARE

    @cached_property
    def objectives(self) -> Mapping[str, Objective]:
        """The rows by objective."""
        return {
            name: Objective([row for row in self.rows.values() if row.objective == name])
            for name in OBJECTIVES
        }
