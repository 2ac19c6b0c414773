"""Integers that depend on a choice, written as 0/1 variables: "R = r, and the integer is >= k"."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from xbarmip.model.pause import Pause, paused
from xbarmip.network.window import Array


class Thresholds(NamedTuple):
    """An integer in low..high, as it is when R = r is chosen.

    Attributes
    ----------
    choice : pyomo variable
        choose[l, r].
    low, high : int
        Bounds that hold whenever r is chosen.
    above : tuple of pyomo variables
        For k = low + 1, ..., high: 1 if r is chosen and the integer is at least k.
    """

    choice: Any
    low: int
    high: int
    above: tuple[Any, ...]

    def at_least(self, k: int) -> Any:
        """Variable for "r is chosen and the integer is at least k"; None where it cannot be."""
        if k <= self.low:
            return self.choice
        return self.above[k - self.low - 1] if k <= self.high else None


def total(integers: Iterable[Thresholds]) -> tuple[list[int], list[Any]]:
    """Coefficients and variables whose sum is the integer of the chosen R."""
    coefficients, variables = [], []
    for integer in integers:
        if integer.low:
            coefficients.append(integer.low)
            variables.append(integer.choice)
        coefficients += [1] * len(integer.above)
        variables += integer.above
    return coefficients, variables


def at_least(
    larger: Iterable[Any], smaller: Iterable[Any]
) -> tuple[int, LinearExpression, None] | None:
    """Constraint sum(larger) >= sum(smaller) over variables, None among them standing for 0.

    None when the right side is empty: nothing to demand.
    """
    right = [variable for variable in smaller if variable is not None]
    if not right:
        return None
    left = [variable for variable in larger if variable is not None]
    return row([1] * len(left) + [-1] * len(right), left + right)


def row(
    coefficients: Sequence[int], variables: Sequence[Any], lower: int = 0
) -> tuple[int, LinearExpression, None]:
    """Constraint sum(coefficient * variable) >= lower."""
    body = LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)
    return lower, body, None


def declare(
    block: pyo.Block, spans: Mapping[tuple[Any, ...], tuple[Any, int, int]], pause: Pause
) -> dict[tuple[Any, ...], Thresholds]:
    """Declare `block.at_least[key, k]` and their order for every integer, and return them by key.

    Parameters
    ----------
    block : pyomo Block
    spans : mapping of key to (choice, low, high)
        Keys of three entries.
    pause : callable
        Called between the integers.
    """
    keys = [(*key, k) for key, (_, low, high) in spans.items() for k in range(low + 1, high + 1)]
    block.AT_LEAST = pyo.Set(initialize=keys, dimen=4)
    block.at_least = pyo.Var(block.AT_LEAST, bounds=(0, 1))
    block.order = pyo.Constraint(pyo.Any, doc="r is chosen where its integer counts, k before k+1")
    found = {}
    for key, (choice, low, high) in paused(spans.items(), pause):
        above = tuple(block.at_least[(*key, k)] for k in range(low + 1, high + 1))
        found[key] = Thresholds(choice, low, high, above)
        for k, pair in enumerate(pairwise((choice, *above)), start=low + 1):
            block.order.add((*key, k), row([1, -1], pair))
    return found


def changes(rows: Array, keep_last: bool) -> Array:
    """Numbers of the first (or last) row of every run of equal rows."""
    differ = np.any(rows[1:] != rows[:-1], axis=1)
    border = np.flatnonzero(differ)
    if keep_last:
        return np.concatenate((border, [len(rows) - 1]))
    return np.concatenate(([0], border + 1))
