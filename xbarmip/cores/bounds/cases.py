"""A target refuted case by case: R of a layer at most r, or more; each case by prices of its own.

Prices of one number a layer lose where several R of a layer are mixed. In a case in which a layer
has fewer R they are sharper.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xbarmip.cores.bounds.patterns import Mixture, Patterns
from xbarmip.cores.bounds.prices import Refutation, holds
from xbarmip.cores.bounds.simple import SIMPLE
from xbarmip.cores.menu import Menu, Ranges, Target, menus, target
from xbarmip.cores.problem import Placement


@dataclass(frozen=True, slots=True)
class Split:
    """Two cases in the place of one: `copies` of the layer or fewer, which comes next, and more."""

    layer: int
    copies: int


Entry = Split | Refutation


@dataclass(frozen=True, slots=True)
class Cases:
    """That no placement has a value of at most `value`.

    Attributes
    ----------
    value : int
    entries : tuple of Split or Refutation
        Each is about the open case that came last; none is open after them.
    """

    value: int
    entries: tuple[Entry, ...]


def whole_case(placement: Placement) -> Ranges:
    """The case that leaves every layer any R."""
    return tuple((1, part.outputs) for part in placement.parts)


def opened(ranges: Ranges, split: Split) -> tuple[Ranges, Ranges]:
    """The two cases of a split: the one that comes next is last."""
    low, high = ranges[split.layer]
    before, behind = ranges[: split.layer], ranges[split.layer + 1 :]
    more = (*before, (max(low, split.copies + 1), high), *behind)
    return more, (*before, (low, min(high, split.copies)), *behind)


def by_cases(
    placement: Placement, value: int, most: int, pause: Callable[[], None] = lambda: None
) -> Cases | None:
    """A proof that no placement has a value of at most `value`; None if it leaves a case open.

    Parameters
    ----------
    placement : Placement
    value : int
    most : int
        Cases that are looked at.
    pause : callable
        Called at every case; what it raises ends the search.
    """
    patterns = Patterns(pause=pause)
    entries: list[Entry] = []
    stack = [whole_case(placement)]
    while stack:
        pause()
        if len(entries) == most:
            return None
        ranges = stack.pop()
        entry = _entry(placement, target(placement, value, ranges), patterns)
        if entry is None:
            return None
        entries.append(entry)
        if isinstance(entry, Split):
            stack += opened(ranges, entry)
    return Cases(value, tuple(entries))


def _entry(placement: Placement, wanted: Target, patterns: Patterns) -> Entry | None:
    """What is to be said of a case; None where every layer has one R, and no prices refute it."""
    for bound in SIMPLE:
        refutation = bound.refutation(placement, wanted)
        if refutation is not None and holds(placement, refutation, wanted.ranges):
            return refutation
    found = patterns.run(placement, wanted)
    if found.refutation is not None and holds(placement, found.refutation, wanted.ranges):
        return found.refutation
    menu = menus(placement, wanted) or ()
    return _divided(menu, found.mixture) if any(len(some) > 1 for some in menu) else None


def _divided(menu: Sequence[Menu], mixture: Mixture) -> Split:
    """A layer of which the mixture holds several R, most evenly; else one with most R."""
    weights: list[dict[int, float]] = [{} for _ in menu]
    for pattern, times in mixture:
        for layer, copies, many in pattern:
            weights[layer][copies] = weights[layer].get(copies, 0.0) + times * many / copies
    shares = [max(w.values(), default=0.0) / (sum(w.values()) or 1.0) for w in weights]
    open_layers = [layer for layer, options in enumerate(menu) if len(options) > 1]
    layer = min(open_layers, key=lambda layer: (shares[layer] or 1.0, -len(menu[layer])))
    total = sum(weights[layer].values()) or 1.0
    mean = sum(r * weight for r, weight in weights[layer].items()) / total
    below = [one.copies for one in menu[layer][:-1]]
    return Split(layer, max((r for r in below if r <= mean), default=below[0]))
