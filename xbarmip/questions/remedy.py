"""What would do where nothing is allowed: the smallest bound or limit, one at a time (SPEC §12).

A bound of a goal is left out, and its measure minimised subject to all that is left: less would
not do, and that much does. So it is with a constraint that is one sum over the layers: its limit is
left out, and the sum minimised. Each number holds with everything else as it stands; where there is
none, leaving that one out is not enough.

What fits into some cores fits into more. So of `core-packing` the number is halved between one that
is too little and one that does, beginning with the cores that the largest R of every layer would
take, which hold whatever is allowed. An allocation that is found may take fewer cores than were
asked for, and no allocation takes fewer than one copy of every layer does.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from xbarmip.constraint import LinearConstraint, Recipe
from xbarmip.constraints.core_packing import CorePacking
from xbarmip.errors import UnsupportedError
from xbarmip.goal import MICROSECONDS, Sum
from xbarmip.measures.registry import objective_and_rule
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of
from xbarmip.questions.result import GoalResult
from xbarmip.questions.then import GoalWalk
from xbarmip.solvers.protocol import Limits, Solver, Watch
from xbarmip.solvers.result import Status

_OWN = "the_sum"  # of a constraint, as a measure


def remedies(problem: Problem, solver: Solver, seconds: float | None = None) -> list[str]:
    """What would do, in words: each bound or limit that could be raised alone, and to what.

    Parameters
    ----------
    problem : Problem
        Infeasible, with a budget that holds one copy of every layer.
    solver : Solver
    seconds : float, optional
        Wall-clock time for each question.
    """
    found = []
    for key, most in problem.at_most:
        rest = tuple(pair for pair in problem.at_most if pair[0] != key)
        label = key.removesuffix(MICROSECONDS)
        objective, rule = objective_and_rule(label)
        goal = replace(problem, objective=objective, rule=rule, at_most=rest, then=())
        if (least := _least(goal, solver, seconds)) is not None:
            name, value = amount_of(goal, label).shown(least)
            found.append(f"{name} at most {plain(most)} is too little, {value} would do")
    adjustable = _adjustable(problem)
    for constraint in problem.constraints:
        if constraint.name not in adjustable:
            continue
        alike = [each for each in problem.constraints if each.name == constraint.name]
        if isinstance(constraint, LinearConstraint) and len(alike) == 1:
            rest = tuple(each for each in problem.constraints if each is not constraint)
            own = Sum(_OWN, constraint.weights)
            sums = (*problem.sums, own)
            goal = replace(problem, objective=_OWN, rule=None, constraints=rest, then=(), sums=sums)
            if (least := _least(goal, solver, seconds)) is not None:
                asked = Fraction(constraint.limit, constraint.scale)
                value = Fraction(least, constraint.scale)
                found.append(f"{constraint.name}: {asked} is too little, {value} would do")
    return [*found, *_core_remedies(problem, solver, seconds)]


def _core_remedies(problem: Problem, solver: Solver, seconds: float | None) -> Iterator[str]:
    for place, recipe in enumerate(problem.given):
        if isinstance(recipe, CorePacking):
            least = _fewest_cores(problem, place, solver, seconds)
            if least is not None:
                asked = recipe.cores_on(problem)
                yield f"core-packing: {asked} is too little, {least} would do"


def _fewest_cores(
    problem: Problem, place: int, solver: Solver, seconds: float | None
) -> int | None:
    """The least number of cores for the CorePacking at a place; None where no number is proven."""
    given, packing = problem.given, problem.given[place]
    enough = packing.fewest_cores(problem, problem.largest)
    least = packing.fewest_cores(problem, (1,) * len(problem.sets))
    if enough is None or least is None:
        return None
    low, high = max(packing.cores_on(problem), least - 1), None
    while high is None or low + 1 < high:
        cores = max(enough, low + 1) if high is None else (low + high) // 2
        constraints = (*given[:place], replace(packing, cores=cores), *given[place + 1 :])
        goal = replace(problem, objective="interval", rule=None, constraints=constraints, then=())
        answer = _answer(goal, solver, seconds)
        if answer is not None and answer.allocation is not None:
            high = packing.fewest_cores(problem, tuple(answer.allocation.values()))
        elif high is None or answer is None or answer.status is not Status.INFEASIBLE:
            return None
        else:
            low = cores
    return high


def _adjustable(problem: Problem) -> set[str]:
    """Names of constraints whose limit a user gave: not of a rate, or of a list of R."""
    names = {constraint.name for constraint in problem.constraints}
    for recipe in problem.given:
        limited = hasattr(recipe, "limit") or hasattr(recipe, "tiles")
        if isinstance(recipe, Recipe) and not limited:
            names -= {constraint.name for constraint in recipe.on(problem)}
    return names


def _least(goal: Problem, solver: Solver, seconds: float | None) -> int | None:
    """The least value of a goal; None where there is none, or it cannot be asked or proven."""
    answer = _answer(goal, solver, seconds)
    return None if answer is None or answer.status is not Status.OPTIMAL else answer.value


def _answer(goal: Problem, solver: Solver, seconds: float | None) -> GoalResult | None:
    """What is answered; None where it cannot be asked."""
    walk = GoalWalk(solver)
    try:
        return None if walk.unsupported(goal) else walk.solve(goal, Watch(Limits(seconds)))
    except UnsupportedError:
        return None
