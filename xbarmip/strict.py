"""Strict reading of data files: nothing unknown, missing, given twice or of the wrong kind."""

import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.errors import InputError
from xbarmip.errors import short as short
from xbarmip.limits import MOST_BYTES


def read_text(file: str | PathLike[str] | Traversable) -> str:
    """The whole text of a UTF-8 file.

    Raises
    ------
    InputError
        If the file is missing, unreadable, not UTF-8 or larger than `MOST_BYTES`.
    """
    opened = Path(file) if isinstance(file, str | PathLike) else file
    try:
        with opened.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"{file}: is larger than {MOST_BYTES} bytes")
        return content.decode("utf-8")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        reason = "is not UTF-8 text" if isinstance(error, UnicodeError) else "is not a valid path"
        raise InputError(f"{str(file)!r} {reason} ({error})") from None


def parse_toml(text: str) -> dict[str, Any]:
    """The top table of a TOML text; what is written with a point or exponent is a Decimal.

    Raises
    ------
    InputError
        If the text is malformed or holds a number that no Decimal can be.
    """
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not readable as TOML: {error}") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"is not readable as TOML: {short(text)} is out of range") from None


def parse_json(text: str) -> Any:
    """The value that a text of JSON stands for, read strictly.

    Raises
    ------
    InputError
        On anything else than JSON, on a key that is given twice, on a number that is not finite,
        and on text that is no Unicode.
    """
    try:
        value = json.loads(
            text, object_pairs_hook=each_once, parse_float=_finite, parse_constant=_refuse
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise InputError("holds half of a character (a surrogate)") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not readable as JSON: {' '.join(str(error).split())}") from None
    return value


def each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A table in which no key is given twice.

    Raises
    ------
    InputError
        Naming the one that is.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
        raise InputError(f"key {short(twice)} is given twice")
    return found


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise InputError(f"{short(number)} is not a finite number")
    return value


def _refuse(constant: str) -> None:
    raise InputError(f"{constant} is not a finite number")


def check_format(data: Any, name: str, version: int, *older: int) -> None:
    """Refuse another format or version first, before any key of it looks wrong.

    `older` are versions that are read as well.

    Raises
    ------
    InputError
        If `format` or `version` is there and differs.
    """
    for key, known in (("format", (name,)), ("version", (version, *older))):
        if isinstance(data, Mapping) and key in data:
            given = data[key]
            if type(given) is not type(known[0]) or given not in known:
                expected = " or ".join(map(repr, sorted(known)))
                raise InputError(f"{key} must be {expected}, got {short(given)}")


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
        If it is not a table; on an unknown key (with the nearest known one) or a missing key.
    """
    required = tuple(required)
    allowed = (*required, *optional)
    if not isinstance(value, Mapping):
        raise InputError(f"must be a table of keys and values, got {short(value)}")
    for key in value:
        if key not in allowed:
            raise InputError(f"unknown key {short(key)}{suggestion(str(key), allowed)}")
    for key in required:
        if key not in value:
            raise InputError(f"missing key {key!r}")
    return value


def suggestion(name: str, known: Iterable[str]) -> str:
    """How a message about an unknown name goes on: the nearest known ones, or all."""
    known = tuple(known)
    return nearest(name, known) or f"; known: {', '.join(known) or 'none'}"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """How a message that need not tell all known names goes on: the nearest, where any is near."""
    near = get_close_matches(name, tuple(known), n=3, cutoff=cutoff)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


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
