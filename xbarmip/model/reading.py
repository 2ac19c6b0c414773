"""A user's conditions on a model read back as constraints of the problem (SPEC §8).

What is linear in the choices becomes linear constraints, anything else a predicate. Variables of
the user's that linear conditions alone hold are taken out of them (`xbarmip.model.projection`).
Conditions that share other discrete ones (binaries, indicators of disjuncts) become one predicate
together: it holds where some values of these variables meet them all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil, floor, prod
from typing import Any

import networkx as nx
import pyomo.environ as pyo
from pyomo.common.errors import PyomoException
from pyomo.gdp import Disjunction

from xbarmip.constraint import Constraint, LinearConstraint, Predicate
from xbarmip.errors import UnsupportedError
from xbarmip.exact import as_rational
from xbarmip.model.additions import Addition, additions
from xbarmip.model.expressions import Fold, about
from xbarmip.model.goal_reading import TOTAL, VALUE, bound_of_value, read_objective
from xbarmip.model.groups import Group, Reading, several
from xbarmip.model.implied_spans import implied_spans
from xbarmip.model.linear import Interval, linear_constraints
from xbarmip.model.projection import Span, Stated, project
from xbarmip.model.quantity import Algebra, Auxiliary, Exact, Key, Quantity, Separable
from xbarmip.model.record import Record
from xbarmip.model.rows import label

MOST_VALUES = 4096  # of the auxiliary variables of one group, together


def interval(data: Any, fold: Fold) -> Interval:
    """A Pyomo constraint, its expressions folded.

    Raises
    ------
    UnsupportedError
        On bounds that are not numbers.
    """
    try:
        lower, body, upper = data.to_bounded_expression()
    except (PyomoException, ValueError) as error:
        raise UnsupportedError(" ".join(str(error).split())) from None
    low, high = (None if bound is None else fold(bound) for bound in (lower, upper))
    return Interval(fold(body), low, high)


def read_additions(model: pyo.ConcreteModel, record: Record) -> Reading:
    """Everything that was added to the model and restricts the choices.

    Raises
    ------
    UnsupportedError, InputError
        On what cannot be made exact or is not understood; the message names the component.
    """
    return _Reader(model, record).read()


class _Reader:
    """One reading of a model."""

    def __init__(self, model: pyo.ConcreteModel, record: Record) -> None:
        self.model, self.record, self.built = model, record, record.built
        problem = record.problem
        self.choices = {id(choice): pair for pair, choice in model.choose.items()}
        self.menus: dict[Key, Sequence[Exact]] = {
            name: range(1, most + 1)
            for name, most in zip(problem.network.index, problem.largest, strict=True)
        }
        self.values: dict[Auxiliary, Sequence[Exact]] = {}
        self.spans: dict[Auxiliary, Span] = {}
        self.variables: dict[Auxiliary, Any] = {}
        self.order: dict[str, int] = {}
        self.algebra = Algebra(self.menus)
        self.fold = Fold(self._leaf, self.algebra.apply)

    def read(self) -> Reading:
        stated: list[Stated] = []
        for addition in additions(self.model, self.record):
            with about(label(addition.data)):
                stated += self._read(addition)
        wanted = read_objective(self.model, self.fold)
        if wanted is not None:
            stated += wanted.stated
        self.order = {one.names[0]: place for place, one in enumerate(stated)}
        left, steps = project(stated, self.spans, self.menus)
        constraints = [*self._bounds_of_choices()]
        at_most = None
        for one in left:
            if VALUE in one.keys:
                with about(f"constraint {self._called(one.names)!r}"):
                    bound = bound_of_value(one)
                at_most = bound if at_most is None else min(at_most, bound)
        if at_most is not None and at_most < 1:
            constraints.append(self._never("value"))
            at_most = None
        about_total = [one for one in left if TOTAL in one.keys]
        aim = None if wanted is None else wanted.aim(about_total, self.menus)
        left = [one for one in left if VALUE not in one.keys and TOTAL not in one.keys]
        for one in left:
            if not _auxiliaries(one):
                with about(f"constraint {self._called(one.names)!r}"):
                    constraints += self._constraints(one)
        linked = [one for one in left if _auxiliaries(one)]
        self._bound_variables(linked)
        constraints += self._relaxed(linked)
        groups = tuple(self._groups(linked))
        for group in groups:
            if group.layers:
                constraints.append(group.predicate)
            elif group.witness(()) is None:
                constraints.append(self._never(group.name))
        return Reading(tuple(constraints), groups, tuple(steps), self.variables, aim, at_most)

    def _read(self, addition: Addition) -> Iterator[Stated]:
        """What it states, if anything."""
        data, guards = addition.data, [self.fold(guard) for guard in addition.guards]
        if any(guard == 0 for guard in guards if not isinstance(guard, Quantity)):
            return
        guards = [guard for guard in guards if isinstance(guard, Quantity)]
        stated = _settled(self._stated(data))
        if isinstance(stated, Interval | Quantity) or not stated:
            yield Stated((data.name,), self._condition(stated, guards) if guards else stated)

    def _constraints(self, one: Stated) -> Iterator[Constraint]:
        """A condition on R alone as constraints."""
        name, stated = self._called(one.names), one.what
        layers = tuple(key for key in one.keys if isinstance(key, str))
        if not layers:
            yield self._never(name)
            return
        linear = None
        if isinstance(stated, Interval):
            linear = linear_constraints(name, stated, self.menus)
        if linear is None:
            yield Predicate(name, layers, _asked(self._condition(stated, []), layers))
        else:
            yield from linear

    def _called(self, names: Iterable[str]) -> str:
        """Names in the order of their declaration, of many the first few."""
        return several(sorted(names, key=lambda name: self.order.get(name, 0)))

    def _never(self, name: str) -> Constraint:
        """What no allocation meets, as a constraint on the first layer."""
        first = self.record.problem.network.layers[0].name
        return LinearConstraint(name, ((first, (0,) * len(self.menus[first])),), -1)

    def _bounds_of_choices(self) -> Iterator[Constraint]:
        """What bounds and fixed values of `choose` leave of a layer's R."""
        some: dict[str, set[Exact]] = {}
        for (layer, r), choice in self.model.choose.items():
            if choice.fixed or choice.lb != 0 or choice.ub != 1:
                with about(label(choice)):
                    values = _values_of_choice(choice)
                left = some.setdefault(layer, set(self.menus[layer]))
                if 0 not in values:
                    left &= {r}
                if 1 not in values:
                    left -= {r}
        for layer, left in some.items():
            weights = tuple(int(r not in left) for r in self.menus[layer])
            yield LinearConstraint(f"bounds of choose[{layer}]", ((layer, weights),), 0)

    def _stated(self, data: Any) -> Any:
        """An interval, or the quantity that must be true."""
        if data.ctype is pyo.Constraint:
            return interval(data, self.fold)
        if data.ctype is Disjunction:
            indicators = [self.fold(d.indicator_var) for d in data.disjuncts if d.active]
            wanted = (lambda *x: sum(x) == 1) if data.xor else (lambda *x: any(x))
            return self.algebra.apply(wanted, indicators)
        return self.fold(data.expr)

    def _condition(self, stated: Any, guards: Sequence[Quantity]) -> Quantity:
        """True where it holds, or a guard is false."""
        if isinstance(stated, Interval):
            stated = self.algebra.apply(stated.contains, [stated.body])
        return self.algebra.apply(lambda it, *on: bool(it) or not all(on), [stated, *guards])

    def _leaf(self, variable: Any) -> Any:
        pair = self.choices.get(id(variable))
        if pair is not None:
            layer, r = pair
            return Separable(0, {layer: {r: 1}})
        if variable.model() is not self.model:
            raise UnsupportedError(f"variable {variable.name!r} belongs to another model")
        if variable is self.model.component("value"):
            return Separable(0, {}, {VALUE: 1})
        if id(variable) in self.built:
            raise UnsupportedError(
                f"variable {variable.name!r} belongs to the objective; conditions are on R alone"
            )
        if variable.fixed:
            return as_rational(variable.value, f"variable {variable.name!r}")
        if variable.ctype is pyo.BooleanVar and variable.get_associated_binary() is not None:
            return self._leaf(variable.get_associated_binary())
        key = Auxiliary(variable.name)
        if key not in self.variables:
            self.variables[key] = variable
            self._take(key, variable)
        return Separable(0, {}, {key: 1})

    def _take(self, key: Auxiliary, variable: Any) -> None:
        """Note what values a variable may have."""
        values: Sequence[Exact] | None = None
        if variable.ctype is pyo.BooleanVar:
            values = range(2)
        elif variable.is_continuous() or variable.is_integer():
            lower, upper = (b if b is None else as_rational(b, "bound") for b in variable.bounds)
            self.spans[key] = Span(lower, upper, variable.is_integer())
            if variable.is_integer() and lower is not None and upper is not None:
                values = range(ceil(lower), floor(upper) + 1)
        elif variable.domain.isfinite():
            lower, upper = variable.bounds
            values = [
                as_rational(value, f"variable {variable.name!r}: value")
                for value in variable.domain
                if lower <= value <= upper
            ]
        if values is not None:
            self.values[key] = values
            if len(values) <= MOST_VALUES:
                self.menus[key] = values

    def _bound_variables(self, linked: list[Stated]) -> None:
        """Give integer variables without bounds those that follow from their conditions."""
        held = {key for one in linked for key in _auxiliaries(one)}
        spans = {key: span for key, span in self.spans.items() if key in held}
        for key, span in implied_spans(linked, spans, self.menus).items():
            if span.whole and span.lower is not None and span.upper is not None:
                self.values[key] = range(ceil(span.lower), floor(span.upper) + 1)

    def _relaxed(self, linked: list[Stated]) -> Iterator[Constraint]:
        """What conditions demand of R if their variables need not be whole: a part of what they do.

        It says nothing new, but solvers can bound by it.
        """
        free = {key: replace(span, whole=False) for key, span in self.spans.items()}
        for one in project(linked, free, self.menus)[0]:
            if isinstance(one.what, Interval) and not _auxiliaries(one):
                yield from self._constraints(one)

    def _groups(self, linked: list[Stated]) -> Iterator[Group]:
        """The conditions, those that share an auxiliary variable together."""
        graph: nx.Graph[Any] = nx.Graph()
        for number, one in enumerate(linked):
            graph.add_edges_from((number, key) for key in _auxiliaries(one))
        for part in nx.connected_components(graph):
            numbers = sorted(node for node in part if isinstance(node, int))
            yield self._group([linked[number] for number in numbers])

    def _group(self, together: list[Stated]) -> Group:
        name = self._called({name for one in together for name in one.names})
        keys = dict.fromkeys(key for one in together for key in one.keys)
        variables = [key for key in keys if isinstance(key, Auxiliary)]
        with about(f"constraint {name!r}"):
            for key in variables:
                if key not in self.values:
                    raise UnsupportedError(
                        f"variable {key.name!r} is not a binary or bounded integer variable, "
                        "and the choices do not determine it"
                    )
            count = prod(len(self.values[key]) for key in variables)
            if count > MOST_VALUES:
                shown = count if count <= 10**9 else "more than 10^9"
                raise UnsupportedError(
                    f"its {len(variables)} variables have {shown} values together, "
                    f"the limit is {MOST_VALUES}"
                )
        layers = tuple(key for key in keys if isinstance(key, str))
        conditions = tuple(self._condition(one.what, []) for one in together)
        return Group(name, layers, {key: self.values[key] for key in variables}, conditions)


def _auxiliaries(one: Stated) -> list[Auxiliary]:
    return [key for key in one.keys if isinstance(key, Auxiliary)]


def _settled(stated: Any) -> Any:
    """True or False where that depends on nothing."""
    bounded = isinstance(stated, Interval)
    body = stated.body if bounded else stated
    if isinstance(body, Separable):
        if body.slopes or any(any(table.values()) for table in body.tables.values()):
            return stated
        body = body.constant
    if isinstance(body, Quantity):
        return stated
    return stated.contains(body) if bounded else bool(body)


def _values_of_choice(choice: Any) -> list[int]:
    """The values that bounds and fixing leave to a binary."""
    if choice.fixed and choice.value not in (0, 1):
        raise UnsupportedError(f"is fixed to {choice.value}, must be 0 or 1")
    values = (choice.value,) if choice.fixed else (0, 1)
    return [int(value) for value in values if choice.lb <= value <= choice.ub]


def _asked(condition: Quantity, layers: tuple[str, ...]) -> Any:
    return lambda *chosen: bool(condition.at(dict(zip(layers, chosen, strict=True))))
