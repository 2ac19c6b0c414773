"""Printing: lines and tables for people, JSON for scripts.

Names and messages come out of files: they are printed here and nowhere else, so that none of them
commands the terminal, and so that any encoding of the output will do.
"""

import json
import os
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from xbarmip.text import for_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable
    from rich.text import Text

    from xbarmip.compare.report.table import Cell, Table

_WIDE = 10_000  # columns where nobody watches: a file or a pipe gets every line whole


def print_json(data: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(data, indent=2, allow_nan=False))


def take_any_text() -> None:
    """Have both streams write what their encoding lacks as escapes, instead of failing on it.

    One that the process was started without leads nowhere, so that no file takes its place.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (stays open)


def say(text: str) -> None:
    """One line on standard output."""
    print(for_terminal(text))


def warn(text: str) -> None:
    """One line on standard error."""
    print(f"xbarmip: {for_terminal(text, sys.stderr)}", file=sys.stderr)


def print_rich(*renderables: "RenderableType | Table") -> None:
    """Tables and lines on standard output: in plain ASCII, or fitted to the terminal if it is one.

    A table that a terminal has no room for is shown row by row, a line for each cell: no number is
    cut, whatever the width.
    """
    from rich.box import ASCII2
    from rich.console import Console
    from rich.table import Table as RichTable

    from xbarmip.compare.report.table import Table

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    with console.capture() as captured:
        for given in renderables:
            shown = given.rich() if isinstance(given, Table) else given
            if isinstance(shown, RichTable):
                if not console.is_terminal:
                    shown.box = ASCII2
                elif not _fits(shown, console.width):
                    console.print(_row_by_row(shown, console.width))
                    continue
            console.print(shown)
    text = "".join(line.rstrip() + "\n" for line in captured.get().splitlines())
    print(text, end="")


def _fits(table: "RichTable", width: int) -> bool:
    """Whether each word has room in its column; then the columns are told to leave it that."""
    from rich.cells import cell_len

    least = [
        max(cell_len(word) for text in (column.header, *column.cells) for word in _words(text))
        for column in table.columns
    ]
    for column, words in zip(table.columns, least, strict=True):
        column.min_width, column.no_wrap = words, False
    return sum(least) + 3 * len(least) + 1 <= width


def _words(text: object) -> list[str]:
    return str(text).split() or [""]


def _row_by_row(table: "RichTable", width: int) -> "Text":
    """Each row as lines of a column's name and its cell."""
    from rich.text import Text

    names = [str(column.header) for column in table.columns]
    lines = [] if table.title is None else [str(table.title)]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        cells = [f"{name}: {cell}" for name, cell in zip(names, map(str, row), strict=True) if cell]
        cells = [cell if len(cell) < width - 1 else cell.replace(",", ", ") for cell in cells]
        lines += [f"{'  ' * (place > 0)}{cell}" for place, cell in enumerate(cells)]
    return Text("\n".join(lines))


def table(names: Iterable[str], rows: Iterable[Iterable[object]], text: int = 1) -> "Table":
    """A table; all but the first `text` columns are numbers, set to the right."""
    from xbarmip.compare.report.table import Table

    return Table([*map(str, names)], [[*map(_cell, row)] for row in rows], text)


def _cell(value: object) -> "Cell":
    return value if value is None or isinstance(value, int) else str(value)


def sides(pair: tuple[int, int]) -> str:
    """Two sizes as 3x3."""
    return f"{pair[0]}x{pair[1]}"
