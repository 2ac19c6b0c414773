"""Which of several paths from one layer decide what is needed of it (SPEC §3)."""

from collections.abc import Sequence
from typing import NamedTuple

from xbarmip.errors import InputError
from xbarmip.network.need import Printed, printed, reach
from xbarmip.network.window import Array, Operator

Path = Sequence[Operator]


class _Demand(NamedTuple):
    """What a path asks of its producer: exactly, and by the published formula if that exists."""

    rows: Array
    columns: Array
    printed: tuple[Printed, Printed] | None


def deciding(paths: Sequence[Path], height: int, width: int) -> list[int]:
    """Numbers of the paths that remain when those that ask for no more than another are left out.

    All start at a layer of `height` by `width` outputs and end in one tensor. A path covers another
    if it reaches at least as far down at every row, and at least as far right at every column.
    Every operator takes the largest over some positions, so the same holds behind whatever follows,
    and need, which grows with both, is that of the covering path: leaving out the other changes
    nothing. The published formula is covered likewise, with equal scales. Of paths that cover each
    other the first remains.

    Two paths of which neither covers the other both remain: the larger of two such needs is no
    longer given by one number a row and one a column.
    """
    kept: dict[int, _Demand] = {}
    for number, path in enumerate(paths):
        new = _demand(path, height, width)
        if not any(_covers(old, new) for old in kept.values()):
            kept = {n: old for n, old in kept.items() if not _covers(new, old)}
            kept[number] = new
    return list(kept)


def _demand(path: Path, height: int, width: int) -> _Demand:
    try:
        formula = printed(path, height, 0), printed(path, width, 1)
    except InputError:  # an operator that the published formula says nothing of
        formula = None
    return _Demand(reach(path, height, 0), reach(path, width, 1), formula)


def _covers(one: _Demand, other: _Demand) -> bool:
    exact = (one.rows >= other.rows).all() and (one.columns >= other.columns).all()
    return bool(exact) and _covers_printed(one.printed, other.printed)


def _covers_printed(
    one: tuple[Printed, Printed] | None, other: tuple[Printed, Printed] | None
) -> bool:
    if one is None or other is None:  # if only the other has none, it makes the rule refuse
        return one is None
    return all(
        a.scale == b.scale and a.offset >= b.offset and a.cap >= b.cap
        for a, b in zip(one, other, strict=True)
    )
