"""What is known of a target before the sweep: windows of R, and bounds within them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import Bounds, Times
from xbarmip.solvers.dp.carried import Carried
from xbarmip.solvers.dp.grid import GROUPS, POINTS, duplication_groups, outputs_grid
from xbarmip.solvers.dp.labels import Scratch, first_labels
from xbarmip.solvers.dp.multipliers import find_multipliers, linear_solver
from xbarmip.solvers.dp.order import Stage, first_frontier
from xbarmip.solvers.dp.paths import NOTHING, Exits, Prices, exits, prices
from xbarmip.solvers.dp.seeds import Seeds, no_seeds
from xbarmip.solvers.dp.spending import fill_reach, least_spending
from xbarmip.solvers.dp.steps_kernel import first_demand
from xbarmip.solvers.dp.table import SearchTable
from xbarmip.solvers.dp.windows import blank_times, narrow

LEVELS = 512  # slack is rounded up to one of this many levels
ROUNDS = 4  # of narrowing the windows by what the layers must spend
PATH_ROUNDS = (2, 2, 3)  # of narrowing them by the path bound, by effort
REMEMBERED = 4  # targets whose cuts are kept


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
    exits: tuple[Exits, ...]
    seeds: Seeds


class CutFinder:
    """Finds the cuts of any target and budget.

    Parameters
    ----------
    table : SearchTable
    sets, largest : int64 array
        Crossbar set, and largest R, of every layer.
    stages : tuple of Stage
    carried : Carried
        The added constraints, seen along the stages.
    switches : Switches
    scratch : Scratch
    pause : callable
        As of `TargetSearch`.
    """

    def __init__(
        self,
        table: SearchTable,
        sets: Array,
        largest: Array,
        stages: tuple[Stage, ...],
        carried: Carried,
        switches: Switches,
        scratch: Scratch,
        pause: Callable[[int, dict[str, Any]], None],
    ) -> None:
        self.table, self.sets, self.largest = table, sets, largest
        self.stages, self.carried = stages, carried
        self.switches, self.scratch, self._pause = switches, scratch, pause
        self._solver = linear_solver()
        self._seeds = no_seeds()
        self._known: dict[tuple[int, int], tuple[int, Cuts | None]] = {}
        self._open: dict[tuple[int, int], tuple[Array, Array]] = {}

    def cuts(self, target: int, budget: int, effort: int = 0) -> Cuts | None:
        """Bounds for a target, or None where they already prove that it cannot be met.

        Those of the last few targets are kept, as long as no more `effort` is asked for.
        """
        key = (target, budget)
        if key not in self._known or self._known[key][0] < effort:
            found = self._find_cuts(target, budget, effort)
            self._known.pop(key, None)
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = effort, found
        return self._known[key][1]

    def _find_cuts(self, target: int, budget: int, effort: int) -> Cuts | None:
        low, high = self._around(target, budget)
        cuts = self.within(low, high, self._seeds, target, budget, effort)
        if cuts is not None:
            self._open[target, budget] = cuts.bounds.low, cuts.bounds.high
        return cuts

    def within(
        self, low: Array, high: Array, seeds: Seeds, target: int, budget: int, effort: int = 0
    ) -> Cuts | None:
        """Cuts for allocations with R from `low` to `high`; None where none meets the target.

        Windows are narrowed from all sides until nothing moves, or a few times.
        What the least spending asks of each layer before any decision is asked of all allocations
        that meet the target, and so is what the path bound leaves of its R. So the windows begin
        there in the next round, which makes the slack smaller and every bound sharper.
        """
        low, high = low.copy(), high.copy()
        self._seeds = seeds
        found = self._round(low, high, target, budget, PATH_ROUNDS[effort], effort)
        for _ in range(ROUNDS - 1):
            if found is None or (low == self.scratch.wanted).all():
                break
            low = self.scratch.wanted.copy()
            found = self._round(low, high, target, budget, 1, effort)
        if found is None:
            return None
        bounds, price, times = found
        entered = exits(self.stages, self.table, times, target, price.paths)
        return Cuts(bounds, price, entered, self._seeds)

    def _round(
        self, low: Array, high: Array, target: int, budget: int, rounds: int, effort: int
    ) -> tuple[Bounds, Prices, Times] | None:
        """Narrow windows in place, and bounds within them; `scratch.wanted` takes the least R.

        The path bound is looked at `rounds` times at most.
        """
        times = blank_times(self.table)
        price = self._by_paths(low, high, target, budget, times, rounds, effort)
        if price is None:
            return None
        bounds = self._bounds_within(low, high, target, budget, times)
        if bounds is None or (self.scratch.wanted > high).any():
            return None
        return bounds, price, times

    def _by_paths(
        self,
        low: Array,
        high: Array,
        target: int,
        budget: int,
        times: Times,
        rounds: int,
        effort: int,
    ) -> Prices | None:
        """Narrow windows in place, by times, constraints and the path bound; None where refuted."""
        demand = np.zeros((len(low), len(low)), dtype=np.int64)
        carries = self.carried.stages
        for _ in range(rounds):
            if not self._narrow(low, high, target, budget, times):
                return None
            if int(low @ self.sets) > budget:
                return None
            relaxation = NOTHING
            if self.switches.paths:
                if self.table.closed_form:
                    first_demand(self.table, low, high, demand)
                charges = self.carried.charges(low, high)
                relaxation, self._seeds = find_multipliers(
                    self._solver, self.table, self.sets, low, high, budget, target, demand, charges,
                    self._seeds.within(self.table, low, high), effort,
                    lambda: self._pause(0, {"target": target}),
                )  # fmt: skip
            found = prices(self.stages, carries, self.sets, low, high, target, relaxation)
            if found.bound > found.scale * budget:
                return None
            if not _within(found, low, high, found.scale * budget):
                break
        return found

    def refuted_by_windows(self, target: int, budget: int) -> bool:
        """Whether the windows alone prove that a target cannot be met: a quick first look."""
        low, high = self._around(target, budget)
        if not self._narrow(low, high, target, budget, blank_times(self.table)):
            return True
        self._open[target, budget] = low, high
        return False

    def _narrow(self, low: Array, high: Array, target: int, budget: int, times: Times) -> bool:
        """Narrow windows in place, by the target and by each constraint; False where none is."""
        moved: bool | None = True
        while moved:
            if self.switches.windows and not narrow(
                self.table, self.sets, budget, target, low, high, times
            ):
                return False
            moved = self.carried.trim(low, high)
        return moved is not None

    def _around(self, target: int, budget: int) -> tuple[Array, Array]:
        """Windows that hold every allocation which meets a target within the budget.

        Those of a higher target or a larger budget do, if any were found.
        """
        looser = [(t, b) for t, b in self._open if t >= target and b >= budget]
        if looser:
            low, high = self._open[min(looser)]
            return low.copy(), high.copy()
        spare = max(0, budget - int(self.sets.sum()))
        return np.ones_like(self.sets), np.minimum(self.largest, 1 + spare // self.sets)

    def _bounds_within(
        self, low: Array, high: Array, target: int, budget: int, times: Times
    ) -> Bounds | None:
        """Bounds within windows and their times; `scratch.wanted` takes the least R."""
        table, layers, switches = self.table, len(low), self.switches
        slack = budget - int(low @ self.sets)
        if slack < 0:
            return None
        levels = min(LEVELS, slack) if switches.slack else 0
        bounds = Bounds(
            sets=self.sets,
            low=low.copy(),
            high=high.copy(),
            early=times.early,
            grid=outputs_grid(table, low, high),
            reach=np.zeros((layers, layers, POINTS), dtype=np.int32),
            least=np.zeros((layers, levels + 1, POINTS), dtype=np.int64),
            groups=duplication_groups(low, high),
            first=(np.empty if switches.slack else np.zeros)(
                (layers, levels + 1, GROUPS), np.int64
            ),
            least_end=np.zeros((layers, levels + 1), dtype=np.int64),
            unit=max(1, -(-slack // max(1, levels))),
            spending=switches.spending,
        )
        if switches.spending:
            fill_reach(table, bounds, self.scratch)
        if switches.slack:
            kernel = steps_kernel if table.closed_form else pipeline_kernel
            kernel.fill_least(table, bounds, times)
            if not kernel.in_time(table, bounds, times):
                return None
        labels, arena = first_labels(table, target)
        sinks = np.array(first_frontier(table), dtype=np.int64)
        spending = least_spending(table, bounds, slack, sinks, labels, 0, arena, self.scratch)
        return bounds if spending <= slack else None


def _within(prices: Prices, low: Array, high: Array, limit: int) -> bool:
    """Narrow windows in place to the R whose path bound is within `limit`; whether one moved."""
    moved = False
    for k, least in enumerate(prices.least):
        price = prices.price[prices.start[k] : prices.start[k + 1]]
        fits = np.flatnonzero(prices.bound - least + price <= limit)
        moved = moved or len(fits) < len(price)
        low[k], high[k] = low[k] + fits[0], low[k] + fits[-1]
    return moved
