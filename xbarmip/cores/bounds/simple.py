"""Bounds with prices that are written down at once.

Each has an argument why `most` holds; it is checked anew all the same (`prices.holds`).
"""

from dataclasses import dataclass

from xbarmip.cores.bounds.prices import Bound, Prices, Refutation, too_much_traffic
from xbarmip.cores.menu import Menu, Option, Target, menus
from xbarmip.cores.problem import Placement


def _free(placement: Placement) -> Prices:
    return tuple({} for _ in placement.parts)


def _demand(menu: tuple[Menu, ...], prices: Prices) -> int:
    """What the parts of all layers cost at the cheapest R of each."""
    return sum(
        min(one.count * price[one.windows] for one in options)
        for options, price in zip(menu, prices, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """A layer has no R: the largest load of a part, with as many copies as there can be.

    R copies of layer l put products_l * ceil(N_l/R) on the cores that hold them. With more than the
    target allows, R is too small; and R is at most what the other layers leave, which have their
    own least R. With a limit of the traffic, the least that the layers move must be within it.
    """

    name: str = "reach"

    def refutation(self, placement: Placement, wanted: Target) -> Refutation | None:
        """A refutation without prices: the menus alone say it."""
        menu = menus(placement, wanted)
        if menu is not None and not too_much_traffic(wanted, menu):
            return None
        return Refutation(self.name, wanted.value, _free(placement), 0, (0, 0))


@dataclass(frozen=True, slots=True)
class Volume:
    """All products together: a core of the target's load T holds parts of load T at most.

    The price of a part is its load. Layer l puts R*b_l*ceil(N_l/R) >= b_l*N_l on the cores.
    """

    name: str = "volume"

    def refutation(self, placement: Placement, wanted: Target) -> Refutation | None:
        """Loads as prices."""
        menu = menus(placement, wanted)
        if menu is None:
            return None
        prices = tuple({one.windows: one.load for one in options} for options in menu)
        if _demand(menu, prices) <= placement.chip * wanted.load:
            return None
        return Refutation(self.name, wanted.value, prices, wanted.load, (0, 1))


@dataclass(frozen=True, slots=True)
class Rounded:
    """Parts that waste a core: loads, or crossbars, rounded as Fekete and Schepers do.

    Let a part take a of the capacity c of a core (its load of T, or its crossbars of S). For k = 1,
    2, ... it costs k*a where (k+1)*a/c is whole, else c*floor((k+1)*a/c); no core pays more than
    k*c. Proof: let t be what the parts of the first kind in a core come to, times (k+1)/c, a whole
    number. The others add up to less than k+1-t after rounding down if there are any, so to k-t at
    most: together k*t/(k+1) + k-t <= k. If there are none, t <= k+1 gives k as well. For k = 1 it
    counts the parts of more than half a core, of which a core holds one, and halves.

    Source: S. P. Fekete, J. Schepers, Mathematical Programming 91, 2001.

    Attributes
    ----------
    k : int
    crossbars : bool
        Whether it rounds crossbars; else loads.
    """

    k: int
    crossbars: bool

    @property
    def name(self) -> str:
        """What certificates call it."""
        return f"rounded-{'crossbars' if self.crossbars else 'load'}-{self.k}"

    def refutation(self, placement: Placement, wanted: Target) -> Refutation | None:
        """Rounded loads or crossbars as prices."""
        menu = menus(placement, wanted)
        if menu is None:
            return None
        capacity = placement.capacity if self.crossbars else wanted.load

        def price(one: Option) -> int:
            taken = one.crossbars if self.crossbars else one.load
            steps, rest = divmod((self.k + 1) * taken, capacity)
            return capacity * steps if rest else self.k * taken

        prices = tuple({one.windows: price(one) for one in options} for options in menu)
        most = self.k * capacity
        if _demand(menu, prices) <= placement.chip * most:
            return None
        return Refutation(self.name, wanted.value, prices, most)


SIMPLE: tuple[Bound, ...] = (
    Reach(),
    Volume(),
    *(Rounded(k, crossbars) for k in (1, 2, 3) for crossbars in (True, False)),
)
