"""Writing the certificate of a schedule (docs/schedule.md)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xbarmip.certificate import check, check_schedule
from xbarmip.certificate.same import difference
from xbarmip.certificate.statement import statement
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.certificate.write import Certificate, written_lines
from xbarmip.errors import UnsupportedError
from xbarmip.schedules.cuts import Edge
from xbarmip.schedules.exact import shortest_path
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult
from xbarmip.schedules.search import SegmentSearch
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.protocol import Limits, Progress, Watch

Links = list[check_schedule.Link]


def stated_schedule(schedule: Schedule) -> check_schedule.Schedule:
    """The schedule as the checker has it.

    Raises
    ------
    UnsupportedError
        On another count than `cycles`, or a schedule beyond the checker's limits.
    """
    if schedule.objective != "cycles":
        raise UnsupportedError(
            f"no certificate can state this schedule: it is of {schedule.objective!r}, not 'cycles'"
        )
    try:
        return check_schedule.Schedule(_statement(schedule))
    except check.Refused as reason:
        raise UnsupportedError(f"no certificate can state this schedule: {reason}") from None


def _statement(schedule: Schedule) -> dict[str, Any]:
    network = schedule.network
    blocks = zip(network.layers, schedule.blocks, strict=True)
    return {
        "name": network.name,
        "crossbars": schedule.crossbars,
        "write": schedule.write_cycles,
        "batch": schedule.batch,
        "divide": int(schedule.divide),
        "layers": [
            {
                "name": layer.name,
                "outputs": layer.outputs,
                "blocks": count,
                "each": each,
                "end": int(layer.name in network.sinks),
            }
            for layer, (count, each) in blocks
        ],
        "edges": statement(schedule.whole)["edges"],
    }


def require_same(stated: check_schedule.Schedule, own: check_schedule.Schedule) -> None:
    """Refuse the schedule that a certificate states if it is not one's own; names play no part.

    Raises
    ------
    Refused
        Naming the first number that differs.
    """
    file, wanted = stated.numbers(), own.numbers()
    for key in wanted:
        found = difference(key, file[key], wanted[key])
        if found is not None:
            raise check.Refused(f"the file states another problem: {found}")


def write_schedule_certificate(
    schedule: Schedule,
    result: ScheduleResult,
    path: Path | str,
    progress: Progress | None = None,
    time_limit: float | None = None,
) -> Certificate:
    """Write a certificate of a result's value and bound.

    The proof is made here, whatever the solver did. The file appears when it is whole.

    Raises
    ------
    InputError
        When the file cannot be written.
    UnsupportedError
        When the schedule cannot be stated, or the result has no plan or no bound.
    VerificationError
        When the bound does not hold.
    StoppedError
        When the time is over; no file is left.
    """
    path, watch = Path(path), Watch(Limits(time_limit), progress)
    stated = stated_schedule(schedule)
    if result.plan is None or result.bound is None:
        raise UnsupportedError(f"no certificate: {result.solver} proves no bound of a schedule")
    claims = f"{result.solver} claims a bound of {result.bound}"
    return written_lines(path, _lines(schedule, stated, result, watch), watch, claims)


def _lines(
    schedule: Schedule, stated: check_schedule.Schedule, result: ScheduleResult, watch: Watch
) -> Iterator[Any]:
    """The lines of a certificate, each a JSON value."""
    record = _statement(schedule)
    yield {
        "format": check_schedule.FORMAT,
        "version": check_schedule.VERSION,
        "digest": check_schedule.digest(stated.numbers()),
    }
    yield {"schedule": record}
    plan = [[start, stop, [*allocation]] for start, stop, allocation in result.plan or ()]
    yield {"claim": {"value": result.value, "bound": result.bound, "plan": plan}}
    for edge, links in sorted(_bounded(schedule, stated, result.bound or 1, watch).items()):
        yield {"segment": {"units": [*edge], "links": len(links)}}
        segment = check_schedule.Segment(stated, edge, stated.needed(edge[1]))
        for crossbars, interval, refuted in links:
            yield {"link": {"crossbars": crossbars, "interval": interval, "refuted": refuted}}
            yield from proof(segment.problem(crossbars, interval), refuted, watch)
    yield {"end": []}


def _bounded(
    schedule: Schedule, stated: check_schedule.Schedule, bound: int, watch: Watch
) -> dict[Edge, Links]:
    """Segments that need a bound of their own, each with its links, for no path to be below.

    First the pace at every interval, without a link; then what the search of the segment asks.

    Raises
    ------
    NotRefuted
        When a path of proven least costs is below the bound.
    """
    bounds: dict[Edge, int] = check_schedule.pace_bounds(stated)
    found = dict[Edge, Links]()
    searches = dict[Edge, SegmentSearch]()
    while True:
        watch.check(segments=len(found))
        path = shortest_path(len(schedule.units), bounds)
        assert path is not None
        missing = bound - int(path.cost)
        if missing <= 0:
            return found
        new = [edge for edge in path.edges if edge not in found]
        if new:
            for edge in new:
                found[edge] = []
                bounds[edge] = _own(stated, edge).bound([])
            continue
        open_edges = [e for e in path.edges if e not in searches or not searches[e].proven]
        if not open_edges:
            raise NotRefuted
        edge = open_edges[0]
        search = searches.setdefault(edge, SegmentSearch(Segment(schedule, *edge), 1))
        search.prove(bounds[edge] + missing, watch.part(lambda _: None))
        own = _own(stated, edge)
        found[edge] = _fewest(own, search, min(search.bound, bounds[edge] + missing))
        bounds[edge] = own.bound(found[edge])


def _own(stated: check_schedule.Schedule, edge: Edge) -> check_schedule.Segment:
    return check_schedule.Segment(stated, edge, stated.needed(edge[1]))


def _fewest(segment: check_schedule.Segment, search: SegmentSearch, bound: int) -> Links:
    """Links of what a search proved, without those that its bound does not need."""
    links = sorted(
        {(f.crossbars, f.interval, f.fewest - 1) for f in search.facts if f.fewest and f.fewest > 1}
    )
    kept: Sequence[check_schedule.Link] = links
    for link in links:
        fewer = [other for other in kept if other != link]
        if segment.bound(fewer) >= bound:
            kept = fewer
    return [*kept]
