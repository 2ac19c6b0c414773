"""Exact numbers: checked conversion, ceiling division, the 64-bit boundary."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from operator import index
from typing import Any

import numpy as np

from xbarmip.errors import InputError, short

INT64_MAX = 2**63 - 1
LARGEST_EXPONENT = 100
LARGEST = 10**LARGEST_EXPONENT  # of any integer that is read: no figure comes near
MOST = Fraction(LARGEST)
LEAST = 1 / MOST
FLOAT_DIGITS = 15  # any decimal with this many digits survives the way into a float and back


def ceil_div(a: int, b: int) -> int:
    """Smallest integer not below a / b, for b > 0."""
    return -(-a // b)


def least_where(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least of low..high of which `holds`, as of all that are larger; high if of none below it.

    By halves; unlike `bisect` for a range of any length.
    """
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def capped(upper: int | Fraction, factor: int | Fraction, low: int, high: int) -> int:
    """The largest whole w with factor * w <= upper for a factor >= 0, kept within [low, high].

    `low` says that no w will do, as 0 * w <= -1 has none; `high` that all will.
    """
    if not factor:
        return high if upper >= 0 else low
    return min(max(int(upper // factor), low), high)


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
        If `value` is not an integer or out of range.
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
    """Return `value` exactly as a Fraction, refusing anything that is not a positive finite number.

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


def as_rational(value: Any, what: str) -> int | Fraction:
    """Return `value` as the exact number that it was meant to be.

    A float counts as the shortest decimal that is that float: 0.1 means one tenth. Where that takes
    more than 15 digits the float is the rounded result of some arithmetic, as 1/3 or 0.1 * 3, and
    what was meant is not known.

    Parameters
    ----------
    value : Any
        An int, float, Decimal, Fraction or NumPy number.
    what : str
        Name of the thing, for the message.

    Raises
    ------
    InputError
        If `value` is not a finite number, further from 1 than 1e100, or a float of more digits.
    """
    if isinstance(value, Rational):  # an int, a bool, a Fraction, an integer of NumPy
        return _plain(Fraction(int(value.numerator), int(value.denominator)))
    if not isinstance(value, float | Decimal | np.floating):
        raise InputError(f"{what} must be a number, got {short(value)}")
    if not math.isfinite(value):
        raise InputError(f"{what} must be a finite number, got {value}")
    number = Decimal(str(value))
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise InputError(f"{what} must lie between 1e-100 and 1e100, got {value}")
    if not isinstance(value, Decimal) and len(number.normalize().as_tuple().digits) > FLOAT_DIGITS:
        raise InputError(
            f"{what} is {value}, which is not exact: write it as an integer, a Fraction or a "
            f"decimal of at most {FLOAT_DIGITS} digits"
        )
    return _plain(Fraction(number))


def _plain(number: Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number
