"""The heuristic `identical`: the same number of copies for every layer (SPEC §7)."""

from dataclasses import dataclass
from typing import ClassVar

from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.recipe import Recipe, largest_fit


@dataclass(frozen=True, slots=True)
class Identical(Recipe):
    """R_l = min(m, N_l) for the largest m that the budget pays for.

    The allocation paper's reading of PRIME (P. Chi et al., ISCA 2016), which replicates the whole
    network.
    """

    name: ClassVar[str] = "identical"

    def allocation(self, problem: Problem) -> Allocation:
        """R of every layer."""
        outputs = [layer.outputs for layer in problem.network.layers]
        return largest_fit(
            problem, lambda m: tuple(min(m + 1, each) for each in outputs), max(outputs) - 1
        )
