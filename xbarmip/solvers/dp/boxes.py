"""A target refuted piece by piece: windows of R are halved until each piece is refuted.

Every allocation lies in one of the two halves of a box of windows, so a target that neither half
meets is not met in the box. In a half the path bound is sharper: where its linear program mixes a
small and a large R of a layer, because constraints or paths ask for both, it has to take one side.
So a layer is halved whose mixture is spread widest, at the mean of the mixture. Each half
begins with the paths that were found around it, which hold in smaller windows, too.

Mixtures rounded to one R for each layer often are good allocations, or have good ones near them.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from xbarmip.solvers.dp.bounds.cuts import Cuts, Goal
from xbarmip.solvers.dp.bounds.legs import moments
from xbarmip.solvers.dp.bounds.seeds import Seeds
from xbarmip.solvers.dp.effort import BOX_EFFORT, BOX_LABELS, DECIDED
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.sweep.search import REFUTED, Answer, TargetSearch


class Box(NamedTuple):
    """Windows of R, and what the path bound left around them."""

    windows: Windows
    seeds: Seeds


class Boxes:
    """The boxes of a target that are not refuted yet.

    Parameters
    ----------
    search : TargetSearch
    near : callable
        Looks for allocations around one, for a target, and returns the best value so far.
    """

    def __init__(self, search: TargetSearch, near: Callable[[Sequence[int], int], int]) -> None:
        self._search, self._near = search, near
        self._target: int | None = None
        self._left: list[Box] = []

    def look(self, goal: Goal, most: int) -> Answer:
        """Look for an allocation that meets a goal in at most so many boxes.

        A later call for the same target or a lower one, of the same budget, goes on where this one
        ends: what is refuted for one is for all below. One that was found near a mixture ends the
        search, too; it is then not complete.
        """
        search, target = self._search, goal.target
        if self._target is None or target > self._target:
            cuts = search.cuts(goal, BOX_EFFORT)
            self._left = [] if cuts is None else _halves(cuts)
        self._target = target
        for _ in range(most):
            if not self._left:
                break
            cuts = search.within(*self._left[-1], goal, BOX_EFFORT)
            mixed = None if cuts is None else cuts.seeds.rounded
            if mixed is not None and self._near(mixed.tolist(), target) <= target:
                return Answer(None, complete=False)
            answer = search.sweep(cuts, goal, BOX_LABELS) if cuts else REFUTED
            if answer.allocation is not None:
                return Answer(answer.allocation, complete=False)
            self._left.pop()
            if cuts is not None and not answer.complete:
                self._left += _halves(cuts)
        return Answer(None, complete=not self._left)


def _halves(cuts: Cuts) -> list[Box]:
    """The two halves of a box, the one with more of the mixture last; one where all is decided.

    An undecided layer counts by how far its mixture is spread, in copies times in relation to the
    mean, times the crossbars of a copy: by either the bounds of the halves get sharp fast.
    """
    windows, seeds = cuts.windows, cuts.seeds
    sets, low, high = windows
    if (low == high).all():
        return [Box(windows, seeds)]
    undecided, middle = sets * ((high - low) ** 2 / high), (low + high) / 2
    if seeds.mixture is not None:
        means, spreads = moments(seeds.mixture)
        middle = means
        if (spreads * (low < high) > DECIDED).any():
            undecided = sets * (spreads**2 / means) * (low < high)
    k = int(undecided.argmax())
    at = min(max(int(middle[k]), int(low[k])), int(high[k]) - 1)
    below, above = high.copy(), low.copy()
    below[k], above[k] = at, at + 1
    halves = [Box(Windows(sets, above, high), seeds), Box(Windows(sets, low, below), seeds)]
    return halves if middle[k] - at < 1 / 2 else halves[::-1]
