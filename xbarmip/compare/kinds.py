"""The kinds of problems that are compared: allocations, networks in segments, copies in cores.

All that a comparison asks of a kind is in its entry here; the rest is the same for all.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from xbarmip.certificate.check import digest
from xbarmip.certificate.statement import stated_problem
from xbarmip.certificate.write import Certificate, write_certificate
from xbarmip.cores.certificate import stated_chip, write_placement_certificate
from xbarmip.cores.door import PLACEMENT_EXACT, PLACEMENT_SOLVERS, layout_facts
from xbarmip.cores.layout import Layout, Share
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.digest import CODE, comparable, problem_digest
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.problem import Problem
from xbarmip.schedules.certificate import stated_schedule, write_schedule_certificate
from xbarmip.schedules.door import SCHEDULE_EXACT, SCHEDULE_SOLVERS
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import ScheduleResult, plan_facts, plan_of
from xbarmip.schedules.segment import values_of
from xbarmip.solvers.check import Evaluated, allocation_facts
from xbarmip.solvers.registry import EXACT, SOLVERS, make_solver, solver_of
from xbarmip.solvers.result import Result

Question = Any  # a Problem, Schedule or Placement


@dataclass(frozen=True, eq=False)
class Kind:
    """How problems of one kind are compared.

    Attributes
    ----------
    solvers : mapping
        By name: a class, or where it is found.
    exact : tuple of str
        Those that prove what they claim.
    digest : callable
        Of a problem: which problem it is.
    facts : callable
        Of a problem and an answer: what an evaluation of its own finds (see `Checked`).
    restored : callable
        Of a problem and a claim as a `Result`, with a row's statistics: the same with all that a
        certificate is written of, as far as a row has it; raises UnsupportedError.
    state : callable
        Of a problem: it as the checker has it; raises UnsupportedError.
    write : callable
        Writes a certificate.
    kept : callable
        Of an answer: what a row keeps of it in its statistics, besides those that it has.
    """

    solvers: Mapping[str, Any]
    exact: tuple[str, ...]
    digest: Callable[[Any], str]
    facts: Evaluated
    restored: Callable[[Any, Result, Mapping[str, Any]], Result]
    state: Callable[[Any], Any]
    write: Callable[..., Certificate]
    kept: Callable[[Any], Mapping[str, Any]] = lambda _: {}

    def has(self, solver: Any) -> bool:
        """Whether a solver, by name or made, is one of this kind; of allocations all others are."""
        if isinstance(solver, str):
            return self._has(solver, list)
        return self._has(f"{type(solver).__module__}:{type(solver).__qualname__}", dict.values)

    def _has(self, one: str, listed: Callable[[Any], Any]) -> bool:
        others = (kind for kind in KINDS.values() if kind is not self)
        rest = self.solvers is SOLVERS and not any(one in listed(kind.solvers) for kind in others)
        return one in listed(self.solvers) or rest

    def make(self, solver: Any) -> Any:
        """The solver of a name; one that is made as it is."""
        if not isinstance(solver, str):
            return solver
        if self.solvers is SOLVERS:
            return make_solver(solver)
        return solver_of(self.solvers, "solver", solver, {})


def kind_of(problem: Question) -> Kind:
    """The kind of a problem."""
    return next(kind for own, kind in KINDS.items() if isinstance(problem, own))


def made(solvers: Sequence[Any] | None, kind: Kind) -> tuple[Any, ...]:
    """The solvers that are of a kind, each once, or those that prove what they claim.

    Raises
    ------
    InputError
        On one that cannot be made, or two of one name.
    """
    wanted = kind.exact if solvers is None else solvers
    found = tuple(kind.make(solver) for solver in wanted if kind.has(solver))
    for name, times in Counter(solver.name for solver in found).items():
        if times > 1:
            raise InputError(f"solver {name!r} is listed {times} times")
    return found


def require_used(solvers: Sequence[Any], kinds: Sequence[Kind]) -> None:
    """Refuse a solver that is of none of some kinds.

    Raises
    ------
    InputError
        Naming those that there are.
    """
    for solver in solvers:
        if not any(kind.has(solver) for kind in kinds):
            known = ", ".join(dict.fromkeys(name for kind in kinds for name in kind.solvers))
            raise InputError(
                f"solver must be one of {known}, got {getattr(solver, 'name', solver)!r}"
            )


def _schedule_digest(schedule: Schedule) -> str:
    """Of the network under an ample budget, and of all that is said besides.

    What a part of a divided layer moves is not in the former: the hardware stands in.
    """
    whole = schedule.whole
    ample = replace(whole, crossbars=schedule.crossbars + whole.smallest_budget)
    moved = repr(schedule.hardware) if whole.is_latency and any(schedule.divided) else ""
    costs = [str(schedule.write_time), str(schedule.value_time)]
    chip = [schedule.crossbars, schedule.batch, int(schedule.divide)]
    return _with(problem_digest(ample), [chip, costs, schedule.blocks, values_of(schedule), moved])


def _placement_digest(placement: Placement) -> str:
    parts = [
        (part.outputs, part.blocks, part.width, part.window, part.channels)
        for part in placement.parts
    ]
    chip = [placement.chip, placement.capacity, int(placement.split)]
    objective = [str(placement.unit), placement.product_units, placement.value_units]
    times = objective if placement.is_period else []
    return _with(problem_digest(placement.problem), [chip, parts, times])


def _with(known: str, more: Any) -> str:
    """A digest of what has one and of something else."""
    code = "" if comparable(known) else CODE
    return code + digest([known, more])


def _with_plan(schedule: Schedule, claim: Result, statistics: Mapping[str, Any]) -> ScheduleResult:
    allocation = [*(claim.allocation or {}).values()]
    plan = plan_of(schedule, statistics.get("cuts", ()), allocation) if allocation else None
    return ScheduleResult(
        claim.solver, claim.status, claim.stop, claim.value, claim.bound, claim.allocation,
        claim.proof, plan=plan, unit=schedule.unit,
    )  # fmt: skip


def _shares(answer: Any) -> dict[str, Any]:
    """What each core holds, as [layer, copy, row blocks]."""
    layout = getattr(answer, "layout", None)
    return {} if layout is None else {"cores": [[[*share] for share in c] for c in layout.cores]}


def kept_layout(allocation: Mapping[str, int], statistics: Mapping[str, Any]) -> Layout:
    """The layout that a row keeps; not checked.

    Raises
    ------
    UnsupportedError
        Where it keeps none.
    """
    if "cores" not in statistics:
        raise UnsupportedError("the row holds no layout: an earlier version wrote it")
    cores = tuple(tuple(Share(*share) for share in core) for core in statistics["cores"])
    return Layout((*allocation.values(),), cores)


def _with_layout(_: Placement, claim: Result, statistics: Mapping[str, Any]) -> PlacementResult:
    layout = None if claim.allocation is None else kept_layout(claim.allocation, statistics)
    return PlacementResult(
        claim.solver, claim.status, claim.stop, claim.value, claim.bound, claim.allocation,
        claim.proof, layout=layout,
    )  # fmt: skip


KINDS: dict[type, Kind] = {
    Problem: Kind(
        SOLVERS, EXACT, problem_digest, allocation_facts, lambda _, claim, __: claim,
        stated_problem, write_certificate,
    ),
    Schedule: Kind(
        SCHEDULE_SOLVERS, SCHEDULE_EXACT, _schedule_digest, plan_facts, _with_plan,
        stated_schedule, write_schedule_certificate,
    ),
    Placement: Kind(
        PLACEMENT_SOLVERS, PLACEMENT_EXACT, _placement_digest, layout_facts, _with_layout,
        stated_chip, partial(write_placement_certificate, whole=True), _shares,
    ),
}  # fmt: skip
