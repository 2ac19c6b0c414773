"""`xbarmip reproduce`: the published results beside certified optima."""

from argparse import Namespace, _SubParsersAction

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.parser import Parser, add_command, number
from xbarmip.cli.progress import progress_line
from xbarmip.reproduce.li_han_chen_2023.paper import PAPER
from xbarmip.reproduce.run import reproduce


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "reproduce", COMMANDS["reproduce"], run)
    names = ", ".join(f"{part.name} ({part.about})" for part in PAPER.parts)
    parser.add_argument(
        "--parts",
        type=lambda text: tuple(name for name in text.split(",") if name),
        metavar="NAME,...",
        help=f"compute only these, of {names}; the page shows all that are in the folder "
        "(default: all)",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="go on: keep rows that are in the folder, made by the same solvers within the same "
        "limit, and compute the others",
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
        default="results/published",
        metavar="DIR",
        help="folder for the rows and the page (default: results/published)",
    )


def run(arguments: Namespace) -> int:
    """Compute, write the page, say what there is."""
    with progress_line() as progress:
        done = reproduce(
            PAPER, arguments.output, arguments.parts, arguments.keep, arguments.time_limit, progress
        )
    rows = [
        (part.name, part.about, done.computed[part.name], done.rows[part.name],
         done.cases[part.name])
        for part in PAPER.parts
    ]  # fmt: skip
    names = ("part", "about", "computed", "rows", "of")
    if arguments.json:
        print_json(
            {
                "complete": done.complete,
                "output": str(done.folder),
                "parts": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
    else:
        print_rich(table(names, rows, text=2))
        say(f"written: {done.folder / 'page.md'}, {done.folder / 'page.html'}")
    return 0
