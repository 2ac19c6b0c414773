"""Strict reading of data files: nothing unknown, missing, given twice or of the wrong kind."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from reprlib import Repr
from typing import Any

from xbarmip.errors import InputError

_short = Repr()
_short.maxstring = _short.maxother = 80


def short(value: object) -> str:
    """`value` as it would be written in code, cut where it gets long, on one line."""
    return _short.repr(value)


def read_text(file: str | PathLike[str] | Traversable) -> str:
    """The whole text of a UTF-8 file.

    Raises
    ------
    InputError
        If the file is missing, unreadable or not UTF-8.
    """
    opened = Path(file) if isinstance(file, str | PathLike) else file
    try:
        return opened.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        reason = "is not UTF-8 text" if isinstance(error, UnicodeError) else "is no path"
        raise InputError(f"{str(file)!r} {reason} ({error})") from None


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put `where` in front of the message of every InputError that leaves the block."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def known_keys(
    value: Any, required: Iterable[str], optional: Iterable[str] = ()
) -> Mapping[str, Any]:
    """`value`, checked to be a table that has the required keys and no unknown one.

    Raises
    ------
    InputError
        If it is no table; on an unknown key (with the nearest known one) or a missing key.
    """
    required = tuple(required)
    allowed = (*required, *optional)
    if not isinstance(value, Mapping):
        raise InputError(f"must be a table of keys and values, got {short(value)}")
    for key in value:
        if key not in allowed:
            raise InputError(f"unknown key {short(key)}{suggestion(key, allowed)}")
    for key in required:
        if key not in value:
            raise InputError(f"missing key {key!r}")
    return value


def suggestion(name: str, known: Iterable[str]) -> str:
    """How a message about an unknown name goes on: the nearest known ones, or all."""
    known = tuple(known)
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; known: {', '.join(known) or 'none'}"


def as_text(value: Any, what: str) -> str:
    """`value`, checked to be a string that is not empty.

    Raises
    ------
    InputError
        If it is not.
    """
    if not isinstance(value, str) or not value:
        raise InputError(f"{what} must be a non-empty string, got {short(value)}")
    return value
