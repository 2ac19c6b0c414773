"""What an expression of the model is as a function of the choices, in exact numbers.

A quantity depends on the R of some layers, and perhaps on auxiliary variables of the user. Most are
*separable*: a constant plus a table for each layer, which is what a linear constraint needs. Any
function of one layer's R is such a table, also R**2 or 1/R. Everything else is *general*.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from xbarmip.exact import as_rational

Exact = int | Fraction
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A variable that a user added, by name."""

    name: str


Key = str | Auxiliary  # a layer by name, or an auxiliary variable
Point = Mapping[Key, Exact]


@dataclass(frozen=True, slots=True)
class Separable:
    """A constant plus one table entry for each key, plus multiples of variables.

    Attributes
    ----------
    constant : int or Fraction
    tables : mapping of key to mapping of value to number
        A value that a table leaves out counts 0.
    slopes : mapping of Auxiliary to number
        None is 0.
    """

    constant: Exact
    tables: Mapping[Key, Mapping[Exact, Exact]]
    slopes: Mapping[Auxiliary, Exact] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[Key, ...]:
        """What it depends on."""
        return tuple(dict.fromkeys((*self.tables, *self.slopes)))

    def at(self, point: Point) -> Exact:
        """Its value."""
        entries = (table.get(point[key], 0) for key, table in self.tables.items())
        multiples = (slope * point[key] for key, slope in self.slopes.items())
        return self.constant + sum(entries) + sum(multiples)

    def times(self, factor: Exact) -> "Separable":
        """The same, multiplied."""
        tables = {
            key: {r: factor * value for r, value in table.items()}
            for key, table in self.tables.items()
        }
        slopes = {key: factor * slope for key, slope in self.slopes.items() if factor}
        return Separable(factor * self.constant, tables, slopes)


@dataclass(frozen=True, slots=True)
class General:
    """A function of several keys that is not a sum over them."""

    function: Function
    operands: tuple[Any, ...]
    keys: tuple[Key, ...]

    def at(self, point: Point) -> Any:
        """Its value."""
        return self.function(*(value_at(operand, point) for operand in self.operands))


Quantity = Separable | General


def value_at(operand: Any, point: Point) -> Any:
    """The value of a quantity, or of a number as it is."""
    return operand.at(point) if isinstance(operand, Quantity) else operand


def total(*operands: Any) -> Any:
    """The sum."""
    return sum(operands)


def product(a: Any, b: Any) -> Any:
    """The product of two."""
    return a * b


def negative(a: Any) -> Any:
    """The number with its sign turned."""
    return -a


def quotient(a: Any, b: Any) -> Any:
    """An exact quotient."""
    return as_rational(Fraction(a) / b, "quotient")


class Algebra:
    """Applies functions of exact numbers to quantities.

    Parameters
    ----------
    domains : mapping of key to sequence
        The values of every layer's R, and of every auxiliary variable that has but a few.
    """

    def __init__(self, domains: Mapping[Key, Sequence[Any]]) -> None:
        self.domains = domains

    def apply(self, function: Function, operands: Iterable[Any]) -> Any:
        """`function` of the operands: a number where all are, otherwise a quantity."""
        operands = tuple(operands)
        quantities = [operand for operand in operands if isinstance(operand, Quantity)]
        if not quantities:
            return function(*operands)
        if function is negative:
            return self.apply(product, (-1, *operands))
        keys = tuple(dict.fromkeys(key for quantity in quantities for key in quantity.keys))
        if function is quotient and len(_keys(operands[1])) < (2 if len(keys) > 1 else 1):
            return self.apply(product, (operands[0], self.apply(quotient, (1, operands[1]))))
        if function is total and all(isinstance(some, Separable) for some in quantities):
            return added(operands)
        if function is product and len(quantities) == 1 and isinstance(quantities[0], Separable):
            a, b = operands
            return a.times(b) if isinstance(a, Separable) else b.times(a)
        if len(keys) == 1 and (key := keys[0]) in self.domains:
            values = {r: _at(function, operands, {key: r}) for r in self.domains[key]}
            return Separable(0, {key: {r: value for r, value in values.items() if value}})
        return General(function, operands, keys)


def _keys(operand: Any) -> tuple[Key, ...]:
    return operand.keys if isinstance(operand, Quantity) else ()


def _at(function: Function, operands: tuple[Any, ...], point: Point) -> Any:
    return function(*(value_at(operand, point) for operand in operands))


def added(operands: Iterable[Any]) -> Separable:
    """The sum of separable quantities and numbers."""
    constant: Exact = 0
    tables: dict[Key, dict[Exact, Exact]] = {}
    slopes: dict[Auxiliary, Exact] = {}
    for operand in operands:
        if not isinstance(operand, Separable):
            constant += operand
            continue
        constant += operand.constant
        for key, table in operand.tables.items():
            mine = tables.setdefault(key, {})
            for r, value in table.items():
                mine[r] = mine.get(r, 0) + value
        for other, slope in operand.slopes.items():
            slopes[other] = slopes.get(other, 0) + slope
    return Separable(constant, tables, {key: slope for key, slope in slopes.items() if slope})
