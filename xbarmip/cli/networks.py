"""`xbarmip networks`: which networks there are."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.arguments import add_size
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.network.library import ONNX_SCHEME, list_networks, list_onnx_models, load_network
from xbarmip.problem import Problem


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    add_size(add_command(commands, "networks", COMMANDS["networks"], run))


def run(arguments: Namespace) -> int:
    """Read every network and list it."""
    entries = []
    for name in (*list_networks(), *(ONNX_SCHEME + model for model in list_onnx_models())):
        network = load_network(name)
        entries.append(
            {
                "name": name,
                "layers": len(network.layers),
                "edges": len(network.edges),
                "smallest_budget": Problem(network, 1, arguments.size).smallest_budget,
                "source": network.source,
            }
        )
    if arguments.json:
        print_json({"networks": entries})
        return 0
    names = ("name", "layers", "edges", "smallest budget")
    print_rich(
        table(names, ([entry[name.replace(" ", "_")] for name in names] for entry in entries))
    )
    return 0
