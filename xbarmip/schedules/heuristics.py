"""Rivals that cut by a rule: `filling` and `even`."""

from bisect import bisect_left
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from typing import Any

from xbarmip.schedules.exact import Edge, Path, Segments
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, Written, answer
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.dp.run import until_stopped
from xbarmip.solvers.heuristics.greedy import Greedy
from xbarmip.solvers.protocol import Watch


def sizes(schedule: Schedule) -> list[int]:
    """Crossbars of one copy of each unit."""
    return [unit.blocks * schedule.blocks[unit.layer][1] for unit in schedule.units]


def filled(schedule: Schedule, wanted: frozenset[int] = frozenset()) -> tuple[Edge, ...]:
    """Cuts where they are wanted, and wherever the next unit no longer fits."""
    cuts, used = [0], 0
    for unit, size in enumerate(sizes(schedule)):
        if unit and (unit in wanted or used + size > schedule.crossbars):
            cuts.append(unit)
            used = 0
        used += size
    return tuple(pairwise((*cuts, len(schedule.units))))


@dataclass(frozen=True, slots=True)
class Filling:
    """As many layers as fit, then copies of the slowest until the chip is full; and the next.

    The way of CIM-MLC (S. Qu et al., ASPLOS 2024), which maps layer after layer until the chip has
    no more crossbars, and duplicates within what is left. What writing costs plays no part.
    """

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "filling"

    def unsupported(self, schedule: Schedule) -> tuple[str, ...]:
        """Nothing: it takes every schedule."""
        return ()

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Fill chip after chip."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        plan = []
        for edge in filled(schedule):
            copied = Greedy().solve(Segment(schedule, *edge).problem, watch)
            assert copied.allocation is not None
            plan.append(Written(*edge, tuple(copied.allocation.values())))
        return answer(schedule, self.name, tuple(plan), None)


@dataclass(frozen=True, slots=True)
class EvenCuts:
    """The fewest segments of about equal crossbars, each with its proven optimum."""

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "even"

    def unsupported(self, schedule: Schedule) -> tuple[str, ...]:
        """Nothing: it takes every schedule."""
        return ()

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Cut evenly, then prove each segment."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        return best_of(self, schedule, even_cuts(schedule), watch)


def even_cuts(schedule: Schedule) -> tuple[Edge, ...]:
    """The fewest segments whose cuts lie nearest to equal shares of the crossbars, and that fit."""
    ends = [0, *accumulate(sizes(schedule))]
    for count in range(1, len(ends)):
        shares = (ends[-1] * number // count for number in range(1, count))
        cuts = sorted({_nearest(ends, share) for share in shares} | {0, len(ends) - 1})
        edges = tuple(pairwise(cuts))
        if all(ends[stop] - ends[start] <= schedule.crossbars for start, stop in edges):
            return edges
    return tuple(pairwise(range(len(ends))))


def _nearest(ends: list[int], share: int) -> int:
    place = bisect_left(ends, share)
    return min((place - 1, place), key=lambda at: abs(ends[max(0, at)] - share))


def best_of(
    solver: Any, schedule: Schedule, edges: tuple[Edge, ...], watch: Watch
) -> ScheduleResult:
    """The cheapest allocation of each of some segments; no bound, as the cuts are given."""
    segments = Segments(schedule)

    def prove() -> None:
        for edge in edges:
            segments.prove(edge, None, watch)

    stop = until_stopped(prove)
    known = all(segments[edge].cost is not None for edge in edges)
    plan = segments.plan(Path(0, edges)) if known else None
    return answer(schedule, solver.name, plan, None, stop, options=asdict(solver))
