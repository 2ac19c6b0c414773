"""A goal in integers, for certificates and digests (SPEC §12).

The problem is stated with the one count or time of the goal that is not a sum or greatest over the
layers. Bounds on all others are constraints; what is minimised is listed in order.
"""

from typing import Any

from xbarmip.errors import UnsupportedError
from xbarmip.goal import CROSSBARS
from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of, bounds_of, limited
from xbarmip.questions.then import INTERVAL, counted


def core_label(problem: Problem) -> str:
    """The count or time by which the goal's problem is stated.

    The one that no linear constraint bounds; else the first of `interval` and `serial` that the
    goal names; else the interval, which then plays no part.
    """
    named = (problem.label, *problem.then, *bounds_of(problem))
    views = [each for each in named if amount_of(problem, each).measure is not None]
    return next(iter((*counted(problem), *views, INTERVAL)))


def core_problem(problem: Problem) -> Problem:
    """The problem that is stated: of that count or time, with the bounds on all other measures."""
    core = core_label(problem)
    bounds = {label: most for label, most in bounds_of(problem).items() if label != core}
    return limited(problem, core, bounds)


def goal_numbers(problem: Problem) -> dict[str, Any]:
    """What is minimised in order, and the bound on the count or time.

    Raises
    ------
    UnsupportedError
        Where the largest of several sums is minimised.
    """
    core, stated = core_label(problem), core_problem(problem)
    index, largest = problem.network.index, stated.largest
    least: list[Any] = []
    for label in (problem.label, *problem.then):
        amount = amount_of(problem, label)
        if label in (core, CROSSBARS):
            least.append("value" if label == core else CROSSBARS)
        else:
            if len(amount.parts) > 1:
                raise UnsupportedError(f"no certificate can state {label!r}, a largest of sums")
            (tables,) = amount.parts
            entries = sorted((index[layer], table) for layer, table in tables)
            least.append({str(amount.over_layers): [[k, [*t[: largest[k]]]] for k, t in entries]})
    return {"at_most": bounds_of(problem).get(core), "least": least}
