"""What a user added to a model that restricts the choices, each piece once.

Constraints, also in blocks; constraints of a disjunct, which hold where its indicator is true;
disjunctions; logical constraints. Deactivated ones count for nothing, whatever else is active is
refused by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.gdp import Disjunct, Disjunction

from xbarmip.errors import UnsupportedError
from xbarmip.model.record import Record

HARMLESS = (
    pyo.Set,
    pyo.SetOf,
    pyo.RangeSet,
    pyo.Param,
    pyo.Var,
    pyo.BooleanVar,
    pyo.Expression,
    pyo.Suffix,
    pyo.Objective,
    pyo.ExternalFunction,
    pyo.Block,
    Disjunct,
)
CONDITIONS = (pyo.Constraint, pyo.LogicalConstraint, Disjunction)


@dataclass(frozen=True, slots=True)
class Addition:
    """A constraint, logical constraint or disjunction, and where it holds.

    Attributes
    ----------
    data : pyomo component data
    guards : tuple of pyomo BooleanVar data
        Indicators of the disjuncts that it is part of; it holds where all are true.
    """

    data: Any
    guards: tuple[Any, ...] = ()


def additions(model: pyo.ConcreteModel, record: Record) -> Iterator[Addition]:
    """The active pieces that `record` does not know, in the order of their declaration.

    Raises
    ------
    UnsupportedError
        On an active component of a kind that is not understood, naming it.
    """
    yield from _in_block(model, record, ())


def _in_block(block: Any, record: Record, guards: tuple[Any, ...]) -> Iterator[Addition]:
    for component in block.component_objects(active=True, descend_into=False):
        if component.ctype is pyo.Block:
            for inner in component.values():
                if inner.active:
                    yield from _in_block(inner, record, guards)
        elif component.ctype is Disjunct:
            for disjunct in component.values():
                if disjunct.active:
                    yield from _in_block(disjunct, record, (*guards, disjunct.indicator_var))
        elif component.ctype in CONDITIONS:
            yield from _conditions(component, record, guards)
        elif component.ctype not in HARMLESS:
            for data in component.values():
                if id(data) not in record.built and getattr(data, "active", True):
                    raise UnsupportedError(
                        f"{component.ctype.__name__} {data.name!r} was added to the model: "
                        "components of this kind are not supported"
                    )


def _conditions(component: Any, record: Record, guards: tuple[Any, ...]) -> Iterator[Addition]:
    for data in component.values():
        if data.active and id(data) not in record.built:
            yield Addition(data, guards)
