"""One solve of `dp`: the best allocation and the bound, and how they move towards each other."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from xbarmip.constraint import allowed
from xbarmip.errors import VerificationError
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Cuts, Goal, Switches
from xbarmip.solvers.dp.boxes import Boxes
from xbarmip.solvers.dp.constraints import fits_int64
from xbarmip.solvers.dp.effort import (
    EXCHANGES_AFTER_BEAM,
    EXCHANGES_AT_FIRST,
    EXCHANGES_NEARBY,
    FAR,
    NEAR,
    effort_of,
)
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.solvers.dp.primal.exchange import Exchange
from xbarmip.solvers.dp.primal.start import proportional
from xbarmip.solvers.dp.sweep.search import REFUTED, Answer, TargetSearch
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.protocol import Hint, StoppedError, Watch
from xbarmip.solvers.result import Stop
from xbarmip.timing.evaluate import evaluate, evaluate_many

INT64_SAFE = 2**60  # the search adds the crossbars of all layers at their largest R
ANY = 2**50  # a target that every allocation meets


def until_stopped(work: Callable[[], None]) -> Stop:
    """Do `work` to its end, or until a limit or Ctrl-C ends it; says which."""
    try:
        work()
    except StoppedError as stopped:
        return stopped.stop
    except KeyboardInterrupt:
        return Stop.INTERRUPTED
    return Stop.FINISHED


class Run:
    """One solve: the best allocation and the bound, and how they move.

    Attributes
    ----------
    budget : int
        Crossbars that an allocation may take; those that no allocation can use are left out.
    bound, value : int
        No allocation within the budget is better than `bound`; `allocation` has `value`.
    allocation : tuple of int, optional
        None as long as none is known that meets the constraints; `value` is then ANY.
    infeasible : bool
        Whether it is proven that there is none.
    facts : dict
        What the watch is told besides best, bound and the state of the search.
    """

    def __init__(
        self,
        problem: Problem,
        watch: Watch,
        let_through: Callable[[], None],
        hint: Hint = Hint(),  # noqa: B008 (immutable)
    ) -> None:
        self.problem, self.watch, self._let_through = problem, watch, let_through
        self.facts: dict[str, Any] = {}
        self.bound, self.value, self.infeasible = hint.at_least, ANY, False
        self._enough, self._quick = hint.enough, hint.quick
        self.allocation: tuple[int, ...] | None = None
        self.try_each([proportional(problem), *hint.allocations])
        start = None if self.allocation is None else self.value
        self.statistics: dict[str, Any] = {"start": start, "searches": 0, "labels": 0}
        self.budget = min(
            problem.crossbars,
            sum(
                layer.outputs * crossbar_set
                for layer, crossbar_set in zip(problem.network.layers, problem.sets, strict=True)
            ),
        )

    @property
    def goal(self) -> int:
        """The bound with which the solve is over."""
        return self.value if self._enough is None else min(self.value, self._enough)

    @property
    def best(self) -> tuple[int, ...]:
        """The allocation, where one is known."""
        if self.allocation is None:
            raise VerificationError("dp: no allocation is known yet")
        return self.allocation

    def solve(self, switches: Switches, beam: int) -> None:
        """Move bound and value until they meet."""
        search = self.search(switches)
        if search is None:
            self._solve_plain()
            return
        try:
            self.meet(search, beam)
        finally:
            self.statistics["labels"] = search.labels_made

    def search(self, switches: Switches) -> TargetSearch | None:
        """The search of this problem; None where 64 bits might not hold a number."""
        table = search_table(self.problem)
        crossbars = self.budget * len(self.problem.sets)
        if table is None or crossbars >= INT64_SAFE or not fits_int64(self.problem.constraints):
            return None
        return TargetSearch(table, self.problem, switches, self.check)

    def meet(self, search: TargetSearch, beam: int) -> None:
        """Move bound and value until they meet, by sweeps of `beam` labels and boxes, and more.

        Or until it is proven that no allocation within the budget meets the constraints.
        """
        if self.allocation is None:
            self._find_any(search, beam)
        if self.infeasible:
            return
        exchange = Exchange(search.table, self.problem, self.check)
        boxes = Boxes(search, partial(self._near, exchange))
        self._raise_bound(search.refuted_by_windows)
        self._descend(
            lambda goal: exchange.look(goal, EXCHANGES_AT_FIRST, [self.best, *exchange.starts])
        )
        self._raise_bound(lambda goal: search.cuts(goal) is None)
        self.statistics["first_bound"] = self.bound
        if self._quick:
            return
        effort, width = NEAR if exchange.apt else FAR, beam or None
        while self.bound < self.goal:
            labels = width and effort.labels * width
            beam_then_exchange = partial(self._beam, search, exchange, effort.widths, width)
            self._descend(beam_then_exchange, stride=int(exchange.apt))
            self._climb(partial(self._refute, search, exchange, effort.widths, labels))
            most = int(effort.boxes * width) if width and search.switches.paths else 0
            if most:
                self._climb(partial(boxes.look, most=most))
            width = width and 4 * width

    def _solve_plain(self) -> None:
        self.statistics["arithmetic"] = "python"
        answer = plain_optimum(self.problem, self.check)
        if answer is None:
            self.infeasible = True
        else:
            self.bound, self.allocation = answer
            self.value = self.bound

    def _find_any(self, search: TargetSearch, beam: int) -> None:
        """An allocation that meets the constraints, whatever its value."""
        width = beam or None
        while self.allocation is None and not self.infeasible:
            answer = search.search(Goal(ANY, self.budget), width)
            self.statistics["searches"] += 1
            if answer.allocation is not None:
                self.accept(answer.allocation, ANY)
            self.infeasible = answer.allocation is None and answer.complete
            width = width and 4 * width

    def try_each(self, candidates: Sequence[tuple[int, ...]]) -> None:
        """Take the best of some allocations within the budget, if it is better than what there is.

        Those that break a constraint are left out.
        """
        rows = np.array(candidates, dtype=np.int64).reshape(-1, len(self.problem.sets))
        rows = rows[allowed(self.problem.constraints, self.problem.network.index, rows)]
        if not len(rows):
            return
        values = evaluate_many(self.problem, rows)
        best = int(values.argmin())
        if values[best] < self.value:
            self.value, self.allocation = int(values[best]), tuple(rows[best].tolist())

    def _raise_bound(self, refuted: Callable[[Goal], bool]) -> None:
        """Move the bound as far as a test of target and budget proves it."""
        open_target = self.value
        while self.bound < open_target:
            target = _between(self.bound, open_target)
            if refuted(Goal(target, self.budget)):
                self.bound = target + 1
            else:
                open_target = target
            self.check()

    def _beam(
        self,
        search: TargetSearch,
        exchange: Exchange,
        widths: tuple[int, ...],
        width: int | None,
        goal: Goal,
    ) -> Answer:
        """Look for an allocation by a beam, then by exchanges."""
        cuts = search.cuts(goal, effort_of(width, widths))
        if cuts is None:
            return REFUTED
        answer = search.sweep(cuts, goal, width, beam=True)
        if answer.complete or answer.allocation is not None:
            return answer
        starts = [*_mixed(cuts), self.best, *exchange.starts]
        return exchange.look(goal, EXCHANGES_AFTER_BEAM, starts)

    def _refute(
        self,
        search: TargetSearch,
        exchange: Exchange,
        widths: tuple[int, ...],
        labels: int | None,
        goal: Goal,
    ) -> Answer:
        """Look around the mixture of the path bound, then by a sweep that leaves nothing out."""
        cuts = search.cuts(goal, effort_of(labels, widths))
        if cuts is None:
            return REFUTED
        answer = exchange.look(goal, EXCHANGES_NEARBY, _mixed(cuts))
        if answer.allocation is not None:
            return answer
        return search.sweep(cuts, goal, labels, again=True)

    def _climb(self, look: Callable[[Goal], Answer]) -> None:
        """Refute targets from the bound upwards, as far as one way to look for them goes.

        By longer and longer strides, as targets far below the optimum are refuted with little work.
        After one that is met the goal is next, after one that is left open the middle.
        """
        stride, last = 1, self.goal - 1
        while self.bound <= last:
            target = min(self.bound + stride - 1, last) if stride else (self.bound + last) // 2
            if not self._try(look, target):
                stride, last = 0, target - 1
            else:
                stride = 2 * stride if self.bound > target else self.goal - self.bound
                last = min(last, self.goal - 1)

    def _descend(self, look: Callable[[Goal], Answer], stride: int = 1) -> None:
        """Find better allocations, as far as one way to look for them goes.

        By longer and longer strides down from the goal, and from the first that fails on by halving
        what is left; with stride 0 from the start.
        """
        lowest = self.bound
        while lowest < self.goal:
            near = self.goal - stride if stride else (lowest + self.goal) // 2
            target, before = max(lowest, near), self.value
            self._try(look, target)
            if self.value < before:
                stride *= 2
            else:
                stride, lowest = 0, target + 1

    def _try(self, look: Callable[[Goal], Answer], target: int) -> bool:
        """Look for an allocation that meets a target, and move value or bound by what is found.

        A target that is missed moves the bound only if the search left nothing out. Returns whether
        the target is decided.
        """
        answer = look(Goal(target, self.budget))
        self.statistics["searches"] += 1
        if answer.allocation is not None:
            self.accept(answer.allocation, target)
        elif answer.complete:
            self.bound = target + 1
        return self.bound > target or self.value <= target

    def _near(self, exchange: Exchange, around: Sequence[int], target: int) -> int:
        """Take an allocation, or one near it, if it is better than the best; the best value."""
        answer = exchange.look(Goal(target, self.budget), EXCHANGES_NEARBY, [around])
        if answer.allocation is not None:
            self.accept(answer.allocation, target)
        elif self.problem.crossbars_used(around) <= self.budget:
            self.try_each([tuple(around)])
        return self.value

    def accept(self, allocation: tuple[int, ...], target: int) -> None:
        """Take an allocation that the search found for `target`, evaluated anew."""
        value, used = evaluate(self.problem, allocation), self.problem.crossbars_used(allocation)
        if used > self.budget:
            raise VerificationError(
                f"dp: allocation {allocation} takes {used} crossbars, the budget is {self.budget}"
            )
        if broken := self.problem.broken(allocation):
            raise VerificationError(
                f"dp: allocation {allocation} breaks the constraint {broken[0].name!r}"
            )
        if value > target:
            raise VerificationError(
                f"dp: allocation {allocation} for target {target} has value {value}"
            )
        self.value, self.allocation = value, allocation

    def check(self, in_use: int = 0, **facts: Any) -> None:
        """Between pieces of work: report, and raise where a limit or Ctrl-C ends the search."""
        self._let_through()
        best = None if self.allocation is None else self.value
        self.watch.check(best=best, bound=self.bound, **self.facts, **facts)
        limit = self.watch.limits.memory_bytes
        if limit is not None and in_use > limit:
            raise StoppedError(Stop.MEMORY)


def _mixed(cuts: Cuts) -> list[Sequence[int] | Array]:
    """The mixture of the path bound, rounded, where there is one."""
    mixed = cuts.seeds.rounded
    return [] if mixed is None else [mixed]


def _between(low: int, high: int) -> int:
    """The next target: the middle, but not far above `low`, as `high` may be from a poor start."""
    return min((low + high) // 2, low + low // 2)
