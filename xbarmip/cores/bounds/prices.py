"""Why no placement reaches a target: prices of parts that no core can pay for (SPEC §16).

Give every part a price that depends on its layer and R. If no set of parts that a core can hold
costs more than `most`, any placement costs at most C * most. If the parts of every layer, at the R
that is cheapest for it, together cost more, there is no placement. All bounds of this folder are
such prices (they are dual feasible functions of two dimensions), so one rule checks them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xbarmip.cores.bounds.knapsack import dearest
from xbarmip.cores.menu import Menu, Ranges, Target, menus, target
from xbarmip.cores.problem import Placement

Prices = tuple[Mapping[int, int], ...]  # of each layer: ceil(N/R) -> price of one of its parts


@dataclass(frozen=True, slots=True)
class Refutation:
    """Prices which show that no placement has a value of at most `value`.

    Attributes
    ----------
    bound : str
        Whose prices they are.
    value : int
        The target that is refuted.
    prices : tuple of mapping
        For each layer, the price of one part by ceil(N/R), not negative; 0 where it is not named.
    most : int
        No set of parts that a core holds costs more.
    slope : (int, int), optional
        Prices for a crossbar and for a product that no price of a part exceeds; then `most` is what
        a full core costs at these. Without it, `most` is that of a knapsack.
    grain : int
        Products that the knapsack counts as one unit: loads are rounded down to whole units, so
        that it holds no fewer sets than a core.
    """

    bound: str
    value: int
    prices: Prices
    most: int
    slope: tuple[int, int] | None = None
    grain: int = 1


class Bound(Protocol):
    """A way to refute targets."""

    @property
    def name(self) -> str:
        """What certificates call it."""

    def refutation(self, placement: Placement, wanted: Target) -> Refutation | None:
        """Prices that refute the target; None where it finds none. Its word is checked."""


def holds(placement: Placement, refutation: Refutation, ranges: Ranges | None = None) -> bool:
    """Whether a refutation is right for R in these ranges, in exact arithmetic."""
    wanted = target(placement, refutation.value, ranges)
    menu = menus(placement, wanted)
    if menu is None or too_much_traffic(wanted, menu):
        return True
    demand = sum(
        min(one.count * prices.get(one.windows, 0) for one in options)
        for options, prices in zip(menu, refutation.prices, strict=True)
    )
    if demand <= placement.chip * refutation.most:
        return False
    return refutation.most >= core_price(placement, wanted, menu, refutation)


def core_price(
    placement: Placement, wanted: Target, menu: Sequence[Menu], refutation: Refutation
) -> int:
    """What no set of parts that a core holds exceeds, by the slope or a knapsack."""
    priced = [
        (one, prices[one.windows])
        for options, prices in zip(menu, refutation.prices, strict=True)
        for one in options
        if prices.get(one.windows, 0)
    ]
    if refutation.slope is not None:
        slot, product = refutation.slope
        if all(price <= slot * one.crossbars + product * one.load for one, price in priced):
            return slot * placement.capacity + product * wanted.load
    return dearest(
        placement.capacity,
        wanted.load // refutation.grain,
        [one.crossbars for one, _ in priced],
        [one.load // refutation.grain for one, _ in priced],
        [price for _, price in priced],
    )


def too_much_traffic(wanted: Target, menu: Sequence[Menu]) -> bool:
    """Whether the layers move more than the target allows, each by itself at its best R."""
    if wanted.traffic is None:
        return False
    return sum(min(one.traffic for one in options) for options in menu) > wanted.traffic
