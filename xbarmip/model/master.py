"""The choices with all that restricts them, and no timing: what path cuts are added to."""

from collections.abc import Sequence

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from xbarmip.model.constraint_rows import add_constraints
from xbarmip.model.pause import Pause
from xbarmip.network.window import Array
from xbarmip.problem import Problem


def build_master(problem: Problem, menus: Sequence[Array], pause: Pause) -> pyo.ConcreteModel:
    """choose[l, r] for the R of the menus, one_choice, budget, and rows of the constraints.

    All as in `build_model`, of which it is a part: the problem's constraints, those that were read
    from a model among them, become rows by the same rules.
    """
    names = [layer.name for layer in problem.network.layers]
    pairs = [(n, int(r)) for n, menu in zip(names, menus, strict=True) for r in menu]
    model = pyo.ConcreteModel(name=f"{problem.network.name}, choices")
    model.choose = pyo.Var(pairs, domain=pyo.Binary)
    model.objective = pyo.Objective(expr=0)
    model.one_choice = pyo.Constraint(pyo.Any)
    sets = dict(zip(names, problem.sets, strict=True))
    for name, menu in zip(names, menus, strict=True):
        choices = [model.choose[name, int(r)] for r in menu]
        model.one_choice.add(name, (1, _sum([1] * len(choices), choices), 1))
    crossbars = [sets[name] * r for name, r in pairs]
    model.budget = pyo.Constraint(
        expr=(None, _sum(crossbars, list(model.choose.values())), problem.crossbars)
    )
    add_constraints(model, problem, menus, pause)
    return model


def _sum(numbers: list[int], variables: list[object]) -> LinearExpression:
    return LinearExpression(constant=0, linear_coefs=numbers, linear_vars=variables)
