"""How much is done, in a round of some width, of each of the things that move bound and value.

Where exchanges have come near the optimum, wide sweeps with sharp path bounds do the rest.
Elsewhere sharp bounds cost more than they save at first, and boxes find good allocations, too.
"""

from bisect import bisect_right
from fractions import Fraction
from typing import NamedTuple


class Shares(NamedTuple):
    """The shares of a round.

    Attributes
    ----------
    room : int
        Times the width: labels of a sweep that is to refute a target.
    boxes : Fraction
        Times the width: boxes of a target.
    efforts : tuple of int
        Widths of sweeps from which on more is done for the path bound.
    """

    room: int
    boxes: Fraction
    efforts: tuple[int, ...]


NEAR = Shares(room=32, boxes=Fraction(1, 128), efforts=(0, 128))
FAR = Shares(room=8, boxes=Fraction(1), efforts=(500, 5000))


def effort_of(width: int | None, efforts: tuple[int, ...]) -> int:
    """How much to do for the path bound before a sweep of some width: it pays in wide ones."""
    return len(efforts) if width is None else bisect_right(efforts, width)
