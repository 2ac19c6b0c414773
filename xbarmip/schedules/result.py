"""What is answered about a schedule, and what any plan costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from xbarmip.display import in_us
from xbarmip.errors import InputError
from xbarmip.schedules.problem import Cost, Schedule
from xbarmip.schedules.segment import Figures, Segment
from xbarmip.solvers.result import Proof, Result, Status, Stop


class Written(NamedTuple):
    """A segment of a plan: units `start` up to but not including `stop`, and R of each part."""

    start: int
    stop: int
    allocation: tuple[int, ...]


Plan = tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class ScheduleResult(Result):
    """A Result whose value and bound are those of the whole batch, whatever it costs included.

    Attributes
    ----------
    plan : tuple of Written, or None
        The segments in order. `allocation` is R by layer name, of a divided layer by
        "name[first-last]", column blocks counted from 1.
    unit : int or Fraction
        Of value and bound (`Schedule.unit`): 1 where they count steps, or so many seconds.
    """

    plan: Plan | None = None
    unit: Cost = 1

    def shown(self, number: int) -> str:
        """A cost in words: a count, or a time."""
        timed = isinstance(self.unit, Fraction)
        return f"{in_us(number * self.unit)} us" if timed else str(number)


def planned(schedule: Schedule, plan: Plan) -> tuple[tuple[Segment, Figures], ...]:
    """Each segment of a plan with what it costs.

    Raises
    ------
    InputError
        When the segments do not follow each other from the first unit to the last, or one has a
        wrong allocation or does not fit the chip.
    """
    found, expected = [], 0
    for number, written in enumerate(plan, start=1):
        where = f"segment {number}"
        if written.start != expected or not written.start < written.stop <= len(schedule.units):
            raise InputError(f"{where} must begin at unit {expected}, got {written[:2]}")
        expected = written.stop
        segment = Segment(schedule, written.start, written.stop)
        segment.problem.allocation(written.allocation)
        figures = segment.figures(written.allocation)
        if figures.crossbars > schedule.crossbars:
            raise InputError(
                f"{where} takes {figures.crossbars} crossbars, there are {schedule.crossbars}"
            )
        found.append((segment, figures))
    if expected != len(schedule.units):
        raise InputError(f"the last segment ends before unit {len(schedule.units)}")
    return tuple(found)


def plan_cost(schedule: Schedule, plan: Plan) -> int:
    """What a plan costs (see `planned`), in the schedule's unit."""
    return sum(figures.cost for _, figures in planned(schedule, plan))


def plan_facts(schedule: Schedule, answer: Any) -> dict[str, Any]:
    """What is found of an answer's plan, or of the claim that there is none (see `Checked`)."""
    if answer.status is Status.INFEASIBLE:
        claim = "claims INFEASIBLE, but every column block fits the chip"
        return {} if schedule.obstacle else {"defect": claim}
    if answer.plan is None:
        return {}
    try:
        found = planned(schedule, answer.plan)
    except InputError as error:
        return {"defect": str(error)}
    return {
        "confirmed": sum(figures.cost for _, figures in found),
        "crossbars_used": max(figures.crossbars for _, figures in found),
        "allocation": named(schedule, answer.plan),
        "unit_seconds": schedule.unit if schedule.is_latency else None,
    }


def named(schedule: Schedule, plan: Plan) -> dict[str, int]:
    """R of every layer and part of a plan, by name."""
    return {
        name: r
        for (segment, _), written in zip(planned(schedule, plan), plan, strict=True)
        for name, r in zip(part_names(segment), written.allocation, strict=True)
    }


def plan_of(schedule: Schedule, cuts: Sequence[int], allocation: Sequence[int]) -> Plan:
    """The plan whose segments begin with these units, R of layers and parts in order.

    Raises
    ------
    InputError
        When that is none.
    """
    plan, left = list[Written](), list(allocation)
    if [*cuts] != sorted({0, *cuts}) or cuts[-1] >= len(schedule.units):
        raise InputError(f"segments begin with rising units, the first with 0, got {cuts}")
    for start, stop in pairwise((*cuts, len(schedule.units))):
        parts = len(Segment(schedule, start, stop).parts)
        plan.append(Written(start, stop, tuple(left[:parts])))
        del left[:parts]
    planned(schedule, tuple(plan))
    return tuple(plan)


def part_names(segment: Segment) -> tuple[str, ...]:
    """The layers of a segment; of a divided one its column blocks with it."""
    schedule, names = segment.schedule, []
    for layer, first, blocks in segment.parts:
        name = schedule.network.layers[layer].name
        divided = blocks < schedule.blocks[layer][0]
        names.append(f"{name}[{first + 1}-{first + blocks}]" if divided else name)
    return tuple(names)


def answer(
    schedule: Schedule,
    solver: str,
    plan: Plan | None,
    bound: int | None,
    stop: Stop = Stop.FINISHED,
    proof: Proof = Proof.EXACT,
    statistics: Mapping[str, Any] | None = None,
    **more: Any,
) -> ScheduleResult:
    """A result whose status follows from what is known; `more` is of `Result`."""
    value: int | None = None
    allocation: dict[str, int] | None = None
    if plan is not None:
        value, allocation = plan_cost(schedule, plan), named(schedule, plan)
        statistics = {**(statistics or {}), "cuts": [written.start for written in plan]}
    if schedule.obstacle:
        more["message"] = schedule.obstacle
    settled = bool(schedule.obstacle) or (value is not None and value == bound)
    return ScheduleResult.of_known(
        solver,
        Stop.FINISHED if settled else stop,
        value,
        bound,
        allocation,
        proof,
        bool(schedule.obstacle),
        statistics=statistics or {},
        plan=plan,
        unit=schedule.unit,
        **more,
    )


def segments_as_dict(schedule: Schedule, plan: Sequence[Written]) -> list[dict[str, Any]]:
    """The segments of a plan for JSON; times in microseconds."""
    found = []
    for (segment, figures), written in zip(planned(schedule, tuple(plan)), plan, strict=True):
        times: dict[str, Any] = {
            "write": figures.write, "run": figures.run, "off_chip": figures.off_chip
        }  # fmt: skip
        if schedule.is_latency:
            times = {"step": figures.step, **times}
            times = {f"{key}_us": float(t * schedule.unit * 10**6) for key, t in times.items()}
        found.append(
            {
                "units": [written.start, written.stop],
                "allocation": dict(zip(part_names(segment), written.allocation, strict=True)),
                "count": figures.count,
                "interval": figures.interval,
                "crossbars": figures.crossbars,
                **times,
            }
        )
    return found
