"""Any value as JSON can hold it."""

import math
from collections.abc import Mapping
from operator import index
from typing import Any


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: what has no place there is written as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    try:
        return index(value)
    except TypeError:
        return str(value)
