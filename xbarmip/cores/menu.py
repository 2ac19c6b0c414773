"""What R can still be where a value is to be reached: the menu of every layer."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from xbarmip.constraint import LinearConstraint
from xbarmip.cores.problem import Part, Placement

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a placement of a value of at most so much has to keep to.

    Attributes
    ----------
    value : int
    load : int
        Products of a core.
    traffic : int or None
        Values moved; None for any number.
    ranges : tuple of (int, int), optional
        Of each layer the least and the largest R; any R without them.
    """

    value: int
    load: int
    traffic: int | None
    ranges: Ranges | None = None


def target(placement: Placement, value: int, ranges: Ranges | None = None) -> Target:
    """Load and traffic of a placement whose value is at most `value`, with R in these ranges."""
    each = placement.value_units
    return Target(value, value // placement.product_units, value // each if each else None, ranges)


@dataclass(frozen=True, slots=True)
class Option:
    """One R of a layer.

    Attributes
    ----------
    copies : int
        R.
    windows : int
        ceil(N/R).
    count : int
        Parts of all copies.
    load, crossbars : int
        Of one part.
    traffic : int
        Least values that the layer moves.
    """

    copies: int
    windows: int
    count: int
    load: int
    crossbars: int
    traffic: int


Menu = tuple[Option, ...]


def option(part: Part, copies: int) -> Option:
    """What R copies of a layer are."""
    return Option(
        copies,
        part.windows(copies),
        copies * part.per_copy,
        part.load(copies),
        part.crossbars,
        part.least_traffic(copies),
    )


def menus(placement: Placement, wanted: Target) -> tuple[Menu, ...] | None:
    """The R that every layer can have, ascending; None where a layer has none.

    One part must not exceed the load, and the crossbars that the other layers need at least must be
    left. Of the R with the same ceil(N/R) only the least is kept: it takes fewer crossbars, puts
    less load on the cores and moves fewer values, and any placement of the larger R less some
    copies is one of it. A layer that a constraint couples with others keeps every R that they
    leave it.
    """
    parts = placement.parts
    if any(wanted.load < part.products for part in parts):
        return None
    ranges = wanted.ranges or tuple((1, part.outputs) for part in parts)
    least = [
        max(low, -(-part.outputs // (wanted.load // part.products)))
        for part, (low, _) in zip(parts, ranges, strict=True)
    ]
    sets = [part.blocks * part.width for part in parts]
    spare = placement.crossbars - sum(r * s for r, s in zip(least, sets, strict=True))
    if spare < 0:
        return None
    made = []
    for part, first, each, (_, high) in zip(parts, least, sets, ranges, strict=True):
        most = min(part.outputs, high, first + spare // each)
        every = placement.choices.get(part.name)
        if every is None:
            allowed = _breakpoints(part, first, most)
        else:
            allowed = every[bisect_left(every, first) : bisect_right(every, most)]
            if part.name not in placement.coupled:
                allowed = _first_of_each(part, allowed)
        if not allowed:
            return None
        made.append(tuple(option(part, r) for r in allowed))
    return _within(placement, made)


def _within(placement: Placement, menu: Sequence[Menu]) -> tuple[Menu, ...] | None:
    """Menus less each R that a constraint forbids, whatever the R of its other layers."""
    found = [*menu]
    for constraint in placement.problem.constraints:
        if len(constraint.layers) == 1 or not isinstance(constraint, LinearConstraint):
            continue
        entries = [(placement.network.index[name], table) for name, table in constraint.weights]
        least = [min(table[one.copies - 1] for one in found[layer]) for layer, table in entries]
        left = constraint.limit - sum(least)
        for (layer, table), own in zip(entries, least, strict=True):
            found[layer] = tuple(o for o in found[layer] if table[o.copies - 1] - own <= left)
            if not found[layer]:
                return None
    return tuple(found)


def _first_of_each(part: Part, copies: Sequence[int]) -> list[int]:
    """The least R for each ceil(N/R), of some that ascend."""
    return [next(some) for _, some in groupby(copies, part.windows)]


def _breakpoints(part: Part, first: int, most: int) -> list[int]:
    """The least R for each ceil(N/R) between first and most."""
    found, r = [], first
    while r <= most:
        found.append(r)
        windows = part.windows(r)
        if windows == 1:
            break
        r = -(-part.outputs // (windows - 1))
    return found
