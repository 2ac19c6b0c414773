"""`xbarmip suites`: which suites `xbarmip compare` can run by name."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.suite import list_suites, read_suite


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    add_command(commands, "suites", COMMANDS["suites"], run)


def run(arguments: Namespace) -> int:
    """Read every suite and list it."""
    suites = [read_suite(name) for name in list_suites()]
    if arguments.json:
        print_json(
            {
                "suites": [
                    {
                        "name": suite.name,
                        "description": suite.description,
                        "instances": [instance.name for instance in suite.instances],
                    }
                    for suite in suites
                ]
            }
        )
        return 0
    rows = [(suite.name, suite.description, len(suite.instances)) for suite in suites]
    print_rich(table(("suite", "description", "instances"), rows, text=2))
    return 0
