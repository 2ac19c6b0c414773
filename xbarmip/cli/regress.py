"""`xbarmip regress`: what changed between two results files."""

from argparse import Namespace, _SubParsersAction
from dataclasses import asdict

from xbarmip.cli.output import print_json, print_rich
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.analysis.load import load
from xbarmip.compare.analysis.regress import Regression, regress
from xbarmip.compare.report.table import Table


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    text = "compare two results files: answers that changed, and times by a paired test"
    parser = add_command(commands, "regress", text, run)
    parser.add_argument("old", metavar="OLD.jsonl", help="results before")
    parser.add_argument("new", metavar="NEW.jsonl", help="results after")


def run(arguments: Namespace) -> int:
    """Compare, print; status 1 where an answer got worse or a solver slower."""
    found = regress(load([arguments.old]), load([arguments.new]))
    if arguments.json:
        print_json({**asdict(found), "worse": found.worse})
    else:
        _print(found)
    return int(found.worse)


def _print(found: Regression) -> None:
    print_rich(time_table(found).rich("times, new / old, where both proved"))
    for change in found.changes:
        word = "worse" if change.worse else "better"
        print(f"{word}: {change.suite}: {change.instance}: {change.label}: {change.what}")
    if found.missing:
        print(f"only in one of the two: {len(found.missing)} rows")
    if not found.changes:
        print("no answer changed")


def time_table(found: Regression) -> Table:
    """One line a suite and solver."""
    rows = [
        [
            time.suite,
            time.label,
            time.pairs,
            None if time.ratio is None else f"{time.ratio:.3f}",
            None if time.p is None else f"{time.p:.2g}",
            time.verdict,
        ]
        for time in found.times
    ]
    return Table(["suite", "solver", "instances", "ratio", "p", "verdict"], rows, 2)
