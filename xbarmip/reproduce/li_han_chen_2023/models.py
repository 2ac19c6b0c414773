"""The same comparison on networks of today: branches, joins, and the time to move data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from xbarmip.compare.instance import Instance
from xbarmip.compare.suite import read_suite
from xbarmip.reproduce.answers import answer_of
from xbarmip.reproduce.compared import Excess, percent_above
from xbarmip.reproduce.li_han_chen_2023.bandwidth import hardware
from xbarmip.reproduce.records import check_names
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Status

EVALUATIONS = 2_000  # of each search: some minutes for all models together
TIMES = "x2"  # the smallest budget, as the suite writes it
HEURISTICS: Mapping[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in ("woho", "stride")},
    "stride, pooling": ("stride", {"pooling": True}),
    **{name: (name, {}) for name in ("identical", "greedy", "lagrangian")},
    **{name: (name, {"evaluations": EVALUATIONS}) for name in ("random", "genetic", "annealing")},
}
OBJECTIVES = ("cycles", "latency")


@dataclass(frozen=True, slots=True)
class Claim:
    """What `dp` claims."""

    status: Status
    value: int | None
    bound: int | None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A network and objective: the claim of `dp`, and the value of every rule."""

    network: str
    crossbars: int
    smallest: int
    objective: str
    dp: Claim
    rivals: Mapping[str, int]

    def __post_init__(self) -> None:
        check_names(self.rivals, HEURISTICS, "rivals")

    @property
    def proven(self) -> bool:
        """Whether `dp` proved the optimum."""
        return self.dp.status == Status.OPTIMAL

    @property
    def best(self) -> int:
        """The smallest value that any solver found."""
        return min(each for each in (self.dp.value, *self.rivals.values()) if each is not None)

    @property
    def open(self) -> float | None:
        """By how many percent the best is above what `dp` proved; None if that is nothing."""
        return percent_above(self.best, self.dp.bound) if self.dp.bound else None

    def above(self, rule: str) -> float:
        """By how many percent a rule's value is above the best."""
        return percent_above(self.rivals[rule], self.best)


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each network of the suite `onnx`, at twice its smallest budget, and objective."""
    return {
        f"{instance.name.removesuffix('/cycles')}/{objective}": partial(
            _row, instance, objective, seconds
        )
        for instance in read_suite("onnx").instances
        if TIMES in instance.name.split("/")
        for objective in OBJECTIVES
    }


def _row(instance: Instance, objective: str, seconds: float, progress: Progress | None) -> ModelRow:
    problem = replace(instance.problem, objective=objective, hardware=hardware())
    best = solve(problem, time_limit=seconds, progress=progress)
    return ModelRow(
        network=problem.network.name,
        crossbars=problem.crossbars,
        smallest=problem.smallest_budget,
        objective=objective,
        dp=Claim(best.status, best.value, best.bound),
        rivals={
            name: answer_of(problem, solve(problem, solver, progress=progress, **options))[0]
            for name, (solver, options) in HEURISTICS.items()
        },
    )


@dataclass(frozen=True, slots=True)
class Objective:
    """The rows of an objective."""

    rows: list[ModelRow]

    @property
    def proven(self) -> int:
        """How many optima are."""
        return sum(row.proven for row in self.rows)

    @property
    def rules(self) -> Mapping[str, Excess]:
        """How far each rule is above the best known."""
        return {name: Excess.over(row.above(name) for row in self.rows) for name in HEURISTICS}

    @property
    def nearest(self) -> Mapping[str, Excess]:
        """The two rules that are nearest on average."""
        return dict(sorted(self.rules.items(), key=lambda rule: rule[1].mean)[:2])


@dataclass(frozen=True, slots=True)
class Models:
    """All that the page shows of the rows."""

    rows: Mapping[str, ModelRow]
    evaluations: int = EVALUATIONS

    @property
    def objectives(self) -> Mapping[str, Objective]:
        """The rows by objective."""
        return {
            name: Objective([row for row in self.rows.values() if row.objective == name])
            for name in OBJECTIVES
        }
