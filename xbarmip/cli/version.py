"""`xbarmip version`: what is installed."""

import platform
from argparse import Namespace, _SubParsersAction
from importlib import metadata

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.version import __version__

LIBRARIES = ("highspy", "networkx", "numba", "numpy", "onnx", "pyomo", "rich")


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    add_command(commands, "version", COMMANDS["version"], run)


def run(arguments: Namespace) -> int:
    """Print the version."""
    if arguments.json:
        libraries = {name: metadata.version(name) for name in LIBRARIES}
        own = {"xbarmip": __version__, "python": platform.python_version()}
        print_json({**own, **libraries})
    else:
        say(f"xbarmip {__version__}")
    return 0
