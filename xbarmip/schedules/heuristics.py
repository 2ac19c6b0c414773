"""Heuristics that cut by a rule: `filling` and `even`."""

from dataclasses import dataclass
from typing import ClassVar

from xbarmip.schedules.cuts import even_cuts, filled
from xbarmip.schedules.exact import ANY, Path, Segments, TakesAll
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, Written, answer
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.heuristics.greedy import Greedy
from xbarmip.solvers.protocol import Watch, until_stopped


@dataclass(frozen=True, slots=True)
class Filling(TakesAll):
    """As many layers as fit, then copies of the slowest until the chip is full; and the next.

    The way of CIM-MLC (S. Qu et al., ASPLOS 2024), which maps layer after layer until the chip has
    no more crossbars, and duplicates within what is left. What writing costs plays no part.
    """

    name: ClassVar[str] = "filling"

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
class EvenCuts(TakesAll):
    """The fewest segments of about equal crossbars, each with its proven optimum."""

    name: ClassVar[str] = "even"

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Cut evenly, then prove each segment; no bound, as the cuts are given."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        segments, edges = Segments(schedule), even_cuts(schedule)
        segments.start(edges)

        def prove() -> None:
            for edge in edges:
                segments.prove(edge, ANY, watch)

        stop = until_stopped(prove)
        return answer(schedule, self.name, segments.plan(Path(0, edges)), None, stop)
