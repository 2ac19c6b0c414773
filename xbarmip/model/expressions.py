"""Pyomo expressions evaluated in exact numbers, or as functions of the choices."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import pyomo.core.expr.logical_expr as logical
import pyomo.core.expr.numeric_expr as numeric
import pyomo.core.expr.relational_expr as relational
import pyomo.environ as pyo
from pyomo.core.expr.numvalue import NumericConstant
from pyomo.core.expr.visitor import StreamBasedExpressionVisitor

from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_rational
from xbarmip.model.quantity import Function, negative, product, quotient, total

LARGEST_POWER = 10_000  # of an exponent

Apply = Callable[[Function, Iterable[Any]], Any]


class Fold(StreamBasedExpressionVisitor):  # type: ignore[misc]
    """Evaluates expressions from the leaves up; named expressions once.

    Parameters
    ----------
    leaf : callable
        What a variable stands for: an exact number or a quantity.
    apply : callable
        Applies a function of exact numbers to what its arguments stand for.
    """

    def __init__(self, leaf: Callable[[Any], Any], apply: Apply) -> None:
        super().__init__()
        self._leaf, self._apply = leaf, apply
        self._named: dict[int, Any] = {}

    def __call__(self, expression: Any) -> Any:
        """What `expression` stands for.

        Raises
        ------
        UnsupportedError
            On a function or a number that is not exact.
        """
        descend, result = self.beforeChild(None, expression, 0)
        return self.walk_expression(expression) if descend else result

    def beforeChild(self, node: Any, child: Any, place: int) -> tuple[bool, Any]:  # noqa: N802
        """Take leaves as they are, and named expressions that are known."""
        if not hasattr(child, "is_expression_type"):
            return False, as_rational(child, "number")
        if child.is_expression_type():
            known = child.is_named_expression_type() and id(child) in self._named
            return not known, self._named.get(id(child))
        if child.is_variable_type():
            return False, self._leaf(child)
        if isinstance(child, NumericConstant):
            return False, child.value
        what = f"{child.ctype.__name__.lower()} {child.name!r}"
        number = pyo.value(child, exception=False)
        if number is None:
            raise UnsupportedError(f"{what} has no value")
        return False, as_rational(number, what)

    def exitNode(self, node: Any, operands: list[Any]) -> Any:  # noqa: N802
        """Apply what the node stands for to its operands."""
        if node.is_named_expression_type():
            self._named[id(node)] = operands[0]
            return operands[0]
        return self._apply(_function(node), operands)


def numbers(variable_value: Callable[[Any], Any]) -> Fold:
    """Evaluates under the values of the variables."""
    return Fold(variable_value, lambda function, operands: function(*operands))


@contextmanager
def about(what: str) -> Iterator[None]:
    """Put `what` in front of the message of every error about an expression."""
    try:
        yield
    except (InputError, UnsupportedError) as error:
        raise type(error)(f"{what}: {error}") from None
    except ZeroDivisionError:
        raise UnsupportedError(f"{what}: divides by zero for some R") from None


def _function(node: Any) -> Function:
    if isinstance(node, numeric.ExternalFunctionExpression):
        return _external(node)
    if isinstance(node, relational.InequalityExpression) and node.strict:
        return lambda a, b: a < b
    if isinstance(node, numeric.UnaryFunctionExpression):
        name = node.getname()
        if name not in _UNARY:
            raise UnsupportedError(f"function {name!r} has no exact value")
        return _UNARY[name]
    for kind, function in _FUNCTIONS:
        if isinstance(node, kind):
            return function
    raise UnsupportedError(f"{type(node).__name__} is not understood")


def _external(node: Any) -> Function:
    function = getattr(node._fcn, "_fcn", None)
    if function is None:
        raise UnsupportedError(f"external function {node._fcn.name!r} is no Python function")

    def call(*operands: Any) -> Any:  # the last one is Pyomo's number for the function
        return as_rational(function(*operands[:-1]), f"value of function {node._fcn.name!r}")

    return call


def _power(base: Any, exponent: Any) -> Any:
    if exponent != int(exponent) or abs(exponent) > LARGEST_POWER:
        raise UnsupportedError(
            f"a power must have an integer of at most {LARGEST_POWER} as its exponent to be "
            f"exact, got {exponent}"
        )
    return as_rational(Fraction(base) ** int(exponent), "power")


_UNARY: dict[str, Function] = {"ceil": math.ceil, "floor": math.floor, "abs": abs}

_FUNCTIONS: tuple[tuple[type | tuple[type, ...], Function], ...] = (
    (numeric.NegationExpression, negative),
    (numeric.SumExpression, total),
    (numeric.ProductExpression, product),
    (numeric.DivisionExpression, quotient),
    (numeric.PowExpression, _power),
    (numeric.AbsExpression, abs),
    (numeric.MaxExpression, max),
    (numeric.MinExpression, min),
    (numeric.Expr_ifExpression, lambda test, then, other: then if test else other),
    (relational.EqualityExpression, lambda a, b: a == b),
    (relational.NotEqualExpression, lambda a, b: a != b),
    (relational.RangedExpression, lambda a, b, c: a <= b <= c),
    (relational.InequalityExpression, lambda a, b: a <= b),
    (logical.NotExpression, lambda a: not a),
    (logical.AndExpression, lambda *a: all(a)),
    (logical.OrExpression, lambda *a: any(a)),
    (logical.XorExpression, lambda a, b: bool(a) != bool(b)),
    (logical.EquivalenceExpression, lambda a, b: bool(a) == bool(b)),
    (logical.ImplicationExpression, lambda a, b: bool(b) or not a),
    (logical.AllDifferentExpression, lambda *a: len(set(a)) == len(a)),
    (logical.CountIfExpression, lambda *a: sum(map(bool, a))),
    (logical.ExactlyExpression, lambda n, *a: sum(map(bool, a)) == n),
    (logical.AtLeastExpression, lambda n, *a: sum(map(bool, a)) >= n),
    (logical.AtMostExpression, lambda n, *a: sum(map(bool, a)) <= n),
)
