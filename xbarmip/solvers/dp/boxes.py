"""A target refuted piece by piece: windows of R are halved until each piece is refuted.

Every allocation lies in one of the two halves of a box of windows, so a target that neither half
meets is not met in the box. In a half the path bound is sharper: where its linear program mixes a
small and a large R of a layer, because constraints or paths ask for both, it has to take one side.
So a layer is halved whose mixture is the most undecided, at the mean of the mixture. Each half
begins with the paths that were found around it, which hold in smaller windows, too.

Mixtures rounded to one R for each layer often are good allocations.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.window import Array
from xbarmip.solvers.dp.cuts import Cuts
from xbarmip.solvers.dp.path_kernel import Support
from xbarmip.solvers.dp.seeds import Seeds
from xbarmip.solvers.dp.target import Answer, TargetSearch

LABELS = 128  # of a sweep in a box
EVEN = 1e-6  # a mixture that is no farther from whole numbers is decided


class Box(NamedTuple):
    """Windows of R, and what the path bound left around them."""

    low: Array
    high: Array
    seeds: Seeds


def refute(
    search: TargetSearch,
    offer: Callable[[tuple[int, ...]], int],
    target: int,
    budget: int,
    most: int,
) -> Answer:
    """Look for an allocation of value at most `target` in at most so many boxes.

    `offer` takes an allocation within the budget that may break added constraints, and returns the
    best value so far. Once that meets the target, the search is over, and not complete.
    """
    cuts = search.cuts(target, budget)
    left = [] if cuts is None else _halves(cuts)
    for _ in range(most):
        if not left:
            return Answer(None, complete=True)
        cuts = search.within(*left.pop(), target, budget)
        if cuts is None:
            continue
        if any(offer(allocation) <= target for allocation in _rounded(cuts, search.sets, budget)):
            return Answer(None, complete=False)
        answer = search.sweep(cuts, target, budget, LABELS)
        if answer.allocation is not None:
            return Answer(answer.allocation, complete=False)
        if not answer.complete:
            left += _halves(cuts)
    return Answer(None, complete=not left)


def _rounded(cuts: Cuts, sets: Array, budget: int) -> list[tuple[int, ...]]:
    """Of each layer the R with the largest share of the mixture, if the budget holds them."""
    allocation = cuts.seeds.rounded
    if allocation is None or int(allocation @ sets) > budget:
        return []
    return [tuple(allocation.tolist())]


def _halves(cuts: Cuts) -> list[Box]:
    """The two halves of a box, the one with more of the mixture last."""
    low, high, seeds = cuts.bounds.low, cuts.bounds.high, cuts.seeds
    undecided, middle = (high - low) / high, (low + high) / 2
    if seeds.mixture is not None:
        means, spreads = _moments(seeds.mixture)
        middle = means
        if (spreads * (low < high)).max() > EVEN:
            undecided = spreads * (low < high)
    k = int(undecided.argmax())
    at = min(max(int(middle[k]), int(low[k])), int(high[k]) - 1)
    below, above = high.copy(), low.copy()
    below[k], above[k] = at, at + 1
    halves = [Box(above, high, seeds), Box(low, below, seeds)]
    return halves if middle[k] - at < 1 / 2 else halves[::-1]


def _moments(mixture: Support) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of each layer's R in a mixture, and how far from it they are, relative to it."""
    starts = mixture.start[:-1]
    mean = np.add.reduceat(mixture.r * mixture.w, starts) / np.add.reduceat(mixture.w, starts)
    away = np.abs(mixture.r - np.repeat(mean, np.diff(mixture.start))) * mixture.w
    return mean, np.add.reduceat(away, starts) / mean
