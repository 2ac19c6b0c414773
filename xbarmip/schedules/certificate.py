"""Writing the certificate of a schedule (docs/certificate-format.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from xbarmip.certificate import check, check_schedule
from xbarmip.certificate.statement import linear_time, statement
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.certificate.write import Certificate, written_lines
from xbarmip.errors import UnsupportedError
from xbarmip.schedules.cuts import Edge
from xbarmip.schedules.exact import shortest_path
from xbarmip.schedules.problem import Schedule, part_of
from xbarmip.schedules.result import ScheduleResult
from xbarmip.schedules.search import SegmentSearch
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.protocol import Limits, Progress, Watch

Links = list[check_schedule.Link]
LINK = ("crossbars", "interval", "step", "refuted")


def stated_schedule(schedule: Schedule) -> check_schedule.Schedule:
    """The schedule as the checker has it.

    Raises
    ------
    UnsupportedError
        On a rule of one's own, a latency where a layer is divided or whose step time is not linear,
        or a schedule beyond the checker's limits.
    """
    try:
        return check_schedule.Schedule(_statement(schedule))
    except check.Refused as reason:
        raise UnsupportedError(f"no certificate can state this schedule: {reason}") from None


def _statement(schedule: Schedule) -> dict[str, Any]:
    network = schedule.network
    blocks = zip(network.layers, schedule.blocks, strict=True)
    cycles = statement(replace(schedule.whole, objective="cycles", rule=None, hardware=None))
    return {
        "name": network.name,
        "objective": schedule.objective,
        "crossbars": schedule.crossbars,
        "write": schedule.write,
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
        "edges": cycles["edges"],
        "published": _published(schedule),
        "off_chip": _off_chip(schedule),
        "time": _time(schedule) if schedule.is_latency else None,
    }


def _published(schedule: Schedule) -> dict[str, Any] | None:
    """Needs and tails of the rule `published`; None where the count has others."""
    if schedule.rule in (None, "pipeline"):
        return None
    if schedule.rule != "published":
        raise check.Refused(f"it counts by the rule {schedule.rule!r}")
    whole = schedule.whole
    printed = statement(replace(whole, objective=whole.count, hardware=None))
    tails = [0] * len(whole.sets)
    for edge, tail in zip(printed["edges"], printed["view"]["tails"], strict=True):
        tails[edge["consumer"]] = tail[0]
    return {"edges": printed["edges"], "tails": tails}


def _off_chip(schedule: Schedule) -> dict[str, Any] | None:
    """What a value costs off the chip, and the values of each column block."""
    if not schedule.off_chip:
        return None
    cost = Fraction(schedule.value_time) / Fraction(schedule.unit)
    values = [
        [
            layer.outputs * part_of(schedule.crossbar, layer, block, 1).out_channels
            for block in range(count)
        ]
        for layer, (count, _) in zip(schedule.network.layers, schedule.blocks, strict=True)
    ]
    return {"cost": [cost.numerator, cost.denominator], "values": values}


def _time(schedule: Schedule) -> dict[str, Any]:
    """How long steps last, in the schedule's unit, for every R that a segment can have."""
    for layer, divided in zip(schedule.network.layers, schedule.divided, strict=True):
        if divided:
            raise check.Refused(f"it is a latency, and layer {layer.name!r} is divided")
    whole, unit = schedule.whole, Fraction(schedule.unit)
    ample = replace(whole, crossbars=schedule.crossbars + whole.smallest_budget)
    stated = linear_time(ample)
    scale = int(Fraction(*stated["tick"]) / unit)
    for layer, size, record in zip(
        schedule.network.layers, whole.sets, stated["layers"], strict=True
    ):
        most = min(layer.outputs, schedule.crossbars // size)
        for key in ("own", "times"):
            record[key] = [scale * each for each in record[key][:most]]
    tick = [unit.numerator, unit.denominator]
    return {**stated, "tick": tick, "compute": scale * stated["compute"]}


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
        "digest": check.digest(stated.numbers()),
    }
    yield {"schedule": record}
    plan = [[start, stop, [*allocation]] for start, stop, allocation in result.plan or ()]
    yield {"claim": {"value": result.value, "bound": result.bound, "plan": plan}}
    for edge, links in sorted(_bounded(schedule, stated, result.bound or 1, watch).items()):
        yield {"segment": {"units": [*edge], "links": len(links)}}
        segment = check_schedule.Segment(stated, edge, stated.needed(edge[1]))
        for crossbars, interval, step, refuted in links:
            yield {"link": dict(zip(LINK, (crossbars, interval, step, refuted), strict=True))}
            yield from proof(segment.problem(crossbars, interval, step), refuted, watch)
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
        {
            (
                fact.crossbars,
                fact.interval,
                None if fact.step >= search.longest else fact.step,
                None if fact.fewest is None else fact.fewest - 1,
            )
            for fact in search.facts
            if fact.fewest is None or fact.fewest > 1
        },
        key=check_schedule.order,
    )
    kept: Sequence[check_schedule.Link] = links
    for link in links:
        fewer = [other for other in kept if other != link]
        if segment.bound(fewer) >= bound:
            kept = fewer
    return [*kept]
