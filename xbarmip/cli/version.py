"""`xbarmip version`: what is installed."""

import platform
from argparse import Namespace, _SubParsersAction
from importlib import metadata

from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command

LIBRARIES = ("highspy", "networkx", "numba", "numpy", "onnx", "pyomo", "rich")


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    add_command(commands, "version", "print the version; with --json, of the libraries too", run)


def run(arguments: Namespace) -> int:
    """Print the version."""
    if arguments.json:
        libraries = {name: metadata.version(name) for name in LIBRARIES}
        own = {"xbarmip": metadata.version("xbarmip"), "python": platform.python_version()}
        print_json({**own, **libraries})
    else:
        say(line())
    return 0


def line() -> str:
    """Name and version."""
    return f"xbarmip {metadata.version('xbarmip')}"
