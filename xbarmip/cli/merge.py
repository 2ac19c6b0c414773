"""`xbarmip merge`: the results of several runs in one file."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.analysis.load import merge
from xbarmip.files import check_writable, written


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "merge", COMMANDS["merge"], run)
    parser.add_argument("results", nargs="+", metavar="FILE.jsonl", help="of `xbarmip compare`")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.jsonl")


def run(arguments: Namespace) -> int:
    """Merge and write."""
    check_writable(arguments.output)
    content = merge(arguments.results)
    written(arguments.output, content)
    records = content.count(b"\n")
    if arguments.json:
        print_json({"output": str(arguments.output), "records": records})
    else:
        say(f"written: {arguments.output}, {records} records")
    return 0
