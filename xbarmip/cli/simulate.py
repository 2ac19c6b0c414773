"""`xbarmip simulate`: what a given allocation takes."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from xbarmip.allocation import read_allocation
from xbarmip.cli.arguments import add_network, add_size, network_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, sides, table
from xbarmip.cli.parser import Parser, add_command, integers
from xbarmip.measures.registry import measures
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import count_of


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "simulate", COMMANDS["simulate"], run)
    add_network(parser)
    parser.add_argument(
        "--allocation",
        type=_given,
        required=True,
        metavar="R1,R2,...|FILE",
        help="the duplication R of every layer, in the order of `xbarmip show`, or a file of them, "
        "as `xbarmip score` takes it",
    )
    add_size(parser)


def run(arguments: Namespace) -> int:
    """Evaluate and print."""
    network = network_of(arguments)
    problem = Problem(network, crossbars=1, size=arguments.size)
    given = arguments.allocation
    if isinstance(given, Path):
        given = read_allocation(given, network)
    allocation = problem.allocation(given)
    found = {each: count_of(each.view(network), allocation) for each in measures()}
    used = problem.crossbars_used(allocation)
    if arguments.json:
        chosen = dict(zip(network.index, allocation, strict=True))
        values = {each.label.replace("/", "_"): value for each, value in found.items()}
        print_json(
            {"network": network.name, "allocation": chosen, **values, "crossbars_used": used}
        )
        return 0
    rows = [(each.words, value) for each, value in found.items()]
    rows.append((f"crossbars of {sides(arguments.size)}", used))
    print_rich(table((network.name, ""), rows))
    return 0


def _given(text: str) -> Path | tuple[int, ...]:
    """Numbers, or the file that holds them."""
    return integers(text) if set(text) <= set("0123456789.,- ") else Path(text)
