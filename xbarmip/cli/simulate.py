"""`xbarmip simulate`: what a given allocation takes."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.arguments import add_allocation, add_network, add_size, allocation_of, network_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, sides, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.measures.registry import measures
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import count_of


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "simulate", COMMANDS["simulate"], run)
    add_network(parser)
    add_allocation(parser)
    add_size(parser)


def run(arguments: Namespace) -> int:
    """Evaluate and print."""
    network = network_of(arguments)
    problem = Problem(network, crossbars=1, size=arguments.size)
    allocation = allocation_of(arguments, network)
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
