"""What the package refuses, and how: every error is one line that helps."""

import sysconfig
from decimal import Decimal
from pathlib import Path
from reprlib import Repr
from traceback import extract_tb

_LONGEST_INTEGER = 256  # bits


class _Short(Repr):
    """`repr`, cut where it gets long; never fails, whatever a file held."""

    def repr_int(self, x: int, level: int) -> str:  # printing a huge integer raises ValueError
        return repr(x) if x.bit_length() <= _LONGEST_INTEGER else f"{x.bit_length()}-bit integer"

    def repr_Decimal(self, x: Decimal, level: int) -> str:  # noqa: N802 - named after the type
        return self.repr_str(str(x), level)[1:-1]


_short = _Short()
_short.maxstring = _short.maxother = 80


def short(value: object) -> str:
    """`value` as it would be written in code, cut where it gets long, on one line."""
    return _short.repr(value)


def error_line(error: BaseException) -> str:
    """Kind, text and place of an error, on one line.

    The place is the last one in code that neither this package, Python nor an installed library
    brings; where there is none, the last of all.
    """
    text = " ".join(str(error).split())
    if isinstance(error, SyntaxError) and error.filename:
        text, places = str(error.msg), [(error.filename, error.lineno)]
    else:
        frames = extract_tb(error.__traceback__)
        places = [(f.filename, f.lineno) for f in frames if not f.filename.startswith("<frozen")]
    places = [each for each in places if not _brought(each[0])] or places
    where = f" ({Path(places[-1][0]).name}:{places[-1][1]})" if places else ""
    return f"{type(error).__name__}: {text}{where}"


def _brought(file: str) -> bool:
    """Whether code in a file is this package's, Python's or an installed library's."""
    path = Path(file)
    if {"site-packages", "dist-packages"} & set(path.parts) or file.startswith("<"):
        return True
    return any(path.is_relative_to(home) for home in _HOMES)


_HOMES = (Path(__file__).parent, Path(sysconfig.get_path("stdlib")))


class XbarmipError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(XbarmipError):
    """Input that cannot be used; the message names the thing, its value and the rule."""


class UnsupportedError(XbarmipError):
    """A solver was asked for something that it cannot honour; the message names both."""


class VerificationError(XbarmipError):
    """An answer did not survive exact re-evaluation."""
