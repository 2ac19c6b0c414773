"""The rival `random`: random allocations, the unlikely ones left out by their direction."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from random import Random

from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.rivals.answer import Allocation
from xbarmip.solvers.rivals.draws import shares
from xbarmip.solvers.rivals.search import Incumbent, Search
from xbarmip.solvers.rivals.woho import WohoProportional

_BATCH = 64  # allocations evaluated at once
_PATIENCE = 1000  # draws for each evaluation, at most


@dataclass(frozen=True, slots=True)
class RandomSearch(Search):
    """The best of many random allocations, drawn as `draws.shares` says.

    The allocation paper measures its solver against a random search with cosine pruning (ACM TODAES
    29(1) 21, 2023). Our reading: an allocation whose R, as a vector, points elsewhere than the
    WoHo-proportional one is not worth a simulation. It ends early when a thousand draws for each
    evaluation did not find enough that are.

    Attributes
    ----------
    cosine : float
        Least cosine of the angle between the two vectors, from 0 (evaluates all) to 1.
    """

    cosine: float = 0.9

    def __post_init__(self) -> None:
        Search.__post_init__(self)
        if isinstance(self.cosine, bool) or not isinstance(self.cosine, int | float):
            raise InputError(f"random option cosine must be a number, got {self.cosine!r}")
        if not 0 <= self.cosine <= 1:
            raise InputError(f"random option cosine must be from 0 to 1, got {self.cosine!r}")

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "random"

    def explore(self, problem: Problem, best: Incumbent) -> None:
        """Evaluate what the pruning leaves, batch by batch."""
        batch: list[Allocation] = []
        for allocation in self._kept(problem, best):
            batch.append(allocation)
            if len(batch) == _BATCH:
                best.values(batch)
                batch = []
        if batch:
            best.values(batch)

    def _kept(self, problem: Problem, best: Incumbent) -> Iterator[Allocation]:
        random = Random(self.seed)
        guide = WohoProportional().allocation(problem)
        for draw in range(_PATIENCE * self.evaluations):
            if draw % _BATCH == 0:
                best.pause()
            allocation = shares(problem, random)
            if _cosine(allocation, guide) >= self.cosine:
                yield allocation


def _cosine(a: Allocation, b: Allocation) -> float:
    """Cosine of the angle between two vectors of positive integers."""
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / sqrt(sum(x * x for x in a)) / sqrt(sum(y * y for y in b))
