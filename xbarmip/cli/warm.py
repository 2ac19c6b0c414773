"""`xbarmip warm`: compile the kernels beforehand."""

import sys
from argparse import Namespace, _SubParsersAction

from rich.console import Console
from rich.progress import Progress

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.clock import compile_seconds
from xbarmip.warm import warm


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    add_command(commands, "warm", COMMANDS["warm"], run)


def run(arguments: Namespace) -> int:
    """Compile what is not compiled yet, with a bar where standard error is a terminal."""
    if sys.stderr.isatty():
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("compiling", total=None)
            warm(lambda ready, total: bar.update(task, completed=ready, total=total))
    else:
        warm()
    seconds = compile_seconds()
    if arguments.json:
        print_json({"compile_seconds": seconds})
    else:
        say(f"all kernels are compiled ({seconds:.1f} s)")
    return 0
