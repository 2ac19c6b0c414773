"""Printing: tables for people, JSON for scripts."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_WIDE = 10_000  # columns where nobody watches: a file or a pipe gets every line whole


def print_json(data: Any) -> None:
    """One JSON value on standard output."""
    print(json.dumps(data, indent=2, allow_nan=False))


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
        made.add_column(name, justify="left" if place < text else "right")
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    return made


def sides(pair: tuple[int, int]) -> str:
    """Two sizes as 3x3."""
    return f"{pair[0]}x{pair[1]}"
