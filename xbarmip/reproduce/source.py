"""A source of published results: what is computed for it, and the page about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xbarmip.reproduce.claims import Claim
from xbarmip.reproduce.store import Work


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the reproduction: rows that are computed one by one, and what is said of them.

    Attributes
    ----------
    name : str
        Also of its file of rows and of its template, to which its section goes by that name.
    about : str
        What of the source it is about.
    row : type
        What a row is (see `reader`).
    cases : callable
        Called with the seconds that each solve may take; returns what computes each row, by key.
    section : callable
        Of the rows by key: all that the template and the pictures show.
    pictures : mapping of str to callable
        Content of a PNG file from the section, by file name.
    texts : tuple of str
        Files of its own, from templates called like them.
    claims : callable
        The optima that a row claims, by the file name of the certificate of each.
    """

    name: str
    about: str
    row: Any
    cases: Callable[[float], Mapping[str, Work]]
    section: Callable[[Mapping[str, Any]], Any]
    pictures: Mapping[str, Callable[[Any], bytes]] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    claims: Callable[[Any], Mapping[str, Claim]] = lambda row: {}


@dataclass(frozen=True, slots=True)
class Source:
    """A paper or artefact: its page's title, parts in their order, published figures, templates.

    `name` is what it is called by `xbarmip reproduce`, `folder` that of its page among the results.
    `figures` returns at least `unprinted`, the networks whose tables the source does not print,
    and `remarks` on numbers that do not come out, by the beginning of what the page calls them.
    `templates` is a folder with `page.md.j2` and a template for each part.
    """

    name: str
    folder: str
    title: str
    parts: tuple[Part, ...]
    figures: Callable[[], Mapping[str, Any]]
    templates: Path
