"""Allocations as points of a cube, for libraries that move real numbers."""

from collections.abc import Sequence
from math import log

from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.draws import fitted


class Encoding:
    """One coordinate u in 0..1 for each layer that can have copies: R = most^u, rounded.

    A logarithmic scale, since what counts is by how much a layer gets faster. Every point is an
    allocation within the budget, for copies beyond it are cut in proportion (`draws.fitted`), and
    every allocation within the budget has a point.

    Attributes
    ----------
    layers : tuple of int
        Positions of the layers that have a coordinate.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.layers = tuple(i for i, most in enumerate(problem.largest) if most > 1)

    def point(self, allocation: Allocation) -> list[float]:
        """The coordinates of an allocation."""
        return [log(allocation[i]) / log(self._problem.largest[i]) for i in self.layers]

    def allocation(self, point: Sequence[float]) -> Allocation:
        """The allocation at a point."""
        wanted = [1] * len(self._problem.sets)
        for i, u in zip(self.layers, point, strict=True):
            most = self._problem.largest[i]
            wanted[i] = min(most, max(1, round(most ** float(u))))
        return fitted(self._problem, wanted)
