"""The problem's own constraints as rows over the choices (SPEC §8, §9; docs/model.md).

A linear constraint is one row. A predicate over few layers is a table of what it forbids: for a
choice of all its layers but one, the R of the last layer that do not go with it. So is a linear
constraint over few layers whose numbers are too large for solvers. Other predicates are functions,
which no linear solver takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress
from math import gcd, prod
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.expr.numeric_expr import LinearExpression

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.model.hooks import condition_holds
from xbarmip.model.pause import Pause, paused
from xbarmip.model.rows import LARGEST_NUMBER
from xbarmip.network.window import Array
from xbarmip.problem import Problem

MOST_CELLS = 200_000  # of a table: choices of R for all layers of the constraint

_Scope = Mapping[str, Array]  # the layers of a constraint with their menus
_Row = tuple[list[int], list[Any], int]  # coefficients, variables, upper bound


def add_constraints(
    model: pyo.ConcreteModel, problem: Problem, menus: Sequence[Array], pause: Pause
) -> None:
    """Add the problem's constraints as `model.constraints[name, number]`, over the R of `menus`."""
    if not problem.constraints:
        return
    model.constraints = pyo.Constraint(pyo.Any, doc="[name, number]: the problem's constraints")
    for constraint, scope in _scopes(problem, menus):
        if isinstance(constraint, Predicate) and _cells(scope) > MOST_CELLS:
            _add(model, constraint, condition_holds(model, constraint))
            continue
        for coefficients, variables, upper in paused(_rows(model, constraint, scope), pause):
            body = LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)
            _add(model, constraint, (None, body, upper))


def constraint_obstacle(problem: Problem, menus: Sequence[Array]) -> str | None:
    """Why a constraint cannot be stated for linear solvers over the R of `menus`; None if all can.

    It is not a sum of numbers that are small enough, and its table would have too many cells.
    """
    for constraint, scope in _scopes(problem, menus):
        if _cells(scope) > MOST_CELLS and not _is_small_sum(constraint, scope):
            return (
                f"constraint {constraint.name!r} as a table of {_cells(scope)} choices for its "
                f"{len(scope)} layers, the limit is {MOST_CELLS}"
            )
    return None


def _scopes(problem: Problem, menus: Sequence[Array]) -> Iterator[tuple[Constraint, _Scope]]:
    """Every constraint with the menus of its layers."""
    by_layer = dict(zip(problem.network.index, menus, strict=True))
    for constraint in problem.constraints:
        yield constraint, {name: by_layer[name] for name in constraint.layers}


def _cells(scope: _Scope) -> int:
    return prod(map(len, scope.values()))


def _add(model: pyo.ConcreteModel, constraint: Constraint, row: Any) -> None:
    model.constraints.add((constraint.name, len(model.constraints) + 1), row)


def _rows(model: pyo.ConcreteModel, constraint: Constraint, scope: _Scope) -> Iterator[_Row]:
    small = _is_small_sum(constraint, scope)
    if isinstance(constraint, LinearConstraint) and (small or _cells(scope) > MOST_CELLS):
        return _sum(model, constraint, scope)
    return _table(model, constraint, scope)


def _is_small_sum(constraint: Constraint, scope: _Scope) -> bool:
    if not isinstance(constraint, LinearConstraint):
        return False
    limit, weights = _smallest(constraint, scope)
    return max(limit, *map(max, weights.values())) <= LARGEST_NUMBER


def _sum(model: pyo.ConcreteModel, constraint: LinearConstraint, scope: _Scope) -> Iterator[_Row]:
    """One row, or none where every choice meets it."""
    limit, weights = _smallest(constraint, scope)
    terms = [
        (weight, model.choose[name, int(r)])
        for name, some in weights.items()
        for r, weight in zip(scope[name], some, strict=True)
        if weight
    ]
    if terms:
        yield [weight for weight, _ in terms], [choice for _, choice in terms], limit


def _smallest(constraint: LinearConstraint, scope: _Scope) -> tuple[int, dict[str, list[int]]]:
    """Limit and weights, as small as they can be with the same choices meeting the constraint.

    Every layer's least weight is taken off its weights and the limit, all are divided by their
    greatest common divisor, the limit rounded down, and a weight beyond the limit, which no other
    can make good, becomes limit + 1. A limit below 0 forbids everything: then it is 0, and any
    weight is 1.
    """
    limit, weights = constraint.limit, {}
    for name, table in constraint.weights:
        some = [table[int(r) - 1] for r in scope[name]]
        limit -= min(some)
        weights[name] = [weight - min(some) for weight in some]
    if limit < 0:
        return 0, {name: [1] * len(some) for name, some in weights.items()}
    divisor = gcd(*chain.from_iterable(weights.values())) or 1
    limit //= divisor
    return limit, {
        name: [min(weight // divisor, limit + 1) for weight in some]
        for name, some in weights.items()
    }


def _table(model: pyo.ConcreteModel, constraint: Constraint, scope: _Scope) -> Iterator[_Row]:
    """Of every choice that it forbids at least one part is not made.

    The last layer is the one with most R. For a choice of the others, all that it forbids of the
    last layer makes one row; choices that differ in the last but one and forbid the same share it.
    As a layer has one R, a row of n layers adds up to n exactly at a choice that is forbidden.
    """
    order = sorted(scope, key=lambda name: len(scope[name]))
    forbidden = _forbidden(constraint, order, scope)
    choices = [[model.choose[name, int(r)] for r in scope[name]] for name in order]
    last = choices.pop()
    alike = choices.pop() if choices else []
    for place in np.ndindex(*map(len, choices)):
        fixed = [some[k] for some, k in zip(choices, place, strict=True)]
        patterns, which = np.unique(forbidden[place], axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            if pattern.any():
                same = compress(alike, which.reshape(-1) == number)
                parts = [*fixed, *same, *compress(last, pattern)]
                yield [1] * len(parts), parts, len(order) - 1


def _forbidden(constraint: Constraint, order: Sequence[str], scope: _Scope) -> NDArray[np.bool_]:
    """What it forbids, by the places of R in the menus; of two dimensions or more."""
    menus = [scope[name] for name in order]
    grid = np.stack(np.meshgrid(*menus, indexing="ij"), axis=-1)
    columns = [order.index(name) for name in constraint.layers]
    holds = constraint.holds_many(grid.reshape(-1, len(order))[:, columns])
    forbidden = ~holds.reshape(grid.shape[:-1])
    return forbidden if len(order) > 1 else forbidden[None]
