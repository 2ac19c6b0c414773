"""The problem as one Pyomo model (SPEC §9)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int, ceil_div
from xbarmip.goal import MICROSECONDS
from xbarmip.model import cycles_lowering, steps_lowering
from xbarmip.model.constraint_rows import add_constraints, constraint_obstacle
from xbarmip.model.cycles_windows import CyclesWindows, cycles_windows, sweep_pairs
from xbarmip.model.function import ModelFunction
from xbarmip.model.hardware_expressions import add_hardware_expressions
from xbarmip.model.hooks import Copies, by_layer
from xbarmip.model.menus import every_r, trivial_bound
from xbarmip.model.pause import Pause, no_pause
from xbarmip.model.reading import read_additions
from xbarmip.model.record import check_unchanged, record_of, write_record
from xbarmip.model.steps_windows import StepsWindows, steps_windows
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_limit import least_step
from xbarmip.timing.step_time import ticks_of

Timing = Literal["auto", "linear", "function"]

MOST_CHOICES = 500_000  # binaries of any model
MOST_OUTPUTS = 5_000_000  # of all layers, in a linear form of the pipeline
MOST_PAIRS = 8_000_000  # of a consumer's R and a producer's output, in the sweeps of the pipeline
MOST_AUXILIARY = 200_000  # variables of a linear timing: building them takes up to a minute
AUTOMATIC_AUXILIARY = 20_000  # as many as `auto` adds unasked,
AUTOMATIC_CHOICES = 1_000  # for as many binaries


def build_model(
    problem: Problem,
    timing: Timing = "auto",
    at_most: int | None = None,
    pause: Pause = no_pause,
) -> pyo.ConcreteModel:
    """State `problem` as a Pyomo model (docs/model.md).

    Parameters
    ----------
    problem : Problem
    timing : {"auto", "linear", "function"}
        How the objective hangs on the choices. "linear": by linear constraints, for any MILP solver
        and for files in LP format. "function": by one constraint on an external function, which
        states the same but which linear solvers refuse by name; `xbarmip.solve` needs no more.
        "auto": linear where that is small, otherwise the function.
    at_most : int, optional
        State the problem for values up to this only. That makes the linear form far smaller.
    pause : callable, optional
        Called between small pieces of work; what it raises ends the building.

    Returns
    -------
    pyomo ConcreteModel
        With the components

        LAYERS, CHOICES : sets
            Layer names, in order; pairs (layer, r), r = 1..largest R that the budget leaves.
        choose[l, r] : binary
            1 if layer l has R = r.
        R[l], crossbars[l], normal_op[l] : expressions
            Copies of layer l; crossbars that they occupy; NormalOp, the steps in which l alone
            makes the outputs that count. All linear in `choose`.
        tiles[l] : expressions
            Tiles of the hardware that layer l occupies; only for a problem with hardware that says
            how many crossbars a tile has. Linear in `choose`, too.
        one_choice[l], budget : constraints
        constraints[name, number] : constraints
            Rows of the problem's own constraints, if it has any. In the linear form a predicate is
            a table; otherwise it may be a function of R, like the timing.
        step_time_us[l] : expressions
            Microseconds that layer l takes to move the data of one step (SPEC §6); only for a
            problem with hardware that says so.
        value : integer
            Steps or cycles of one inference, or its latency in ticks (`ticks_of(problem).tick`
            seconds each).
        objective : minimise value
        timing : block or constraint
            value >= what the choices take.

    Raises
    ------
    InputError
        On a bad argument.
    UnsupportedError
        When the model would be too large; the message names what, and the limit.
    """
    if timing not in ("auto", "linear", "function"):
        raise InputError(f"timing must be one of auto, linear, function, got {timing!r}")
    if at_most is not None:
        at_most = as_int(at_most, "at_most", 1)
    if sum(problem.largest) > MOST_CHOICES:
        raise UnsupportedError(_too_many_choices(problem))
    model = pyo.ConcreteModel(name=f"{problem.network.name}, {problem.crossbars} crossbars")
    _add_choices(model, problem)
    model.value = pyo.Var(domain=pyo.Integers, bounds=(_least(problem), at_most))
    model.objective = pyo.Objective(expr=model.value, sense=pyo.minimize)
    linear = timing == "linear"
    if timing == "auto" and (at_most is not None or sum(problem.largest) <= AUTOMATIC_CHOICES):
        linear = linear_obstacle(problem, at_most, AUTOMATIC_AUXILIARY) is None
    if linear:
        menus = _add_linear(model, problem, at_most, pause)
    else:
        _add_function(model, problem)
        menus = every_r(problem)
    add_constraints(model, problem, menus, pause)
    add_hardware_expressions(model, problem)
    write_record(model, problem, at_most, pause)
    return model


def problem_of(model: pyo.ConcreteModel) -> Problem:
    """The problem that a model from `build_model` states, with what was added to it.

    Active constraints, logical constraints and disjunctions that were added become constraints of
    the problem (docs/adding-a-constraint.md); Params count with the values that they have now. An
    objective that took the place of the model's becomes a sum that is minimised (its negative,
    where it is maximised), upper bounds on `value` become bounds of the goal.

    Raises
    ------
    InputError
        When the model is not one of `build_model`, or an addition is malformed.
    UnsupportedError
        When it was built with `at_most`, which is not part of a Problem; when what `build_model`
        built was changed or removed; or on an addition that cannot be made exact. The message names
        the component.
    """
    record = record_of(model)
    if record.at_most is not None:
        raise UnsupportedError(f"the model states values up to {record.at_most} only (at_most)")
    check_unchanged(model, record)
    problem, reading = record.problem, read_additions(model, record)
    if reading.constraints:
        problem = replace(problem, constraints=(*problem.constraints, *reading.constraints))
    if reading.at_most is not None:
        bound: Any = reading.at_most
        if problem.is_latency:  # from ticks to microseconds
            bound *= ticks_of(problem).tick * 10**6
        unit = MICROSECONDS if problem.is_latency else ""
        problem = replace(problem, at_most={problem.label + unit: bound})
    if reading.aim is not None:
        own = reading.aim.measure
        problem = replace(problem, objective=own.name, rule=None, sums=(own,))
    return problem


def assign_timing(model: pyo.ConcreteModel, problem: Problem, allocation: tuple[int, ...]) -> int:
    """Set the variables of `model.timing` to what `allocation` implies; return its value."""
    if model.timing.ctype is not pyo.Block or not hasattr(model.timing, "at_least"):
        return evaluate(problem, allocation)
    lowering = cycles_lowering if problem.view.stalls else steps_lowering
    return lowering.assign(model, problem, allocation)


def linear_obstacle(
    problem: Problem, at_most: int | None = None, limit: int = MOST_AUXILIARY
) -> str | None:
    """Why the problem cannot be stated linearly within limits, naming the limit; None if it can."""
    if problem.is_latency:
        return f"linear timing of {problem.objective!r}, the product of a count and the step time"
    if sum(problem.largest) > MOST_CHOICES:
        return _too_many_choices(problem)
    outputs = sum(problem.view.outputs)
    if problem.view.stalls and outputs > MOST_OUTPUTS:
        return (
            f"linear timing of {problem.objective!r} for {outputs} outputs, "
            f"the limit is {MOST_OUTPUTS}"
        )
    if not problem.view.closed_form.fits_int64:
        return "linear timing with numbers beyond 64 bits"
    if problem.view.stalls and (pairs := sweep_pairs(problem, at_most)) > MOST_PAIRS:
        return (
            f"linear timing of {problem.objective!r} with windows over {pairs} pairs of R and "
            f"output, the limit is {MOST_PAIRS}"
        )
    windows = _windows(problem, at_most)
    if windows is None:
        return None
    if windows.size <= limit:
        return constraint_obstacle(problem, windows.menus)
    return (
        f"linear timing of {problem.objective!r} up to {windows.at_most} with {windows.size} "
        f"auxiliary variables, the limit is {limit}"
    )


def _least(problem: Problem) -> int:
    """A value, found without a search, than which no allocation has a smaller one."""
    return trivial_bound(problem) * (least_step(problem) if problem.is_latency else 1)


def _too_many_choices(problem: Problem) -> str:
    return f"a model with {sum(problem.largest)} choices of R, the limit is {MOST_CHOICES}"


def _windows(problem: Problem, at_most: int | None) -> StepsWindows | CyclesWindows | None:
    find = cycles_windows if problem.view.stalls else steps_windows
    return find(problem, at_most)


def _add_choices(model: pyo.ConcreteModel, problem: Problem) -> None:
    names = [layer.name for layer in problem.network.layers]
    menus = {name: range(1, most + 1) for name, most in zip(names, problem.largest, strict=True)}
    model.LAYERS = pyo.Set(initialize=names, ordered=True)
    model.CHOICES = pyo.Set(initialize=[(n, r) for n, menu in menus.items() for r in menu], dimen=2)
    model.choose = pyo.Var(model.CHOICES, domain=pyo.Binary)
    choices = {name: [model.choose[name, r] for r in menu] for name, menu in menus.items()}
    sets = dict(zip(names, problem.sets, strict=True))
    outputs = dict(zip(names, problem.view.counted, strict=True))
    model.R = by_layer(model, problem, lambda _, r: r, "[l]: copies of layer l", kind=Copies)
    model.crossbars = pyo.Expression(
        model.LAYERS,
        rule=lambda m, n: sets[n] * m.R[n],
        doc="[l]: logical crossbars that the copies of layer l occupy",
    )
    model.normal_op = by_layer(
        model,
        problem,
        lambda layer, r: ceil_div(outputs[layer.name], r),
        "[l]: steps in which layer l alone makes the outputs that count",
    )
    model.one_choice = pyo.Constraint(
        model.LAYERS,
        rule=lambda _, n: (
            1,
            LinearExpression(constant=0, linear_coefs=[1] * len(menus[n]), linear_vars=choices[n]),
            1,
        ),
    )
    model.budget = pyo.Constraint(
        expr=pyo.quicksum(model.crossbars[name] for name in names) <= problem.crossbars
    )


def _add_linear(
    model: pyo.ConcreteModel, problem: Problem, at_most: int | None, pause: Pause
) -> Sequence[Array]:
    """Add the linear timing; return the R that it leaves to every layer."""
    obstacle = linear_obstacle(problem, at_most)
    if obstacle is not None:
        raise UnsupportedError(
            f"network {problem.network.name!r}: {obstacle}; a smaller at_most makes it smaller"
        )
    windows = _windows(problem, at_most)
    if isinstance(windows, StepsWindows):
        steps_lowering.add(model, problem, windows, pause)
    elif isinstance(windows, CyclesWindows):
        cycles_lowering.add(model, problem, windows, pause)
    else:
        model.timing = pyo.Block(doc="no allocation within the limits reaches at_most")
        first = [model.choose[pair] for pair in model.CHOICES if pair[0] == model.LAYERS.first()]
        model.timing.out_of_reach = pyo.Constraint(expr=pyo.quicksum(first) == 0)
        return every_r(problem)
    model.timing.window = pyo.Constraint(pyo.Any, doc="[layer]: R within reach of at_most")
    for layer, menu, most in zip(
        problem.network.layers, windows.menus, problem.largest, strict=True
    ):
        if len(menu) < most:
            within = [model.choose[layer.name, int(r)] for r in menu]
            body = LinearExpression(constant=0, linear_coefs=[1] * len(within), linear_vars=within)
            model.timing.window.add(layer.name, (1, body, 1))
    return windows.menus


class _Evaluation(ModelFunction):
    """The objective as a function of R, for Pyomo's external functions."""

    def __init__(self, problem: Problem) -> None:
        super().__init__("evaluate")
        self.problem = problem

    def __call__(self, *duplication: float) -> int:
        whole = [int(r) for r in duplication]
        if whole != list(duplication):
            raise InputError(f"R must be integers, got {list(duplication)}")
        return evaluate(self.problem, whole)


def _add_function(model: pyo.ConcreteModel, problem: Problem) -> None:
    model.evaluate = pyo.ExternalFunction(function=_Evaluation(problem))
    duplication = [model.R[name] for name in model.LAYERS]
    model.timing = pyo.Constraint(expr=model.value >= model.evaluate(*duplication))
