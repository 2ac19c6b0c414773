"""A table, and the forms in which it is shown."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO

from rich.table import Table as RichTable
from rich.text import Text

from xbarmip.text import for_csv, for_html, for_latex, for_markdown, for_terminal, visible

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
        heading = None if title is None else Text(for_terminal(title))
        table = RichTable(title=heading, title_justify="left")
        for place, name in enumerate(self.columns):
            left = place < self.text
            table.add_column(
                Text(for_terminal(name)), justify="left" if left else "right", no_wrap=left
            )
        for row in self.rows:
            table.add_row(*(Text(for_terminal(shown(cell)), self._style(cell)) for cell in row))
        return table

    def _style(self, cell: Cell) -> str:
        return (self.styles or {}).get(shown(cell), "")

    def markdown(self) -> str:
        """For a Markdown page."""
        rule = ["---" if place < self.text else "---:" for place in range(len(self.columns))]
        return "\n".join(
            "| " + " | ".join(row) + " |"
            for row in (self._escaped(self.columns), rule, *map(self._escaped, self.rows))
        )

    @staticmethod
    def _escaped(row: Sequence[Cell]) -> list[str]:
        return [for_markdown(shown(cell)) for cell in row]

    def latex(self) -> str:
        """For a paper: a tabular of booktabs."""
        kinds = "".join("l" if place < self.text else "r" for place in range(len(self.columns)))
        head, *body = (
            " & ".join(for_latex(shown(cell)) for cell in row) + r" \\"
            for row in (self.columns, *self.rows)
        )
        lines = (rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", head, r"\midrule", *body)
        return "\n".join((*lines, r"\bottomrule", r"\end{tabular}"))

    def csv(self) -> str:
        """For a program: comma-separated values."""
        return as_csv(self.columns, self.rows)

    def html(self) -> str:
        """For a page: a table in a box that scrolls sideways where it is too wide."""
        head = "".join(
            f"<th{_kinds(self._kind(place))}>{for_html(name)}</th>"
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
        return f"<td{_kinds(self._kind(place), self._style(cell))}>{for_html(shown(cell))}</td>"

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
    """Comma-separated values, one line a row; None is an empty cell."""
    file = StringIO()
    lines = csv.writer(file, lineterminator="\n")
    for row in (columns, *rows):
        lines.writerow([for_csv(cell) if isinstance(cell, str) else cell for cell in row])
    return file.getvalue()


def _tex(table: Table, notes: Sequence[str]) -> str:
    said = "".join(f"% {visible(line)}\n" for line in notes)
    return f"{said}% needs \\usepackage{{booktabs}}\n{table.latex()}\n"


def _md(table: Table, notes: Sequence[str]) -> str:
    said = "\n".join(visible(line).replace("-->", "--&gt;") for line in notes)
    return f"{table.markdown()}\n\n<!--\n{said}\n-->\n"


FORMS: dict[str, Callable[[Table, Sequence[str]], str]] = {  # of a file, by how its name ends
    ".tex": _tex,
    ".md": _md,
    ".csv": lambda table, _: table.csv(),
}
