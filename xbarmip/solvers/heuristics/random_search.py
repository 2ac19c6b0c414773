"""The heuristic `random`: random allocations, the unlikely ones left out by their direction."""

from dataclasses import dataclass
from math import sqrt
from random import Random
from typing import ClassVar

from xbarmip.exact import as_int
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.draws import shares
from xbarmip.solvers.heuristics.search import Incumbent, Search
from xbarmip.solvers.heuristics.woho import WohoProportional

_BATCH = 64  # allocations evaluated at once


@dataclass(frozen=True, slots=True)
class RandomSearch(Search):
    """The best of many random allocations, drawn as `draws.shares` says.

    The allocation paper measures its solver against a random search with cosine pruning (ACM TODAES
    29(1) 21, 2023). Our reading: an allocation that, as a vector of R, points elsewhere than the
    WoHo-proportional one is not worth a simulation. Of several draws only the one with the largest
    cosine is evaluated, so that the pruning is as strong on every network.

    Attributes
    ----------
    draws : int
        Draws for each evaluation; 1 prunes nothing.
    """

    name: ClassVar[str] = "random"
    draws: int = 5

    def __post_init__(self) -> None:
        Search.__post_init__(self)
        as_int(self.draws, "random option draws", 1)

    def explore(self, problem: Problem, best: Incumbent) -> None:
        """Evaluate what the pruning leaves, batch by batch."""
        random = Random(self.seed)
        guide = WohoProportional().allocation(problem)
        while True:
            best.values([pruned(problem, random, self.draws, guide) for _ in range(_BATCH)])


def pruned(problem: Problem, random: Random, draws: int, guide: Allocation) -> Allocation:
    """Of so many random allocations the one that points most as `guide` does."""
    some = (shares(problem, random) for _ in range(draws))
    return max(some, key=lambda allocation: _cosine(allocation, guide))


def _cosine(a: Allocation, b: Allocation) -> float:
    """Cosine of the angle between two vectors of positive integers."""
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / sqrt(sum(x * x for x in a)) / sqrt(sum(y * y for y in b))
