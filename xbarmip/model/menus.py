"""Menus of duplications: which R can still occur, by the budget and by NormalOp alone."""

from collections.abc import Sequence

import numpy as np

from xbarmip.exact import ceil_div
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.rule import rule_view


def counted_outputs(problem: Problem) -> tuple[int, ...]:
    """Outputs of each layer that count for NormalOp: N under the published rule, else N*."""
    network = problem.network
    return network.needed if problem.rule is None else rule_view(network, problem.rule).outputs


def trivial_bound(problem: Problem) -> int:
    """Least T for which the budget buys every layer R >= ceil(outputs / T).

    No allocation within the budget has a smaller value: the objective is at least
    ceil(outputs / R) for every layer of which outputs count, and at least 1.
    """
    outputs = counted_outputs(problem)
    if not problem.feasible:
        return 1
    low, high = 1, max(1, *outputs)
    while low < high:
        middle = (low + high) // 2
        cost = sum(
            s * max(1, ceil_div(n, middle)) for n, s in zip(outputs, problem.sets, strict=True)
        )
        low, high = (low, middle) if cost <= problem.crossbars else (middle + 1, high)
    return low


def full_menus(problem: Problem) -> list[Array]:
    """Every R from 1 to the largest that the budget leaves, one array for each layer."""
    return [np.arange(1, most + 1, dtype=np.int64) for most in problem.largest]


def within_budget(problem: Problem, menus: Sequence[Array]) -> list[Array] | None:
    """Menus without the R that, with the least R of all others, break the budget.

    None when the least R of all layers break it together. An infeasible problem is left as it is:
    its budget constraint says so itself.
    """
    least = sum(s * int(menu[0]) for s, menu in zip(problem.sets, menus, strict=True))
    if not problem.feasible:
        return list(menus)
    if least > problem.crossbars:
        return None
    spare = problem.crossbars - least
    return [
        menu[menu <= int(menu[0]) + spare // s] for s, menu in zip(problem.sets, menus, strict=True)
    ]


def ceil_divs(n: int, r: Array) -> Array:
    """ceil(n / r) for every entry of `r`."""
    return -(-n // r)
