"""One solve of `dp`: the best allocation and the bound, and how they move towards each other."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from threading import get_ident
from typing import Any

from xbarmip.problem import Problem
from xbarmip.solvers.dp.beside import Beside
from xbarmip.solvers.dp.bounds.cuts import Goal, Switches
from xbarmip.solvers.dp.bounds.question import is_deep
from xbarmip.solvers.dp.constraints import fits_int64
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.solvers.dp.primal.constrained import ConstrainedExchange
from xbarmip.solvers.dp.primal.exchange import Exchange
from xbarmip.solvers.dp.standing import ANY, Standing
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.dp.ways import Ways
from xbarmip.solvers.protocol import Hint, StoppedError, Watch
from xbarmip.solvers.result import Stop

INT64_SAFE = 2**60  # the search adds the crossbars of all layers at their largest R


class Run(Standing):
    """One solve: the best allocation and the bound, and how they move.

    Attributes
    ----------
    infeasible : bool
        Whether it is proven that no allocation within the budget meets the constraints.
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
        super().__init__(problem, hint)
        self.watch, self._let_through = watch, let_through
        self.facts: dict[str, Any] = {}
        self.infeasible, self._rounds = False, hint.rounds
        self._beside = Beside()
        self._in_use: dict[int, int] = {}

    def solve(self, switches: Switches, beam: int, threads: int) -> None:
        """Move bound and value until they meet."""
        search = self.search(switches)
        if search is None:
            self._solve_plain()
        else:
            self.meet(search, beam, threads)

    def search(self, switches: Switches) -> TargetSearch | None:
        """The search of this problem; None where 64 bits might not hold a number."""
        table = search_table(self.problem)
        crossbars = self.budget * len(self.problem.sets)
        if table is None or crossbars >= INT64_SAFE or not fits_int64(self.problem.constraints):
            return None
        return TargetSearch(table, self.problem, switches, self.check)

    def meet(self, search: TargetSearch, beam: int, threads: int = 1) -> None:
        """Move bound and value until they meet, by sweeps of `beam` labels and boxes, and more.

        Or until it is proven that no allocation within the budget meets the constraints. With two
        threads one finds while the other refutes; a third looks at boxes, and more are of no use.
        """
        useful = 3 if beam and search.switches.paths else 2
        others = [
            TargetSearch(search.table, self.problem, search.switches, self.check)
            for _ in range(min(threads, useful) - 1)
        ]
        try:
            self._meet([search, *others], beam)
        finally:
            self.statistics["labels"] = sum(each.labels_made for each in (search, *others))

    def _meet(self, searches: Sequence[TargetSearch], beam: int) -> None:
        search = searches[0]
        if self.allocation is None:
            self._find_any(search, beam)
        if self.infeasible:
            return
        exchange = ConstrainedExchange if self.problem.constraints else Exchange
        ways = [
            Ways(self, each, exchange(each.table, self.problem, self.check)) for each in searches
        ]
        self._raise_bound(search.refuted_by_windows)
        if is_deep(search.table) and not self.problem.constraints:
            ways[0].by_paths()
        else:
            ways[0].first()
            self._raise_bound(lambda goal: search.cuts(goal) is None)
        self.statistics["first_bound"] = self.bound
        pieces: list[list[Callable[[int | None], None]]] = [[] for _ in ways]
        for number, way in enumerate((Ways.find, Ways.refute, Ways.halve)):
            thread = min(number, len(ways) - 1)
            pieces[thread].append(partial(way, ways[thread]))
        self._beside.run([partial(self._go_on, piece, beam) for piece in pieces])

    def _go_on(self, ways: Sequence[Callable[[int | None], None]], beam: int) -> None:
        """One way after another, in rounds of growing width."""
        width, rounds = beam or None, count() if self._rounds is None else range(self._rounds)
        for _ in rounds:
            if self.bound >= self.goal:
                break
            for way in ways:
                way(width)
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
            self.searched()
            if answer.allocation is not None:
                self.accept(answer.allocation, ANY)
            self.infeasible = answer.allocation is None and answer.complete
            width = width and 4 * width

    def _raise_bound(self, refuted: Callable[[Goal], bool]) -> None:
        """Move the bound as far as a test of target and budget proves it."""
        open_target = self.value
        while self.bound < open_target:
            target = _between(self.bound, open_target)
            if refuted(Goal(target, self.budget)):
                self.refuted(target)
            else:
                open_target = target
            self.check()

    def check(self, in_use: int = 0, **facts: Any) -> None:
        """Between pieces of work: report, and raise where a limit or Ctrl-C ends the search."""
        self._let_through()
        self._beside.check()
        best = None if self.allocation is None else self.value
        self.watch.check(best=best, bound=self.bound, **self.facts, **facts)
        self._in_use[get_ident()] = in_use
        limit = self.watch.limits.memory_bytes
        if limit is not None and sum(self._in_use.values()) > limit:
            raise StoppedError(Stop.MEMORY)


def _between(low: int, high: int) -> int:
    """The next target: the middle, but not far above `low`, as `high` may be from a poor start."""
    return min((low + high) // 2, low + low // 2)
