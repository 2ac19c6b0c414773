"""`xbarmip completion`: what a shell needs to complete commands, options and their choices."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json
from xbarmip.cli.parser import Parser, add_command
from xbarmip.errors import InputError

SHELLS = ("bash", "zsh", "fish")


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "completion", COMMANDS["completion"], run)
    parser.add_argument("shell", choices=SHELLS)


def run(arguments: Namespace) -> int:
    """Print the script."""
    try:
        from shtab import complete
    except ImportError:
        raise InputError(
            "completion needs shtab, which is not installed; it comes with the extra `completion`: "
            "pip install 'xbarmip[completion]'"
        ) from None
    from xbarmip.cli.main import make_parser

    script = complete(make_parser((), whole=True), arguments.shell)
    if arguments.json:
        print_json({"shell": arguments.shell, "script": script})
    else:
        print(script)
    return 0
