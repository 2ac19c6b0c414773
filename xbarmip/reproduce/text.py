"""Markdown from numbers: tables, percentages, and what deviates from the published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from xbarmip.compare.report.table import Table
from xbarmip.reproduce.source import figures

READ_PERCENT = 2  # how well a value can be read off a plot


def table(names: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> str:
    """A table; all columns but the first `words` are set to the right. None is an empty cell."""
    cells = [[None if cell is None else str(cell) for cell in row] for row in rows]
    return Table(names, cells, words).markdown()


def percent_above(value: float | Fraction, base: float | Fraction) -> float:
    """By how many percent `value` is above `base`."""
    return float(100 * (Fraction(value) / Fraction(base) - 1))


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign; no minus before zero."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def marked(name: str) -> str:
    """The name of a case or network, with a star if the paper does not print that network."""
    return f"{name} *" if name.partition("/")[0] in figures()["unprinted"] else name


@dataclass(frozen=True, slots=True)
class Compared:
    """A published number and ours by the same definition.

    Attributes
    ----------
    what : str
        Names both, and is the key of the remark about them.
    published, ours : float
    read : bool
        Read off a plot, so that a small difference means nothing.
    digits : int
        Decimals that are printed.
    """

    what: str
    published: float
    ours: float
    read: bool = False
    digits: int = 0

    def __str__(self) -> str:
        published, ours = (f"{value:.{self.digits}f}" for value in (self.published, self.ours))
        by = signed(percent_above(self.ours, self.published))
        return f"{self.what}: published {published}, ours {ours} ({by} percent)"

    @property
    def agrees(self) -> bool:
        """Equal as printed, or as close as a plot can be read."""
        if self.read:
            return abs(percent_above(self.ours, self.published)) <= READ_PERCENT
        return round(self.ours, self.digits) == self.published


def deviations(compared: Sequence[Compared]) -> str:
    """How many agree, and a list of those that do not, each explained or called unexplained."""
    apart = [each for each in compared if not each.agrees]
    head = (
        f"{len(compared) - len(apart)} of {len(compared)} published numbers come out: equal as "
        f"printed, or within {READ_PERCENT} percent where they are read off a plot."
    )
    if not apart:
        return head
    lines = [f"- {each}: {remark(each.what)}" for each in apart]
    return "\n".join([head + " The others:", "", *lines])


def remark(what: str) -> str:
    """The remark with the longest key that `what` begins with, or that there is no explanation."""
    remarks: dict[str, str] = figures()["remarks"]
    keys = [key for key in remarks if what.startswith(key)]
    return remarks[max(keys, key=len)] if keys else "unexplained."
