"""An allocation loaded into the model, and everything there evaluated again, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import VerificationError
from xbarmip.model.pause import Pause, no_pause, paused
from xbarmip.model.record import Record, is_unchanged, record_of
from xbarmip.model.rows import (
    Exact,
    constraints,
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
        Objective, in steps or cycles.
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
    _check_variables(model, pause)
    checked = 0
    for data in paused(constraints(model), pause):
        _check_constraint(model, data, record, chosen)
        checked += 1
    stated = read_objective(objective(model)).body
    confirmed = evaluate(problem, chosen)
    for what, other in (
        ("the model's objective", stated),
        ("the model's timing", value),
        ("the claim", confirmed if claimed is None else claimed),
    ):
        if other != confirmed:
            raise VerificationError(f"the allocation's value is {confirmed}, but {what} is {other}")
    return Verification(confirmed, problem.crossbars_used(chosen), checked)


def _check_limits(problem: Problem, allocation: tuple[int, ...]) -> None:
    """The problem's own constraints, apart from their rows in the model."""
    for layer, r, most in zip(problem.network.layers, allocation, problem.largest, strict=True):
        if r > most:
            raise VerificationError(
                f"R of layer {layer.name!r} is {r}, but the budget leaves at most {most}"
            )
    for constraint in problem.broken(allocation):
        at = ", ".join(f"R[{k}]={allocation[problem.network.index[k]]}" for k in constraint.layers)
        raise VerificationError(f"constraint {constraint.name!r} is violated by {at}")


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


def _check_variables(model: pyo.ConcreteModel, pause: Pause) -> None:
    variables = model.component_data_objects(pyo.Var, active=True, descend_into=True)
    for variable in paused(variables, pause):
        if variable.value is None:
            raise VerificationError(
                f"{label(variable)} has no value: the allocation does not determine it"
            )
        value = exact(variable.value, "value", variable)
        if not variable.is_continuous() and value != int(value):
            raise VerificationError(f"{label(variable)} is {value}, but must be an integer")
        lower, upper = (
            None if bound is None else exact(bound, "bound", variable) for bound in variable.bounds
        )
        _check_bounds(variable, value, lower, upper)


def _check_bounds(data: Any, value: Exact, lower: Exact | None, upper: Exact | None) -> None:
    for bound, broken, word in (
        (lower, lower is not None and value < lower, "at least"),
        (upper, upper is not None and value > upper, "at most"),
    ):
        if broken:
            raise VerificationError(f"{label(data)} is violated: {value}, must be {word} {bound}")


def _check_constraint(
    model: pyo.ConcreteModel, data: Any, record: Record, allocation: tuple[int, ...]
) -> None:
    if data is model.component("timing") and is_unchanged(record, data):
        _check_bounds(data, int(model.value.value), evaluate(record.problem, allocation), None)
        return
    if data.body.polynomial_degree() is None and is_unchanged(record, data):
        return  # a predicate as a function: evaluated among the problem's own constraints
    row = read_constraint(data)
    _check_bounds(data, row.body, row.lower, row.upper)
