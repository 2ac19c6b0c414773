"""The options that say what chip of cores there is, and what a placement is to make least."""

from argparse import Namespace

from xbarmip.cli.arguments import network_of
from xbarmip.cli.parser import Parser, integer
from xbarmip.cores.problem import Placement
from xbarmip.hardware.preset import load_hardware


def add_chip(parser: Parser) -> None:
    """The options --cores, --crossbars-per-core and --split."""
    parser.add_argument(
        "--cores", type=integer, metavar="C", help="cores (default: the tiles of the hardware)"
    )
    parser.add_argument(
        "--crossbars-per-core",
        type=integer,
        metavar="S",
        help="logical crossbars of a core (default: those of a tile of the hardware)",
    )
    parser.add_argument(
        "--split",
        action="store_true",
        help="a copy that a core could hold may lie in several, by row blocks",
    )


def placement_of(arguments: Namespace) -> Placement:
    """The placement that was asked for."""
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    return Placement(
        network_of(arguments),
        arguments.cores,
        arguments.crossbars_per_core,
        arguments.size,
        arguments.objective,
        tuple(arguments.constraint),
        hardware,
        arguments.split,
    )


def question(placement: Placement) -> str:
    """Network and chip in words."""
    cores = f"{placement.chip} core{'s' * (placement.chip != 1)}"
    where = f"{cores} of {placement.capacity} crossbars of {placement.crossbar}"
    return f"{placement.network.name}, {where}"
