"""The decision problem: an allocation of at most this value within the budget, or none."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import Bounds, Times
from xbarmip.solvers.dp.carried import Carried, Carry, as_linear
from xbarmip.solvers.dp.dominance import signatures, undominated
from xbarmip.solvers.dp.grid import GROUPS, POINTS, duplication_groups, outputs_grid
from xbarmip.solvers.dp.labels import (
    Arena,
    Labels,
    Step,
    decide,
    make_scratch,
)
from xbarmip.solvers.dp.multipliers import find_multipliers
from xbarmip.solvers.dp.order import elimination_order, first_frontier, stages
from xbarmip.solvers.dp.paths import NOTHING, Path, Prices, prices
from xbarmip.solvers.dp.spending import fill_reach, least_spending
from xbarmip.solvers.dp.steps_kernel import first_demand
from xbarmip.solvers.dp.survey import survey
from xbarmip.solvers.dp.table import NEVER, SearchTable
from xbarmip.solvers.dp.windows import blank_times, narrow

LEVELS = 512  # slack is rounded up to one of this many levels
ROUNDS = 4  # of narrowing the windows by what the layers must spend
PATH_ROUNDS = 3  # of narrowing them by the path bound
OVERSIZE = 4  # times the width of a beam: labels that are compared for dominance
EFFORTS = (500, 5000)  # widths from which on more is done for the path bound
REMEMBERED = 4  # targets whose cuts are kept
LABELS_AT_ONCE = 128  # expanded between two looks at the watch
RIVALS_AT_ONCE = 512  # compared between two looks at the watch


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
    """All that is known of one target and budget before the sweep."""

    bounds: Bounds
    prices: Prices


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search says of a target.

    Attributes
    ----------
    allocation : tuple of int, optional
        One that meets the target; None if the search found none.
    complete : bool
        Whether no label was left out: then a missing allocation proves that there is none, and one
        that was found takes the fewest crossbars of all.
    """

    allocation: tuple[int, ...] | None
    complete: bool


class TargetSearch:
    """Searches over one problem, for any target and budget.

    Parameters
    ----------
    table : SearchTable
    problem : Problem
        Its `sets`, `largest` and `constraints` count; every sum of R * set within a budget, and
        every sum of weights, must fit 62 bits.
    switches : Switches
    pause : callable
        Called between pieces of work with the bytes in use and facts on the search; may raise.
    """

    def __init__(
        self,
        table: SearchTable,
        problem: Problem,
        switches: Switches,
        pause: Callable[[int, dict[str, Any]], None],
    ) -> None:
        self.table, self.switches, self._pause = table, switches, pause
        self.sets = np.array(problem.sets, dtype=np.int64)
        self.largest = np.array(problem.largest, dtype=np.int64)
        self.order = elimination_order(table)
        names = tuple(problem.network.index)
        largest = dict(zip(names, problem.largest, strict=True))
        self.carried = Carried(
            as_linear(problem.constraints, largest), names, self.largest, self.order
        )
        self.stages = stages(table, self.order)
        self.labels_made = 0
        self._known: dict[tuple[int, int], tuple[int, Cuts | None]] = {}
        self.scratch = make_scratch(table)

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
        """Narrow windows from all sides until nothing moves, or a few times.

        What the least spending asks of each layer before any decision is asked of all allocations
        that meet the target, and so is what the path bound leaves of its R. So the windows begin
        there in the next round, which makes the slack smaller and every bound sharper.
        """
        low, high = self._widest(budget)
        cuts, paths = None, list[Path]()
        for number in range(ROUNDS):
            times = blank_times(self.table)
            rounds = PATH_ROUNDS if number == 0 else 1
            found = self._by_paths(low, high, target, budget, times, paths, rounds, effort)
            bounds = found and self._bounds_within(low, high, target, budget, times)
            if not found or not bounds or (self.scratch.wanted > high).any():
                return None
            cuts = Cuts(bounds, found)
            if (low == self.scratch.wanted).all():
                break
            low = self.scratch.wanted.copy()
        return cuts

    def _by_paths(
        self,
        low: Array,
        high: Array,
        target: int,
        budget: int,
        times: Times,
        paths: list[Path],
        rounds: int,
        effort: int,
    ) -> Prices | None:
        """Narrow windows in place, by times, constraints and the path bound; None where refuted.

        `paths` holds those to begin with, and takes those that are found.
        """
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
                relaxation = find_multipliers(
                    self.table, self.sets, low, high, budget, target, times, demand, charges,
                    paths, effort,
                )  # fmt: skip
                paths[:] = relaxation.paths
            found = prices(self.stages, carries, self.sets, low, high, target, relaxation)
            if found.bound > found.scale * budget:
                return None
            if not _within(found, low, high, found.scale * budget):
                break
        return found

    def refuted_by_windows(self, target: int, budget: int) -> bool:
        """Whether the windows alone prove that a target cannot be met: a quick first look."""
        low, high = self._widest(budget)
        return not self._narrow(low, high, target, budget, blank_times(self.table))

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

    def _widest(self, budget: int) -> tuple[Array, Array]:
        """Windows that hold every R within the budget."""
        spare = max(0, budget - int(self.sets.sum()))
        return np.ones_like(self.sets), np.minimum(self.largest, 1 + spare // self.sets)

    def _bounds_within(
        self, low: Array, high: Array, target: int, budget: int, times: Times
    ) -> Bounds | None:
        """Bounds within windows and their times; `scratch.wanted` takes the least R."""
        table, layers, switches = self.table, len(low), self.switches
        slack = budget - int(low @ self.sets)
        levels = min(LEVELS, slack) if switches.slack else 0
        bounds = Bounds(
            sets=self.sets,
            low=low.copy(),
            high=high.copy(),
            early=times.early,
            grid=outputs_grid(table, low, high),
            reach=np.zeros((layers, POINTS, layers), dtype=np.int32),
            least=np.zeros((layers, levels + 1, POINTS), dtype=np.int64),
            groups=duplication_groups(low, high),
            first=np.full((layers, levels + 1, GROUPS), NEVER * switches.slack, dtype=np.int64),
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
        labels, arena = self.first_labels(target)
        sinks = np.array(first_frontier(table), dtype=np.int64)
        spending = least_spending(table, bounds, slack, sinks, labels, 0, arena, self.scratch)
        return bounds if spending <= slack else None

    def search(
        self, target: int, budget: int, width: int | None = None, beam: bool = True
    ) -> Answer:
        """Look for an allocation of value at most `target` within `budget`.

        With a `width` only that many labels of each stage go on. As a beam, those with the smallest
        bound on the crossbars of a completion do, of each only the width/2 cheapest successors are
        made, and only the best of many are compared for dominance. Without, the search gives up
        where there are more.
        """
        cuts = self.cuts(target, budget, effort_of(width))
        if cuts is None:
            return Answer(None, True)
        room = NEVER if width is None else width
        complete, tries = True, -(-room // 2) if beam else NEVER
        labels, arena = self.first_labels(target, cuts.prices.bound)
        labels = self.surveyed(cuts.bounds, None, labels, arena, budget, {})
        trail: list[tuple[Array, Array]] = []
        for step, carry in zip(self.steps(cuts, budget), self.carried.stages, strict=True):
            facts = {"target": target, "layer": step.layer, "labels": len(labels.used)}
            labels, arena, whole = self.successors(
                cuts.bounds, step, labels, arena, tries, facts, carry
            )
            most = OVERSIZE * room if beam else NEVER
            complete = complete and whole and len(labels.used) <= most
            labels = _best(step, labels, most)
            if self.switches.dominance:
                labels = self._undominated(cuts.bounds, step, labels, arena, facts)
            labels = self.surveyed(cuts.bounds, step, labels, arena, budget, facts)
            complete = complete and len(labels.used) <= room
            if not len(labels.used) or not (complete or beam):
                return Answer(None, complete)
            labels = _best(step, labels, room)
            trail.append((labels.parent, labels.choice))
        return Answer(self._trace(trail), complete)

    def surveyed(
        self,
        bounds: Bounds,
        step: Step | None,
        labels: Labels,
        arena: Arena,
        budget: int,
        facts: dict[str, Any],
    ) -> Labels:
        """The labels after a step (None: before the first) that may still be completed."""
        coming = self.stages[0 if step is None else step.number + 1 :][:1]
        if not coming:
            labels.spent[:] = 0
            return labels
        stage = coming[0]
        room = budget - int(bounds.low @ self.sets) if step is None else step.budget
        keep, kept = np.empty(len(labels.used), dtype=np.int64), 0
        for begin in range(0, len(keep), LABELS_AT_ONCE):
            stop = min(begin + LABELS_AT_ONCE, len(keep))
            kept = survey(
                self.table, bounds, stage.before, room, stage.layer, labels, begin, stop, arena,
                self.scratch, kept, keep,
            )  # fmt: skip
            self._pause(16 * len(arena.x), facts)
        return Labels(*(field[keep[:kept]] for field in labels))

    def steps(self, cuts: Cuts, budget: int) -> Iterator[Step]:
        """The decisions of a sweep, each with what the layers after it leave of the budget."""
        bounds, prices = cuts
        rest = int(bounds.low @ self.sets)
        into = self.table.needs.into
        sums_of = self.carried.sums(bounds.low, bounds.high)
        for number, (stage, carry, sums) in enumerate(
            zip(self.stages, self.carried.stages, sums_of, strict=True)
        ):
            k = stage.layer
            rest -= int(bounds.low[k] * self.sets[k])
            begin = int(prices.start[k] + bounds.low[k] - prices.low[k])
            yield Step(
                number=number,
                layer=k,
                slot=stage.slot,
                frontier=stage.frontier,
                source=stage.source,
                target=stage.target,
                budget=budget - rest,
                limit=prices.scale * budget,
                scale=prices.scale,
                price=prices.price[begin:],
                least=int(prices.least[k]),
                rest=prices.rest[number],
                exits=prices.exits[number],
                dues=prices.dues[number],
                sums=sums,
                recalled=carry.recalled,
                alone=bool(into[k] == into[k + 1])
                and not carry.tested
                and not len(carry.recalled)
                and not sums.weight.any(),
            )

    def first_labels(self, target: int, price: int = 0) -> tuple[Labels, Arena]:
        """The one label before the first decision: every sink has to end by the target.

        `price` is the path bound of all allocations.
        """
        sinks = first_frontier(self.table)
        count = len(sinks)
        arena = Arena(
            np.concatenate((self.table.outputs[sinks], np.zeros(1024, dtype=np.int64))),
            np.full(count + 1024, target, dtype=np.int64),
            count,
        )
        none = np.zeros(1, dtype=np.int64)
        closed = self.table.closed_form
        labels = Labels(
            none,
            np.full(1, price, dtype=np.int64),
            np.zeros(1, dtype=np.int64),
            np.zeros(1, dtype=np.int64),
            none,
            none,
            np.arange(count, dtype=np.int64).reshape(1, count),
            np.full((1, count), 0 if closed else 1, dtype=np.int64),
            np.full((1, count), target if closed else NEVER, dtype=np.int64),
            np.zeros((1, 0), dtype=np.int64),
            np.zeros((1, 0), dtype=np.int64),
        )
        return labels, arena

    def successors(
        self,
        bounds: Bounds,
        step: Step,
        labels: Labels,
        arena: Arena,
        tries: int,
        facts: dict[str, Any],
        carry: Carry,
    ) -> tuple[Labels, Arena, bool]:
        """Successors of all labels by ascending cost; whether they are all there are."""
        left_out = 0
        places, (rooms, memory) = len(step.frontier), carry.width
        widths = [(), (), (), (), (), (), (places,), (places,), (places,), (rooms,), (memory,)]
        new, made = Labels(*(np.empty((256, *width), dtype=np.int64) for width in widths)), 0
        for begin in range(0, len(labels.used), LABELS_AT_ONCE):
            stop = min(begin + LABELS_AT_ONCE, len(labels.used))
            arena, made, new, unfinished = decide(
                self.table,
                bounds,
                step,
                labels,
                begin,
                stop,
                tries,
                arena,
                self.scratch,
                made,
                new,
            )
            left_out += unfinished
            width = 6 + 3 * places + rooms + memory
            self._pause(16 * len(arena.x) + 8 * len(new.used) * width, facts)
        self.labels_made += made
        passed = carry.passed(labels.memory[new.parent[:made]], new.choice[:made])
        ascending = passed[np.argsort(new.used[passed], kind="stable")]
        return Labels(*(field[ascending] for field in new)), arena, left_out == 0

    def _undominated(
        self, bounds: Bounds, step: Step, labels: Labels, arena: Arena, facts: dict[str, Any]
    ) -> Labels:
        signature = signatures(self.table, bounds, step, labels, arena)
        keep, kept = np.empty(len(labels.used), dtype=np.int64), 0
        for begin in range(0, len(keep), RIVALS_AT_ONCE):
            stop = min(begin + RIVALS_AT_ONCE, len(keep))
            kept = undominated(
                self.table, bounds, step, labels, signature, begin, stop, arena, kept, keep
            )
            self._pause(16 * len(arena.x) + 8 * signature.size, facts)
        return Labels(*(field[keep[:kept]] for field in labels))

    def _trace(self, trail: Sequence[tuple[Array, Array]]) -> tuple[int, ...]:
        allocation = [0] * len(self.sets)
        label = 0
        for stage, (parent, choice) in zip(reversed(self.stages), reversed(trail), strict=True):
            allocation[stage.layer] = int(choice[label])
            label = parent[label]
        return tuple(allocation)


def _within(prices: Prices, low: Array, high: Array, limit: int) -> bool:
    """Narrow windows in place to the R whose path bound is within `limit`; whether one moved."""
    moved = False
    for k, least in enumerate(prices.least):
        price = prices.price[prices.start[k] : prices.start[k + 1]]
        fits = np.flatnonzero(prices.bound - least + price <= limit)
        moved = moved or len(fits) < len(price)
        low[k], high[k] = low[k] + fits[0], low[k] + fits[-1]
    return moved


def effort_of(width: int | None) -> int:
    """How much to do for the path bound before a sweep of some width: it pays in wide ones."""
    return 2 if width is None else bisect_right(EFFORTS, width)


def _best(step: Step, labels: Labels, most: int) -> Labels:
    """The labels whose completions take the fewest crossbars, as far as is known; at most `most`.

    By paths, or by least spending where that is known.
    """
    if len(labels.used) <= most:
        return labels
    left = step.budget - labels.used - labels.spent
    total = np.maximum(labels.price, step.limit - step.scale * left)
    best = np.sort(np.argsort(total, kind="stable")[:most])
    return Labels(*(field[best] for field in labels))
