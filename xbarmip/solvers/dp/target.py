"""The decision problem: an allocation of at most this value within the budget, or none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds import Bounds
from xbarmip.solvers.dp.carried import Carried, Carry, as_linear
from xbarmip.solvers.dp.cuts import CutFinder, Cuts, Switches
from xbarmip.solvers.dp.decision import decide
from xbarmip.solvers.dp.dominance import signatures, undominated
from xbarmip.solvers.dp.labels import Arena, Labels, Step, first_labels, make_scratch
from xbarmip.solvers.dp.order import elimination_order, stages
from xbarmip.solvers.dp.shares import FAR, effort_of
from xbarmip.solvers.dp.survey import survey
from xbarmip.solvers.dp.table import NEVER, SearchTable

OVERSIZE = 4  # times the width of a beam: labels that are compared for dominance
FEW = 2048  # labels that are compared before they are surveyed
LABELS_AT_ONCE = 128  # expanded between two looks at the watch
RIVALS_AT_ONCE = 512  # compared between two looks at the watch
HELD = 4  # sweeps that gave up


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


class _Held(NamedTuple):
    """Where a sweep gave up: after how many decisions, with what labels, by what trail."""

    cuts: Cuts
    number: int
    labels: Labels
    arena: Arena
    trail: tuple[tuple[Array, Array], ...]

    @property
    def bytes(self) -> int:
        return 16 * len(self.arena.x) + sum(field.nbytes for field in self.labels)


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
        self.table, self.switches = table, switches
        self._held: dict[int, _Held] = {}
        self._tell = pause
        self.sets = np.array(problem.sets, dtype=np.int64)
        self.largest = np.array(problem.largest, dtype=np.int64)
        self.order = elimination_order(table, problem.sets)
        names = tuple(problem.network.index)
        largest = dict(zip(names, problem.largest, strict=True))
        self.carried = Carried(
            as_linear(problem.constraints, largest), names, self.largest, self.order
        )
        self.stages = stages(table, self.order)
        self.labels_made = 0
        self.scratch = make_scratch(table)
        finder = CutFinder(
            table, self.sets, self.largest, self.stages, self.carried, switches, self.scratch,
            self._pause,
        )  # fmt: skip
        self.cuts, self.within = finder.cuts, finder.within
        self.refuted_by_windows = finder.refuted_by_windows

    def _pause(self, in_use: int, facts: dict[str, Any]) -> None:
        self._tell(in_use + sum(held.bytes for held in self._held.values()), facts)

    def search(
        self, target: int, budget: int, width: int | None = None, beam: bool = True
    ) -> Answer:
        """Look for an allocation of value at most `target` within `budget`.

        With a `width` only that many labels of each stage go on. As a beam, those with the smallest
        bound on the crossbars of a completion do, of each only the width/2 cheapest successors are
        made, and only the best of many are compared for dominance. Without, the search gives up
        where there are more.
        """
        cuts = self.cuts(target, budget, effort_of(width, FAR.efforts))
        if cuts is None:
            return REFUTED
        return self.sweep(cuts, target, budget, width, beam)

    def sweep(
        self,
        cuts: Cuts,
        target: int,
        budget: int,
        width: int | None,
        beam: bool = False,
        again: bool = False,
    ) -> Answer:
        """`search` within the windows of `cuts`.

        With `again` one that gives up is held, and goes on from there when called with more width.
        """
        room = NEVER if width is None else width
        complete, tries = True, -(-room // 2) if beam else NEVER
        self._drops_many = True
        held = self._held.pop(id(cuts), None) if again else None
        if held is not None and len(held.labels.used) > room:
            self._hold(held)
            return Answer(None, complete=False)
        begin, labels, arena, trail = held[1:] if held else self._first(cuts, target, budget)
        stages = zip(self.steps(cuts, budget), self.carried.stages, strict=True)
        for step, carry in islice(stages, begin, None):
            facts = {"target": target, "layer": step.layer, "labels": len(labels.used)}
            labels, arena, whole = self.successors(
                cuts.bounds, step, labels, arena, tries, facts, carry
            )
            most = OVERSIZE * room if beam else NEVER
            complete = complete and whole and len(labels.used) <= most
            labels = _best(step, labels, most)
            labels = self._sifted(cuts.bounds, step, labels, arena, budget, facts)
            complete = complete and len(labels.used) <= room
            labels = _best(step, labels, room if beam else NEVER)
            trail = (*trail, (labels.parent, labels.choice))
            if not len(labels.used) or not (complete or beam):
                if again and len(labels.used):
                    self._hold(_Held(cuts, step.number + 1, labels, arena, trail))
                return Answer(None, complete)
        return Answer(self._trace(trail), complete)

    def _first(
        self, cuts: Cuts, target: int, budget: int
    ) -> tuple[int, Labels, Arena, tuple[tuple[Array, Array], ...]]:
        """Where a sweep begins: no decision, one label, and no trail."""
        labels, arena = first_labels(self.table, target, cuts.prices.bound)
        return 0, self.surveyed(cuts.bounds, None, labels, arena, budget, {}), arena, ()

    def _hold(self, held: "_Held") -> None:
        while len(self._held) >= HELD:
            del self._held[next(iter(self._held))]
        self._held[id(held.cuts)] = held

    def _sifted(
        self,
        bounds: Bounds,
        step: Step,
        labels: Labels,
        arena: Arena,
        budget: int,
        facts: dict[str, Any],
    ) -> Labels:
        """The labels worth going on with.

        To compare many is dearer than to survey them, as long as a survey drops many.
        """
        if len(labels.used) > FEW and self._drops_many:
            labels = self.surveyed(bounds, step, labels, arena, budget, facts)
            return self._undominated(bounds, step, labels, arena, facts)
        labels = self._undominated(bounds, step, labels, arena, facts)
        return self.surveyed(bounds, step, labels, arena, budget, facts)

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
        self._drops_many = 4 * kept < 3 * len(keep)
        return Labels(*(field[keep[:kept]] for field in labels))

    def steps(self, cuts: Cuts, budget: int) -> Iterator[Step]:
        """The decisions of a sweep, each with what the layers after it leave of the budget."""
        bounds, prices = cuts.bounds, cuts.prices
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
                lead=stage.lead,
                budget=budget - rest,
                limit=prices.scale * budget,
                scale=prices.scale,
                price=prices.price[begin:],
                least=int(prices.least[k]),
                rest=prices.rest[number],
                exits=cuts.exits[number],
                dues=prices.dues[number],
                sums=sums,
                recalled=carry.recalled,
                alone=bool(into[k] == into[k + 1])
                and not carry.tested
                and not len(carry.recalled)
                and not sums.weight.any(),
            )

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
        self,
        bounds: Bounds,
        step: Step,
        labels: Labels,
        arena: Arena,
        facts: dict[str, Any],
    ) -> Labels:
        if not self.switches.dominance:
            return labels
        signature = signatures(self.table, bounds, step, labels, arena)
        in_use = sum(field.nbytes for field in signature)
        keep, kept = np.empty(len(labels.used), dtype=np.int64), 0
        for begin in range(0, len(keep), RIVALS_AT_ONCE):
            stop = min(begin + RIVALS_AT_ONCE, len(keep))
            kept = undominated(
                self.table, bounds, step, labels, signature, begin, stop, arena, kept, keep
            )
            self._pause(16 * len(arena.x) + in_use, facts)
        return Labels(*(field[keep[:kept]] for field in labels))

    def _trace(self, trail: Sequence[tuple[Array, Array]]) -> tuple[int, ...]:
        allocation = [0] * len(self.sets)
        label = 0
        for stage, (parent, choice) in zip(reversed(self.stages), reversed(trail), strict=True):
            allocation[stage.layer] = int(choice[label])
            label = parent[label]
        return tuple(allocation)


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
