"""A table, and the forms in which it is shown."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO

from rich.table import Table as RichTable
from rich.text import Text

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of cells; None is an empty cell.

    Attributes
    ----------
    columns : sequence of str
    rows : sequence of sequence of Cell
    text : int
        How many columns at the left hold text; the others are set to the right.
    styles : mapping of str to str
        Colour of a cell by what it says, for instance of verdicts.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    text: int = 1
    styles: dict[str, str] | None = None

    def rich(self, title: str | None = None) -> RichTable:
        """For a terminal."""
        table = RichTable(title=title, title_justify="left")
        for place, name in enumerate(self.columns):
            left = place < self.text
            table.add_column(name, justify="left" if left else "right", no_wrap=left)
        for row in self.rows:
            table.add_row(*(Text(shown(cell), self._style(cell)) for cell in row))
        return table

    def _style(self, cell: Cell) -> str:
        return (self.styles or {}).get(shown(cell), "")

    def markdown(self) -> str:
        """For a Markdown page."""
        rule = ["---" if place < self.text else "---:" for place in range(len(self.columns))]
        return "\n".join(
            "| " + " | ".join(shown(cell).replace("|", "\\|") for cell in row) + " |"
            for row in (self.columns, rule, *self.rows)
        )

    def html(self) -> str:
        """For a page: a table in a box that scrolls sideways where it is too wide."""
        head = "".join(
            f"<th{_kinds(self._kind(place))}>{escape(name)}</th>"
            for place, name in enumerate(self.columns)
        )
        body = "\n".join(
            "<tr>"
            + "".join(self._html_cell(place, cell) for place, cell in enumerate(row))
            + "</tr>"
            for row in self.rows
        )
        return (
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n'
            f"<tbody>{body}</tbody></table></div>"
        )

    def _html_cell(self, place: int, cell: Cell) -> str:
        return f"<td{_kinds(self._kind(place), self._style(cell))}>{escape(shown(cell))}</td>"

    def _kind(self, place: int) -> str:
        return "number" if place >= self.text else ""


def _kinds(*kinds: str) -> str:
    """The attribute `class` of an element."""
    named = " ".join(filter(None, kinds))
    return f' class="{named}"' if named else ""


def shown(cell: Cell) -> str:
    """A cell as text."""
    return "" if cell is None else str(cell)


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Comma-separated values, one line a row."""
    file = StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return file.getvalue()
