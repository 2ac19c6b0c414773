"""Any value as JSON can hold it."""

import math
from collections.abc import Mapping
from operator import index
from typing import Any

from xbarmip.errors import short
from xbarmip.exact import LARGEST


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: what has no place there is written as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    try:
        number = index(value)
    except TypeError:
        return _text(str(value))
    return number if abs(number) <= LARGEST else short(number)


def _text(value: str) -> str:
    """Half characters, which no file can hold, as escapes."""
    return str(value).encode(errors="backslashreplace").decode()
