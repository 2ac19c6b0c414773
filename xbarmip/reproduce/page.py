"""The page: what has been computed, as Markdown, HTML and pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt

from xbarmip.reproduce import bandwidth_pictures, making, pictures
from xbarmip.reproduce.sections import accuracy, bandwidth, models, runtime, short, steps
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import listed

Rows = Mapping[str, Row]
TITLE = "The published results beside certified optima"
_STYLE = (
    "body{max-width:64rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 sans-serif;color:#222}"
    "table{border-collapse:collapse;font-size:85%;display:block;overflow-x:auto}"
    "th,td{border:1px solid #ccc;padding:.2rem .5rem}th{background:#f3f3f3}"
    "img{max-width:100%}code{background:#f3f3f3}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says about one part.

    Attributes
    ----------
    part : str
        Name of the part.
    text : callable
        Markdown from its rows.
    pictures : mapping of str to callable
        Content of a PNG file from its rows, by file name.
    """

    part: str
    text: Callable[[Rows], str]
    pictures: Mapping[str, Callable[[Rows], bytes]]


SECTIONS = (
    Section(
        "steps",
        steps.section,
        {"figure-6.png": pictures.steps_picture, "figure-7.png": pictures.speedup_picture},
    ),
    Section("accuracy", accuracy.section, {"table-4.png": pictures.accuracy_picture}),
    Section("allocations", bandwidth.allocation_section, {}),
    Section("tiles", bandwidth.tile_section, {"figure-8.png": bandwidth_pictures.tile_picture}),
    Section("scaling", bandwidth.scale_section, {"figure-9.png": bandwidth_pictures.scale_picture}),
    Section("runtime", runtime.section, {"table-7.png": pictures.runtime_picture}),
    Section("models", models.section, {"models.png": bandwidth_pictures.models_picture}),
)


def files(computed: Mapping[str, Rows | None]) -> dict[str, bytes]:
    """Every file of the page by name: page.md, page.html, pictures, and the README's table.

    Parameters
    ----------
    computed : mapping
        The rows of each part, or None where they are not complete.
    """
    made: dict[str, bytes] = {}
    texts = []
    for section in SECTIONS:
        rows = computed.get(section.part)
        if rows is None:
            texts.append(f"*Part `{section.part}` is not complete.*")
            continue
        texts.append(section.text(rows))
        made |= {name: draw(rows) for name, draw in section.pictures.items()}
    heads = (f"# {TITLE}", _head(), making.words(computed), short.section(computed))
    markdown = "\n\n".join(text for text in (*heads, *texts) if text) + "\n"
    made["page.md"] = markdown.encode()
    made["page.html"] = html(markdown).encode()
    found = computed.get("steps")
    if found is not None:
        made["summary.md"] = (steps.summary_table(found) + "\n").encode()
    return made


def _head() -> str:
    return (
        f"Published: {figures()['source']}. Everything else was computed by `xbarmip reproduce`, "
        "which also writes this page. A case is written network/budget x crossbar size, as "
        "vgg-a/4096x128. All networks are those that the paper prints, but for "
        f"{listed(figures()['unprinted'])}, marked *: its table is not printed, so that network "
        "was built from its own paper, and its rows need not be about the same problem."
    )


def html(markdown: str) -> str:
    """The page as one HTML file, beside its pictures."""
    body = MarkdownIt("commonmark").enable("table").render(markdown)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(TITLE)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n"
        "</html>\n"
    )
