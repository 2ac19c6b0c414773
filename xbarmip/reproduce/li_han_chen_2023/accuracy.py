"""Table 4: how close the closed form is to the pipeline, on random allocations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from random import Random
from statistics import fmean
from typing import Annotated, Any

import numpy as np

from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.steps import rule_view
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.reproduce.li_han_chen_2023.figures import case_key, figures, step_cases
from xbarmip.reproduce.store import Work
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.draws import fitted, shares
from xbarmip.solvers.heuristics.random_search import RandomSearch, pruned
from xbarmip.solvers.heuristics.woho import WohoProportional
from xbarmip.solvers.protocol import Progress
from xbarmip.timing.closed_form import steps_many
from xbarmip.timing.pipeline import cycles_many

SEED = 1
RULES = ("pipeline", "published")
NETWORKS = ("alexnet", "vgg-a", "vgg-e", "resnet-18", "mobilenet-v1")
Draw = Callable[[Problem, Random], Allocation]
_BATCH = 500  # allocations between two reports


@dataclass(frozen=True, slots=True)
class Shares:
    """Percent of allocations by error, in percent; mean accuracy and largest error in percent."""

    within_1: Annotated[float, "within 1"]
    from_1_to_5: Annotated[float, "1 to 5"]
    over_5: Annotated[float, "over 5"]
    accuracy: float
    worst: float


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """How far the steps of each rule are from the cycles; no budget where R is drawn freely."""

    network: str
    draw: str
    crossbars: int | None
    pipeline: Shares
    published: Shares

    def shares(self, rule: str) -> Shares:
        """Those of a rule."""
        return self.pipeline if rule == "pipeline" else self.published

    @property
    def printed(self) -> Mapping[str, Any]:
        """What is printed of the network."""
        return figures()["accuracy"]["networks"][self.network]

    def distance(self, rule: str) -> float:
        """Half the sum of the absolute differences of a rule's shares from the printed ones."""
        ours = self.shares(rule)
        within_1 = ours.within_1 - float(self.printed["within_1"])
        from_1_to_5 = ours.from_1_to_5 - float(self.printed["from_1_to_5"])
        over_5 = ours.over_5 - float(self.printed["over_5"])
        return (abs(within_1) + abs(from_1_to_5) + abs(over_5)) / 2


def _free(problem: Problem, random: Random) -> Allocation:
    return tuple(random.randint(1, layer.outputs) for layer in problem.network.layers)


def _cut(problem: Problem, random: Random) -> Allocation:
    return fitted(problem, [random.randint(1, most) for most in problem.largest])


def _log_cut(problem: Problem, random: Random) -> Allocation:
    return fitted(problem, [max(1, round(most ** random.random())) for most in problem.largest])


def _copies(problem: Problem, random: Random) -> Allocation:
    """One copy more of a random layer, until none fits."""
    spare = problem.crossbars - problem.smallest_budget
    chosen, growing = [1] * len(problem.sets), list(range(len(problem.sets)))
    while growing:
        i = random.choice(growing)
        if problem.sets[i] <= spare and chosen[i] < problem.largest[i]:
            chosen[i] += 1
            spare -= problem.sets[i]
        else:
            growing.remove(i)
    return tuple(chosen)


def _near(factor: float, problem: Problem, random: Random) -> Allocation:
    woho = WohoProportional().allocation(problem)
    wanted = (round(r * factor ** random.uniform(-1, 1)) for r in woho)
    pairs = zip(wanted, problem.largest, strict=True)
    return fitted(problem, [min(most, max(1, r)) for r, most in pairs])


def _pruned(problem: Problem, random: Random) -> Allocation:
    guide = WohoProportional().allocation(problem)
    return pruned(problem, random, RandomSearch().draws, guide)


DRAWS: Mapping[str, Draw] = {
    "free": _free,
    "cut": _cut,
    "log-cut": _log_cut,
    "shares": shares,
    "copies": _copies,
    "near": partial(_near, 2),
    "nearer": partial(_near, 1.5),
    "pruned": _pruned,
}


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network, published budget on crossbars of 128x128, and draw."""
    made: dict[str, Work] = {}
    for name in NETWORKS:
        budgets = [
            each.problem
            for each in step_cases()
            if each.problem.network.name == name and each.problem.crossbar.rows == 128
        ]
        for draw in DRAWS:
            for problem in sorted(budgets, key=lambda each: each.crossbars):
                case = f"{case_key(name, problem.crossbars, 128)}/{draw}"
                if draw == "free":
                    case = f"{name}/{draw}"
                made.setdefault(case, partial(_row, problem, draw))
    return made


def _row(problem: Problem, draw: str, progress: Progress | None) -> AccuracyRow:
    random, count = Random(SEED), figures()["accuracy"]["allocations"]
    errors: dict[str, list[Array]] = {rule: [] for rule in RULES}
    for first in range(0, count, _BATCH):
        if progress is not None:
            progress({"instance": f"{problem.network.name} {draw}", "allocations": first})
        rows = range(min(_BATCH, count - first))
        allocations = np.array([DRAWS[draw](problem, random) for _ in rows], dtype=np.int64)
        exact = cycles_many(CYCLES.view(problem.network), allocations)
        for rule in RULES:
            modelled = steps_many(rule_view(problem.network, rule), allocations)
            errors[rule].append(100 * np.abs(modelled - exact) / exact)
    return AccuracyRow(
        network=problem.network.name,
        draw=draw,
        crossbars=None if draw == "free" else problem.crossbars,
        pipeline=_shares(np.concatenate(errors["pipeline"])),
        published=_shares(np.concatenate(errors["published"])),
    )


def _shares(errors: Array) -> Shares:
    within, over = errors <= 1, errors > 5
    return Shares(
        within_1=round(100 * float(within.mean()), 2),
        from_1_to_5=round(100 * float((~within & ~over).mean()), 2),
        over_5=round(100 * float(over.mean()), 2),
        accuracy=round(100 - float(errors.mean()), 2),
        worst=round(float(errors.max()), 2),
    )


SIZES = ("smallest", "largest", "closest")  # which budget of a network is looked at


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """A way to draw and to count, on one of `SIZES` or "no" budget, and its distance from the
    printed shares, averaged over the networks.
    """

    distance: float
    rule: str
    draw: str
    size: str


@dataclass(frozen=True)
class Accuracy:
    """All that the page shows of the rows."""

    rows: Mapping[str, AccuracyRow]

    @cached_property
    def ways(self) -> list[Way]:
        """Every way, the closest first."""
        return sorted(
            Way(fmean(row.distance(rule) for row in self.by(rule, draw, size)), rule, draw, size)
            for rule, draw in product(RULES, DRAWS)
            for size in (SIZES if draw != "free" else ("no",))
        )

    def by(self, rule: str, draw: str, size: str) -> list[AccuracyRow]:
        """The row of each network by a way."""
        found = []
        for name in NETWORKS:
            own = [row for row in self.of(name) if row.draw == draw]
            if size == "closest":
                found.append(min(own, key=lambda row: row.distance(rule)))
            else:
                own.sort(key=lambda row: row.crossbars or 0)
                found.append(own[-1 if size == "largest" else 0])
        return found

    def of(self, network: str) -> list[AccuracyRow]:
        """All rows of a network."""
        return [row for row in self.rows.values() if row.network == network]

    @property
    def distances(self) -> Mapping[tuple[str, str], Mapping[str, float]]:
        """Distances by budget, of each rule and draw, the closest first."""
        found: dict[tuple[str, str], dict[str, float]] = {}
        for way in self.ways:
            found.setdefault((way.rule, way.draw), {})[way.size] = way.distance
        return found

    @property
    def closest(self) -> list[AccuracyRow]:
        """The row of each network by the closest way."""
        return self.by(self.ways[0].rule, self.ways[0].draw, self.ways[0].size)

    def nearest(self, network: str) -> tuple[AccuracyRow, str]:
        """The row and rule that are closest to the shares of a network alone."""
        return min(product(self.of(network), RULES), key=lambda way: way[0].distance(way[1]))

    def worst(self, rule: str) -> float:
        """The largest error of a rule within budgets."""
        return max(row.shares(rule).worst for row in self.rows.values() if row.draw != "free")

    def least(self, rule: str) -> float:
        """The lowest mean accuracy of a rule within budgets."""
        return min(row.shares(rule).accuracy for row in self.rows.values() if row.draw != "free")

    def free(self, rule: str) -> float:
        """The mean accuracy of a rule without a budget, over the networks."""
        return fmean(row.shares(rule).accuracy for row in self.rows.values() if row.draw == "free")
