"""The fewest crossbars that meet a target, in sweeps over the budget (SPEC §12)."""

from collections.abc import Callable

from xbarmip.errors import VerificationError
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.effort import FEWEST_ROUNDS, POINT_BEAMS
from xbarmip.solvers.dp.run import Run
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.protocol import Hint
from xbarmip.timing.evaluate import evaluate


class Fewest:
    """Budgets from below and above until they meet at the fewest crossbars for a target.

    A sweep that left no label out and found nothing proves that a budget is too small; one that
    found something has found the fewest crossbars of all, as labels with fewer go first. A beam may
    find an allocation, and proves nothing. So budgets grow from the bound by longer and longer
    strides, up to just below the best allocation; where a beam leaves that open, it gets wider.

    Attributes
    ----------
    bound : int
        No allocation that meets the target takes fewer crossbars.
    allocation : tuple of int, optional
        None as long as none is known that meets the target.
    used : int, optional
        Its crossbars.
    """

    def __init__(self, run: Run, search: TargetSearch, target: int, hint: Hint) -> None:
        self.run, self._search, self._target = run, search, target
        self.bound = max(hint.at_least, run.problem.smallest_budget)
        self.allocation: tuple[int, ...] | None = None
        self.used: int | None = None
        for allocation in (
            *hint.allocations,
            *([] if run.allocation is None else [run.allocation]),
        ):
            used = run.problem.crossbars_used(allocation)
            meets = run.problem.meets(allocation) and evaluate(run.problem, allocation) <= target
            if meets and (self.used is None or used < self.used):
                self._accept(allocation, used)

    @property
    def infeasible(self) -> bool:
        """Whether no budget that there is will do."""
        return self.used is None and self.bound > self.run.budget

    @property
    def open(self) -> bool:
        """Whether it is not known yet."""
        return not self.infeasible and self.used != self.bound

    def find(self, beam: int) -> None:
        """Move bound and allocation until they meet, or sweeps become too long."""
        self._raise_bound(self._search.refuted_by_windows)
        self._raise_bound(lambda goal: self._search.cuts(goal) is None)
        width, stride = POINT_BEAMS * beam or None, 1
        widest = beam * POINT_BEAMS * 4**FEWEST_ROUNDS
        while self.open and (width is None or width < widest):
            top = self._top
            budget = min(top, self.bound + stride - 1)
            answer = self._search.search(Goal(self._target, budget), width)
            self.run.statistics["searches"] += 1
            if answer.allocation is not None:
                self._accept(answer.allocation, budget)
                self.bound = self.used or self.bound if answer.complete else self.bound
            elif answer.complete:
                self.bound = budget + 1
            elif budget == top and width is not None:
                width, stride = 4 * width, 1
            stride *= 2

    @property
    def _top(self) -> int:
        """The largest budget that is of interest."""
        return self.run.budget if self.used is None else self.used - 1

    def _raise_bound(self, refuted: Callable[[Goal], bool]) -> None:
        """Move the bound as far as a test of target and budget proves it."""
        stride = 1
        while self.bound <= self._top:
            budget = min(self._top, self.bound + stride - 1)
            if refuted(Goal(self._target, budget)):
                self.bound, stride = budget + 1, 2 * stride
            elif stride == 1:
                return
            else:
                stride = max(1, stride // 4)
            self.run.check()

    def _accept(self, allocation: tuple[int, ...], budget: int) -> None:
        used = self.run.problem.crossbars_used(allocation)
        if used > budget or used < self.bound:
            raise VerificationError(
                f"dp: allocation {allocation} takes {used} crossbars, not {self.bound} to {budget}"
            )
        self.run.verified(allocation, self._target)
        self.allocation, self.used = allocation, used
