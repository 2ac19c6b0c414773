"""What was built into a model, so that nothing that a user adds or changes goes unnoticed."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import InputError, UnsupportedError
from xbarmip.model.pause import Pause, paused
from xbarmip.problem import Problem

_DATA = (pyo.Set, pyo.SetOf, pyo.RangeSet, pyo.Param, pyo.Suffix, pyo.ExternalFunction)
_ATTRIBUTE = "_xbarmip_record"


@dataclass
class Record:
    """The problem that a model states, and the state of every component as it was built.

    Attributes
    ----------
    problem : Problem
    at_most : int or None
    names : tuple of str
        Of all components.
    parts : list of (component data, facts)
    """

    problem: Problem
    at_most: int | None
    names: tuple[str, ...]
    parts: list[tuple[Any, tuple[Any, ...]]]

    @cached_property
    def built(self) -> dict[int, tuple[Any, ...]]:
        """The facts of every component data, by its id."""
        return {id(data): facts for data, facts in self.parts}

    def __deepcopy__(self, memo: dict[int, Any]) -> "Record":
        # a cloned model shares the problem, which never changes, and has its own components
        return Record(self.problem, self.at_most, self.names, deepcopy(self.parts, memo))


def write_record(
    model: pyo.ConcreteModel, problem: Problem, at_most: int | None, pause: Pause
) -> None:
    """Attach to `model` the record of what it holds now."""
    parts = [(data, _facts(model, data)) for data in paused(_components(model), pause)]
    setattr(model, _ATTRIBUTE, Record(problem, at_most, _names(model), parts))


def record_of(model: pyo.ConcreteModel) -> Record:
    """The record of a model that `build_model` built.

    Raises
    ------
    InputError
        For anything else.
    """
    record = getattr(model, _ATTRIBUTE, None)
    if not isinstance(record, Record):
        raise InputError(f"expected a model from build_model, got {type(model).__name__}")
    return record


def check_unchanged(model: pyo.ConcreteModel, record: Record) -> None:
    """Check that what was built is still there, as it was built.

    Raises
    ------
    UnsupportedError
        Naming the first component that was removed or changed.
    """
    built = record.built
    found = set()
    for data in _components(model):
        found.add(id(data))
        if id(data) in built and not _same(_facts(model, data), built[id(data)]):
            raise UnsupportedError(
                f"{data.ctype.__name__} {data.name!r} was changed since the model was built"
            )
    if not found.issuperset(built):
        left = set(_names(model))
        gone = [repr(name) for name in record.names if name not in left]
        raise UnsupportedError(f"{(gone or ['an entry'])[0]} was removed from the model")


def _components(model: pyo.ConcreteModel) -> Iterator[Any]:
    for block in model.block_data_objects(active=None):
        for component in block.component_objects(descend_into=False):
            if component.ctype is not pyo.Block:
                yield from _datas(component)
        if block is not model:
            yield block


def _names(model: pyo.ConcreteModel) -> tuple[str, ...]:
    return tuple(component.name for component in model.component_objects(descend_into=True))


def _datas(component: Any) -> Iterator[Any]:
    if component.ctype in _DATA:
        return iter(())
    return iter(component.values())


def _facts(model: pyo.ConcreteModel, data: Any) -> tuple[Any, ...]:
    if data.ctype is pyo.Var:
        if data.parent_component() is model.component("choose"):
            return (data.domain.name,)  # bounds and fixed values are read as constraints
        return (data.fixed, data.lb, data.ub, data.domain.name)
    facts = (data.active,) if hasattr(data, "active") else ()
    if data.ctype is pyo.Objective:
        return (data.sense, data.expr)  # another may take its place
    if data.ctype in (pyo.Constraint, pyo.Expression):
        return (*facts, data.expr)
    return facts


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether the facts are equal; of expressions, whether they are the same object."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, _PLAIN) and isinstance(b, _PLAIN) and a == b)
        for a, b in zip(one, other, strict=True)
    )


_PLAIN = (bool, int, float, str, type(None))
