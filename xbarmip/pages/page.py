"""Templates and scripts of the pages, put into one file."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def resource(*path: str) -> str:
    """The text of a file of the package."""
    return files("xbarmip").joinpath(*path).read_text(encoding="utf-8")


def rendered(template: str, **context: Any) -> str:
    """A template of this folder; what it inserts is text, but for scripts and styles of ours."""
    made = Environment(
        loader=PackageLoader("xbarmip.pages"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    made.globals |= {
        "style": Markup(resource("pages", "page.css")),
        "script": lambda *path: Markup(resource(*path)),
    }
    return made.get_template(template).render(context)
