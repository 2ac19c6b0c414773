"""The value of an allocation under a problem's objective, in exact integers."""

from collections.abc import Mapping, Sequence

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.closed_form import steps, steps_many
from xbarmip.timing.pipeline import cycles, cycles_many


def evaluate(problem: Problem, allocation: Mapping[str, int] | Sequence[int]) -> int:
    """Objective value of `allocation`; its budget is not checked."""
    if problem.rule is None:
        return cycles(problem.network, allocation)
    return steps(problem.network, allocation, problem.rule)


def evaluate_many(problem: Problem, allocations: Array) -> Array:
    """Objective value of each row of `allocations`, shape (count, layers), every R in 1..N_l."""
    if problem.rule is None:
        return cycles_many(problem.network, allocations)
    return steps_many(problem.network, allocations, problem.rule)
