"""Answers of solvers that rows are made of."""

from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.result import Result


def answer_of(problem: Problem, found: Result) -> tuple[int, tuple[int, ...]]:
    """Value and allocation.

    Raises
    ------
    InputError
        If the solver found none: no row can be made.
    """
    if found.value is None or found.allocation is None:
        budget = f"{problem.network.name} on {problem.crossbars} crossbars"
        said = f" ({found.message})" if found.message else ""
        raise InputError(f"{budget}: {found.solver} found no allocation, {found.status}{said}")
    return found.value, problem.allocation(found.allocation)
