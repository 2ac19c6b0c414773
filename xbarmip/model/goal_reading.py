"""The objective and bounds on the value, read back from a model (SPEC §11).

A model minimises `value`, a count or a time, unless the user deactivates `objective` and adds one.
That is a sum over layers: what is linear in the choices. Upper bounds on `value` are bounds of the
goal, whatever is minimised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, lcm
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import UnsupportedError
from xbarmip.goal import Sum
from xbarmip.model.expressions import Fold, about
from xbarmip.model.linear import Interval
from xbarmip.model.projection import Stated
from xbarmip.model.quantity import Auxiliary, Separable
from xbarmip.model.rows import label

VALUE = Auxiliary("value")


@dataclass(frozen=True, slots=True)
class Aim:
    """An objective of the user's.

    Attributes
    ----------
    data : pyomo objective data
    sign : int
        1 where it is minimised; -1 where it is maximised: then its negative is minimised.
    sum : Sum
        The sum that is minimised.
    """

    data: Any
    sign: int
    sum: Sum

    def total(self, index: Mapping[str, int], allocation: Sequence[int]) -> int:
        """The sum of an allocation."""
        return sum(weights[allocation[index[layer]] - 1] for layer, weights in self.sum.weights)


def read_aim(model: pyo.ConcreteModel, fold: Fold, largest: dict[str, int]) -> Aim | None:
    """The active objective; None where it is `value`, to be minimised.

    Raises
    ------
    UnsupportedError, InputError
        On several or none, or one that is neither `value` nor a sum of whole numbers over layers.
    """
    active = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(active) != 1:
        found = ", ".join(repr(one.name) for one in active) or "none"
        raise UnsupportedError(f"expected one active objective, found {found}")
    data = active[0]
    if data is model.component("objective"):
        return None
    with about(label(data)):
        body = fold(data.expr)
        if not isinstance(body, Separable) or body.slopes or not body.tables:
            raise UnsupportedError(
                "an objective is model.objective, or linear in the choices: "
                "in R, crossbars, tiles, normal_op or expressions of your own"
            )
        sign = 1 if data.sense == pyo.minimize else -1
        numbers = [number for table in body.tables.values() for number in table.values()]
        unit = lcm(body.constant.denominator, *(number.denominator for number in numbers))
        if unit > 1:
            raise UnsupportedError(f"its numbers must be whole: multiply it by {unit}")
        constant, weights = int(body.constant), {}
        for layer, table in body.tables.items():
            menu = range(1, largest[str(layer)] + 1)
            weights[str(layer)] = [sign * (int(table.get(r, 0)) + constant) for r in menu]
            constant = 0  # counted once
        return Aim(data, sign, Sum(data.parent_component().local_name, weights))


def bound_of_value(one: Stated) -> int:
    """The upper bound that a condition is to `value`.

    Raises
    ------
    UnsupportedError
        On any other condition on it.
    """
    what, body = one.what, one.body
    if isinstance(what, Interval) and isinstance(body, Separable) and tuple(body.keys) == (VALUE,):
        slope = body.slopes[VALUE]
        bound, other = (what.upper, what.lower) if slope > 0 else (what.lower, what.upper)
        if bound is not None and other is None:
            return floor((bound - body.constant) / slope)
    raise UnsupportedError(
        "on value, which belongs to the objective, upper bounds alone are taken: value <= 300"
    )
