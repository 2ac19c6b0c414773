"""Fields of results files, each read by what it must be: no other value gets past the reader."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from xbarmip.errors import InputError
from xbarmip.exact import LARGEST, as_int
from xbarmip.strict import as_text, known_keys, short

Reader = Callable[[Any, str], Any]  # of a value and what it is called; the value, or an InputError

LONGEST = 10.0**12  # of any number of seconds


def integer(minimum: int = -LARGEST) -> Reader:
    """An integer of at least `minimum`."""
    return lambda value, what: as_int(value, what, minimum, LARGEST)


def text(value: Any, what: str) -> str:
    """A string, which may be empty."""
    if not isinstance(value, str):
        raise InputError(f"{what} must be a string, got {short(value)}")
    return value


def seconds(value: Any, what: str) -> float:
    """A duration."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= LONGEST:
        raise InputError(f"{what} must be a number of seconds >= 0, got {short(value)}")
    return float(value)


def optional(reader: Reader) -> Reader:
    """The same, or null."""
    return lambda value, what: None if value is None else reader(value, what)


def or_empty(reader: Reader) -> Reader:
    """The same, or an empty table."""
    return lambda value, what: {} if value == {} else reader(value, what)


def one_of(names: Iterable[str]) -> Reader:
    """One of some words."""
    words = tuple(map(str, names))

    def read(value: Any, what: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise InputError(f"{what} must be one of {', '.join(words)}, got {short(value)}")
        return value

    return read


def listed(reader: Reader, length: int | None = None) -> Reader:
    """A list of such values, of one length if that is given."""

    def read(value: Any, what: str) -> list[Any]:
        if not isinstance(value, list) or length not in (None, len(value)):
            of = "" if length is None else f" of {length} values"
            raise InputError(f"{what} must be a list{of}, got {short(value)}")
        return [reader(each, what) for each in value]

    return read


def mapped(reader: Reader) -> Reader:
    """A table of such values."""

    def read(value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InputError(f"{what} must be a table, got {short(value)}")
        return {key: reader(each, f"{what}: {key}") for key, each in value.items()}

    return read


def anything(value: Any, what: str) -> Any:
    """Whatever JSON can hold: a solver's own figures."""
    return value


def table(required: Mapping[str, Reader], later: Mapping[str, Reader] | None = None) -> Reader:
    """A table of these keys; those that earlier versions did not write may be missing."""
    readers = {**required, **(later or {})}

    def read(value: Any, what: str) -> dict[str, Any]:
        try:
            known = known_keys(value, required, later or ())
        except InputError as error:
            raise InputError(f"{what}: {error}" if what else str(error)) from None
        prefix = f"{what}: " if what else ""
        return {key: readers[key](each, prefix + key) for key, each in known.items()}

    return read


def extended(required: Mapping[str, Reader]) -> Reader:
    """A table of at least these keys, the others of any value."""

    def read(value: Any, what: str) -> dict[str, Any]:
        given = mapped(anything)(value, what)
        known = {key: each for key, each in given.items() if key in required}
        return {**given, **table(required)(known, what)}

    return read


NAME: Reader = as_text  # a string that is not empty
SIZE: Reader = listed(integer(1), 2)
ALLOCATION: Reader = mapped(integer(1))
CODE: Reader = mapped(optional(text))
LIMITS: Reader = extended(
    {
        "seconds": optional(seconds),
        "memory_bytes": optional(integer(1)),
        "threads": integer(1),
    }
)
