"""The two allocations that PIMSYN ships, and the optima within their own budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.reproduce.answers import Taken
from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.compared import Compared, percent_above
from xbarmip.reproduce.optima import OptimaRow, optima_claims, optima_row
from xbarmip.reproduce.published import published
from xbarmip.reproduce.store import Work
from xbarmip.solvers.protocol import Progress

NAME = "pimsyn"


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """An allocation, and the optima of its own budget and of the crossbars that it takes."""

    printed: Taken
    budget: OptimaRow
    used: OptimaRow

    def above(self, objective: str) -> float:
        """By how many percent the allocation is above the optimum within its own budget."""
        value = self.printed.cycles if objective == "cycles" else self.printed.interval
        return percent_above(value, self.budget.best(objective).value)

    @property
    def ordered(self) -> bool:
        """Whether the least interval keeps PIMSYN's rule: no convolution has less than 0.6 times
        the copies of the next.
        """
        chosen = self.budget.interval.allocation
        layers = self.budget.problem("interval").network.layers
        copies = [r for r, layer in zip(chosen, layers, strict=True) if layer.outputs > 1]
        return all(10 * before >= 6 * after for before, after in pairwise(copies))


def logical(physical: int, bits: int) -> int:
    """Logical crossbars that so many physical ones make: each holds so many bits of a weight."""
    return physical * bits // published(NAME)["grid"]["weight_bits"]


def cases(seconds: float) -> Mapping[str, Work]:
    """A row for each allocation."""
    return {each["network"]: partial(_row, each, seconds) for each in published(NAME)["allocation"]}


def _row(printed: Mapping[str, Any], seconds: float, progress: Progress | None) -> AllocationRow:
    network, size = printed["network"], printed["size"]
    crossbars = logical(printed["physical"], printed["bits"])
    problem = Problem(load_network(network), crossbars, size)
    taken = Taken.of(problem, problem.allocation(printed["duplication"]))
    budget, used = (
        optima_row(network, each, size, seconds, progress) for each in (crossbars, taken.crossbars)
    )
    return AllocationRow(taken, budget, used)


def claims(row: AllocationRow) -> dict[str, Claim]:
    """The optima of a row."""
    return optima_claims(row.budget) | optima_claims(row.used)


@dataclass(frozen=True, slots=True)
class Allocations:
    """All that the page shows of the rows."""

    rows: Mapping[str, AllocationRow]

    @property
    def compared(self) -> list[Compared]:
        """What the source says that its allocations take, beside ours."""
        found = []
        for printed in published(NAME)["allocation"]:
            name, ours = printed["network"], self.rows[printed["network"]].printed
            found += [
                Compared(f"crossbars of {name}", printed["used"], ours.crossbars),
                Compared(f"interval of {name}", printed["interval"], ours.interval),
            ]
        return found
