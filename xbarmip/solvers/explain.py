"""How each solver will treat each constraint, and what that costs the dynamic program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from xbarmip.constraint import Constraint, LinearConstraint
from xbarmip.display import html_table
from xbarmip.problem import Problem
from xbarmip.solvers.dp.state.stages import elimination_order
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.registry import EXACT, make_solver, stated

if TYPE_CHECKING:
    import pyomo.environ as pyo

MOST_SUMS = 1_000_000  # distinct partial sums that are counted


@dataclass(frozen=True, slots=True)
class Treatment:
    """One constraint.

    Attributes
    ----------
    name : str
    kind : str
        "linear" (a sum of one function for each layer) or "predicate".
    layers : tuple of str
        Its scope, in the order in which the dynamic program decides them.
    growth : int
        Labels that differ in nothing but what is carried for this constraint, at most: where the
        sweep carries most. Dominance leaves fewer. 1 costs nothing.
    exact_growth : bool
        False where `growth` is only a bound, as there are too many sums to count.
    by_solver : tuple of (str, str)
        For each exact solver, what it does with the constraint, or why it refuses.
    """

    name: str
    kind: str
    layers: tuple[str, ...]
    growth: int
    exact_growth: bool
    by_solver: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All constraints of a problem.

    Attributes
    ----------
    constraints : tuple of Treatment
    refusals : tuple of (str, str)
        Solvers that refuse the problem without any constraint, too, and why.
    """

    constraints: tuple[Treatment, ...]
    refusals: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        alike: dict[Any, list[str]] = {}
        for one in self.constraints:
            scopes = alike.setdefault((one.name, one.kind, one.by_solver), [])
            scopes.append(", ".join(one.layers))
        lines = []
        for (name, kind, by_solver), scopes in alike.items():
            lines.append(f"{name}: {kind}, over {'; '.join(dict.fromkeys(scopes))}")
            lines += [f"  {solver}: {text}" for solver, text in by_solver]
        lines += [f"{solver} refuses the problem itself: {why}" for solver, why in self.refusals]
        return "\n".join(lines) or "no constraint but the budget"

    def _repr_html_(self) -> str:
        rows = [
            (one.name, one.kind, ", ".join(one.layers), solver, how)
            for one in self.constraints
            for solver, how in one.by_solver
        ]
        names = ("constraint", "kind", "layers", "solver", "treatment")
        refusals = [("the problem", None, None, solver, why) for solver, why in self.refusals]
        return html_table("what each solver does with it", names, [*rows, *refusals])


def explain(what: "Problem | pyo.ConcreteModel") -> Explanation:
    """List every constraint beside the budget and how each exact solver will treat it.

    Parameters
    ----------
    what : Problem or pyomo ConcreteModel

    Raises
    ------
    InputError, UnsupportedError
        As `problem_of`, on a model whose constraints cannot be read.
    """
    problem = stated(what)
    free = replace(problem, constraints=())
    refusals = {name: make_solver(name).unsupported(free) for name in EXACT}
    names = [layer.name for layer in problem.network.layers]
    table = search_table(problem)  # None: the plain program, from the last layer to the first
    order = names[::-1]
    if table is not None:
        order = [names[k] for k in elimination_order(table, problem.sets)]
    return Explanation(
        tuple(_treatment(problem, one, order, refusals) for one in problem.constraints),
        tuple((name, "; ".join(why)) for name, why in refusals.items() if why),
    )


def _treatment(
    problem: Problem,
    constraint: Constraint,
    order: Sequence[str],
    refusals: dict[str, tuple[str, ...]],
) -> Treatment:
    layers = tuple(layer for layer in order if layer in constraint.layers)
    growth, exact = _growth(problem, constraint, layers)
    alone = replace(problem, constraints=(constraint,))
    texts = {
        "dp": _in_dp(constraint, layers, growth, exact),
        "milp": "a row over the choices"
        if isinstance(constraint, LinearConstraint)
        else "an exact table of what it forbids",
        "exhaustive": "evaluated on blocks of allocations",
    }
    for name in EXACT:
        more = [r for r in make_solver(name).unsupported(alone) if r not in refusals[name]]
        if more and not refusals[name]:
            texts[name] = f"refused: {'; '.join(more)}"
    kind = "linear" if isinstance(constraint, LinearConstraint) else "predicate"
    return Treatment(constraint.name, kind, layers, growth, exact, tuple(texts.items()))


def _in_dp(constraint: Constraint, layers: tuple[str, ...], growth: int, exact: bool) -> str:
    if len(layers) == 1:
        return "tested when its layer is decided; the state does not grow"
    carried = "a running sum" if isinstance(constraint, LinearConstraint) else "R remembered"
    order = "less is better" if isinstance(constraint, LinearConstraint) else "no order"
    bound = "" if exact else "at most "
    return (
        f"{carried} from {layers[0]} to {layers[-1]}, {order}; {bound}{growth} values to tell apart"
    )


def _growth(problem: Problem, constraint: Constraint, layers: tuple[str, ...]) -> tuple[int, bool]:
    """Largest number of different things that a label can carry for the constraint."""
    index, largest = problem.network.index, problem.largest
    if not isinstance(constraint, LinearConstraint):
        return prod(largest[index[layer]] for layer in layers[:-1]), True
    weights = dict(constraint.weights)
    tables = [set(weights[layer][: largest[index[layer]]]) for layer in layers]
    rooms, most = {constraint.limit}, 1
    for at, table in enumerate(tables[:-1]):
        later = tables[at + 1 :]
        least, greatest = sum(map(min, later)), sum(map(max, later))
        if len(rooms) * len(table) > MOST_SUMS:
            return prod(map(len, tables[:-1])), False
        rooms = {min(room - w, greatest) for room in rooms for w in table if room - w >= least}
        most = max(most, len(rooms))
    return most, True
