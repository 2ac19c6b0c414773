"""The linear statement of a problem, whole, and its files for MILP solvers."""

import re
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.repn.plugins.lp_writer import LPWriter

from xbarmip.errors import UnsupportedError
from xbarmip.exact import as_int
from xbarmip.model.critical_paths import critical_paths
from xbarmip.model.menus import every_r
from xbarmip.model.path_cuts import path_cut
from xbarmip.model.rows import (
    Exact,
    Row,
    constraints,
    label,
    objective,
    read_constraint,
    read_objective,
)
from xbarmip.model.statement import build_model
from xbarmip.problem import Problem
from xbarmip.solvers.descent import descend


def linear_model(
    problem: Problem, at_most: int | None = None, windows: bool = False
) -> pyo.ConcreteModel:
    """The problem as a linear model, for values up to `at_most` if that is given.

    Parameters
    ----------
    problem : Problem
    at_most : int, optional
    windows : bool
        Let `at_most` also take away what no allocation of such a value uses (docs/model.md,
        *Windows*). The model is far smaller, and whoever takes it trusts that argument as well.

    Raises
    ------
    InputError
        On a bad `at_most`.
    UnsupportedError
        When the model would be too large, or the objective is not a count.
    """
    if at_most is not None:
        at_most = as_int(at_most, "at_most", 1)
    model = build_model(problem, "linear", at_most=at_most if windows else None)
    model.value.setub(horizon(model, problem) if at_most is None else at_most)
    model.value.setlb(min(model.value.ub, model.value.lb))
    return model


def add_cuts(model: pyo.ConcreteModel, problem: Problem) -> None:
    """Add `model.path[number]`, rows over the choices and the value that follow from the others.

    The cuts of the critical paths of one copy of each layer and of a good allocation. They hold
    for every allocation (docs/model.md, *Path cuts*), so that no optimum changes.
    """
    names, menus = list(problem.network.index), every_r(problem)
    known = (tuple(1 for _ in names), descend(problem))
    paths = [
        path
        for allocation in known
        if allocation is not None
        for path in critical_paths(problem.view, allocation)[1]
    ]
    model.path = pyo.Constraint(pyo.Any, doc="[number]: value is at least what a path takes")
    for number, path in enumerate(dict.fromkeys(paths), start=1):
        cut = path_cut(problem.view, path, menus)
        steps = {
            (names[k], int(r)): int(g)
            for k, some in cut.steps.items()
            for r, g in zip(menus[k], some, strict=True)
            if g
        }
        body = LinearExpression(
            constant=0,
            linear_coefs=[1, *(-g for g in steps.values())],
            linear_vars=[model.value, *(model.choose[pair] for pair in steps)],
        )
        model.path.add(number, (cut.constant, body, None))


def horizon(model: pyo.ConcreteModel, problem: Problem) -> int:
    """What no variable without a bound needs to exceed.

    Op is PreOp, the steps of one layer, and tails, each of another layer; the value of the
    pipeline is no more than the steps of all layers.
    """
    view = problem.view
    starts = [0] if view.stalls else [int(pre.ub) for pre in model.timing.pre.values()]
    return sum(view.outputs) + sum(tail[0] for tail in view.tails if tail) + max(starts)


def read_rows(model: pyo.ConcreteModel) -> list[Row]:
    """The constraints of a linear model, in exact numbers."""
    return [read_constraint(data) for data in constraints(model)]


def mps(model: pyo.ConcreteModel) -> str:
    """The model in free MPS format, as GLPK reads it as well.

    That is without OBJSENSE where the objective is minimised, as is understood, and with a name in
    which there is no blank.

    Raises
    ------
    UnsupportedError
        On a number that the file could not hold exactly.
    """
    _check_numbers(model)
    with TemporaryDirectory(prefix="xbarmip-") as folder:
        path = Path(folder) / "model.mps"
        options = {
            "symbolic_solver_labels": True,
            "skip_objective_sense": objective(model).is_minimizing(),
        }
        model.write(str(path), format="mps", io_options=options)
        text = path.read_text(encoding="utf-8")
    name = re.sub(r"[^\w.-]+", "_", model.name, flags=re.ASCII).strip("_") or "unnamed"
    return re.sub(r"^NAME .*$", f"NAME {name}", text, count=1, flags=re.MULTILINE)


def lp(model: pyo.ConcreteModel) -> str:
    """The model in the LP format of CPLEX (see `mps`)."""
    _check_numbers(model)
    text = StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True)
    return text.getvalue()


def _check_numbers(model: pyo.ConcreteModel) -> None:
    """Both writers print floats."""
    for row in (read_objective(objective(model)), *read_rows(model)):
        for number in (*row.coefficients, row.lower, row.upper):
            if number is not None and not _is_float(number):
                raise UnsupportedError(
                    f"{label(row.component)}: {number} is not a floating-point number, "
                    "as readers of the file expect"
                )


def _is_float(number: Exact) -> bool:
    try:
        return float(number) == number
    except OverflowError:
        return False
