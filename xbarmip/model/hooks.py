"""What a user can attach to a model beside plain Pyomo: expressions and conditions in Python."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pyomo.environ as pyo
from pyomo.common.modeling import unique_component_name
from pyomo.core.base.expression import ExpressionData, IndexedExpression
from pyomo.core.expr.numeric_expr import LinearExpression

from xbarmip.constraint import Predicate
from xbarmip.errors import UnsupportedError
from xbarmip.exact import as_rational
from xbarmip.model.function import ModelFunction
from xbarmip.model.record import record_of
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem
from xbarmip.strict import located


class _CopiesData(ExpressionData):  # type: ignore[misc]
    """R of a layer, which says what to write where a variable would be fixed or bounded."""

    __slots__ = ()

    def _refuse(self, relation: str, number: Any) -> NoReturn:
        raise UnsupportedError(
            f"{self.name} is an expression: write a constraint, {self.name} {relation} {number}"
        )

    def fix(self, value: Any = 1, skip_validation: bool = False) -> NoReturn:
        """Refuse, naming the constraint that does it."""
        self._refuse("==", value)

    def setlb(self, val: Any) -> NoReturn:
        """Refuse, naming the constraint that does it."""
        self._refuse(">=", val)

    def setub(self, val: Any) -> NoReturn:
        """Refuse, naming the constraint that does it."""
        self._refuse("<=", val)


class Copies(IndexedExpression):  # type: ignore[misc]
    """R of every layer."""

    _ComponentDataClass = _CopiesData


def add_expression(
    model: pyo.ConcreteModel,
    name: str,
    function: Callable[[Layer, int], Any],
    doc: str | None = None,
) -> pyo.Expression:
    """Add the named expression `name[l]`, any function of one layer's R, linear in the choices.

    Parameters
    ----------
    model : pyomo ConcreteModel
        From `build_model`.
    name : str
        Of the component.
    function : callable
        Called with a Layer and R = 1, 2, ... up to the largest that the budget leaves; returns an
        exact number (see `xbarmip.exact.as_rational`), in a unit of your choice.
    doc : str, optional
        What it is, with its unit.

    Raises
    ------
    InputError
        On a value that is not exact, naming the expression, the layer and R.
    """
    expression = by_layer(model, record_of(model).problem, function, doc, name)
    model.add_component(name, expression)
    return expression


def by_layer(
    model: pyo.ConcreteModel,
    problem: Problem,
    function: Callable[[Layer, int], Any],
    doc: str | None,
    name: str = "expression",
    kind: type[pyo.Expression] = pyo.Expression,
) -> pyo.Expression:
    """An expression for each layer, a function of its R; not yet part of the model."""
    bodies = {}
    for layer, most in zip(problem.network.layers, problem.largest, strict=True):
        menu = range(1, most + 1)
        what = f"{name}[{layer.name}]"
        bodies[layer.name] = LinearExpression(
            constant=0,
            linear_coefs=[as_rational(function(layer, r), f"{what} at R={r}") for r in menu],
            linear_vars=[model.choose[layer.name, r] for r in menu],
        )
    return kind(model.LAYERS, initialize=bodies, doc=doc)


def add_condition(
    model: pyo.ConcreteModel, name: str, layers: Sequence[str], condition: Callable[..., bool]
) -> pyo.Constraint:
    """Add a condition in Python on the R of a few layers, as the constraint `name`.

    `dp` remembers the R of its layers until the last one is decided, `milp` takes it as a table if
    that is small, `exhaustive` evaluates it (`xbarmip.explain`).

    Parameters
    ----------
    model : pyomo ConcreteModel
        From `build_model`.
    name : str
        Of the component.
    layers : sequence of str
        The layers in its scope.
    condition : callable
        Called with the R of these layers, in this order, as integers; True where they are allowed.
        It must always say the same of the same R.

    Raises
    ------
    InputError
        On an unknown layer, one that is named twice, or none; when the model is solved, on a
        condition that fails or answers neither True nor False.
    """
    network = record_of(model).problem.network
    with located(f"constraint {name!r}"):
        known = tuple(network.layer_name(layer) for layer in layers)
    predicate = Predicate(name, known, condition)
    constraint = pyo.Constraint(expr=condition_holds(model, predicate))
    model.add_component(name, constraint)
    return constraint


def condition_holds(model: pyo.ConcreteModel, predicate: Predicate) -> Any:
    """The relation "the predicate holds", through an external function that is added."""
    function = pyo.ExternalFunction(function=_Condition(predicate))
    model.add_component(unique_component_name(model, f"condition_{predicate.name}"), function)
    return function(*(model.R[layer] for layer in predicate.layers)) == 1


class _Condition(ModelFunction):
    """A predicate for Pyomo's external functions: 1 where it holds, else 0."""

    def __init__(self, predicate: Predicate) -> None:
        super().__init__("condition")
        self.predicate = predicate

    def __call__(self, *duplication: float) -> int:
        return int(self.predicate.holds(tuple(map(int, duplication))))
