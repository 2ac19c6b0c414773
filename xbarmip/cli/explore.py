"""`xbarmip explore`: a page on which the frontier is walked corner by corner."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from xbarmip.cli.arguments import add_limits, network_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.constraints import add_constraint
from xbarmip.cli.frontier import add_range, message, traced
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written
from xbarmip.hardware.preset import load_hardware
from xbarmip.problem import Problem

_MORE = 4  # times the smallest budget, where no largest one is given


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "explore", COMMANDS["explore"], run)
    add_range(parser)
    add_constraint(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE.html", required=True, help="the page to write"
    )
    add_limits(parser)
    parser.set_defaults(objective="cycles", rule=None)


def run(arguments: Namespace) -> int:
    """Trace the frontier of cycles, write the page."""
    from xbarmip.pages.explore import explore_page

    check_writable(arguments.output)
    if arguments.crossbars is None and arguments.tiles is None:
        arguments.crossbars = _ample(arguments)
    curve = traced(arguments)
    if not curve.points:
        raise InputError(f"nothing to explore: {message(curve)}")
    written(arguments.output, explore_page(curve).encode())
    if arguments.json:
        print_json({**curve.as_dict(), "message": message(curve), "output": str(arguments.output)})
    else:
        say(f"{curve.problem.network.name}: {message(curve)}")
        say(f"written: {arguments.output}")
    return 0


def _ample(arguments: Namespace) -> int | None:
    """The largest budget where none is given: the hardware's, if it says so, or four times the
    smallest one that works.
    """
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    if hardware is not None and hardware.tiles is not None:
        return None
    size = arguments.size or (None if hardware is None else hardware.crossbar)
    return _MORE * Problem(network_of(arguments), 1, size).smallest_budget
