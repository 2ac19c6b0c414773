"""The page: what has been computed, as Markdown, HTML and pictures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from xbarmip.pages.checker import checker_fragment
from xbarmip.reproduce.claims import FOLDER, MOST_BYTES, certified
from xbarmip.reproduce.prose import environment, rendered
from xbarmip.reproduce.source import Source
from xbarmip.reproduce.store import Kept, Made

_STYLE = (
    "body{max-width:64rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 sans-serif;color:#222}"
    "table{border-collapse:collapse;font-size:85%;display:block;overflow-x:auto}"
    "th,td{border:1px solid #ccc;padding:.2rem .5rem}th{background:#f3f3f3}"
    "img{max-width:100%}code{background:#f3f3f3}"
)


@dataclass(frozen=True, slots=True)
class Making:
    """How rows were made, by part."""

    parts: Mapping[str, list[Made]]

    def each(self, fact: str) -> list[Any]:
        """What a fact was, each value once."""
        every = (getattr(made, fact) for part in self.parts.values() for made in part)
        return list(dict.fromkeys(every))

    @property
    def minutes(self) -> Mapping[str, float]:
        """How long that took, by part."""
        return {name: sum(made.seconds for made in part) / 60 for name, part in self.parts.items()}


def files(
    source: Source, complete: Mapping[str, Mapping[str, Kept]], folder: Path
) -> dict[str, bytes]:
    """Every file of the page by name: page.md, page.html, certificates.json (the paths of the
    certificates of what it claims, from its own folder), and those of parts.

    Parameters
    ----------
    source : Source
    complete : mapping
        The rows of each part that has all of them.
    folder : Path
        Of the page: only certificates that are there are shown.
    """
    claimed = [
        name
        for part in source.parts
        for kept in complete.get(part.name, {}).values()
        for name in part.claims(kept.row)
    ]
    certificates = certified(claimed, folder)
    within, made = environment(source, certificates), dict[str, bytes]()
    sections: dict[str, Any] = {part.name: None for part in source.parts}
    for part in source.parts:
        if part.name in complete:
            rows = {key: kept.row for key, kept in complete[part.name].items()}
            sections[part.name] = section = part.section(rows)
            made |= {name: draw(section) for name, draw in part.pictures.items()}
            for name in part.texts:
                made[name] = rendered(f"{name}.j2", within, **{part.name: section}).encode()
    making = Making({name: [each.made for each in rows.values()]
                     for name, rows in complete.items()})  # fmt: skip
    uncertified = sorted({*claimed} - {*certificates})
    paths = [f"{FOLDER}/{name}" for name in certificates]
    markdown = rendered(
        "page.md.j2",
        within,
        making=making,
        certificates=certificates,
        uncertified=uncertified,
        most_bytes=MOST_BYTES,
        sections=sections,
        **sections,
    )
    made["page.md"] = markdown.encode()
    made["certificates.json"] = (json.dumps(paths, indent=0) + "\n").encode()
    made["page.html"] = html(source.title, markdown, certificates_of(paths, folder)).encode()
    return made


def certificates_of(paths: Sequence[str], folder: Path) -> str:
    """The part of a page of HTML that lists certificates, by their paths from the page's folder,
    and checks them in the reader's browser.
    """
    contents = {path: (folder / path).read_bytes() for path in paths}
    return checker_fragment(contents, linked=True) if contents else ""


def html(title: str, markdown: str, certificates: str = "") -> str:
    """The page as one HTML file, beside its pictures; at its end the part with its certificates."""
    body = MarkdownIt("commonmark").enable("table").render(markdown)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}"
        f"{certificates}</body>\n</html>\n"
    )
