"""The option --constraint, and what is said where constraints cannot hold."""

from argparse import ArgumentTypeError
from collections.abc import Iterable

from xbarmip.cli.parser import Parser
from xbarmip.constraint import Recipe
from xbarmip.constraints.library import READY, name_of, parse
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.problem import Problem
from xbarmip.questions.remedy import remedies
from xbarmip.solvers.conflict import conflict
from xbarmip.solvers.registry import EXACT, make_solver


def add_constraint(parser: Parser) -> None:
    """The option --constraint, which gives recipes as `Problem` takes them."""
    parser.add_argument(
        "--constraint",
        type=_recipe,
        action="append",
        default=[],
        metavar="NAME:KEY=VALUE,...",
        help="a constraint beside the budget, for instance largest-duplication:most=8 "
        f"(can be given several times); one of {', '.join(READY)}",
    )


def check_for_every_budget(recipes: Iterable[Recipe]) -> None:
    """Check that the constraints ask the same of an allocation whatever the budget.

    Raises
    ------
    InputError
        Naming one that does not.
    """
    for recipe in recipes:
        if recipe.follows_budget:
            raise InputError(
                f"constraint {name_of(recipe)!r} depends on the budget, but there are many here: "
                f"{_remedy(recipe)}"
            )


def _remedy(recipe: Recipe) -> str:
    for key in ("tiles", "cores"):
        if hasattr(recipe, key):
            return f"give {key}"
    return "a frontier cannot take it"


def why_infeasible(problem: Problem, solver: str, seconds: float | None) -> str:
    """What cannot hold: the budget, or the constraints that contradict each other."""
    if not problem.feasible:
        tile = None if problem.hardware is None else problem.hardware.crossbars_per_tile
        tiles = f", {ceil_div(problem.smallest_budget, tile)} tiles" if tile else ""
        return (
            "one copy of every layer does not fit; "
            f"the smallest budget that works is {problem.smallest_budget} crossbars{tiles}; "
            "`xbarmip schedule` cuts the network into segments that do"
        )
    chosen = make_solver(solver if solver in EXACT else "dp")
    remedy = "".join(f"; {words}" for words in remedies(problem, chosen, seconds))
    if not problem.is_core:
        return f"no allocation is within the bounds and meets the constraints{remedy}"
    try:
        found = conflict(problem, solver if solver in EXACT else "dp", seconds)
    except UnsupportedError:
        found = None
    why = "no allocation meets the constraints" if found is None else str(found)
    return why + remedy


def _recipe(text: str) -> Recipe:
    try:
        return parse(text)
    except InputError as error:
        raise ArgumentTypeError(str(error)) from None
