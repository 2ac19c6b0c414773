"""Exact numbers: checked conversion, ceiling division, the 64-bit boundary."""

from decimal import Decimal
from fractions import Fraction
from operator import index
from typing import Any

from xbarmip.errors import InputError, short

INT64_MAX = 2**63 - 1
LARGEST_EXPONENT = 100
MOST = Fraction(10**LARGEST_EXPONENT)
LEAST = 1 / MOST


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
        raise InputError(f"{what} must be an integer, got {short(value)}")
    if minimum is not None and number < minimum:
        raise InputError(f"{what} must be at least {minimum}, got {short(number)}")
    if maximum is not None and number > maximum:
        raise InputError(f"{what} must be at most {maximum}, got {short(number)}")
    return number


def as_positive_rational(value: Any, what: str) -> Fraction:
    """Return `value` exactly as a Fraction, refusing anything that is no positive finite number.

    Floats are refused: what a file writes as 12.8 must arrive as a Decimal, not as the binary
    number next to it.

    Parameters
    ----------
    value : Any
        An int, a Decimal or a Fraction.
    what : str
        Name of the thing, for the message.

    Raises
    ------
    InputError
        If `value` is of another type, infinite, not a number, not positive, or so far from 1 that
        its exact form would be thousands of digits long.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        raise InputError(f"{what} must be a number, got {short(value)}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise InputError(f"{what} must be a finite number, got {short(value)}")
    if value <= 0:
        raise InputError(f"{what} must be positive, got {short(value)}")
    far = isinstance(value, Decimal) and abs(value.adjusted()) > LARGEST_EXPONENT
    if far or not LEAST <= Fraction(value) <= MOST:  # `far` first: its Fraction would be endless
        raise InputError(f"{what} must lie between 1e-100 and 1e100, got {short(value)}")
    return Fraction(value)
