"""Exact integers: checked conversion, ceiling division, the 64-bit boundary."""

from operator import index
from typing import Any

from xbarmip.errors import InputError

INT64_MAX = 2**63 - 1


def ceil_div(a: int, b: int) -> int:
    """Smallest integer not below a / b, for b > 0."""
    return -(-a // b)


def as_int(value: Any, what: str, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return `value` as a Python int, refusing anything that is not an integer in range.

    Booleans and floats are refused even where they equal an integer: no silent rounding.

    Parameters
    ----------
    value : Any
        A Python or NumPy integer.
    what : str
        Name of the thing, for the message.
    minimum, maximum : int, optional
        Inclusive limits.

    Raises
    ------
    InputError
        If `value` is no integer or out of range.
    """
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None:
        raise InputError(f"{what} must be an integer, got {value!r}")
    if minimum is not None and number < minimum:
        raise InputError(f"{what} must be at least {minimum}, got {number}")
    if maximum is not None and number > maximum:
        raise InputError(f"{what} must be at most {maximum}, got {number}")
    return number
