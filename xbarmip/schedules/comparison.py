"""Schedules compared: every answer checked anew, and judged by the rule of all comparisons.

A suite of `xbarmip compare` holds problems of one budget, and its runs are sent to processes and
files that know of allocations alone; a schedule has a plan. So schedules have this small comparison
of their own, as placements have, in one process; rows and verdicts are those of `xbarmip.compare`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from xbarmip.compare.instance import InstanceFacts
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.row import UNSUPPORTED, Row
from xbarmip.compare.verdict import Verdict, judge
from xbarmip.errors import InputError
from xbarmip.schedules.cases import ScheduleCase
from xbarmip.schedules.door import ScheduleSolver
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, plan_cost, planned
from xbarmip.solvers.protocol import Limits, Watch


class Compared(NamedTuple):
    """All answers to one schedule."""

    case: ScheduleCase
    rows: tuple[Row, ...]
    verdict: Verdict


def compare_schedules(
    cases: Iterable[ScheduleCase],
    solvers: Sequence[ScheduleSolver],
    time_limit: float | None = None,
) -> Iterator[Compared]:
    """Run every solver on every case; one verdict for each case, as soon as it is known."""
    for case in cases:
        answers = [_answered(case.schedule, solver, Limits(time_limit)) for solver in solvers]
        rows = tuple(
            _row(case, solver, result, seconds)
            for solver, (result, seconds) in zip(solvers, answers, strict=True)
        )
        yield Compared(case, rows, judge(facts_of(case), rows))


def _answered(
    schedule: Schedule, solver: ScheduleSolver, limits: Limits
) -> tuple[ScheduleResult | None, float]:
    """A solver's answer and its seconds; None where it refuses."""
    if solver.unsupported(schedule):
        return None, 0.0
    watch = Watch(limits)
    return solver.solve(schedule, watch), watch.seconds


def facts_of(case: ScheduleCase) -> InstanceFacts:
    """What a verdict needs to know; the smallest chip is one that holds each column block."""
    schedule = case.schedule
    return InstanceFacts(
        name=case.name,
        network=schedule.network.name,
        layers=len(schedule.network.layers),
        crossbars=schedule.crossbars,
        size=(schedule.crossbar.rows, schedule.crossbar.columns),
        objective=schedule.objective,
        smallest_budget=max(each for _, each in schedule.blocks),
        constraints=("segments",),
    )


def _row(
    case: ScheduleCase,
    solver: ScheduleSolver,
    result: ScheduleResult | None,
    seconds: float,
) -> Row:
    """What a solver claims, beside what its plan takes."""
    if result is None:
        reasons = "; ".join(solver.unsupported(case.schedule))
        return _record(case, solver, Outcome.REFUSED, UNSUPPORTED, message=reasons)
    confirmed, used, defect = _confirmed(case.schedule, result)
    return _record(
        case, solver, Outcome.ANSWERED, result.status.value,
        stop=result.stop.value,
        value=result.value,
        bound=result.bound,
        proof=None if result.proof is None else result.proof.value,
        allocation=result.allocation, confirmed=confirmed, crossbars_used=used, defect=defect,
        seconds=seconds, message=result.message, statistics=result.statistics,
        options=result.options,
    )  # fmt: skip


def _confirmed(schedule: Schedule, result: ScheduleResult) -> tuple[int | None, int | None, str]:
    """Value and most crossbars of the plan, evaluated anew; or why it is not allowed."""
    if result.plan is None:
        return None, None, ""
    try:
        found = planned(schedule, result.plan)
    except InputError as error:
        return None, None, str(error)
    value = plan_cost(schedule, result.plan)
    return value, max(figures.crossbars for _, figures in found), ""


def _record(
    case: ScheduleCase, solver: ScheduleSolver, outcome: Outcome, status: str, **facts: object
) -> Row:
    about = facts_of(case)
    return Row(
        instance=case.name, solver=solver.name, network=about.network, crossbars=about.crossbars,
        size=about.size, objective=about.objective, rule=case.schedule.rule,
        outcome=outcome.value, status=status, **facts,  # type: ignore[arg-type]
    )  # fmt: skip
