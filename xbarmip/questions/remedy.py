"""What would do where nothing is allowed: the smallest bound or limit, one at a time (SPEC §12).

A bound of a goal is left out, and its measure minimised subject to all that is left: less would
not do, and that much does. So it is with a constraint that is one sum over the layers: its limit is
left out, and the sum minimised. Each number holds with everything else as it stands; where there is
none, leaving that one out is not enough.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from xbarmip.constraint import LinearConstraint, Recipe
from xbarmip.errors import UnsupportedError
from xbarmip.goal import MICROSECONDS, Sum
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of
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
        objective, _, rule = label.partition("/")
        goal = replace(problem, objective=objective, rule=rule or None, at_most=rest, then=())
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
    return found


def _adjustable(problem: Problem) -> set[str]:
    """Names of constraints whose limit a user gave: not of a rate, or of a list of R."""
    names = {constraint.name for constraint in problem.constraints}
    given: tuple[Any, ...] = problem._given  # type: ignore[attr-defined]
    for recipe in given:
        limited = hasattr(recipe, "limit") or hasattr(recipe, "tiles")
        if isinstance(recipe, Recipe) and not limited:
            names -= {constraint.name for constraint in recipe.on(problem)}
    return names


def _least(goal: Problem, solver: Solver, seconds: float | None) -> int | None:
    """The least value of a goal; None where there is none, or it cannot be asked or proven."""
    walk = GoalWalk(solver)
    try:
        if walk.unsupported(goal):
            return None
        answer = walk.solve(goal, Watch(Limits(seconds)))
    except UnsupportedError:
        return None
    return answer.value if answer.status is Status.OPTIMAL else None
