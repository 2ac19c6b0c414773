"""An allocation loaded into the model, and everything there evaluated again, exactly."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.gdp import Disjunct

from xbarmip.errors import VerificationError
from xbarmip.exact import as_rational
from xbarmip.model.additions import additions
from xbarmip.model.expressions import Fold, about, numbers
from xbarmip.model.groups import Reading
from xbarmip.model.pause import Pause, no_pause, paused
from xbarmip.model.reading import interval, read_additions
from xbarmip.model.record import Record, record_of
from xbarmip.model.rows import (
    Exact,
    exact,
    label,
    objective,
    read_constraint,
    read_objective,
)
from xbarmip.model.statement import assign_timing
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate


@dataclass(frozen=True, slots=True)
class Verification:
    """What an allocation was confirmed to be.

    Attributes
    ----------
    value : int
        Objective, in steps or cycles; of a user's own objective the sum that is minimised.
    crossbars : int
        Crossbars that it occupies.
    constraints : int
        Active constraints of the model that were evaluated; all of them hold.
    """

    value: int
    crossbars: int
    constraints: int


def verify(
    model: pyo.ConcreteModel,
    allocation: Mapping[str, int] | Sequence[int],
    claimed: int | None = None,
    pause: Pause = no_pause,
) -> Verification:
    """Load `allocation` into `model` and re-evaluate every constraint and the objective.

    All arithmetic is in integers and fractions; there is no tolerance. The objective must equal
    what the timing evaluates on its own, and `claimed`. The values stay loaded, after an error too.

    Parameters
    ----------
    model : pyomo ConcreteModel
        From `build_model`; constraints that were added or changed since then are evaluated too.
    allocation : mapping by layer name, or sequence in layer order, of int
    claimed : int, optional
        The value that a solver claims for it.
    pause : callable, optional
        Called between variables and constraints; what it raises ends the verification.

    Raises
    ------
    InputError
        On an allocation that does not fit the network, or a model from elsewhere.
    UnsupportedError
        On a constraint that cannot be evaluated exactly.
    VerificationError
        Naming the first constraint that is violated, or the values that differ.
    """
    record = record_of(model)
    problem = record.problem
    chosen = problem.allocation(allocation)
    _check_limits(problem, chosen)
    value = _load(model, problem, chosen)
    reading = read_additions(model, record)
    _load_auxiliary(model, reading, problem.network.index, chosen)
    own = {id(variable) for variable in reading.variables.values()} | record.built.keys()
    _check_variables(model, own, pause)
    checked = _check_constraints(model, record, pause)
    timed = confirmed = evaluate(problem, chosen)
    if reading.aim is None:
        stated = read_objective(objective(model)).body
    else:
        stated = reading.aim.sign * numbers(_value)(reading.aim.data.expr)
        confirmed = reading.aim.total(problem.network.index, chosen)
    _check_value(confirmed, "the model's objective", stated)
    _check_value(timed, "the model's timing", value)
    _check_value(confirmed, "the claim", confirmed if claimed is None else claimed)
    return Verification(confirmed, problem.crossbars_used(chosen), checked)


def _check_value(confirmed: int, what: str, other: Exact) -> None:
    if other != confirmed:
        raise VerificationError(f"the allocation's value is {confirmed}, but {what} is {other}")


def _check_limits(problem: Problem, allocation: tuple[int, ...]) -> None:
    """The problem's own constraints, apart from their rows in the model."""
    for layer, r, most in zip(problem.network.layers, allocation, problem.largest, strict=True):
        if r > most:
            raise VerificationError(
                f"R of layer {layer.name!r} is {r}, but the budget leaves at most {most}"
            )
    for constraint in problem.broken(allocation):
        raise _violated(constraint.name, constraint.layers, problem.network.index, allocation)


def _violated(
    name: str, layers: Iterable[str], index: Mapping[str, int], allocation: Sequence[int]
) -> VerificationError:
    at = ", ".join(f"R[{layer}]={allocation[index[layer]]}" for layer in layers)
    return VerificationError(f"constraint {name!r} is violated by {at}")


def _load(model: pyo.ConcreteModel, problem: Problem, allocation: tuple[int, ...]) -> int:
    fixed = {
        variable.name: (variable, variable.value)
        for variable in model.component_data_objects(pyo.Var)
        if variable.fixed
    }
    for layer, r, most in zip(problem.network.layers, allocation, problem.largest, strict=True):
        for other in range(1, most + 1):
            model.choose[layer.name, other].set_value(int(other == r), skip_validation=True)
    value = assign_timing(model, problem, allocation)
    model.value.set_value(value, skip_validation=True)
    for name, (variable, before) in fixed.items():
        if variable.value != before:
            raise VerificationError(
                f"variable {name!r} is fixed to {before}, but the allocation makes it "
                f"{variable.value}"
            )
    return value


def _load_auxiliary(
    model: pyo.ConcreteModel,
    reading: Reading,
    index: Mapping[str, int],
    allocation: Sequence[int],
) -> None:
    """Set the variables of the user to values that meet their conditions."""
    chosen = {layer: allocation[number] for layer, number in index.items()}
    for key, value in reading.values(chosen).items():
        reading.variables[key].set_value(value, skip_validation=True)
    within = (pyo.Block, Disjunct)
    for boolean in model.component_data_objects(pyo.BooleanVar, descend_into=within):
        binary = boolean.get_associated_binary()
        if binary is not None and binary.value is not None:
            boolean.set_value(bool(binary.value), skip_validation=True)


def _check_variables(model: pyo.ConcreteModel, own: Collection[int], pause: Pause) -> None:
    variables = model.component_data_objects(pyo.Var, active=True, descend_into=True)
    for variable in paused(variables, pause):
        if id(variable) not in own:
            continue  # nothing that counts depends on it
        if variable.value is None:
            raise VerificationError(
                f"{label(variable)} has no value: the allocation does not determine it"
            )
        value = exact(variable.value, "value", variable)
        if variable.is_integer() and value != int(value):
            raise VerificationError(f"{label(variable)} is {value}, but must be an integer")
        if not (variable.is_integer() or variable.is_continuous() or value in variable.domain):
            raise VerificationError(f"{label(variable)} is {value}, which its domain has not")
        lower, upper = (
            bound if type(bound) is int or bound is None else as_rational(bound, "bound")
            for bound in variable.bounds
        )
        _check_bounds(variable, value, lower, upper)


def _check_bounds(data: Any, value: Exact, lower: Exact | None, upper: Exact | None) -> None:
    for bound, broken, word in (
        (lower, lower is not None and value < lower, "at least"),
        (upper, upper is not None and value > upper, "at most"),
    ):
        if broken:
            raise VerificationError(f"{label(data)} is violated: {value}, must be {word} {bound}")


def _check_constraints(model: pyo.ConcreteModel, record: Record, pause: Pause) -> int:
    """Evaluate everything active that restricts the model; return how many pieces there were."""
    fold = numbers(_value)
    plain = list(model.component_data_objects(pyo.Constraint, active=True, descend_into=True))
    for data in paused(plain, pause):
        if isinstance(data.body, LinearExpression):
            row = read_constraint(data)
            _check_bounds(data, row.body, row.lower, row.upper)
        else:
            _check_interval(data, fold)
    others = [a for a in additions(model, record) if a.guards or a.data.ctype is not pyo.Constraint]
    for addition in paused(others, pause):
        if all(map(fold, addition.guards)):
            _check_addition(addition.data, fold)
    return len(plain) + len(others)


def _check_addition(data: Any, fold: Fold) -> None:
    if data.ctype is pyo.Constraint:
        _check_interval(data, fold)
        return
    with about(label(data)):
        holds = fold(data.expr) if data.ctype is pyo.LogicalConstraint else _one_of(data, fold)
    if not holds:
        raise VerificationError(f"{label(data)} is violated")


def _check_interval(data: Any, fold: Fold) -> None:
    with about(label(data)):
        stated = interval(data, fold)
    _check_bounds(data, stated.body, stated.lower, stated.upper)


def _one_of(disjunction: Any, fold: Fold) -> bool:
    true = sum(bool(fold(d.indicator_var)) for d in disjunction.disjuncts if d.active)
    return true == 1 if disjunction.xor else true > 0


def _value(variable: Any) -> Exact:
    if variable.ctype is pyo.BooleanVar and variable.get_associated_binary() is not None:
        variable = variable.get_associated_binary()
    return as_rational(variable.value, f"value of {label(variable)}")
