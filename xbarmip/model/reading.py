"""A user's conditions on a model read back as constraints of the problem (SPEC §8).

What is linear in the choices becomes linear constraints, anything else a predicate. Conditions that
share discrete variables of the user's (binaries, indicators of disjuncts) become one predicate
together: it holds where some values of these variables meet them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import floor, prod
from typing import Any

import networkx as nx
import pyomo.environ as pyo
from pyomo.common.errors import PyomoException
from pyomo.gdp import Disjunction

from xbarmip.constraint import Constraint, Predicate
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_rational
from xbarmip.model.additions import Addition, additions
from xbarmip.model.expressions import Fold, about
from xbarmip.model.linear import Interval, linear_constraints
from xbarmip.model.quantity import Algebra, Auxiliary, Key, Quantity, Separable
from xbarmip.model.record import Record
from xbarmip.model.rows import label

MOST_VALUES = 4096  # of the auxiliary variables of one group, together


def interval(data: Any, fold: Fold) -> Interval:
    """A Pyomo constraint, its expressions folded.

    Raises
    ------
    UnsupportedError
        On bounds that are not numbers, or none at all.
    """
    try:
        lower, body, upper = data.to_bounded_expression()
    except (PyomoException, ValueError) as error:
        raise UnsupportedError(" ".join(str(error).split())) from None
    low, high = (None if bound is None else fold(bound) for bound in (lower, upper))
    if low is None and high is None:
        raise InputError("has no bound: it states nothing")
    return Interval(fold(body), low, high)


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that share auxiliary variables.

    Attributes
    ----------
    names : tuple of str
        Of the components.
    layers : tuple of str
    values : mapping of Auxiliary to range
    conditions : tuple of Quantity
        True or False each.
    """

    names: tuple[str, ...]
    layers: tuple[str, ...]
    values: Mapping[Auxiliary, range]
    conditions: tuple[Quantity, ...]

    def witness(self, duplication: Sequence[int]) -> dict[Auxiliary, int] | None:
        """Values of the variables that meet all conditions at these R of the layers, if any do."""
        keys: tuple[Key, ...] = (*self.layers, *self.values)
        for values in product(*self.values.values()):
            point = dict(zip(keys, (*duplication, *values), strict=True))
            if all(condition.at(point) for condition in self.conditions):
                return dict(zip(self.values, values, strict=True))
        return None

    @property
    def predicate(self) -> Predicate:
        """Whether there is a witness."""
        name = ", ".join(self.names)
        return Predicate(name, self.layers, lambda *chosen: self.witness(chosen) is not None)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes
    ----------
    constraints : tuple of Constraint
    groups : tuple of Group
        Those of the constraints that stand for several conditions.
    variables : mapping of Auxiliary to pyomo variable data
    """

    constraints: tuple[Constraint, ...]
    groups: tuple[Group, ...]
    variables: Mapping[Auxiliary, Any]


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
        self.domains: dict[Key, range] = {
            name: range(1, most + 1)
            for name, most in zip(problem.network.index, problem.largest, strict=True)
        }
        self.variables: dict[Auxiliary, Any] = {}
        self.algebra = Algebra(self.domains)
        self.fold = Fold(self._leaf, self.algebra.apply)

    def read(self) -> Reading:
        constraints: list[Constraint] = []
        linked: list[tuple[str, Quantity]] = []
        for addition in additions(self.model, self.record):
            with about(label(addition.data)):
                for found in self._read(addition):
                    if isinstance(found, Quantity):
                        linked.append((addition.data.name, found))
                    else:
                        constraints.append(found)
        groups = tuple(self._groups(linked))
        constraints += [group.predicate for group in groups]
        return Reading(tuple(constraints), groups, self.variables)

    def _read(self, addition: Addition) -> Iterator[Constraint | Quantity]:
        """Constraints, or a condition that hangs on auxiliary variables."""
        data, guards = addition.data, [self.fold(guard) for guard in addition.guards]
        if any(guard == 0 for guard in guards if not isinstance(guard, Quantity)):
            return
        guards = [guard for guard in guards if isinstance(guard, Quantity)]
        stated = self._stated(data)
        body = stated.body if isinstance(stated, Interval) else stated
        keys = body.keys if isinstance(body, Quantity) else ()
        if isinstance(body, Separable) and not any(any(t.values()) for t in body.tables.values()):
            body, keys = body.constant, ()
        if not keys:
            raise InputError(f"concerns no layer: what it restricts is always {body}")
        if guards or any(isinstance(key, Auxiliary) for key in keys):
            yield self._condition(stated, guards)
        elif isinstance(stated, Interval) and (
            linear := linear_constraints(data.name, stated, self.domains)
        ):
            yield from linear
        else:
            condition = self._condition(stated, [])
            layers = tuple(key for key in keys if isinstance(key, str))
            yield Predicate(data.name, layers, _asked(condition, layers))

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
            self.domains[key] = _values(variable)
            self.variables[key] = variable
        return Separable(0, {key: {value: value for value in self.domains[key] if value}})

    def _groups(self, linked: list[tuple[str, Quantity]]) -> Iterator[Group]:
        """The conditions, those that share an auxiliary variable together."""
        graph: nx.Graph[Any] = nx.Graph()
        for number, (_, condition) in enumerate(linked):
            graph.add_edges_from((number, key) for key in _auxiliaries(condition))
        for part in nx.connected_components(graph):
            numbers = sorted(node for node in part if isinstance(node, int))
            yield self._group([linked[number] for number in numbers])

    def _group(self, together: list[tuple[str, Quantity]]) -> Group:
        names = tuple(dict.fromkeys(name for name, _ in together))
        keys = dict.fromkeys(key for _, condition in together for key in condition.keys)
        values = {key: self.domains[key] for key in keys if isinstance(key, Auxiliary)}
        layers = tuple(key for key in keys if isinstance(key, str))
        what = f"constraint {', '.join(names)!r}"
        if not layers:
            raise InputError(f"{what} concerns no layer")
        if prod(map(len, values.values())) > MOST_VALUES:
            raise UnsupportedError(
                f"{what}: its {len(values)} variables have {prod(map(len, values.values()))} "
                f"values together, the limit is {MOST_VALUES}"
            )
        return Group(names, layers, values, tuple(condition for _, condition in together))


def _auxiliaries(condition: Quantity) -> list[Auxiliary]:
    return [key for key in condition.keys if isinstance(key, Auxiliary)]


def _asked(condition: Quantity, layers: tuple[str, ...]) -> Any:
    return lambda *chosen: bool(condition.at(dict(zip(layers, chosen, strict=True))))


def _values(variable: Any) -> range:
    if variable.ctype is pyo.BooleanVar:
        return range(2)
    lower, upper = variable.bounds
    if variable.is_continuous() or lower is None or upper is None:
        raise UnsupportedError(
            f"variable {variable.name!r} is not a binary or bounded integer variable, "
            "and the choices do not determine it"
        )
    return range(-floor(-as_rational(lower, "bound")), floor(as_rational(upper, "bound")) + 1)
