"""The three ways that move value and bound of a run towards each other: find, refute, halve."""

from collections.abc import Callable, Sequence

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.cuts import Cuts, Goal
from xbarmip.solvers.dp.bounds.question import is_deep
from xbarmip.solvers.dp.boxes import Boxes
from xbarmip.solvers.dp.effort import (
    COARSE,
    DEEP_PART,
    EXCHANGES_AFTER_BEAM,
    EXCHANGES_AT_FIRST,
    EXCHANGES_NEARBY,
    FAR,
    GAPS,
    NEAR,
    effort_of,
)
from xbarmip.solvers.dp.primal.exchange import Exchange
from xbarmip.solvers.dp.standing import Standing
from xbarmip.solvers.dp.sweep.search import REFUTED, Answer, TargetSearch

Look = Callable[[Goal], Answer]


class Ways:
    """The ways of one thread, which share a search.

    Each takes the width of a round, in labels, or None where no label is to be left out, and ends
    where it gets no further with that.

    Parameters
    ----------
    standing : Standing
        What is known. Others may move it meanwhile: a value that falls, or a bound that rises,
        makes fewer targets worth a look, and what was proven of a target stays true.
    search : TargetSearch
    exchange : Exchange
    """

    def __init__(self, standing: Standing, search: TargetSearch, exchange: Exchange) -> None:
        self._standing, self._search, self._exchange = standing, search, exchange
        self._boxes = Boxes(search, self._near)
        self._effort = NEAR if exchange.apt else FAR

    def first(self) -> None:
        """Find better allocations by exchanges alone."""
        self._descend(self._exchanged, 1)

    def by_paths(self) -> None:
        """Move the bound by the path bound alone, and the value by exchanges around its mixtures.

        Of a deep network, where little else gets anywhere before. Multipliers for one target are
        good for those below, too, so each program refutes as much as it can, and what it found goes
        on into the next, for a target near the bound. Where neither bound nor value moves more is
        done for each. The first is for a target so high that its mixture is of no use.
        """
        standing, finder = self._standing, self._search.finder
        finder.begin_at(standing.best)
        effort = 0
        self._refute_by_paths(standing.goal - 1, effort)
        while standing.bound < standing.goal and effort < len(GAPS):
            before = standing.bound, standing.value
            target = standing.bound + (standing.goal - standing.bound) // DEEP_PART
            self._refute_by_paths(target, effort)
            # its mixture leads to little below its target
            lowest, open_targets = (standing.bound + target) // 2, standing.goal - standing.bound
            self._descend(self._exchanged, 0, lowest, 1 if effort else open_targets // COARSE)
            effort += (standing.bound, standing.value) == before

    def _refute_by_paths(self, target: int, effort: int) -> None:
        goal = Goal(target, self._standing.budget)
        self._standing.refuted(self._search.finder.refuted_by_paths(goal, effort))
        self._standing.searched()

    def find(self, width: int | None) -> None:
        """Find better allocations, by a beam and then by exchanges."""
        stride = int(self._exchange.apt and not is_deep(self._search.table))
        self._descend(lambda goal: self._beam(goal, width), stride)

    def refute(self, width: int | None) -> None:
        """Refute targets by sweeps that leave nothing out."""
        labels = width and self._effort.labels * width
        self._climb(lambda goal: self._sweep(goal, labels))

    def halve(self, width: int | None) -> None:
        """Refute targets box by box; there are none without the path bound."""
        most = int(self._effort.boxes * width) if width and self._search.switches.paths else 0
        if most:
            self._climb(lambda goal: self._boxes.look(goal, most))

    def _exchanged(self, goal: Goal) -> Answer:
        best, exchange = self._standing.best, self._exchange
        mixed = self._search.finder.mixed(goal.budget)
        starts: list[Sequence[int] | Array] = [best, *exchange.starts]
        if mixed is not None:
            starts = [mixed, best]
        return exchange.look(goal, EXCHANGES_AT_FIRST, starts)

    def _beam(self, goal: Goal, width: int | None) -> Answer:
        cuts = self._search.cuts(goal, effort_of(width, self._effort.widths))
        if cuts is None:
            return REFUTED
        answer = self._search.sweep(cuts, goal, width, beam=True)
        if answer.complete or answer.allocation is not None:
            return answer
        starts = [*_mixed(cuts), self._standing.best, *self._exchange.starts]
        return self._exchange.look(goal, EXCHANGES_AFTER_BEAM, starts)

    def _sweep(self, goal: Goal, labels: int | None) -> Answer:
        """Look around the mixture of the path bound first."""
        cuts = self._search.cuts(goal, effort_of(labels, self._effort.widths))
        if cuts is None:
            return REFUTED
        answer = self._exchange.look(goal, EXCHANGES_NEARBY, _mixed(cuts))
        if answer.allocation is not None:
            return answer
        return self._search.sweep(cuts, goal, labels, again=True)

    def _near(self, around: Sequence[int], target: int) -> int:
        """Take an allocation, or one near it, if it is better than the best; the best value."""
        standing = self._standing
        answer = self._exchange.look(Goal(target, standing.budget), EXCHANGES_NEARBY, [around])
        if answer.allocation is not None:
            standing.accept(answer.allocation, target)
        elif standing.problem.crossbars_used(around) <= standing.budget:
            standing.try_each([tuple(around)])
        return standing.value

    def _climb(self, look: Look) -> None:
        """Refute targets from the bound upwards, as far as one way to look for them goes.

        By longer and longer strides, as targets far below the optimum are refuted with little work.
        After one that is met the goal is next, after one that is left open the middle.
        """
        standing = self._standing
        stride, last = 1, standing.goal - 1
        while standing.bound <= last:
            bound = standing.bound
            target = min(bound + stride - 1, last) if stride else (bound + last) // 2
            if not self._try(look, target):
                stride, last = 0, target - 1
            else:
                stride = 2 * stride if standing.bound > target else standing.goal - standing.bound
                last = min(last, standing.goal - 1)

    def _descend(self, look: Look, stride: int, lowest: int = 0, least: int = 1) -> None:
        """Find better allocations, as far as one way to look for them goes.

        By longer and longer strides down from the goal, and from the first that fails on by halving
        what is left; with stride 0 from the start. Not for targets below the `lowest`, nor where
        less than `least` is left.
        """
        standing = self._standing
        lowest = max(lowest, standing.bound)
        while standing.goal - lowest >= max(1, least):
            near = standing.goal - stride if stride else (lowest + standing.goal) // 2
            target, before = max(lowest, near), standing.value
            self._try(look, target)
            if standing.value < before:
                stride *= 2
            else:
                stride, lowest = 0, max(target + 1, standing.bound)

    def _try(self, look: Look, target: int) -> bool:
        """Look for an allocation that meets a target, and move value or bound by what is found.

        A target that is missed moves the bound only if the search left nothing out. Returns whether
        the target is decided.
        """
        standing = self._standing
        answer = look(Goal(target, standing.budget))
        standing.searched()
        if answer.allocation is not None:
            standing.accept(answer.allocation, target)
        elif answer.complete:
            standing.refuted(target)
        return standing.bound > target or standing.value <= target


def _mixed(cuts: Cuts) -> list[Sequence[int] | Array]:
    """The mixture of the path bound, rounded, where there is one."""
    mixed = cuts.seeds.rounded
    return [] if mixed is None else [mixed]
