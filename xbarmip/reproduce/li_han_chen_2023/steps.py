"""Figure 6(a), tables 5 and 6, figure 7: every rule and the optima, on the published cases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from statistics import fmean
from typing import Annotated, Any

from xbarmip.compare.instance import Instance
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import answer_of
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.compared import Compared, Excess, percent_above
from xbarmip.reproduce.li_han_chen_2023.accuracy import NETWORKS
from xbarmip.reproduce.li_han_chen_2023.figures import case_key, figures, step_cases
from xbarmip.reproduce.records import check_names
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Status
from xbarmip.timing.closed_form import steps
from xbarmip.timing.pipeline import cycles

PAPER, LEAVING = "published-dp", "published-dp, may leave some"
HEURISTICS: Mapping[str, tuple[str, dict[str, Any]]] = {
    PAPER: ("published-dp", {}),
    LEAVING: ("published-dp", {"spend_all": False}),
    **{name: (name, {}) for name in ("woho", "stride", "identical", "greedy", "lagrangian")},
    **{name: (name, {}) for name in ("random", "genetic", "annealing")},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of an answer: claim, steps (published rule), cycles, crossbars left over."""

    status: Status
    bound: int | None
    steps: int
    cycles: int
    left: int
    allocation: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepsRow:
    """A published case: what is printed, the answer of every rule, and the two optima."""

    network: str
    crossbars: int
    size: int
    published: str
    note: str
    rivals: Mapping[str, Answer]
    fewest_steps: Annotated[Answer, "fewest steps"]
    fewest_cycles: Annotated[Answer, "fewest cycles"]

    def __post_init__(self) -> None:
        check_names(self.rivals, HEURISTICS, "rivals")

    @property
    def paper(self) -> Answer:
        """What the paper's algorithm finds."""
        return self.rivals[PAPER]

    @property
    def leaving(self) -> Answer:
        """The same where it may leave crossbars."""
        return self.rivals[LEAVING]

    @property
    def proven(self) -> bool:
        """Whether both optima are."""
        return self.fewest_steps.status == self.fewest_cycles.status == Status.OPTIMAL

    @property
    def digits(self) -> int:
        """Decimals of what is printed."""
        return len(self.published.partition(".")[2])

    @property
    def difference(self) -> float:
        """How many more the fewest steps are than printed."""
        return self.fewest_steps.steps - float(self.published)

    def steps_above(self, rule: str = PAPER) -> float:
        """By how many percent a rule's steps are above the fewest."""
        return percent_above(self.rivals[rule].steps, self.fewest_steps.steps)

    def cycles_above(self, rule: str = PAPER) -> float:
        """The same of cycles."""
        return percent_above(self.rivals[rule].cycles, self.fewest_cycles.cycles)


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each published case."""
    return {key_of(each.problem): partial(_row, each, seconds) for each in step_cases()}


def key_of(problem: Problem) -> str:
    """The case that a problem on square crossbars belongs to."""
    return case_key(problem.network.name, problem.crossbars, problem.crossbar.rows)


def _row(instance: Instance, seconds: float, progress: Progress | None) -> StepsRow:
    problem = instance.problem

    def answer(of: Problem, solver: str = "dp", options: dict[str, Any] | None = None) -> Answer:
        limit = seconds if solver == "dp" else None
        found = solve(of, solver, time_limit=limit, progress=progress, **(options or {}))
        _, allocation = answer_of(of, found)
        return Answer(
            status=found.status,
            bound=found.bound,
            steps=steps(of.network, allocation, "published"),
            cycles=cycles(of.network, allocation),
            left=of.crossbars - of.crossbars_used(allocation),
            allocation=allocation,
        )

    return StepsRow(
        network=problem.network.name,
        crossbars=problem.crossbars,
        size=problem.crossbar.rows,
        published=str(instance.published),
        note=instance.note,
        rivals={name: answer(problem, *how) for name, how in HEURISTICS.items()},
        fewest_steps=answer(problem),
        fewest_cycles=answer(replace(problem, objective="cycles", rule=None)),
    )


def claims(row: StepsRow) -> dict[str, Claim]:
    """The optima of a row that are proven."""
    found: dict[str, Claim] = {}
    for measure, rule, answer in (
        ("steps", "published", row.fewest_steps),
        ("cycles", None, row.fewest_cycles),
    ):
        if answer.status == Status.OPTIMAL:
            network = load_network(row.network)
            problem = Problem(network, row.crossbars, row.size, measure, rule)
            value = answer.steps if measure == "steps" else answer.cycles
            name = f"{row.network}-{row.crossbars}x{row.size}-{measure}.cert"
            found[name] = Claim(problem, value, answer.allocation)
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """How far a rule is above the optima, over all cases."""

    steps: Excess
    cycles: Excess


@dataclass(frozen=True, slots=True)
class Speedup:
    """How many times as many steps a rule takes as the paper's algorithm (also as printed) and as
    the fewest, and how many times as many cycles as the fewest.
    """

    published: Decimal
    over_paper: float
    over_fewest: float
    in_cycles: float


@dataclass(frozen=True, slots=True)
class Steps:
    """All that the page shows of the rows."""

    rows: Mapping[str, StepsRow]

    @property
    def grouped(self) -> list[StepsRow]:
        """Network by network, as the paper groups them, by crossbar size and budget."""
        return sorted(
            self.rows.values(),
            key=lambda row: (NETWORKS.index(row.network), row.size, row.crossbars),
        )

    @property
    def plotted(self) -> list[StepsRow]:
        """The cases of figure 6(a), over which figure 7 takes its means."""
        return [row for row in self.grouped if "figure 6" in row.note]

    @property
    def proven(self) -> bool:
        """Whether all optima are."""
        return all(row.proven for row in self.rows.values())

    @property
    def unspent(self) -> int:
        """Cases in which the fewest steps leave crossbars unused."""
        return sum(row.fewest_steps.left > 0 for row in self.rows.values())

    @property
    def missed(self) -> Mapping[str, float]:
        """By how many percent the paper's algorithm misses the fewest steps, most of them first."""
        by = {case: row.steps_above() for case, row in self.rows.items() if row.steps_above() > 0}
        return dict(sorted(by.items(), key=lambda item: -item[1]))

    @property
    def gains(self) -> Mapping[str, StepsRow]:
        """Cases in which leaving crossbars unused helps the paper's algorithm."""
        return {c: row for c, row in self.rows.items() if row.leaving.steps < row.paper.steps}

    @property
    def rules(self) -> Mapping[str, Rule]:
        """How far each rule is above the optima."""
        rows = self.rows.values()
        return {
            name: Rule(
                steps=Excess.over(row.steps_above(name) for row in rows),
                cycles=Excess.over(row.cycles_above(name) for row in rows),
            )
            for name in HEURISTICS
        }

    @property
    def speedups(self) -> Mapping[str, Speedup]:
        """Figure 7: means over its cases, by rule."""
        rows = self.plotted
        return {
            rule: Speedup(
                published=printed,
                over_paper=fmean(row.rivals[rule].steps / row.paper.steps for row in rows),
                over_fewest=fmean(row.rivals[rule].steps / row.fewest_steps.steps for row in rows),
                in_cycles=fmean(row.rivals[rule].cycles / row.fewest_cycles.cycles for row in rows),
            )
            for rule, printed in figures()["speedup"].items()
        }

    @property
    def woho(self) -> list[tuple[str, Mapping[str, Any], Answer]]:
        """Table 5: the name of each case, what is printed, and the answer of our rule."""
        keys = {
            case_key(each["network"], each["crossbars"], each["size"]): each
            for each in figures()["woho"]
        }
        return [(case, printed, self.rows[case].rivals["woho"]) for case, printed in keys.items()]

    @property
    def compared_steps(self) -> list[Compared]:
        """Published steps beside those of the paper's algorithm run again."""
        return [
            Compared(
                f"steps of {case}",
                float(row.published),
                row.paper.steps,
                read="read off" in row.note,
                digits=row.digits,
            )
            for case, row in self.rows.items()
        ]

    @property
    def compared_woho(self) -> list[Compared]:
        """Table 5's columns on the WoHo-proportional rule."""
        return [
            Compared(f"{what} of woho on {case}", published, own)
            for case, printed, ours in self.woho
            for what, published, own in (
                ("steps", printed["steps"], ours.steps),
                ("crossbars left over", printed["left"], ours.left),
            )
        ]

    @property
    def compared_speedups(self) -> list[Compared]:
        """Figure 7's means beside those of the paper's algorithm run again."""
        return [
            Compared(f"mean speedup over {rule}", float(by.published), by.over_paper, digits=2)
            for rule, by in self.speedups.items()
        ]
