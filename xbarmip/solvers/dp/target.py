"""The decision problem: an allocation of at most this value within the budget, or none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import Bounds, Times
from xbarmip.solvers.dp.carried import Carried, Carry, as_linear
from xbarmip.solvers.dp.grid import GROUPS, POINTS, duplication_groups, outputs_grid
from xbarmip.solvers.dp.labels import (
    Arena,
    Labels,
    Step,
    decide,
    make_scratch,
    signatures,
    undominated,
)
from xbarmip.solvers.dp.order import elimination_order, first_frontier, stages
from xbarmip.solvers.dp.spending import least_spending
from xbarmip.solvers.dp.table import NEVER, SearchTable
from xbarmip.solvers.dp.windows import blank_times, narrow

LEVELS = 512  # slack is rounded up to one of this many levels
ROUNDS = 4  # of narrowing the windows by what the layers must spend
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
    """

    windows: bool = True
    slack: bool = True
    spending: bool = True
    dominance: bool = True


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
        self.scratch = make_scratch(table)

    def bounds(self, target: int, budget: int) -> Bounds | None:
        """Bounds for a target, or None where they already prove that it cannot be met.

        What the least spending asks of each layer before any decision is asked of all allocations
        that meet the target. So the windows begin there in the next round, which makes the slack
        smaller and every bound sharper.
        """
        low, high = self._widest(budget)
        for _ in range(ROUNDS):
            bounds = self._bounds_within(low, high, target, budget)
            if bounds is None or (bounds.low == self.scratch.wanted).all():
                return bounds
            low = self.scratch.wanted.copy()
        return bounds

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

    def _bounds_within(self, low: Array, high: Array, target: int, budget: int) -> Bounds | None:
        """Bounds within windows, which are narrowed in place; `scratch.wanted` has the least R."""
        table, layers, switches = self.table, len(low), self.switches
        times = blank_times(table)
        if not self._narrow(low, high, target, budget, times):
            return None
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
            least=np.zeros((layers, levels + 1, POINTS), dtype=np.int64),
            groups=duplication_groups(low, high),
            first=np.full((layers, levels + 1, GROUPS), NEVER * switches.slack, dtype=np.int64),
            least_end=np.zeros((layers, levels + 1), dtype=np.int64),
            unit=max(1, -(-slack // max(1, levels))),
            spending=switches.spending,
        )
        if switches.slack:
            kernel = steps_kernel if table.closed_form else pipeline_kernel
            kernel.fill_least(table, bounds, times)
            if not kernel.in_time(table, bounds, times):
                return None
        labels, arena = self.first_labels(target)
        sinks = np.array(first_frontier(table), dtype=np.int64)
        spending = least_spending(table, bounds, slack, sinks, labels, 0, arena, self.scratch)
        return bounds if spending <= slack else None

    def search(self, target: int, budget: int, width: int | None = None) -> Answer:
        """Look for an allocation of value at most `target` within `budget`.

        With a `width` only that many labels of each stage go on, those with the smallest bound on
        the crossbars of a completion, and of each only the width/2 cheapest successors are made.
        """
        bounds = self.bounds(target, budget)
        if bounds is None:
            return Answer(None, True)
        complete, tries = True, NEVER if width is None else -(-width // 2)
        labels, arena = self.first_labels(target)
        trail: list[tuple[Array, Array]] = []
        for step, carry in zip(self.steps(bounds, budget), self.carried.stages, strict=True):
            facts = {"target": target, "layer": step.layer, "labels": len(labels.used)}
            labels, arena, whole = self.successors(bounds, step, labels, arena, tries, facts, carry)
            complete = complete and whole
            if self.switches.dominance:
                labels = self._undominated(bounds, step, labels, arena, facts)
            if width is not None and len(labels.used) > width:
                best = np.sort(np.argsort(labels.total, kind="stable")[:width])
                labels = Labels(*(field[best] for field in labels))
                complete = False
            if not len(labels.used):
                return Answer(None, complete)
            trail.append((labels.parent, labels.choice))
        return Answer(self._trace(trail), complete)

    def steps(self, bounds: Bounds, budget: int) -> Iterator[Step]:
        """The decisions of a sweep, each with what the layers after it leave of the budget."""
        rest = int(bounds.low @ self.sets)
        into = self.table.needs.into
        for stage, carry, sums in zip(
            self.stages,
            self.carried.stages,
            self.carried.sums(bounds.low, bounds.high),
            strict=True,
        ):
            k = stage.layer
            rest -= int(bounds.low[k] * self.sets[k])
            yield Step(
                k, stage.slot, stage.before, stage.frontier, stage.source, stage.target,
                budget - rest, sums, carry.recalled,
                alone=bool(into[k] == into[k + 1]) and not carry.tested
                and not len(carry.recalled) and not sums.weight.any(),
            )  # fmt: skip

    def first_labels(self, target: int) -> tuple[Labels, Arena]:
        """The one label before the first decision: every sink has to end by the target."""
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
            none,
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
        widths = [(), (), (), (), (places,), (places,), (places,), (rooms,), (memory,)]
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
            width = 4 + 3 * places + rooms + memory
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
