"""The proofs of what a goal minimises, one for each measure in order (SPEC §12)."""

from collections.abc import Iterator
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.chain import chain
from xbarmip.certificate.goal import core_label
from xbarmip.certificate.sweep import proof
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of, bounds_of, limited
from xbarmip.questions.result import GoalResult
from xbarmip.solvers.protocol import Watch
from xbarmip.solvers.result import Result, Status


def goal_claim(problem: Problem, result: Result) -> dict[str, Any]:
    """Values of the allocation, and bounds as far as they are proven."""
    if result.status is Status.INFEASIBLE:
        return {"value": None, "bound": [], "allocation": None}
    if result.allocation is None:
        return {"value": None, "bound": [result.bound], "allocation": None}
    assert isinstance(result, GoalResult)
    bounds = []
    for least in result.minima:
        bounds.append(least.bound)
        if not least.proven:
            break
    chosen = [*result.allocation.values()]
    order = (problem.label, *problem.then)
    values = [amount_of(problem, label)(chosen) for label in order]
    return {"value": values, "bound": bounds, "allocation": chosen}


def goal_lines(
    problem: Problem, stated: check.Problem, claim: dict[str, Any], watch: Watch
) -> Iterator[Any]:
    """The proofs of a claim line by line: for each bound that there is nothing below.

    Raises
    ------
    NotRefuted
        When an allocation is below a bound.
    """
    goal, values, bounds = stated.goal, claim["value"] or [], claim["bound"]
    assert goal is not None
    known = () if claim["allocation"] is None else (tuple(claim["allocation"]),)
    for level in range(max(1, len(bounds))):
        most = [*values[:level], bounds[level] - 1] if bounds else []
        left, target = goal.left(stated, most)
        yield {"goal": level}
        if left.spare >= 0 and left.time is not None and target is not None:
            core = _core(problem, most)
            within = tuple(r for r in known if core.crossbars_used(r) <= core.crossbars)
            yield from chain(core, left, target, within, watch)
        elif left.spare >= 0:
            yield from proof(left, target, watch)


def _core(problem: Problem, most: list[int]) -> Problem:
    """The core question of a proof whose value is a time: measures have at most these values."""
    bounds = bounds_of(problem)
    for label, value in zip((problem.label, *problem.then), most, strict=False):
        bounds[label] = min(value, bounds.get(label, value))
    core = core_label(problem)
    bounds.pop(core, None)
    return limited(problem, core, bounds)
