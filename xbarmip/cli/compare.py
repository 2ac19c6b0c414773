"""`xbarmip compare`: solvers against each other over a suite."""

import sys
from argparse import Namespace, _SubParsersAction

from xbarmip.cli.output import print_json, print_rich
from xbarmip.cli.parser import Parser, add_command, add_limits
from xbarmip.cli.progress import progress_line
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.report import problems, terminal_table
from xbarmip.compare.run import compare
from xbarmip.solvers.registry import EXACT, SOLVERS


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    text = "run solvers over a suite and say whether they agree"
    parser = add_command(commands, "compare", text, run)
    parser.add_argument(
        "suite",
        metavar="SUITE",
        help="a name that `xbarmip suites` lists, or a path to a .toml file",
    )
    parser.add_argument(
        "--solvers",
        type=lambda names: tuple(names.split(",")),
        default=EXACT,
        metavar="NAME,...",
        help=f"of {', '.join(SOLVERS)}, separated by commas (default: {','.join(EXACT)})",
    )
    add_limits(parser, seconds=60)
    parser.add_argument(
        "--output",
        default="results",
        metavar="DIR",
        help="folder for <suite>.jsonl and <suite>.md (default: results)",
    )


def run(arguments: Namespace) -> int:
    """Compare, print, and say by the exit status whether all is well."""
    with progress_line() as progress:
        comparison = compare(
            arguments.suite,
            arguments.solvers,
            time_limit=arguments.time_limit,
            memory_limit=arguments.memory_limit,
            output=arguments.output,
            progress=progress,
        )
    if arguments.json:
        print_json(comparison.as_dict())
    else:
        print_rich(terminal_table(comparison))
        _print_files(comparison)
    for problem in problems(comparison):
        print(f"xbarmip: {problem}", file=sys.stderr)
    if not comparison.agreed or comparison.errors:
        return 1
    if not comparison.complete:
        raise KeyboardInterrupt
    return 0


def _print_files(comparison: Comparison) -> None:
    if comparison.output is not None:
        print(f"written: {comparison.output}, {comparison.output.with_suffix('.md')}")
