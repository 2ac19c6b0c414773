"""The options that say what a network in segments costs: writing, batch, where cuts may pass."""

from argparse import Namespace

from xbarmip.cli.arguments import network_of
from xbarmip.cli.budget import crossbars_of
from xbarmip.cli.parser import Parser, integer
from xbarmip.hardware.preset import load_hardware
from xbarmip.schedules.problem import Schedule


def add_segments(parser: Parser) -> None:
    """The options --write-cycles, --batch, --off-chip and --divide."""
    parser.add_argument(
        "--write-cycles",
        type=integer,
        metavar="W",
        help="what writing one crossbar costs, in cycles (default: what --hardware gives, or 0)",
    )
    parser.add_argument(
        "--batch",
        type=integer,
        metavar="B",
        help="images that run through a segment before the next is written (default: 1)",
    )
    parser.add_argument(
        "--off-chip",
        action="store_true",
        help="count what it takes to keep the maps that later segments read in the memory off the "
        "chip, as fast as --hardware says",
    )
    parser.add_argument(
        "--divide",
        action="store_true",
        help="let cuts pass through every layer, between its column blocks, not only through those "
        "that exceed the chip",
    )


def schedule_of(arguments: Namespace) -> Schedule:
    """The schedule that was asked for."""
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    return Schedule(
        network_of(arguments),
        crossbars_of(arguments, hardware),
        arguments.size,
        arguments.objective,
        arguments.rule,
        arguments.write_cycles,
        1 if arguments.batch is None else arguments.batch,
        arguments.divide,
        hardware,
        arguments.off_chip,
    )


def question(schedule: Schedule) -> str:
    """Network and chip in words."""
    return f"{schedule.network.name}, {schedule.crossbars} crossbars of {schedule.crossbar}"
