"""How objects show themselves: times anywhere, a caption and a table of HTML in a notebook."""

from collections.abc import Iterable
from fractions import Fraction

from xbarmip.text import for_html


def html_table(caption: str, names: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table under its caption; every text is escaped, None is an empty cell."""
    head = "".join(f"<th>{for_html(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{'' if c is None else for_html(str(c))}</td>" for c in row) + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{for_html(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def in_us(seconds: Fraction | int) -> str:
    """Microseconds with as many digits as are of interest."""
    return f"{float(seconds * 10**6):,.2f}"


def all_in_us(count: int, each: Fraction) -> str:
    """What follows a count of things that last so many seconds each."""
    return f" of {in_us(each)} us = {in_us(count * each)} us"
