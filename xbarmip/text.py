"""Text from outside, made fit for each medium that shows it: one function a medium.

Names of suites, instances, solvers, layers and networks, and what solvers say, come out of files
that anybody may have written. Where such text is shown it is text and nothing else: no markup, no
formula, no command to the terminal, no folder of a path.
"""

import re
import sys
from html import escape
from typing import TextIO
from urllib.parse import quote

_MARKDOWN = re.compile(r"[\\`*\[\]<>&|~$#]|://|(?<![^\W_])_|_(?![^\W_])")
_BEGINS_BLOCK = re.compile(r"^(\d{0,9})([-+=.)])(?=[\s=-]|$)")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_LATEX = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "[": "{[}",  # at the start of a row it would be an option of the line break before
    "]": "{]}",
    "*": "{*}",
}
_OF_LATEX = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ")
_IN_FILE_NAME = re.compile(r"[^\w.,@+= ()-]")
_SIGNS = str.maketrans({"✓": "ok", "✗": "not", "≥": ">="})


def visible(text: str) -> str:
    """`text` on one line, every character that does not print as itself as its Python escape.

    Those are line breaks, controls (a terminal's commands begin with one), marks that turn the
    direction of writing, spaces other than the plain one, and halves of surrogate pairs, which no
    encoding has.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def for_html(text: str) -> str:
    """`text` inside an element, or inside an attribute's quotes."""
    return escape(visible(text))


def for_anchor(text: str) -> str:
    """`text` as an `id`, and after the # of a link to it: letters, digits, -._~ and %."""
    return quote(visible(text), safe="")


def for_markdown(text: str) -> str:
    """`text` inside a paragraph, heading, list item or cell of a table.

    A backslash stands before each character that may begin markup anywhere in a line, the table's
    |, the dollar of formulas and the :// of addresses that become links by themselves; an underline
    inside a word is none of them. So it does before what would begin a list or a rule at the start.
    """
    escaped = _MARKDOWN.sub(lambda found: f"\\{found[0]}", visible(text).strip())
    return _BEGINS_BLOCK.sub(r"\1\\\2", escaped)


def for_latex(text: str) -> str:
    """`text` in a paragraph or cell of LaTeX: no command, and no letter that its fonts lack.

    Letters of western Europe stand as they are, which takes no package; what else is not ASCII
    becomes its Python escape, in words of LaTeX.
    """
    shown = visible(text).translate(_SIGNS)
    plain = "".join(c if c.isascii() or c in _OF_LATEX else ascii(c)[1:-1] for c in shown)
    return "".join(_LATEX.get(c, c) for c in plain)


def for_csv(text: str) -> str:
    """`text` as a cell: a quote before what a spreadsheet would compute.

    Otherwise the cell is the text itself, line breaks included, as a program is to read it back;
    halves of surrogate pairs, which UTF-8 has no form for, are escaped.
    """
    encodable = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{encodable}" if encodable.startswith(_FORMULA) else encodable


def for_picture(text: str) -> str:
    """`text` in a picture of matplotlib: no dollar begins a formula, no underline hides a label."""
    shown = visible(text).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def for_terminal(text: str, stream: TextIO | None = None) -> str:
    """`text` on one line of a stream (standard output), in characters that its encoding has.

    Where nobody watches the stream, signs of this package are plain ASCII.
    """
    out = stream or sys.stdout
    shown = visible(text) if out.isatty() else visible(text).translate(_SIGNS)
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        shown.encode(encoding)
    except UnicodeEncodeError:
        return shown.translate(_SIGNS).encode(encoding, "backslashreplace").decode(encoding)
    return shown


def for_file_name(text: str) -> str:
    """`text` as the name of a file or the beginning of one: it leads into no other folder."""
    return _IN_FILE_NAME.sub(lambda found: quote(found[0], safe=""), visible(text))
