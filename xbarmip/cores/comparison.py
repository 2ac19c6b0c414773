"""Placements compared: every answer checked anew, and judged by the rule of all comparisons.

A suite of `xbarmip compare` holds problems of one budget, and its runs are sent to processes and
files that know of allocations alone; a placement also has a layout. So placements have this small
comparison of their own, in one process, whose rows and verdicts are those of `xbarmip.compare`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from xbarmip.compare.instance import InstanceFacts
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.row import UNSUPPORTED, Row
from xbarmip.compare.verdict import Verdict, judge
from xbarmip.cores.cases import PlacementCase
from xbarmip.cores.door import PlacementSolver
from xbarmip.cores.layout import check_layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.cores.score import score
from xbarmip.errors import InputError
from xbarmip.solvers.protocol import Limits, Watch


class Compared(NamedTuple):
    """All answers to one placement."""

    case: PlacementCase
    rows: tuple[Row, ...]
    verdict: Verdict


def compare_placements(
    cases: Iterable[PlacementCase],
    solvers: Sequence[PlacementSolver],
    time_limit: float | None = None,
    memory_limit: int | None = None,
) -> Iterator[Compared]:
    """Run every solver on every case; one verdict for each case, as soon as it is known.

    Parameters
    ----------
    cases : iterable of PlacementCase
    solvers : sequence of PlacementSolver
    time_limit : float, optional
        Seconds for each run.
    memory_limit : int, optional
        Bytes for each run.
    """
    for case in cases:
        rows = tuple(_row(case, solver, Limits(time_limit, memory_limit)) for solver in solvers)
        yield Compared(case, rows, judge(facts_of(case), rows))


def facts_of(case: PlacementCase) -> InstanceFacts:
    """What a verdict needs to know about a placement.

    One copy of every layer may be within the budget and yet not fit into the cores: whether a
    placement exists is for the solvers to say, so none is taken as known.
    """
    placement = case.placement
    crossbar = placement.problem.crossbar
    return InstanceFacts(
        name=case.name,
        network=placement.network.name,
        layers=len(placement.parts),
        crossbars=placement.chip * placement.capacity,
        size=(crossbar.rows, crossbar.columns),
        objective=placement.objective,
        smallest_budget=placement.problem.smallest_budget,
        constraints=(*placement.problem.constraint_names, "cores"),
    )


def _row(case: PlacementCase, solver: PlacementSolver, limits: Limits) -> Row:
    reasons = solver.unsupported(case.placement)
    if reasons:
        return _record(case, solver, Outcome.REFUSED, UNSUPPORTED, message="; ".join(reasons))
    watch = Watch(limits)
    result = solver.solve(case.placement, watch)
    return row_of(case, solver, result, watch.seconds)


def row_of(
    case: PlacementCase, solver: PlacementSolver, result: PlacementResult, seconds: float
) -> Row:
    """What a solver claims, beside what its layout takes."""
    confirmed, used, defect = _confirmed(case.placement, result)
    return _record(
        case, solver, Outcome.ANSWERED, result.status.value,
        stop=result.stop.value, value=result.value, bound=result.bound,
        proof=None if result.proof is None else result.proof.value,
        allocation=result.allocation, confirmed=confirmed, crossbars_used=used, defect=defect,
        seconds=seconds, message=result.message, statistics=result.statistics,
        options=result.options,
    )  # fmt: skip


def _confirmed(placement: Placement, result: PlacementResult) -> tuple[int | None, int | None, str]:
    """Value and crossbars of the layout, evaluated anew; or why it is not allowed."""
    if result.layout is None:
        return None, None, ""
    try:
        check_layout(placement, result.layout)
    except InputError as error:
        return None, None, str(error)
    found = score(placement, result.layout)
    return found.value, found.crossbars, ""


def _record(
    case: PlacementCase, solver: PlacementSolver, outcome: Outcome, status: str, **facts: object
) -> Row:
    about = facts_of(case)
    return Row(
        instance=case.name, solver=solver.name, network=about.network, crossbars=about.crossbars,
        size=about.size, objective=about.objective, rule=None, outcome=outcome.value,
        status=status, **facts,  # type: ignore[arg-type]
    )  # fmt: skip
