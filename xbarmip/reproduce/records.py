"""Frozen dataclasses as files hold them: written field by field, each checked when read back."""

from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from enum import EnumType
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from xbarmip.compare.typed import Reader, integer, listed, mapped, one_of, optional, table, text
from xbarmip.errors import InputError
from xbarmip.strict import short


def as_json(value: Any) -> Any:
    """A dataclass, or what its fields may be, as JSON holds it."""
    if is_dataclass(value):
        kind: Any = type(value)
        return {key: as_json(getattr(value, name)) for name, (key, _) in _fields(kind).items()}
    if isinstance(value, Mapping):
        return {name: as_json(each) for name, each in value.items()}
    return [as_json(each) for each in value] if isinstance(value, tuple) else value


@cache
def reader(kind: Any) -> Reader:
    """What reads such a dataclass from a table of a file, or refuses it with an InputError.

    Parameters
    ----------
    kind : type
        A dataclass; files call a field as Python does, or "so" if it is Annotated[..., "so"]. Its
        fields are integers, floats, texts, enumerations, dataclasses, or
        `tuple[X, ...]`, `Mapping[str, X]` or `X | None` of these; or alternatives of dataclasses,
        of which that one is taken whose keys the table has.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        items = listed(reader(arguments[0]))
        return lambda value, what: tuple(items(value, what))
    if origin is Mapping:
        return mapped(reader(arguments[1]))
    if origin is UnionType:
        kinds = [each for each in arguments if each is not NoneType]
        read = _alternative(kinds) if len(kinds) > 1 else reader(kinds[0])
        return optional(read) if NoneType in arguments else read
    if isinstance(kind, EnumType):
        word = one_of(map(str, kind))
        return lambda value, what: kind(word(value, what))
    return _PLAIN[kind] if kind in _PLAIN else _record(kind)


def check_names(given: Collection[str], names: Collection[str], what: str) -> None:
    """Refuse, by an InputError, a mapping that has not exactly these names."""
    if set(given) != set(names):
        raise InputError(f"{what} must be {', '.join(names)}, got {', '.join(given) or 'none'}")


@cache
def _fields(kind: Any) -> Mapping[str, tuple[str, Any]]:
    """What files call each field of a dataclass, and its type."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: get_args(hint)[::-1] if get_origin(hint) is Annotated else (name, hint)
        for name, hint in hints.items()
    }


def _alternative(kinds: list[Any]) -> Reader:
    def read(value: Any, what: str) -> Any:
        given = set(value) if isinstance(value, Mapping) else set()
        fitting = [kind for kind in kinds if {key for key, _ in _fields(kind).values()} == given]
        return reader((*fitting, kinds[0])[0])(value, what)

    return read


def _record(kind: Any) -> Reader:
    own = _fields(kind)
    whole = table({key: reader(type_of) for key, type_of in own.values()})

    def read(value: Any, what: str) -> Any:
        found = whole(value, what)
        try:
            return kind(**{name: found[key] for name, (key, _) in own.items()})
        except InputError as error:
            raise InputError(f"{what}: {error}") from None

    return read


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{what} must be a number, got {short(value)}")
    return value


_PLAIN: Mapping[Any, Reader] = {int: integer(), float: _number, str: text}
