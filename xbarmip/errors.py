"""What the package refuses, and how: every error is one line that helps."""

from decimal import Decimal
from reprlib import Repr

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


class XbarmipError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(XbarmipError):
    """Input that cannot be used; the message names the thing, its value and the rule."""


class UnsupportedError(XbarmipError):
    """A solver was asked for something that it cannot honour; the message names both."""


class VerificationError(XbarmipError):
    """An answer did not survive exact re-evaluation."""
