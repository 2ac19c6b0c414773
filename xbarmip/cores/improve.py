"""Good placements found fast: R is drawn, parts are packed, the best R is changed a little.

What is found is a layout like any other, and scored anew; what is not found proves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from xbarmip.cores.bounds.patterns import Mixture
from xbarmip.cores.layout import Layout, layout_of
from xbarmip.cores.menu import Menu, Option, menus, target
from xbarmip.cores.pack import pack
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.timing.evaluate import count_of

EXCHANGES = 150  # between cores, for each packing
_NOISE = (0.0, 0.001, 0.003, 0.01, 0.03)  # relative, on what an R costs
_NEAR = (1.002, 1.01, 1.03)  # of the least work of a layer, for an R that is tried
_STEPS = 3  # places in its menu by which an R is moved


@dataclass(slots=True)
class Climb:
    """A search for better and better placements; equal seeds give equal placements.

    Every try chooses a target below the best value so far, an R for each layer from the menu of
    that target, and packs. R is that of least work, in products, plus a price on crossbars that is
    drawn anew; or the R of the best placement, with a few layers changed.

    Attributes
    ----------
    placement : Placement
    least : int
        A proven lower bound, below which no target is tried.
    seed : int
    best : Layout or None
    value, crossbars : int or None
        Of the best.
    tries : int
    mixture : tuple of (Pattern, float)
        Patterns that nearly make a placement: R is drawn from theirs, too.
    """

    placement: Placement
    least: int
    seed: int = 0
    best: Layout | None = None
    value: int | None = None
    crossbars: int | None = None
    tries: int = 0
    mixture: Mixture = ()
    _random: np.random.Generator = field(init=False)
    _menus: dict[int, "_Table | None"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)

    def __iter__(self) -> Iterator[Layout | None]:
        """After every try the placement that it found, if it is the best so far."""
        while True:
            self.tries += 1
            yield self._try(self._aim())

    def offer(self, layout: Layout) -> bool:
        """Take a layout if it is better than the best."""
        found = score(self.placement, layout)
        if not self._better(found.value, found.crossbars, layout.allocation):
            return False
        self.best, self.value, self.crossbars = layout, found.value, found.crossbars
        return True

    def _better(self, value: int, crossbars: int, allocation: Sequence[int]) -> bool:
        """Whether this beats the best: in value, then crossbars, then cycles of the pipeline."""
        if self.best is None or self.value is None or self.crossbars is None:
            return True
        if (value, crossbars) != (self.value, self.crossbars):
            return (value, crossbars) < (self.value, self.crossbars)
        if tuple(allocation) == self.best.allocation:
            return False
        view = self.placement.problem.view
        return count_of(view, allocation) < count_of(view, self.best.allocation)

    def trim(self, tries: int) -> Iterator[Layout | None]:
        """Tries for the best value itself, with fewer crossbars."""
        for _ in range(tries if self.value is not None else 0):
            self.tries += 1
            yield self._try(self.value or 0, (0.03, 30.0))

    def _aim(self) -> int:
        """The target of the next try: from the bound on where nothing is found yet."""
        random, least = self._random, self.least
        if self.value is None:
            return int(least * (1 + 0.1 * self.tries * random.random())) + 1
        if self.value <= least or random.random() < 0.7:
            return max(least, self.value - 1)
        return int(random.integers(least, self.value))

    def _try(self, value: int, prices: tuple[float, float] = (2e-4, 1.0)) -> Layout | None:
        table = self._table(value)
        if table is None:
            return None
        if self.best is not None and self._random.random() < 0.6:
            chosen = self._near(table, self.best.allocation)
        elif self.mixture and self._random.random() < 0.5:
            chosen = self._mixed(table)
        else:
            chosen = self._drawn(table, prices)
        options = [menu[place] for menu, place in zip(table.menu, chosen, strict=True)]
        if not self._promising(options, table):
            return None
        allocation = [one.copies for one in options]
        if self.placement.problem.constraints and self.placement.problem.broken(allocation):
            return None
        layout = self._packed(options, table.load)
        return layout if layout is not None and self.offer(layout) else None

    def _table(self, value: int) -> "_Table | None":
        if value not in self._menus:
            if len(self._menus) > 64:
                self._menus.clear()
            wanted = target(self.placement, value)
            menu = menus(self.placement, wanted)
            self._menus[value] = None if menu is None else _Table(menu, wanted.load, wanted.traffic)
        return self._menus[value]

    def _drawn(self, table: "_Table", prices: tuple[float, float]) -> list[int]:
        """The R of least cost: work, crossbars at a price, traffic where it is limited."""
        random = self._random
        low, high = np.log(prices)
        each = np.exp(random.uniform(low, high)) * table.load / self.placement.capacity
        cost = table.work + each * table.crossbars
        if table.most_traffic is not None:
            share = self.placement.chip * table.load / max(1, table.most_traffic)
            cost = cost + random.choice([0.0, 0.1, 1.0]) * share * table.traffic
        cost = cost * (1 + random.choice(_NOISE) * random.random(len(cost)))
        return [int(np.argmin(cost[a:b])) for a, b in table.spans]

    def _mixed(self, table: "_Table") -> list[int]:
        """An R for every layer from the mixture, as often as it stands there."""
        weights: list[dict[int, float]] = [{} for _ in table.menu]
        for pattern, times in self.mixture:
            for layer, copies, many in pattern:
                some = weights[layer]
                some[copies] = some.get(copies, 0.0) + times * many / copies
        drawn = [
            self._random.choice(list(w), p=np.array(list(w.values())) / sum(w.values()))
            for w in weights
        ]
        return self._places(table, drawn)

    def _places(self, table: "_Table", allocation: Sequence[int]) -> list[int]:
        """Places in the menus of these R, or of the next larger ones."""
        return [
            min(int(np.searchsorted(copies, r)), len(copies) - 1)
            for copies, r in zip(table.copies, allocation, strict=True)
        ]

    def _near(self, table: "_Table", allocation: Sequence[int]) -> list[int]:
        """The R of the best placement, one to three of them changed."""
        random = self._random
        chosen = self._places(table, allocation)
        count = min(len(chosen), int(random.integers(1, 4)))
        for layer in random.choice(len(chosen), size=count, replace=False):
            begin, end = table.spans[layer]
            if random.random() < 0.5:
                place = chosen[layer] + int(random.integers(-_STEPS, _STEPS + 1))
                chosen[layer] = min(max(place, 0), end - begin - 1)
            else:
                work = table.work[begin:end]
                good = np.flatnonzero(work <= work.min() * random.choice(_NEAR))
                chosen[layer] = int(random.choice(good))
        return chosen

    def _promising(self, options: Sequence[Option], table: "_Table") -> bool:
        """Whether all parts together are within what the cores have."""
        chip = self.placement.chip
        traffic = table.most_traffic
        return (
            sum(one.count * one.crossbars for one in options) <= chip * self.placement.capacity
            and sum(one.count * one.load for one in options) <= chip * table.load
            and (traffic is None or sum(one.traffic for one in options) <= traffic)
        )

    def _packed(self, options: Sequence[Option], load: int) -> Layout | None:
        """The parts packed in an order by load and crossbars that is drawn."""
        random, capacity = self._random, self.placement.capacity
        crossbars, loads, counts = (
            np.array(column, dtype=np.int64)
            for column in zip(*((o.crossbars, o.load, o.count) for o in options), strict=True)
        )
        bulk = loads / load + random.uniform(0, 2) * crossbars / capacity
        order = np.argsort(-bulk * (1 + random.choice([0, 0.05]) * random.random(len(bulk))))
        weight = random.choice([0.0, random.random()])
        held, found = pack(
            self.placement.chip, capacity, load, crossbars, loads, counts, order, weight, EXCHANGES
        )
        least = self.placement.objective_of(int(found), sum(one.traffic for one in options))
        allocation = [one.copies for one in options]
        if found < 0 or not self._better(least, int(crossbars @ counts), allocation):
            return None
        plain = [{layer: many for layer, many in enumerate(core) if many} for core in held.tolist()]
        return layout_of(self.placement, allocation, plain)


class _Table:
    """The menus of a target as arrays over all options."""

    def __init__(self, menu: tuple[Menu, ...], load: int, most_traffic: int | None) -> None:
        self.menu, self.load, self.most_traffic = menu, load, most_traffic
        flat = [one for options in menu for one in options]
        self.work = np.array([one.count * one.load for one in flat], dtype=float)
        self.crossbars = np.array([one.count * one.crossbars for one in flat], dtype=float)
        self.traffic = np.array([one.traffic for one in flat], dtype=float)
        self.copies = [np.array([one.copies for one in options]) for options in menu]
        ends = np.cumsum([0, *map(len, menu)]).tolist()
        self.spans = list(pairwise(ends))
