"""What goes into a paper: a table as a file, and the command that makes its numbers again."""

import platform
import shlex
from argparse import Namespace
from hashlib import file_digest
from pathlib import Path
from typing import Any

from xbarmip.cli.arguments import add_file
from xbarmip.cli.output import say, warn
from xbarmip.cli.parser import Parser
from xbarmip.clock import compile_seconds
from xbarmip.compare.report.table import FORMS, Table
from xbarmip.digest import problem_digest
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written
from xbarmip.problem import Problem
from xbarmip.version import __version__

_WRITTEN = ("--table", "--csv", "--plot", "--output", "--certificate", "--markdown", "--html")


def add_paper(parser: Parser) -> None:
    """The options --table and --reproduce."""
    words = "write the table as LaTeX (booktabs), or as Markdown (.md) or CSV (.csv)"
    add_file(parser, "--table", words, "FILE.tex")
    parser.add_argument(
        "--reproduce",
        action="store_true",
        help="say which command makes the numbers again, with versions and digests",
    )


def check_table(arguments: Namespace) -> None:
    """Refuse, before any work, a table that could not be written after it.

    Raises
    ------
    InputError
    """
    path: Path | None = arguments.table
    if path is None:
        return
    if path.suffix.lower() not in FORMS:
        raise InputError(f"--table {str(path)!r}: the name must end in {', '.join(FORMS)}")
    check_writable(path)


def facts(arguments: Namespace, problem: Problem | None = None) -> dict[str, Any]:
    """What JSON says of the run: version, command, digests, and seconds spent on compiling."""
    made: dict[str, Any] = {
        "xbarmip": __version__,
        "python": platform.python_version(),
        "command": shlex.join(["xbarmip", *(w for w in arguments.given if w != "--reproduce")]),
        "files": _digests(arguments.given),
        "compile_seconds": compile_seconds(),
    }
    return made if problem is None else {**made, "digest": problem_digest(problem)}


def give(arguments: Namespace, table: Table, caption: str, problem: Problem | None = None) -> None:
    """Write the table, and say how its numbers are made again, as far as either is asked for."""
    if arguments.table is not None and not table.rows:
        warn(f"{arguments.table}: not written: there is nothing to show")
        arguments.table = None
    if arguments.table is None and not arguments.reproduce:
        return
    known = facts(arguments, problem)
    lines = [
        f"xbarmip {known['xbarmip']}, Python {known['python']}: {known['command']}",
        *(f"sha256 of {file}: {digest}" for file, digest in known["files"].items()),
        *([] if problem is None else [f"digest of the problem: {known['digest']}"]),
    ]
    if arguments.table is not None:
        write = FORMS[arguments.table.suffix.lower()]
        written(arguments.table, write(table, (caption, *lines)).encode())
    if arguments.json:
        return
    if arguments.table is not None:
        say(f"written: {arguments.table}")
    if arguments.reproduce:
        say("to make these numbers again:")
        for line in lines:
            say(f"  {line}")


def _digests(given: list[str]) -> dict[str, str]:
    """Of every file that the command reads, as its words name it."""
    found = {}
    for before, word in zip(["", *given], given, strict=False):
        for part in () if before in _WRITTEN else word.split(","):
            path = Path(part.rpartition(":")[0] if ".py:" in part else part)
            try:
                if path.is_file():
                    with path.open("rb") as file:
                        found[str(path)] = file_digest(file, "sha256").hexdigest()
            except (OSError, ValueError):
                continue  # not a name that a file can have, or not one that can be read
    return found
