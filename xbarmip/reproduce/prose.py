"""Templates of Markdown, in Jinja's language: what they may call, what becomes of their text."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from xbarmip.reproduce.claims import FOLDER
from xbarmip.reproduce.commands import score_command, solve_command
from xbarmip.reproduce.compared import READ_PERCENT
from xbarmip.reproduce.source import Source
from xbarmip.solvers.result import Status
from xbarmip.text import for_markdown

SHARED = Path(__file__).parent / "templates"
_BEGINS = ("|", "- ", "#", "!")  # a row of a table, an item of a list, a heading, a picture


def environment(source: Source, certificates: Collection[str] = ()) -> Environment:
    """What renders the templates of a source, with the file names of its certificates.

    What a template inserts is text and no Markdown, whatever characters it has; a name that is not
    there is an error.
    """
    figures = source.figures()
    made = Environment(
        loader=FileSystemLoader([source.templates, SHARED]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,  # so that macros return Markup, which `_as_text` leaves alone
        finalize=_as_text,
    )
    made.globals |= {"title": source.title, "figures": figures, "read_percent": READ_PERCENT}
    made.filters |= {
        "fixed": fixed,
        "signed": signed,
        "thousands": lambda value: f"{value:,}",
        "significant": lambda value, digits=6: f"{value:.{digits}g}",
        "listed": listed,
        "joint": joint,
        "command": lambda words: Markup(f"`{words}`"),
        "certificate": partial(certificate, certificates),
        "solve_command": solve_command,
        "score_command": score_command,
        "bounded": bounded,
        "marked": lambda name: marked(name, figures["unprinted"]),
        "remark": lambda what: remark(what, figures["remarks"]),
    }
    return made


def rendered(template: str, within: Environment, **context: Any) -> str:
    """A file of Markdown from a template."""
    return unwrapped(within.get_template(template).render(context))


def unwrapped(text: str) -> str:
    """Markdown with one line for each paragraph, item of a list and row of a table, which templates
    may wrap, and one empty line where there are several.
    """
    lines = [""]
    for line in map(str.strip, text.splitlines()):
        if line and lines[-1] and not line.startswith(_BEGINS):
            lines[-1] += f" {line}"
        elif line or lines[-1]:
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


def _as_text(value: Any) -> Markup:
    """Any value as Markdown that shows it; None is empty."""
    if isinstance(value, Markup):
        return value
    return Markup("" if value is None else for_markdown(str(value)))


def fixed(value: float | None, digits: int = 1) -> str:
    """A number with so many decimals; empty if there is none."""
    return "" if value is None else f"{value:.{digits}f}"


def signed(value: float, digits: int = 1, zero: str = "") -> str:
    """A number with its sign; zero has the sign that is given, and never a minus."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else zero + fixed(0, digits)


def listed(items: Iterable[object]) -> str:
    """a, b and c."""
    *first, last = map(str, items)
    return f"{', '.join(first)} and {last}" if first else last


def joint(loop: Any) -> Markup:
    """What follows an item of a loop, as `listed` has it."""
    return Markup("" if loop.last else " and " if loop.revindex == 2 else ", ")


def bounded(value: object, answer: Any) -> str:
    """The value of an answer, with its bound where it is not proven."""
    return str(value) if answer.status == Status.OPTIMAL else f"{value} (≥ {answer.bound})"


def certificate(certificates: Collection[str], name: str, text: str | None = None) -> Markup:
    """A link to a certificate, by its name or another text, or that there is none."""
    return Markup(f"[{text or name}]({FOLDER}/{name})" if name in certificates else "none")


def marked(name: str, unprinted: Iterable[str]) -> str:
    """The name of a case or network, with a star if the source does not print that network."""
    return f"{name} *" if name.partition("/")[0] in unprinted else name


def remark(what: str, remarks: Mapping[str, str]) -> str:
    """The remark with the longest key that `what` begins with, or that there is no explanation."""
    keys = [key for key in remarks if what.startswith(key)]
    return remarks[max(keys, key=len)] if keys else "unexplained."
