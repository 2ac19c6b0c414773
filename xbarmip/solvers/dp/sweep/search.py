"""The decision problem: an allocation of at most this value within the budget, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import CutFinder, Cuts, Goal, Switches
from xbarmip.solvers.dp.bounds.spending import make_due
from xbarmip.solvers.dp.check import Check
from xbarmip.solvers.dp.constraints import Carried, Carry, as_linear
from xbarmip.solvers.dp.effort import (
    COMPARED_AT_ONCE,
    COMPARED_FIRST,
    FAR,
    LABELS_AT_ONCE,
    OVERSIZE,
    PAUSED_SWEEPS,
    effort_of,
)
from xbarmip.solvers.dp.state.bounds import Bounds, Windows
from xbarmip.solvers.dp.state.labels import (
    CHOICE,
    PARENT,
    PRICE,
    SPENT,
    USED,
    Arena,
    Buffers,
    Fill,
    columns,
    first_labels,
    grown,
    make_handed,
)
from xbarmip.solvers.dp.state.stages import Stage, elimination_order, stages
from xbarmip.solvers.dp.state.step import Step
from xbarmip.solvers.dp.sweep.decide import decide
from xbarmip.solvers.dp.sweep.dominance import signatures, undominated
from xbarmip.solvers.dp.sweep.forward import completable
from xbarmip.solvers.dp.sweep.steps import memory_column, steps_within
from xbarmip.solvers.dp.table import NEVER, SearchTable

Trail = tuple[Array, ...]  # for each decision PARENT and CHOICE of the labels kept


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


REFUTED = Answer(None, complete=True)


class _Paused(NamedTuple):
    """Where a sweep gave up: after how many decisions, with what labels, by what trail."""

    cuts: Cuts
    number: int
    labels: Array
    arena: Arena
    trail: Trail

    @property
    def bytes(self) -> int:
        return self.arena.pairs.nbytes + self.labels.nbytes


class TargetSearch:
    """Searches over one problem, for any goal.

    Parameters
    ----------
    table : SearchTable
    problem : Problem
        Its `sets`, `largest` and `constraints` count; every sum of R * set within a budget, and
        every sum of weights, must fit 62 bits.
    switches : Switches
    check : Check
        Called between pieces of work.
    """

    def __init__(
        self, table: SearchTable, problem: Problem, switches: Switches, check: Check
    ) -> None:
        self.table, self.switches = table, switches
        self._paused: dict[int, _Paused] = {}
        self._look_up = check
        self.sets = np.array(problem.sets, dtype=np.int64)
        largest = np.array(problem.largest, dtype=np.int64)
        self.order = elimination_order(table, problem.sets)
        names = tuple(problem.network.index)
        constraints = as_linear(problem.constraints, dict(zip(names, problem.largest, strict=True)))
        self.carried = Carried(constraints, names, largest, self.order)
        self.stages = stages(table, self.order)
        self.labels_made = 0
        self._handed = make_handed(table)
        self._reach = None if table.stalls else np.empty((2, table.layers), dtype=np.int64)
        widest = Windows(self.sets, np.ones_like(self.sets), largest)
        finder = CutFinder(table, widest, self.stages, self.carried, switches, self._check)
        self.cuts, self.within = finder.cuts, finder.within
        self.refuted_by_windows = finder.refuted_by_windows
        self.finder = finder

    def _check(self, in_use: int = 0, **facts: Any) -> None:
        self._look_up(in_use + sum(paused.bytes for paused in self._paused.values()), **facts)

    def search(self, goal: Goal, width: int | None = None, beam: bool = True) -> Answer:
        """Look for an allocation of value at most the target within the budget.

        With a `width` only that many labels of each stage go on. As a beam, those with the smallest
        bound on the crossbars of a completion do, of each only the width/2 cheapest successors are
        made, and only the best of many are compared for dominance. Without, the search gives up
        where there are more.
        """
        cuts = self.cuts(goal, effort_of(width, FAR.widths))
        if cuts is None:
            return REFUTED
        return self.sweep(cuts, goal, width, beam)

    def sweep(
        self, cuts: Cuts, goal: Goal, width: int | None, beam: bool = False, again: bool = False
    ) -> Answer:
        """`search` within the windows of `cuts`.

        With `again` one that gives up is paused, and goes on from there when called with more
        width.
        """
        capacity = NEVER if width is None else width
        complete, tries = True, -(-capacity // 2) if beam else NEVER
        self._drops_many = True
        paused = self._paused.pop(id(cuts), None) if again else None
        if paused is not None and len(paused.labels) > capacity:
            self._pause(paused)
            return Answer(None, complete=False)
        begin, labels, arena, trail = paused[1:] if paused else self._first(cuts, goal)
        stages = zip(
            steps_within(self.stages, self.carried, cuts, goal.budget),
            self.carried.stages,
            strict=True,
        )
        for step, carry in islice(stages, begin, None):
            facts = {"target": goal.target, "layer": step.layer, "labels": len(labels)}
            labels, arena, whole = self.successors(
                cuts.bounds, step, labels, arena, tries, facts, carry
            )
            most = OVERSIZE * capacity if beam else NEVER
            complete = complete and whole and len(labels) <= most
            labels = _best(step, labels, most)
            labels = self._sifted(cuts.bounds, step, labels, arena, facts)
            complete = complete and len(labels) <= capacity
            labels = _best(step, labels, capacity if beam else NEVER)
            trail = (*trail, labels[:, [PARENT, CHOICE]])
            if not len(labels) or not (complete or beam):
                if again and len(labels):
                    self._pause(_Paused(cuts, step.number + 1, labels, arena, trail))
                return Answer(None, complete)
        return Answer(self._trace(trail), complete)

    def _first(self, cuts: Cuts, goal: Goal) -> tuple[int, Array, Arena, Trail]:
        """Where a sweep begins: no decision, one label, and no trail."""
        labels, arena = first_labels(self.table, goal.target, cuts.prices.bound)
        left = goal.budget - cuts.windows.least
        labels = self._completable(cuts.bounds, self.stages[0], left, labels, arena, {})
        return 0, labels, arena, ()

    def _pause(self, paused: _Paused) -> None:
        while len(self._paused) >= PAUSED_SWEEPS:
            del self._paused[next(iter(self._paused))]
        self._paused[id(paused.cuts)] = paused

    def _sifted(
        self, bounds: Bounds, step: Step, labels: Array, arena: Arena, facts: dict[str, Any]
    ) -> Array:
        """The labels worth going on with.

        To compare many is dearer than to look at what they cost, as long as that drops many.
        """
        if len(labels) > COMPARED_FIRST and self._drops_many:
            labels = self._forward(bounds, step, labels, arena, facts)
            return self._undominated(bounds, step, labels, arena, facts)
        labels = self._undominated(bounds, step, labels, arena, facts)
        return self._forward(bounds, step, labels, arena, facts)

    def _forward(
        self, bounds: Bounds, step: Step, labels: Array, arena: Arena, facts: dict[str, Any]
    ) -> Array:
        """The labels after a step that may still be completed."""
        if step.number + 1 == len(self.stages):
            labels[:, SPENT] = 0
            return labels
        coming = self.stages[step.number + 1]
        return self._completable(bounds, coming, step.budget, labels, arena, facts)

    def _completable(
        self,
        bounds: Bounds,
        coming: Stage,
        left: int,
        labels: Array,
        arena: Arena,
        facts: dict[str, Any],
    ) -> Array:
        """The labels before a stage that may still be completed, with `left` of the budget."""
        keep, kept = np.empty(len(labels), dtype=np.int64), 0
        due = make_due(self.table.layers, coming.before)
        look = (left, coming.layer, due, np.empty(self.table.layers, dtype=np.int64))
        for begin in range(0, len(keep), LABELS_AT_ONCE):
            span = (begin, min(begin + LABELS_AT_ONCE, len(keep)), kept)
            kept = completable(self.table.net, bounds, look, labels, arena.pairs, span, keep)
            self._check(arena.pairs.nbytes, **facts)
        self._drops_many = 4 * kept < 3 * len(keep)
        return labels[keep[:kept]]

    def successors(
        self,
        bounds: Bounds,
        step: Step,
        labels: Array,
        arena: Arena,
        tries: int,
        facts: dict[str, Any],
        carry: Carry,
    ) -> tuple[Array, Arena, bool]:
        """Successors of all labels by ascending cost; whether they are all there are."""
        width = columns(len(step.places), len(carry.limits), len(step.recalled))
        new, pairs = np.empty((256, width), dtype=np.int64), arena.pairs
        begin, made, size, left_out = 0, 0, arena.size, 0
        while begin < len(labels):
            buffers = Buffers(labels, new, pairs, self._handed)
            fill = Fill(begin, min(begin + LABELS_AT_ONCE, len(labels)), made, size)
            begin, made, size, unfinished, capacity = decide(
                self.table.net, bounds, step, buffers, fill, tries, self._reach
            )
            left_out += unfinished
            if begin < fill.stop and capacity:
                pairs = grown(pairs, capacity)
            elif begin < fill.stop:
                new = grown(new, 0)
            self._check(pairs.nbytes + new.nbytes, **facts)
        self.labels_made += made
        memory = labels[new[:made, PARENT], memory_column(self.stages, self.carried, step.number) :]
        passed = carry.passed(memory, new[:made, CHOICE])
        ascending = passed[np.argsort(new[passed, USED], kind="stable")]
        return new[ascending], Arena(pairs, size), left_out == 0

    def _undominated(
        self, bounds: Bounds, step: Step, labels: Array, arena: Arena, facts: dict[str, Any]
    ) -> Array:
        if not self.switches.dominance:
            return labels
        signature = signatures(bounds, step, labels, arena.pairs)
        in_use = sum(field.nbytes for field in signature)
        keep, kept = np.empty(len(labels), dtype=np.int64), 0
        for begin in range(0, len(keep), COMPARED_AT_ONCE):
            span = (begin, min(begin + COMPARED_AT_ONCE, len(keep)), kept)
            kept = undominated(bounds, step, labels, arena.pairs, signature, span, keep)
            self._check(arena.pairs.nbytes + in_use, **facts)
        return labels[keep[:kept]]

    def _trace(self, trail: Sequence[Array]) -> tuple[int, ...]:
        allocation = [0] * len(self.sets)
        label = 0
        for stage, kept in zip(reversed(self.stages), reversed(trail), strict=True):
            label, allocation[stage.layer] = kept[label].tolist()
        return tuple(allocation)


def _best(step: Step, labels: Array, most: int) -> Array:
    """The labels whose completions take the fewest crossbars, as far as is known; at most `most`.

    By paths, or by least spending where that is known.
    """
    if len(labels) <= most:
        return labels
    left = step.budget - labels[:, USED] - labels[:, SPENT]
    total = np.maximum(labels[:, PRICE], step.limit - step.scale * left)
    return labels[np.sort(np.argsort(total, kind="stable")[:most])]
