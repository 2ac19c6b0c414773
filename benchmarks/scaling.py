"""Values of knobs, times a factor. Imports nothing of the package."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any


def scaled(value: Any, factor: Fraction) -> Any:
    """A value times a factor, tuples part by part: whole numbers stay whole and at least 1."""
    if isinstance(value, tuple):
        parts = _parts(value, factor)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, int):
        return max(1, int(value * factor))
    return value * factor if isinstance(value, Fraction) else value * float(factor)


def _parts(value: tuple[Any, ...], factor: Fraction) -> Iterator[Any]:
    return (scaled(part, factor) for part in value)
