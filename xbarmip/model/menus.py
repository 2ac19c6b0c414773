"""Menus of duplications: which R can still occur, by the budget and by each constraint alone."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.constraint import LinearConstraint
from xbarmip.exact import INT64_MAX, ceil_div, least_where
from xbarmip.network.window import Array
from xbarmip.problem import Problem


def trivial_bound(problem: Problem) -> int:
    """Least T for which the budget buys every layer R >= ceil(outputs / T).

    No allocation within the budget has a smaller value: the objective is at least
    ceil(outputs / R) for every layer of which outputs count, and at least 1.
    """
    return affordable_steps(problem, problem.view.counted) if problem.feasible else 1


def affordable_steps(problem: Problem, counts: Sequence[int]) -> int:
    """Least T for which the budget buys every layer R >= ceil(count / T).

    The budget must hold one copy of each layer.
    """

    def fits(steps: int) -> bool:
        copies = [max(1, ceil_div(count, steps)) for count in counts]
        return problem.crossbars_used(copies) <= problem.crossbars

    return least_where(1, max(1, *counts), fits)


def every_r(problem: Problem) -> list[Array]:
    """Every R from 1 to the largest that the budget leaves, one array for each layer."""
    return [np.arange(1, most + 1, dtype=np.int64) for most in problem.largest]


def full_menus(problem: Problem) -> list[Array] | None:
    """Every R that the budget and each single-layer constraint leave, one array for each layer.

    None when a layer has no such R.
    """
    menus = every_r(problem)
    for constraint in problem.constraints:
        if len(constraint.layers) == 1:
            layer = problem.network.index[constraint.layers[0]]
            menus[layer] = menus[layer][constraint.holds_many(menus[layer][:, None])]
    return menus if all(map(len, menus)) else None


def within_limits(problem: Problem, menus: Sequence[Array]) -> list[Array] | None:
    """Menus without the R that no choice of the others makes meet the budget and the constraints.

    Each sum on its own: an R goes when the least that all other layers can add to it exceeds the
    limit. None when no R of a layer is left. The budget of an infeasible problem is left out: it
    has a constraint that says so itself.
    """
    left = list(menus)
    for total in _sums(problem):
        weights = [table[left[k] - 1] for k, table in zip(total.layers, total.tables, strict=True)]
        for k, fits in zip(total.layers, fitting(weights, total.limit), strict=True):
            left[k] = left[k][fits]
            if not len(left[k]):
                return None
    return left


def fitting(weights: Sequence[NDArray[Any]], limit: int) -> list[NDArray[np.bool_]]:
    """Which weights of each layer are within the limit when all other layers add their least."""
    least = [int(some.min()) for some in weights]
    spare = limit - sum(least)
    return [some <= spare + own for some, own in zip(weights, least, strict=True)]


class _Sum(NamedTuple):
    """The entries for R of the tables of some layers add up to at most the limit."""

    layers: tuple[int, ...]
    tables: tuple[NDArray[Any], ...]
    limit: int


@lru_cache(maxsize=16)
def _sums(problem: Problem) -> tuple[_Sum, ...]:
    """The budget, and the linear constraints."""
    sums = []
    if problem.feasible:
        kind = np.int64 if problem.crossbars <= INT64_MAX else object
        copies = [menu.astype(kind) for menu in every_r(problem)]
        tables = tuple(s * r for s, r in zip(problem.sets, copies, strict=True))
        sums.append(_Sum(tuple(range(len(tables))), tables, problem.crossbars))
    for constraint in problem.constraints:
        if isinstance(constraint, LinearConstraint):
            layers = tuple(problem.network.index[name] for name in constraint.layers)
            tables = tuple(np.array(table, constraint.kind) for _, table in constraint.weights)
            sums.append(_Sum(layers, tables, constraint.limit))
    return tuple(sums)


def ceil_divs(n: int, r: Array) -> Array:
    """ceil(n / r) for every entry of `r`."""
    return -(-n // r)
