"""Which of several paths from one layer decide what is needed of it (SPEC §3)."""

from collections.abc import Sequence
from typing import NamedTuple

from xbarmip.errors import InputError
from xbarmip.network.need import Printed, printed
from xbarmip.network.window import Array, Operator


class Demand(NamedTuple):
    """What a path asks of its producer.

    Attributes
    ----------
    reach : int64 array
        For every entry of the tensor that it ends in, the last output that this depends on.
    formula : (Printed, Printed) or None
        The published maps of rows and columns; None where the published formula says nothing.
    """

    reach: Array
    formula: tuple[Printed, Printed] | None


def formula_of(path: Sequence[Operator], height: int, width: int) -> tuple[Printed, Printed] | None:
    """The published maps of a path behind a layer of `height` by `width` outputs, if any."""
    try:
        return printed(path, height, 0), printed(path, width, 1)
    except InputError:  # an operator that the published formula says nothing of
        return None


def deciding(demands: Sequence[Demand]) -> list[int]:
    """Numbers of the demands that remain when those are left out that ask for no more than another.

    All are of one layer and one tensor. One covers another if every entry depends on at least as
    much. Whatever follows moves entries, or takes the largest of some, so the same holds behind it,
    and need is that of the covering demand: leaving out the other changes nothing. The published
    formula is covered likewise, with equal scales. Of demands that cover each other the first
    remains.
    """
    kept: dict[int, Demand] = {}
    for number, new in enumerate(demands):
        if not any(_covers(old, new) for old in kept.values()):
            kept = {n: old for n, old in kept.items() if not _covers(new, old)}
            kept[number] = new
    return list(kept)


def _covers(one: Demand, other: Demand) -> bool:
    if other.formula is not None and one.formula is not None:
        for a, b in zip(one.formula, other.formula, strict=True):
            if a.scale != b.scale or a.offset < b.offset or a.cap < b.cap:
                return False
    elif one.formula is not None:  # the other one makes the rule `published` refuse
        return False
    return bool((one.reach >= other.reach).all())
