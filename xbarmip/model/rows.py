"""Linear constraints and objectives read back from a Pyomo model, in exact numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pyomo.environ as pyo
from pyomo.common.numeric_types import RegisterNumericType
from pyomo.repn import generate_standard_repn

from xbarmip.errors import UnsupportedError

Exact = int | Fraction

LARGEST_NUMBER = 10**6  # in a row for a MILP solver: beyond, its tolerance of 1e-6 blurs units

RegisterNumericType(Fraction)  # so that users can write fractions without a warning

_READABLE = (
    pyo.Set,
    pyo.RangeSet,
    pyo.Param,
    pyo.Var,
    pyo.Expression,
    pyo.Constraint,
    pyo.Objective,
    pyo.Block,
    pyo.Suffix,
    pyo.ExternalFunction,
)


@dataclass(frozen=True, slots=True)
class Row:
    """lower <= sum(coefficient * variable) <= upper.

    Attributes
    ----------
    component : pyomo component data
        The constraint or objective.
    coefficients : tuple of int or Fraction
    variables : tuple of pyomo variable data
    lower, upper : int or Fraction, optional
        None for no bound. An objective has none.
    constant : int or Fraction
        Of an objective; constraints carry theirs in the bounds.
    """

    component: Any
    coefficients: tuple[Exact, ...]
    variables: tuple[Any, ...]
    lower: Exact | None = None
    upper: Exact | None = None
    constant: Exact = 0

    @property
    def body(self) -> Exact:
        """Value of the sum (and an objective's constant) under the variables' values."""
        products = (
            coefficient * exact(variable.value, "value", variable)
            for coefficient, variable in zip(self.coefficients, self.variables, strict=True)
        )
        return sum(products, start=self.constant)


def label(component: Any) -> str:
    """What a message calls a component: its kind and its name."""
    return f"{component.ctype.__name__.lower()} {component.name!r}"


def exact(number: Any, what: str, component: Any) -> Exact:
    """Return `number` as an int or a Fraction; a float only where it is an integer.

    Parameters
    ----------
    number : Any
    what, component : str, pyomo component
        What the number is, and where it stands, for the message.

    Raises
    ------
    UnsupportedError
        On any other float: what it was meant to be is not known, and nothing is rounded.
    """
    if type(number) is int or isinstance(number, Fraction):
        return number
    try:
        whole = int(number)
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or whole != number:
        raise UnsupportedError(
            f"{label(component)}: {what} is {number!r}, not an exact number: "
            "write it as an integer or a Fraction"
        )
    return whole


def constraints(model: pyo.ConcreteModel) -> Iterator[Any]:
    """Active constraints, in the order of their declaration.

    Raises
    ------
    UnsupportedError
        When the model holds an active component of a kind that is not understood.
    """
    for component in model.component_objects(active=True, descend_into=True):
        if not issubclass(component.ctype, _READABLE):
            raise UnsupportedError(
                f"{component.ctype.__name__} {component.name!r}: "
                "components of this kind are not supported"
            )
    yield from model.component_data_objects(pyo.Constraint, active=True, descend_into=True)


def objective(model: pyo.ConcreteModel) -> Any:
    """The one active objective, to be minimised.

    Raises
    ------
    UnsupportedError
        When there are several or none, or it is to be maximised.
    """
    active = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(active) != 1 or active[0].sense != pyo.minimize:
        found = ", ".join(repr(one.name) for one in active) or "none"
        raise UnsupportedError(f"expected one active objective to minimise, found {found}")
    return active[0]


def read_constraint(data: Any) -> Row:
    """A linear constraint as exact numbers.

    Raises
    ------
    UnsupportedError
        On a nonlinear constraint, or a number that is not exact; the message names it.
    """
    lower, body, upper = data.to_bounded_expression(evaluate_bounds=True)
    coefficients, variables, constant = _linear(body, data)
    low, high = (
        None if bound is None else exact(bound, "bound", data) - constant
        for bound in (lower, upper)
    )
    return Row(data, coefficients, variables, low, high)


def read_objective(data: Any) -> Row:
    """A linear objective as exact numbers (see `read_constraint`)."""
    coefficients, variables, constant = _linear(data.expr, data)
    return Row(data, coefficients, variables, constant=constant)


def _linear(body: Any, data: Any) -> tuple[tuple[Exact, ...], tuple[Any, ...], Exact]:
    linear = generate_standard_repn(body, compute_values=True, quadratic=False)
    if not linear.is_linear():
        raise UnsupportedError(f"{label(data)} is not linear")
    coefficients = tuple(exact(number, "coefficient", data) for number in linear.linear_coefs)
    return coefficients, tuple(linear.linear_vars), exact(linear.constant, "constant", data)
