"""`xbarmip suite`: check suites, write them as integers, record what is known; begin a solver."""

from argparse import Namespace, _SubParsersAction
from importlib.resources import files
from pathlib import Path

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, warn
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.analysis.load import load
from xbarmip.compare.integer_suite import write_integer_suite
from xbarmip.compare.known import (
    Known,
    faults,
    known_path,
    learn,
    list_known,
    read_known,
    strangers,
    write_known,
)
from xbarmip.compare.report.table import Cell, Table
from xbarmip.compare.suite import list_suites, read_suite
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written

SUITE = "a name that `xbarmip suites` lists, or a path to a .toml or .json file"


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    group = commands.add_parser("suite", help=COMMANDS["suite"], description=COMMANDS["suite"])
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = add_command(parts, "check", "read suites and check all that is known of them", _check)
    check.add_argument("suites", nargs="*", metavar="SUITE", help=f"{SUITE} (default: all shipped)")
    check.add_argument(
        "--known", type=Path, metavar="DIR", help="folder of <suite>.json (default: what ships)"
    )
    export = add_command(parts, "export", "write a suite as integers alone", _export)
    export.add_argument("suite", metavar="SUITE", help=SUITE)
    export.add_argument("--output", type=Path, required=True, metavar="FILE.json")
    record = add_command(parts, "record", "add what results show to what is known", _record)
    record.add_argument("suite", metavar="SUITE", help=SUITE)
    record.add_argument("results", nargs="+", metavar="FILE.jsonl", help="of `xbarmip compare`")
    record.add_argument(
        "--known", type=Path, required=True, metavar="DIR", help="folder of <suite>.json"
    )
    new = add_command(parts, "new-solver", "write a small solver of one's own to begin with", _new)
    new.add_argument("output", type=Path, metavar="FILE.py", help="a file that is not there yet")


def _new(arguments: Namespace) -> int:
    """Write the example, and say how it is run."""
    path: Path = arguments.output
    if path.suffix != ".py" or path.exists():
        why = "is there already" if path.exists() else "the name must end in .py"
        raise InputError(f"output {str(path)!r}: {why}")
    check_writable(path)
    written(path, files("xbarmip").joinpath("example.py").read_bytes())
    command = f"xbarmip compare first --solvers dp,{path}:Slowest"
    if arguments.json:
        print_json({"output": str(path), "next": command})
    else:
        say(f"written: {path}; run it with: {command}")
    return 0


def _check(arguments: Namespace) -> int:
    """Status 1 where anything is wrong."""
    rows: list[list[Cell]] = []
    complaints: list[str] = []
    for name in arguments.suites or list_suites():
        suite = read_suite(name)
        known = _known(suite.name, arguments.known)
        settled = sum(each.settled for each in known.values())
        golden = sum(each.golden for each in known.values())
        rows.append([suite.name, len(suite.instances), len(known), settled, golden])
        if known:
            complaints += [f"{suite.name}: {fault}" for fault in faults(suite, known)]
    columns = ["suite", "instances", "known", "settled", "by two or a certificate"]
    if arguments.json:
        print_json({"suites": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        print_rich(Table(columns, rows).rich())
    for complaint in complaints:
        warn(complaint)
    return int(bool(complaints))


def _known(suite: str, folder: Path | None) -> dict[str, Known]:
    """What is known of a suite; nothing where there is no file."""
    if folder is None:
        return read_known(suite) if suite in list_known() else {}
    path = known_path(suite, folder)
    return read_known(path) if path.exists() else {}


def _export(arguments: Namespace) -> int:
    check_writable(arguments.output)
    suite = read_suite(arguments.suite)
    written(arguments.output, write_integer_suite(suite))
    return _say(arguments, len(suite.instances))


def _record(arguments: Namespace) -> int:
    suite = read_suite(arguments.suite)
    arguments.output = known_path(suite.name, arguments.known)
    check_writable(arguments.output)
    known = _known(suite.name, arguments.known)
    refused: list[str] = []
    for found in load(arguments.results):
        if found.suite == suite.name:
            known = learn(suite, known, found)
            refused += strangers(suite, found)
    written(arguments.output, write_known(suite.name, known))
    _say(arguments, len(known))
    for line in refused:
        warn(f"{suite.name}: {line}")
    return int(bool(refused))


def _say(arguments: Namespace, instances: int) -> int:
    if arguments.json:
        print_json({"output": str(arguments.output), "instances": instances})
    else:
        say(f"written: {arguments.output}, {instances} instances")
    return 0
