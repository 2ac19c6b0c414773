"""The options that say what an allocation may take: crossbars or tiles, and constraints."""

from argparse import Namespace
from typing import Any

from xbarmip.cli.arguments import network_of
from xbarmip.cli.constraints import add_constraint, check_for_every_budget
from xbarmip.cli.goal import sums_of
from xbarmip.cli.parser import Parser, integer, size
from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.goal import CROSSBARS, TILES
from xbarmip.hardware.preset import Hardware, load_hardware
from xbarmip.plain import plain
from xbarmip.problem import Problem


def add_hardware(parser: Parser, required: bool = False) -> None:
    """The option --hardware."""
    parser.add_argument(
        "--hardware",
        required=required,
        metavar="NAME",
        help="a preset that `xbarmip hardware` lists, or a path to a .toml file: crossbar size, "
        "tiles, and how long a step takes",
    )


def add_size_beside(parser: Parser) -> None:
    """The option --size beside --hardware, whose size it is by default."""
    parser.add_argument(
        "--size",
        type=size,
        metavar="SIZE",
        help="crossbar size: 128, or rows x columns as 256x128 (default: the hardware's, or 128)",
    )


def add_budget(parser: Parser, needs_hardware: bool = False) -> None:
    """The options --crossbars, --hardware, --tiles, --size and --constraint, for `problem_of`."""
    add_crossbars(parser, needs_hardware)
    add_constraint(parser)


def add_crossbars(parser: Parser, needs_hardware: bool = False) -> None:
    """The options --crossbars, --hardware, --tiles and --size, for `crossbars_of`."""
    parser.add_argument(
        "--crossbars",
        type=integer,
        metavar="N",
        help="the budget: logical crossbars that there are",
    )
    add_hardware(parser, needs_hardware)
    parser.add_argument(
        "--tiles",
        type=integer,
        metavar="N",
        help="the budget in tiles of the hardware (default: those of its chip, if it says so)",
    )
    add_size_beside(parser)


def problem_of(arguments: Namespace) -> Problem:
    """The problem that was asked for.

    Raises
    ------
    InputError
        When the budget is not given, or given twice.
    """
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    crossbars = crossbars_of(arguments, hardware)
    network = network_of(arguments)
    if crossbars is None:
        check_for_every_budget(arguments.constraint)
    return Problem(
        network,
        crossbars,
        arguments.size,
        arguments.objective,
        arguments.rule,
        tuple(arguments.constraint),
        hardware,
        getattr(arguments, "bounds", ()),
        getattr(arguments, "then", ()),
        sums_of(arguments, network, hardware, crossbars),
    )


def tiles_of(problem: Problem) -> int | None:
    """The budget in whole tiles; None where it is none, or no tile is known."""
    each = None if problem.hardware is None else problem.hardware.crossbars_per_tile
    return None if each is None or problem.crossbars % each else problem.crossbars // each


def question(problem: Problem) -> str:
    """Network and budget in words."""
    size = problem.crossbar
    crossbars = f"{problem.crossbars} crossbar{'s' * (problem.crossbars != 1)} of {size}"
    if problem.crossbars == problem.ample:
        crossbars = f"crossbars of {size}"
    bounds = "".join(f", {name} at most {plain(most)}" for name, most in problem.at_most)
    if problem.hardware is None:
        return f"{problem.network.name}, {crossbars}{bounds}"
    tiles = None if problem.crossbars == problem.ample else tiles_of(problem)
    where = problem.hardware.name if tiles is None else f"{tiles} tiles of {problem.hardware.name}"
    return f"{problem.network.name}, {where} ({crossbars}){bounds}"


def crossbars_of(
    arguments: Namespace, hardware: Hardware | None, option: str = "--crossbars"
) -> Any:
    """The crossbars that were asked for; None where none need be, as these or tiles are minimised.

    Raises
    ------
    InputError
        When they are not given, or given twice.
    """
    if arguments.tiles is None and arguments.crossbars is not None:
        crossbars: int = arguments.crossbars
        return crossbars
    if arguments.tiles is None and getattr(arguments, "objective", "") in (CROSSBARS, TILES):
        return None
    if arguments.tiles is not None and arguments.crossbars is not None:
        raise InputError(f"{option} and --tiles both give the budget: only one is allowed")
    if hardware is None:
        wanted = (
            "--tiles needs" if arguments.tiles is not None else f"needs {option}, or --tiles and"
        )
        raise InputError(f"{wanted} --hardware")
    tiles = hardware.tiles if arguments.tiles is None else as_int(arguments.tiles, "--tiles", 1)
    each, give = hardware.crossbars_per_tile, f"{option} must give the budget"
    if each is None:
        raise InputError(f"hardware {hardware.name!r} has no crossbars_per_tile: {give}")
    if tiles is None:
        raise InputError(f"hardware {hardware.name!r} has no tiles: --tiles or {give}")
    return tiles * each
