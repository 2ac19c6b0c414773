"""The objective and bounds on the value, read back from a model (SPEC §11).

A model minimises `value`, a count or a time, unless the user deactivates `objective` and adds one.
That is a sum over layers: what is linear in the choices. Upper bounds on `value` are bounds of the
goal, whatever is minimised.

*Variables of the user in the objective.* Then the least t is sought with which t >= objective and
all conditions can be met, where t is any number. The variables go out of the conditions as they do
from all others (`xbarmip.model.projection`), and what is left of t are sums that it is not below:
the objective of a choice is the largest of them. So the least 5 z + R[a] + R[b] with R[l] <= z is
the largest of the 5 R[l] + R[a] + R[b].
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, lcm
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import UnsupportedError
from xbarmip.goal import Largest, Sum
from xbarmip.model.expressions import Fold, about
from xbarmip.model.linear import Interval
from xbarmip.model.projection import Stated, least_sums
from xbarmip.model.quantity import Auxiliary, Key, Separable, added
from xbarmip.model.rows import label

VALUE = Auxiliary("value")
TOTAL = Auxiliary("objective")  # the t above; no variable of the user has this name


@dataclass(frozen=True, slots=True)
class Aim:
    """An objective of the user's.

    Attributes
    ----------
    data : pyomo objective data
    sign : int
        1 where it is minimised; -1 where it is maximised: then its negative is minimised.
    measure : Sum or Largest
        What is minimised.
    """

    data: Any
    sign: int
    measure: Sum | Largest

    def total(self, index: Mapping[str, int], allocation: Sequence[int]) -> int:
        """What is minimised, of an allocation."""
        return max(
            sum(weights[allocation[index[layer]] - 1] for layer, weights in part)
            for part in self.measure.parts
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """An objective as it is written: the data, its sign (see `Aim`), what is minimised."""

    data: Any
    sign: int
    body: Separable

    @property
    def has_variables(self) -> bool:
        """Whether it has variables of the user."""
        return any(isinstance(key, Auxiliary) for key in self.body.keys)

    @property
    def stated(self) -> tuple[Stated, ...]:
        """That TOTAL is not below it, where it has variables."""
        if not self.has_variables:
            return ()
        excess = added((self.body, Separable(0, {}, {TOTAL: -1})))
        return (Stated((self.data.name,), Interval(excess, None, 0)),)

    def aim(self, about_total: Iterable[Stated], menus: Mapping[Key, Sequence[Any]]) -> Aim:
        """The objective, with what is left of the conditions on TOTAL.

        Raises
        ------
        UnsupportedError
            Where variables did not go, nothing bounds it, or its numbers are not whole.
        """
        with about(label(self.data)):
            sums = least_sums(TOTAL, about_total) if self.has_variables else (self.body,)
            if sums is None:
                raise UnsupportedError(
                    "its variables do not follow from linear conditions: write it in R, crossbars, "
                    "tiles, normal_op, or variables that sums over R bound"
                )
            if not sums:
                raise UnsupportedError("no condition bounds it")
            numbers = [number for one in sums for number in (one.constant, *_entries(one))]
            if (unit := lcm(*(number.denominator for number in numbers))) > 1:
                raise UnsupportedError(f"its numbers must be whole: multiply it by {unit}")
            parts = [_weights(one, menus) for one in sums]
            name = self.data.parent_component().local_name
            measure = Sum(name, parts[0]) if len(parts) == 1 else Largest(name, parts)
            return Aim(self.data, self.sign, measure)


def _entries(one: Separable) -> list[Any]:
    return [number for table in one.tables.values() for number in table.values()]


def _weights(one: Separable, menus: Mapping[Key, Sequence[Any]]) -> dict[str, list[int]]:
    """A sum as tables over R; its constant is counted once."""
    constant, weights = int(one.constant), {}
    layers = [*one.tables] or [next(key for key in menus if isinstance(key, str))]
    for layer in layers:
        table = one.tables.get(layer, {})
        weights[str(layer)] = [int(table.get(r, 0)) + constant for r in menus[layer]]
        constant = 0
    return weights


def read_objective(model: pyo.ConcreteModel, fold: Fold) -> Wanted | None:
    """The active objective; None where it is `value`, to be minimised.

    Raises
    ------
    UnsupportedError, InputError
        On several or none, or one that is neither `value` nor linear in choices and variables.
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
        if not isinstance(body, Separable) or not body.keys:
            raise UnsupportedError(
                "an objective is model.objective, or linear in the choices: "
                "in R, crossbars, tiles, normal_op or expressions and variables of your own"
            )
        if VALUE in body.keys:
            raise UnsupportedError(
                "value is minimised alone, by model.objective, or bounded, as value <= 300; "
                "xbarmip.pareto has every point of it against another measure"
            )
        sign = 1 if data.sense == pyo.minimize else -1
        return Wanted(data, sign, body.times(sign))


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
