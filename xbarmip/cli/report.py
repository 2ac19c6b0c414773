"""`xbarmip report`: what results files say, as tables, pages and data."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Callable

from xbarmip.cli.arguments import add_file
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, warn
from xbarmip.cli.paper import add_paper, check_table, give
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.analysis.load import load
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.report.page import page
from xbarmip.compare.report.summary import headline, markdown, problems
from xbarmip.compare.report.table import Table
from xbarmip.compare.report.tables import gap_table, rows_csv, solver_table
from xbarmip.files import check_writable, written

Comparisons = tuple[Comparison, ...]
_FILES: dict[str, Callable[[Comparisons], str]] = {
    "markdown": lambda found: "\n".join(map(markdown, found)),
    "csv": rows_csv,
    "html": page,
}


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "report", COMMANDS["report"], run)
    parser.add_argument(
        "results", nargs="+", metavar="FILE.jsonl", help="of `xbarmip compare`; several are merged"
    )
    add_file(parser, "--markdown", "write a page of Markdown")
    add_file(parser, "--csv", "write every row as CSV")
    add_file(parser, "--html", "write one self-contained page with charts (needs matplotlib)")
    add_paper(parser)


def run(arguments: Namespace) -> int:
    """Load, print, write."""
    check_table(arguments)
    wanted = {kind: path for kind in _FILES if (path := getattr(arguments, kind)) is not None}
    for path in wanted.values():
        check_writable(path)
    found = load(arguments.results)
    for kind, path in wanted.items():
        written(path, _FILES[kind](found).encode())
    if arguments.json:
        print_json([comparison.as_dict() for comparison in found])
    else:
        for comparison in found:
            print_rich(solver_table(comparison).rich(headline(comparison)))
            print_rich(gap_table(comparison).rich("gaps to the best known values"))
        for path in wanted.values():
            say(f"written: {path}")
    give(arguments, _gaps(found), "; ".join(map(headline, found)))
    for comparison in found:
        for problem in problems(comparison):
            warn(f"{comparison.suite}: {problem}")
    return int(any(not comparison.agreed or comparison.errors for comparison in found))


def _gaps(found: Comparisons) -> Table:
    """The gaps of all suites in one table."""
    tables = [(comparison.suite, gap_table(comparison)) for comparison in found]
    rows = [[suite, *row] for suite, one in tables for row in one.rows]
    return Table(["suite", *tables[0][1].columns], rows, 2)
