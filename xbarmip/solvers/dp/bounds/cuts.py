"""What is known of a target before the sweep: windows of R, and bounds within them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.grid import duplication_groups, outputs_grid
from xbarmip.solvers.dp.bounds.multipliers import find_multipliers, linear_solver
from xbarmip.solvers.dp.bounds.prices import NOTHING, Prices, deadline_prices, prices
from xbarmip.solvers.dp.bounds.question import Question
from xbarmip.solvers.dp.bounds.seeds import Seeds, no_seeds, seeds_at
from xbarmip.solvers.dp.bounds.spending import fill_reach, least_windows
from xbarmip.solvers.dp.check import Check
from xbarmip.solvers.dp.constraints import Carried
from xbarmip.solvers.dp.effort import (
    GROUPS,
    LEVELS,
    PATH_ROUNDS,
    POINTS,
    REMEMBERED,
    WINDOW_ROUNDS,
)
from xbarmip.solvers.dp.state.bounds import Bounds, Times, Windows
from xbarmip.solvers.dp.state.labels import first_labels
from xbarmip.solvers.dp.state.stages import Stage
from xbarmip.solvers.dp.table import SearchTable
from xbarmip.solvers.dp.timing import kind_of
from xbarmip.solvers.dp.timing.windows import narrow


class Switches(NamedTuple):
    """Which cuts are in use. None of them changes an answer.

    Attributes
    ----------
    windows : bool
        Windows of R and earliest times.
    slack : bool
        Least times for a slack.
    spending : bool
        What the undecided layers must spend under a label's deadlines.
    dominance : bool
        Labels that another one makes superfluous are dropped.
    paths : bool
        The path bound, and windows of R by it.
    """

    windows: bool = True
    slack: bool = True
    spending: bool = True
    dominance: bool = True
    paths: bool = True


class Cuts(NamedTuple):
    """All that is known of one target and budget before the sweep, and what the path bound left."""

    bounds: Bounds
    prices: Prices
    deadline_prices: tuple[Array, ...]
    seeds: Seeds

    @property
    def windows(self) -> Windows:
        """Windows of R that hold every allocation which meets the target."""
        return self.bounds.windows


class Goal(NamedTuple):
    """What an allocation has to meet: a target within a budget."""

    target: int
    budget: int


class _Round(NamedTuple):
    """What one round of narrowing leaves: `wanted` is what the layers spend at least."""

    bounds: Bounds
    prices: Prices
    times: Times
    wanted: Array


class CutFinder:
    """Finds the cuts of any goal.

    Parameters
    ----------
    table : SearchTable
    widest : Windows
        From one copy to the most of every layer.
    stages : tuple of Stage
    carried : Carried
        The added constraints, seen along the stages.
    switches : Switches
    check : Check
    """

    def __init__(
        self,
        table: SearchTable,
        widest: Windows,
        stages: tuple[Stage, ...],
        carried: Carried,
        switches: Switches,
        check: Check,
    ) -> None:
        self.table, self._widest, self._kind = table, widest, kind_of(table)
        self.stages, self.carried = stages, carried
        self.switches, self._check = switches, check
        self._solver = linear_solver()
        self._seeds = no_seeds()
        self._known: dict[Goal, tuple[int, Cuts | None]] = {}
        self._open: dict[Goal, Windows] = {}

    def cuts(self, goal: Goal, effort: int = 0) -> Cuts | None:
        """Bounds for a goal, or None where they already prove that it cannot be met.

        Those of the last few goals are kept, as long as no more `effort` is asked for.
        """
        if goal not in self._known or self._known[goal][0] < effort:
            found = self.within(self._around(goal), self._seeds, goal, effort)
            if found is not None:
                self._open[goal] = found.windows
            self._known.pop(goal, None)
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[goal] = effort, found
        return self._known[goal][1]

    def within(self, windows: Windows, seeds: Seeds, goal: Goal, effort: int = 0) -> Cuts | None:
        """Cuts for allocations within windows; None where none meets the goal.

        Windows are narrowed from all sides until nothing moves, or a few times.
        What the least spending asks of each layer before any decision is asked of all allocations
        that meet the target, and so is what the path bound leaves of its R. So the windows begin
        there in the next round, which makes the slack smaller and every bound sharper.
        """
        windows, self._seeds = windows.copy(), seeds
        found = self._round(windows, goal, PATH_ROUNDS[effort], effort)
        for _ in range(WINDOW_ROUNDS - 1):
            if found is None or (windows.low == found.wanted).all():
                break
            windows = windows._replace(low=found.wanted.copy())
            found = self._round(windows, goal, 1, effort)
        if found is None:
            return None
        flow = found.prices.flow
        entered = deadline_prices(self.stages, self.table, found.times, goal.target, flow)
        return Cuts(found.bounds, found.prices, entered, self._seeds)

    def _round(self, windows: Windows, goal: Goal, rounds: int, effort: int) -> _Round | None:
        """Narrow windows in place, and find bounds within them; None where the goal is refuted.

        The path bound is looked at `rounds` times at most.
        """
        times, demand = self._kind.blank_times(self.table)
        price = self._by_paths(windows, goal, (times, demand), rounds, effort)
        if price is None:
            return None
        bounds = self._bounds_within(windows, goal.budget, times)
        if bounds is None:
            return None
        if self.switches.slack:
            self._kind.fill_least(self.table, bounds, times, demand)
            if not self._kind.in_time(self.table, bounds, times):
                return None
        labels, arena = first_labels(self.table, goal.target)
        slack = goal.budget - windows.least
        spent, wanted = least_windows(self.table, bounds, slack, labels, arena.pairs)
        if spent > slack or (wanted > windows.high).any():
            return None
        return _Round(bounds, price, times, wanted)

    def _by_paths(
        self,
        windows: Windows,
        goal: Goal,
        times: tuple[Times, Array | None],
        rounds: int,
        effort: int,
    ) -> Prices | None:
        """Narrow windows in place, by times, constraints and the path bound; None where refuted."""
        for _ in range(rounds):
            if not self._narrow(windows, goal, times) or windows.least > goal.budget:
                return None
            found = self._priced(windows, goal, effort)
            limit = found.scale * goal.budget
            if found.bound > limit:
                return None
            if not _within(found, windows, limit):
                break
        return found

    def begin_at(self, allocation: Sequence[int]) -> None:
        """Look for good multipliers around an allocation first."""
        self._seeds = seeds_at(allocation)

    def refuted_by_paths(self, goal: Goal, effort: int) -> int:
        """The highest target up to a goal's that windows and one path bound refute; 0 for none."""
        windows = self._around(goal)
        if not self._narrow(windows, goal, self._kind.blank_times(self.table)):
            return goal.target
        found = self._priced(windows, goal, effort)
        self._open[goal] = windows
        return found.refuted_up_to(*goal)

    def mixed(self, budget: int) -> Array | None:
        """The mixture of the latest path bound, rounded so that a budget holds it if any does."""
        return self._seeds.rounded_within(self._widest.sets, budget)

    def _priced(self, windows: Windows, goal: Goal, effort: int) -> Prices:
        """The path bound within windows, at the multipliers that some effort finds."""
        relaxation = NOTHING
        if self.switches.paths:
            question = Question(
                self.table, windows, goal.budget, goal.target,
                self._kind.demand_within(self.table, windows), self.carried.charges(windows),
            )  # fmt: skip
            relaxation, self._seeds = find_multipliers(
                self._solver, question, self._seeds.within(self.table, windows), effort,
                lambda: self._check(target=goal.target),
            )  # fmt: skip
        return prices(self.stages, self.carried.stages, windows, goal.target, relaxation)

    def refuted_by_windows(self, goal: Goal) -> bool:
        """Whether the windows alone prove that a goal cannot be met: a quick first look."""
        windows = self._around(goal)
        if not self._narrow(windows, goal, self._kind.blank_times(self.table)):
            return True
        self._open[goal] = windows
        return False

    def _narrow(self, windows: Windows, goal: Goal, times: tuple[Times, Array | None]) -> bool:
        """Narrow windows in place, by the goal and by each constraint; False where none is."""
        moved: bool | None = True
        while moved:
            if self.switches.windows and not narrow(
                self.table.net, windows, goal.budget, goal.target, *times
            ):
                return False
            moved = self.carried.trim(windows)
        return moved is not None

    def _around(self, goal: Goal) -> Windows:
        """Windows that hold every allocation which meets a goal.

        Those of a higher target or a larger budget do, if any were found.
        """
        looser = [g for g in self._open if g.target >= goal.target and g.budget >= goal.budget]
        if looser:
            return self._open[min(looser)].copy()
        sets, low, high = self._widest.copy()
        spare = max(0, goal.budget - self._widest.least)
        return Windows(sets, low, np.minimum(high, 1 + spare // sets))

    def _bounds_within(self, windows: Windows, budget: int, times: Times) -> Bounds | None:
        """Bounds within windows and their times, as far as any kind of view has them."""
        table, layers, switches = self.table, self.table.layers, self.switches
        slack = budget - windows.least
        if slack < 0:
            return None
        levels = min(LEVELS, slack) if switches.slack else 0
        bounds = Bounds(
            windows=windows.copy(),
            early=times.early,
            grid=outputs_grid(table, windows),
            reach=np.zeros((layers, layers, POINTS), dtype=np.int32),
            least=np.zeros((layers, levels + 1, POINTS), dtype=np.int64),
            groups=duplication_groups(windows.low, windows.high),
            first=(np.empty if switches.slack else np.zeros)(
                (layers, levels + 1, GROUPS), np.int64
            ),
            least_end=np.zeros((layers, levels + 1), dtype=np.int64),
            unit=max(1, -(-slack // max(1, levels))),
            spending=switches.spending,
            stalls=table.stalls,
        )
        if switches.spending:
            fill_reach(table, bounds)
        return bounds


def _within(prices: Prices, windows: Windows, limit: int) -> bool:
    """Narrow windows in place to the R whose path bound is within `limit`; whether one moved."""
    low, high, moved = windows.low, windows.high, False
    for k, least in enumerate(prices.least):
        price = prices.price[prices.start[k] : prices.start[k + 1]]
        fits = np.flatnonzero(prices.bound - least + price <= limit)
        moved = moved or len(fits) < len(price)
        low[k], high[k] = low[k] + fits[0], low[k] + fits[-1]
    return moved
