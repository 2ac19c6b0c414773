"""The heuristic `woho`: copies in proportion to the outputs Wo*Ho (SPEC §7)."""

from dataclasses import dataclass
from typing import ClassVar

from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.recipe import Recipe


@dataclass(frozen=True, slots=True)
class WohoProportional(Recipe):
    """R_l = floor(Total * N_l / sum(set * N)), at least 1 and at most N_l.

    The rule of PipeLayer (L. Song et al., HPCA 2017), as the allocation paper states it (ACM TODAES
    29(1) 21, 2023, the column WoHo of table 5). A layer whose share is below one copy gets one;
    the others share what is left of the budget by the same rule, until none is below.

    It fits: the shares add up to what is left. None is above N_l if not all are: a layer that is
    raised to one copy takes more than its share, so that the factor of the others only falls.
    """

    name: ClassVar[str] = "woho"

    def allocation(self, problem: Problem) -> Allocation:
        """R of every layer."""
        outputs = [layer.outputs for layer in problem.network.layers]
        allocation = [1] * len(outputs)
        left, sharing, poor = problem.crossbars, list(range(len(outputs))), [-1]
        while poor:
            work = sum(problem.sets[i] * outputs[i] for i in sharing)
            poor = [i for i in sharing if left * outputs[i] < work]
            left -= sum(problem.sets[i] for i in poor)
            sharing = [i for i in sharing if i not in poor]
        for i in sharing:
            allocation[i] = min(outputs[i], left * outputs[i] // work)
        return tuple(allocation)
