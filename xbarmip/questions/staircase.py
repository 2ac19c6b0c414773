"""What is known of X(t), the fewest crossbars with which a network has a count of at most t.

X never grows with t. An answer X(t) = X with an allocation of count v <= t says two things: X
crossbars reach v, and no smaller budget has a count of t or less. Between two answers the least
count that a budget could have is what the next one leaves open.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Allocation = tuple[int, ...]


class Step(NamedTuple):
    """Budgets from `crossbars` on, up to the next step.

    Attributes
    ----------
    crossbars : int
        The fewest for a count of at most `refuted`: no smaller budget has one.
    refuted : int
        A count, or `ANY`.
    low : int
        No budget before the next step has a count below this.
    attained : int
        The count of an allocation that takes `crossbars`.
    allocation : tuple of int
    """

    crossbars: int
    refuted: int
    low: int
    attained: int
    allocation: Allocation


ANY = 2**200  # a count, or time in ticks, that every allocation has at most


class Staircase:
    """The answers on one network, and what follows from them.

    Attributes
    ----------
    impossible : int
        No budget that the others leave has a count of at most this; 0 if nothing is known.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int, Allocation]] = {}  # by crossbars
        self.impossible = 0

    def add(self, target: int, crossbars: int, count: int, allocation: Allocation) -> None:
        """Take X(target) = crossbars, with an allocation of this count."""
        refuted, least, best = self._known.get(crossbars, (target, count, allocation))
        if count < least:
            least, best = count, allocation
        self._known[crossbars] = max(target, refuted), least, best

    def steps(self) -> list[Step]:
        """All steps by growing budget; none before there is an answer."""
        known = sorted(self._known.items())
        lows = [refuted + 1 for _, (refuted, _, _) in known[1:]] + [self.impossible + 1]
        return [
            Step(crossbars, refuted, low, count, allocation)
            for (crossbars, (refuted, count, allocation)), low in zip(known, lows, strict=False)
        ]


def cheapest(
    options: Sequence[Sequence[tuple[int, int]]], total: int, add: bool
) -> tuple[int, tuple[int, ...]] | None:
    """One option of each network, (crossbars, cost), of least cost within `total` crossbars.

    The cost of a choice is the sum of its costs, or the largest. Partial choices of which another
    takes no more crossbars and costs no more are dropped. Returns cost and places of the options;
    None where nothing fits.
    """
    partial: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    for some in options:
        made = sorted(
            (used + crossbars, cost + own if add else max(cost, own), (*places, place))
            for used, cost, places in partial
            for place, (crossbars, own) in enumerate(some)
            if used + crossbars <= total
        )
        partial = list(_undominated(made))
    return None if not partial else (partial[-1][1], partial[-1][2])


def _undominated(
    made: list[tuple[int, int, tuple[int, ...]]],
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    least: int | None = None
    for choice in made:
        if least is None or choice[1] < least:
            least = choice[1]
            yield choice
