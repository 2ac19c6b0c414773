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
    from rich.table import Table
    from rich.text import Text

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


def print_rich(*renderables: "RenderableType") -> None:
    """Tables and lines on standard output, fitted to the terminal if it is one."""
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    text = "".join(line.rstrip() + "\n" for line in captured.get().splitlines())
    print(text, end="")


def table(names: Iterable[str], rows: Iterable[Iterable[object]], text: int = 1) -> "Table":
    """A table; all but the first `text` columns are numbers, set to the right."""
    from rich.table import Table

    made = Table()
    for place, name in enumerate(names):
        made.add_column(_cell(name), justify="left" if place < text else "right")
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def _cell(value: object) -> "Text":
    from rich.text import Text

    return Text("" if value is None else for_terminal(str(value)))


def sides(pair: tuple[int, int]) -> str:
    """Two sizes as 3x3."""
    return f"{pair[0]}x{pair[1]}"
