"""`xbarmip plot`: pictures of a solution."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xbarmip.cli.arguments import (
    add_any_solver,
    add_file,
    add_limits,
    add_network,
    add_objective,
    every_objective,
)
from xbarmip.cli.budget import add_budget, problem_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.constraints import check_for_every_budget
from xbarmip.cli.latency import count_in_time
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command, integers
from xbarmip.cli.progress import limits_of
from xbarmip.compare.pictures.canvas import check_picture, picture
from xbarmip.compare.pictures.frontier import frontier_figure
from xbarmip.compare.pictures.layers import layers_figure
from xbarmip.compare.pictures.pipeline import pipeline_figure
from xbarmip.errors import InputError
from xbarmip.files import written
from xbarmip.problem import Problem
from xbarmip.solvers.dp.frontier import frontier
from xbarmip.solvers.registry import solve
from xbarmip.timing.pipeline import cycles

_PICTURES = {
    "pipeline": "which layer runs, waits or is done, over the cycles of the pipeline",
    "layers": "crossbars and step time of each layer, and the one that binds",
    "frontier": "the optimum of every budget up to this one",
}


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "plot", COMMANDS["plot"], run)
    add_network(parser)
    add_budget(parser)
    add_objective(parser, every_objective())
    parser.add_argument(
        "--allocation",
        type=integers,
        metavar="R1,R2,...",
        help="the duplication R of every layer, in the order of `xbarmip show` "
        "(default: the best one that is found)",
    )
    add_any_solver(parser)
    for name, what in _PICTURES.items():
        add_file(parser, f"--{name}", f"{what}; .png, .svg or .pdf", "FILE.png")
    add_limits(parser)


def run(arguments: Namespace) -> int:
    """Solve unless an allocation is given, draw, write."""
    wanted = {name: path for name in _PICTURES if (path := getattr(arguments, name)) is not None}
    _check_files(wanted)
    problem = problem_of(arguments)
    if "frontier" in wanted:
        check_for_every_budget(arguments.constraint)
        if problem.is_latency:
            raise InputError(f"--frontier is of a count, not of {problem.objective!r}")
    draw: dict[str, Callable[[], Any]] = {"frontier": lambda: _frontier(problem, arguments)}
    allocation = None
    if wanted.keys() - {"frontier"}:
        allocation = _allocation(problem, arguments)
        draw["pipeline"] = lambda: _pipeline(problem, allocation)
        draw["layers"] = lambda: layers_figure(problem, allocation)
    figures = {name: draw[name]() for name in wanted}
    for name, path in wanted.items():
        written(path, picture(figures[name], path))
    if arguments.json:
        files = {name: str(path) for name, path in wanted.items()}
        print_json({"network": problem.network.name, "allocation": allocation, **files})
    else:
        for path in wanted.values():
            say(f"written: {path}")
    return 0


def _check_files(wanted: dict[str, Path]) -> None:
    """Refuse before the search what could not be written after it."""
    if not wanted:
        raise InputError(f"needs at least one of {', '.join(f'--{name}' for name in _PICTURES)}")
    for name, path in wanted.items():
        check_picture(path, f"--{name}")


def _allocation(problem: Problem, arguments: Namespace) -> Sequence[int]:
    """The one that was given, within the budget, or the best that is found."""
    if arguments.allocation is not None:
        chosen = problem.allocation(arguments.allocation)
        used = problem.crossbars_used(chosen)
        if used > problem.crossbars:
            raise InputError(
                f"--allocation takes {used} crossbars, the budget is {problem.crossbars}"
            )
        for constraint in problem.broken(chosen):
            raise InputError(f"--allocation breaks the constraint {constraint.name!r}")
        return chosen
    with limits_of(arguments) as limits:
        result = solve(problem, arguments.solver, **limits)
    if result.allocation is None:
        raise InputError(f"nothing to draw: {result.solver} found no allocation, {result.status}")
    return problem.allocation(result.allocation)


def _pipeline(problem: Problem, allocation: Sequence[int]) -> Any:
    count = cycles(problem.network, allocation)
    in_time = count_in_time(problem, allocation, count)
    return pipeline_figure(problem.network, allocation, in_time=in_time)


def _frontier(problem: Problem, arguments: Namespace) -> Any:
    with limits_of(arguments) as limits:
        return frontier_figure(frontier(problem, **limits))
