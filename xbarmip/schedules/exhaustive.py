"""The solver `exhaustive` of schedules: every set of cuts, every allocation of every segment."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import ClassVar

import numpy as np

from xbarmip.exact import as_int
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import Plan, ScheduleResult, Written, answer
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.protocol import Watch, until_stopped
from xbarmip.solvers.space import Space
from xbarmip.timing.evaluate import evaluate_many
from xbarmip.timing.step_time import ticks_of

_ROWS = 20_000  # allocations at a time
_MOST_UNITS = 16


@dataclass(frozen=True, slots=True)
class ScheduleExhaustive:
    """Enumerate all schedules: no idea that could be wrong.

    It proves nothing before it has seen them all.

    Attributes
    ----------
    limit : int
        Allocations of one segment that it is willing to enumerate.
    """

    name: ClassVar[str] = "exhaustive"
    limit: int = 100_000

    def __post_init__(self) -> None:
        as_int(self.limit, "exhaustive option limit", 1)

    def unsupported(self, schedule: Schedule) -> tuple[str, ...]:
        """What is too large to enumerate."""
        units = len(schedule.units)
        if schedule.obstacle:
            return ()
        if units > _MOST_UNITS:
            return (f"cuts between {units} layers and column blocks, the limit is {_MOST_UNITS}",)
        for segment in _segments(schedule):
            if Space.of(segment.problem).count(self.limit) is None:
                return (f"a segment has more than {self.limit} allocations",)
        return ()

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Look at all schedules (see `ScheduleSolver.solve`)."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        best: dict[tuple[int, int], tuple[int, Written]] = {}
        plan: Plan | None = None
        value: int | None = None

        def look() -> None:
            nonlocal plan, value
            for segment in _segments(schedule):
                watch.check()
                best[segment.start, segment.stop] = cheapest(segment)
            value, plan = min(_plans(best, len(schedule.units)))

        stop = until_stopped(look)
        return answer(
            schedule, self.name, plan, value, stop,
            statistics={"segments": len(best)}, options=asdict(self),
        )  # fmt: skip


def _segments(schedule: Schedule) -> Iterator[Segment]:
    """Every run of units that fits the chip."""
    for start, stop in combinations(range(len(schedule.units) + 1), 2):
        segment = Segment(schedule, start, stop)
        if segment.problem.feasible:
            yield segment


def cheapest(segment: Segment) -> tuple[int, Written]:
    """The least cost of a segment, and an allocation that has it."""
    schedule, needed = segment.schedule, np.array(segment.needed)
    sets = np.array(segment.problem.sets)
    best: tuple[int, tuple[int, ...]] | None = None
    for rows, _ in Space.of(segment.problem).blocks(_ROWS):
        interval = (-(-needed // rows)).max(axis=1)
        run = evaluate_many(segment.problem, rows) + (schedule.batch - 1) * interval
        if schedule.is_latency:
            run = run.astype(object) * (segment.tick * ticks_of(segment.timed).many(rows))
        cost = run + schedule.write * (rows @ sets)
        least = int(cost.argmin())
        found = (int(cost[least]), tuple(rows[least].tolist()))
        best = found if best is None else min(best, found)
    assert best is not None  # one copy of each layer fits
    return best[0] + segment.off_chip, Written(segment.start, segment.stop, best[1])


def _plans(
    best: dict[tuple[int, int], tuple[int, Written]], length: int
) -> Iterator[tuple[int, Plan]]:
    """Every set of cuts with its cost."""
    for count in range(length):
        for cuts in combinations(range(1, length), count):
            edges = list(pairwise((0, *cuts, length)))
            if all(edge in best for edge in edges):
                yield sum(best[e][0] for e in edges), tuple(best[e][1] for e in edges)
