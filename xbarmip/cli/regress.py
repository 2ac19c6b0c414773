"""`xbarmip regress`: what changed between two results files."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Callable
from dataclasses import asdict

from xbarmip.cli.arguments import add_file
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.analysis.load import load
from xbarmip.compare.analysis.regress import Regression, regress
from xbarmip.compare.report.changes import (
    TITLE,
    change_lines,
    changes_csv,
    changes_markdown,
    time_table,
)
from xbarmip.files import check_writable, written

_FILES: dict[str, Callable[[Regression], str]] = {"markdown": changes_markdown, "csv": changes_csv}


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "regress", COMMANDS["regress"], run)
    parser.add_argument("old", metavar="OLD.jsonl", help="results before")
    parser.add_argument("new", metavar="NEW.jsonl", help="results after")
    add_file(parser, "--markdown", "write a page of Markdown")
    add_file(parser, "--csv", "write every change as CSV")


def run(arguments: Namespace) -> int:
    """Compare, print, write; status 1 where an answer got worse or a solver slower."""
    wanted = {kind: path for kind in _FILES if (path := getattr(arguments, kind)) is not None}
    for path in wanted.values():
        check_writable(path)
    found = regress(load([arguments.old]), load([arguments.new]))
    for kind, path in wanted.items():
        written(path, _FILES[kind](found).encode())
    if arguments.json:
        print_json({**asdict(found), "worse": found.worse})
    else:
        print_rich(time_table(found).rich(TITLE))
        for line in change_lines(found):
            say(line)
        for path in wanted.values():
            say(f"written: {path}")
    return int(found.worse)
