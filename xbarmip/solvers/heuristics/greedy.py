"""The heuristic `greedy`: copy the slowest layer, again and again."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import ClassVar

from xbarmip.exact import ceil_div
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import feasible, infeasible
from xbarmip.solvers.protocol import Watch, refused_constraints, until_stopped
from xbarmip.solvers.result import Result


@dataclass(frozen=True, slots=True)
class Greedy:
    """From one copy each, add one to the layer with the most steps of its own, ceil(N_l / R_l).

    A layer whose next copy no longer fits drops out, and the next slowest takes its turn. Of
    equally slow layers the first is taken. A common rule of thumb; we know of no single source.
    """

    name: ClassVar[str] = "greedy"

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse constraints; every network and objective is taken."""
        return refused_constraints(problem)

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Copy until nothing fits; stopped early, answer with the copies made so far."""
        if not problem.feasible:
            return infeasible(self, problem)
        allocation = [1] * len(problem.sets)
        stop = until_stopped(lambda: _copy(problem, allocation, watch))
        return feasible(self, problem, tuple(allocation), stop)


def _copy(problem: Problem, allocation: list[int], watch: Watch) -> None:
    """Add copies to `allocation`, which is valid at every moment."""
    spare = problem.crossbars - problem.smallest_budget
    outputs = [layer.outputs for layer in problem.network.layers]
    slowest = [(-each, i) for i, each in enumerate(outputs)]
    heapify(slowest)
    while slowest:
        watch.check()
        _, i = heappop(slowest)
        if allocation[i] < problem.largest[i] and problem.sets[i] <= spare:
            spare -= problem.sets[i]
            allocation[i] += 1
            heappush(slowest, (-ceil_div(outputs[i], allocation[i]), i))
