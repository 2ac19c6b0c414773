"""The solver `dp` of schedules: a shortest path over the cut positions (SPEC §13).

A schedule is a path from unit 0 to the end, a segment is an edge, and a path costs the sum of its
edges. Each edge has a proven bound, at first that of its pace. The shortest path by bounds is a
bound of all schedules. While it is below the best schedule known, one of its edges is not proven:
its bound is raised until the path is no better than that schedule, or the edge's least cost is
known. So only edges are proven that a better path could use, and each only as far as is needed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from xbarmip.schedules.bounds import pace_bounds
from xbarmip.schedules.cuts import Edge, filled
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import Plan, ScheduleResult, Written, answer
from xbarmip.schedules.search import SegmentSearch
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.protocol import Progress, Watch, until_stopped

ANY = 2**400  # no segment costs more


class Path(NamedTuple):
    """Edges from unit 0 to the end, and what they cost."""

    cost: int
    edges: tuple[Edge, ...]


def shortest_path(length: int, costs: Mapping[Edge, int]) -> Path | None:
    """The cheapest path from 0 to `length` over edges that go up; None where there is none."""
    best: dict[int, tuple[int, int]] = {0: (0, 0)}  # by position: cost, and the position before it
    for (start, stop), cost in sorted(costs.items()):
        if start in best:
            known = best.get(stop)
            if known is None or best[start][0] + cost < known[0]:
                best[stop] = (best[start][0] + cost, start)
    if length not in best:
        return None
    edges, at = list[Edge](), length
    while at:
        edges.append((best[at][1], at))
        at = best[at][1]
    return Path(best[length][0], tuple(reversed(edges)))


class Segments:
    """What is known of all segments of a schedule; solvers that cut in some other way share it.

    Attributes
    ----------
    schedule : Schedule
    bounds : dict of (int, int) to int
        Of each segment that fits the chip.
    searches : dict of (int, int) to SegmentSearch
        Of each that was looked at.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.bounds = pace_bounds(schedule)
        self.searches: dict[Edge, SegmentSearch] = {}

    def __getitem__(self, edge: Edge) -> SegmentSearch:
        """The search of a segment."""
        if edge not in self.searches:
            self.searches[edge] = SegmentSearch(Segment(self.schedule, *edge), self.bounds[edge])
        return self.searches[edge]

    def prove(self, edge: Edge, enough: int, watch: Watch) -> None:
        """Raise a bound to `enough`, or to the segment's least cost (see `SegmentSearch`)."""
        search = self[edge]
        if not search.proven and search.bound < enough:
            search.prove(enough, watch)
        self.bounds[edge] = search.bound

    def start(self, edges: Iterable[Edge]) -> None:
        """Have an allocation of each of these segments."""
        for edge in edges:
            self[edge].start()

    def best(self) -> Path | None:
        """The cheapest path over segments of which an allocation is known."""
        costs = {edge: s.cost for edge, s in self.searches.items() if s.cost is not None}
        return shortest_path(len(self.schedule.units), costs)

    def plan(self, path: Path) -> Plan:
        """The segments of a path with the cheapest allocations known."""
        return tuple(Written(*edge, self[edge].allocation or ()) for edge in path.edges)


class TakesAll:
    """What a solver has that takes every schedule."""

    __slots__ = ()

    def unsupported(self, schedule: Schedule) -> tuple[str, ...]:
        """Nothing: it takes every schedule."""
        return ()


@dataclass(frozen=True, slots=True)
class ScheduleSearch(TakesAll):
    """Shortest path over cut positions, whose edges are proven where a best path could use them."""

    name: ClassVar[str] = "dp"

    def solve(self, schedule: Schedule, watch: Watch) -> ScheduleResult:
        """Prove the cheapest schedule; when a limit ends it, the best so far and a valid bound."""
        if schedule.obstacle:
            return answer(schedule, self.name, None, None)
        segments = Segments(schedule)
        stop = until_stopped(lambda: _meet(segments, watch))
        path, bound = segments.best(), _bound(segments)
        statistics = {
            "units": len(schedule.units),
            "segments": len(segments.bounds),
            "examined": len(segments.searches),
            "proven": sum(search.proven for search in segments.searches.values()),
            "questions": sum(len(search.facts) for search in segments.searches.values()),
        }
        return answer(
            schedule,
            self.name,
            None if path is None else segments.plan(path),
            bound if path is None else min(bound, path.cost),
            stop,
            statistics=statistics,
        )


def _bound(segments: Segments) -> int:
    path = shortest_path(len(segments.schedule.units), segments.bounds)
    assert path is not None  # every unit fits the chip
    return path.cost


def _meet(segments: Segments, watch: Watch) -> None:
    """Raise bounds of edges until the shortest path is no better than the best schedule.

    So that there is a schedule from the start, the segments of full chips get a first allocation,
    and so does every edge of a shortest path.
    """
    length = len(segments.schedule.units)
    segments.start(filled(segments.schedule))
    while True:
        low = shortest_path(length, segments.bounds)
        assert low is not None  # every unit fits the chip
        segments.start(low.edges)
        best = segments.best()
        assert best is not None
        if low.cost >= best.cost:
            return
        tell = _teller(segments, best.cost, low.cost, watch)
        tell({})
        watch.check()
        edge = max(low.edges, key=lambda each: segments[each].open)
        segments.prove(edge, segments.bounds[edge] + best.cost - low.cost, watch.part(tell))


def _teller(segments: Segments, best: int, bound: int, watch: Watch) -> Progress:
    def tell(_: dict[str, Any]) -> None:
        proven = sum(search.proven for search in segments.searches.values())
        watch.tell(best=best, bound=bound, segments_proven=proven)

    return tell
