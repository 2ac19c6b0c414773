"""`xbarmip reproduce`: published results beside certified optima."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.parser import Parser, add_command, number
from xbarmip.cli.progress import progress_line
from xbarmip.errors import InputError
from xbarmip.reproduce.run import Reproduction, reproduce
from xbarmip.reproduce.source import Source
from xbarmip.reproduce.sources import SOURCES
from xbarmip.strict import suggestion


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "reproduce", COMMANDS["reproduce"], run)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"sources, of {', '.join(SOURCES)} (default: all)",
    )
    parts = (
        f"{name}: {', '.join(f'{part.name} ({part.about})' for part in source.parts)}"
        for name, source in SOURCES.items()
    )
    parser.add_argument(
        "--parts",
        type=lambda text: tuple(name for name in text.split(",") if name),
        metavar="NAME,...",
        help="compute only these parts of one source; the page shows all that are in the folder "
        f"(default: all; '': none, only the pages are written); {'; '.join(parts)}",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="go on: keep rows that are in the folder, made by the same solvers within the same "
        "limit, and compute the others",
    )
    parser.add_argument(
        "--certificates",
        action="store_true",
        help="compute no row: write the certificates that are missing of what the rows claim that "
        "are in the folder, and the page",
    )
    parser.add_argument(
        "--time-limit",
        type=number,
        default=20,
        metavar="S",
        help="seconds for each proof (default: 20)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="where each source has its folder for the rows, the page and the certificates "
        "(default: results)",
    )


def run(arguments: Namespace) -> int:
    """Compute, write the pages, say what there is."""
    sources = _chosen(arguments)
    done: dict[str, Reproduction] = {}
    with progress_line() as progress:
        for source in sources:
            done[source.name] = reproduce(
                source, arguments.output / source.folder, arguments.parts, arguments.keep,
                arguments.certificates, arguments.time_limit, progress,
            )  # fmt: skip
    names = ("part", "about", "computed", "rows", "of")
    rows = {source.name: _rows(source, done[source.name]) for source in sources}
    if arguments.json:
        print_json(
            [
                {
                    "source": name,
                    "complete": done[name].complete,
                    "output": str(done[name].folder),
                    "parts": [dict(zip(names, row, strict=True)) for row in own],
                }
                for name, own in rows.items()
            ]
        )
        return 0
    for name, own in rows.items():
        print_rich(table((name, *names[1:]), own, text=2))
        say(f"written: {done[name].folder / 'page.md'}, {done[name].folder / 'page.html'}")
    return 0


def _chosen(arguments: Namespace) -> list[Source]:
    """The sources that were asked for."""
    for name in arguments.names:
        if name not in SOURCES:
            raise InputError(f"unknown source {name!r}{suggestion(name, tuple(SOURCES))}")
    if arguments.parts and len(arguments.names) != 1:
        raise InputError("--parts needs one source: its NAME")
    return [SOURCES[name] for name in dict.fromkeys(arguments.names or SOURCES)]


def _rows(source: Source, done: Reproduction) -> list[tuple[object, ...]]:
    """What is said of each part."""
    return [
        (part.name, part.about, done.computed[part.name], done.rows[part.name],
         done.cases[part.name])
        for part in source.parts
    ]  # fmt: skip
