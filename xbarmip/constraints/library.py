"""The ready constraints by name, as the command line and suites know them."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal, InvalidOperation
from typing import Any

import xbarmip.constraints as ready
from xbarmip.constraint import Recipe
from xbarmip.errors import InputError
from xbarmip.strict import known_keys, located, suggestion


def name_of(recipe: Recipe) -> str:
    """What the command line and suites call it."""
    return _name(type(recipe))


def _name(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


READY: dict[str, type] = {
    _name(kind): kind for kind in (getattr(ready, name) for name in ready.__all__)
}


def make(name: str, parameters: Mapping[str, Any]) -> Recipe:
    """The ready constraint called `name`.

    Raises
    ------
    InputError
        On an unknown name, or a parameter that is unknown, missing or out of range.
    """
    if name not in READY:
        raise InputError(f"unknown constraint {name!r}{suggestion(name, READY)}")
    kind: Any = READY[name]
    required = [field.name for field in fields(kind) if field.default is MISSING]
    optional = [field.name for field in fields(kind) if field.default is not MISSING]
    with located(f"constraint {name!r}"):
        known_keys(parameters, required, optional)
    made: Recipe = kind(**parameters)
    return made


def parse(text: str) -> Recipe:
    """A ready constraint as written on the command line: NAME or NAME:KEY=VALUE,KEY=VALUE.

    A value is an integer, a decimal or a name; several are joined with +, as in conv1+conv2.

    Raises
    ------
    InputError
        As `make`, and where a part has no "=".
    """
    name, _, rest = text.partition(":")
    parameters = {}
    for part in rest.split(",") if rest else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"constraint {name!r}: expected KEY=VALUE, got {part!r}")
        if key in parameters:
            raise InputError(f"constraint {name!r}: {key!r} is given twice")
        values = tuple(_value(one) for one in value.split("+"))
        parameters[key] = values[0] if len(values) == 1 else values
    return make(name, parameters)


def _value(text: str) -> int | Decimal | str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return int(number) if re.fullmatch(r"-?\d+", text) else number
