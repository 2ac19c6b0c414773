"""What all pictures share: matplotlib, colours, sizes, and the forms in which they are saved."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from xbarmip.errors import InputError
from xbarmip.files import check_writable

COLORS = (  # distinct in print and to the colour-blind (Okabe and Ito)
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f",
)  # fmt: skip
STROKES = ("-", "--", ":", "-.")  # of the first, second, ... eight curves
_STYLE = {
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",  # text stays text: small files, the reader's fonts
    "svg.hashsalt": "xbarmip",  # the same picture is the same file
    "text.usetex": False,  # whatever the user's own settings say: a name is not a program
}
_FORMS: dict[str, dict[str, Any]] = {  # of files; the same picture is the same file
    ".png": {"dpi": 120, "metadata": {"Software": None}},
    ".svg": {"metadata": {"Date": None, "Creator": None}},
    ".pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
_NARROW = 5  # an axis of less than this ratio gets evenly spaced ticks
_DECADES = 100  # an axis of more than this ratio gets ticks at powers of ten alone


def require_matplotlib() -> Any:
    """The module matplotlib.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import matplotlib.figure
        import matplotlib.patches
        import matplotlib.text
        import matplotlib.ticker
    except ImportError:
        raise InputError(
            "a picture needs matplotlib, which is not installed; it comes with the extra `plot`: "
            "pip install 'xbarmip[plot]'"
        ) from None
    return matplotlib


def check_picture(path: Path, option: str) -> None:
    """Refuse, before any work, a picture that could not be written after it.

    Raises
    ------
    InputError
        On a name that ends otherwise than in .png, .svg or .pdf, a file that cannot be written, or
        without matplotlib.
    """
    if path.suffix.lower() not in _FORMS:
        raise InputError(f"{option} {str(path)!r}: the name must end in {', '.join(_FORMS)}")
    check_writable(path)
    require_matplotlib()


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """A figure of so many inches, and its axes, one or one for each row or column."""
    matplotlib = require_matplotlib()
    with matplotlib.rc_context(_STYLE):
        figure = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, columns)


def picture(figure: Any, path: Path) -> bytes:
    """A figure as the content of a file, in the form that its name says."""
    kind = path.suffix.lower()
    if kind == ".png":
        return png(figure)
    return _saved(figure, kind.removeprefix("."), **_FORMS[kind])


def png(figure: Any) -> bytes:
    """A figure as the content of a PNG file."""
    return with_palette(_saved(figure, "png", **_FORMS[".png"]))


def with_palette(content: bytes) -> bytes:
    """A PNG file with a palette of 64 colours: charts have few, a third of the bytes is left."""
    from PIL import Image  # matplotlib needs it, too

    file = BytesIO()
    with Image.open(BytesIO(content)) as image:
        few = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        few.save(file, "png", optimize=True)
    return file.getvalue()


def svg(figure: Any) -> str:
    """A figure as an SVG element, to stand in a page."""
    text = _saved(figure, "svg", **_FORMS[".svg"]).decode()
    text = text[text.index("<svg") :]
    return re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", text, count=1)


def _saved(figure: Any, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    matplotlib = require_matplotlib()
    with matplotlib.rc_context(_STYLE):
        for words in figure.findobj(matplotlib.text.Text):  # some are made outside of the style
            words.set_usetex(False)
        figure.savefig(file, format=kind, **options)
    return file.getvalue()


def round_ticks(axis: Any, low: float, high: float) -> None:
    """Ticks at 1, 2, 5, 10, ..., or evenly spaced where too few of those are in range."""
    ticker = require_matplotlib().ticker
    wide = high >= _NARROW * low
    axis.set_major_locator(
        ticker.LogLocator(subs=(1, 2, 5))
        if wide
        else ticker.MaxNLocator(6, integer=True, steps=[1, 2, 5, 10])
    )
    axis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(ticker.NullFormatter())


def decimal_ticks(axis: Any, low: float, high: float) -> None:
    """Ticks of a logarithmic axis at 0.1, 1, 10, ..., or also at 2 and 5 times these where few."""
    ticker = require_matplotlib().ticker
    axis.set_major_locator(ticker.LogLocator(subs=(1,) if high > _DECADES * low else (1, 2, 5)))
    axis.set_major_formatter(ticker.StrMethodFormatter("{x:,g}"))
    axis.set_minor_formatter(ticker.NullFormatter())
