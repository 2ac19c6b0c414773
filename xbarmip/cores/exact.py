"""Whether a target can be reached: R layer by layer, then core by core, without a gap.

R is chosen layer by layer; a choice is dropped when what is chosen, and the least of what is not,
exceeds the crossbars, the products or the traffic of the chip. Once all are chosen, cores are
filled one after another. Cores are alike, so the next one may be that which holds a part of the
first layer with parts left. It may also be one without room for another part, since a part that
moves there from a later core harms neither (not where traffic is limited: it can cost a core more).
What could not be filled is remembered: the same parts do not fit into as few or fewer cores.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from xbarmip.constraint import Constraint
from xbarmip.cores.layout import Layout, Share, layout_of
from xbarmip.cores.menu import Option, Target, menus
from xbarmip.cores.problem import Placement

Counts = tuple[int, ...]
Accept = Callable[[tuple[int, ...]], bool]


class OutOfNodesError(Exception):
    """A decision took its nodes."""


def bounded(nodes: int, look: Callable[[], None]) -> Callable[[], None]:
    """A `pause` of a decision that ends it after so many nodes, and looks up now and then."""
    left = nodes

    def pause() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OutOfNodesError
        if left % 64 == 0:
            look()

    return pause


class _Lot(NamedTuple):
    """Parts that are alike: of all copies of a layer, or of one copy where that matters.

    `touch` is the traffic of each core that holds some of it.
    """

    layer: int
    copy: int
    parts: int
    crossbars: int
    load: int
    touch: int


class Decision:
    """One decision: a layout that reaches the target, or None, which is proven.

    Attributes
    ----------
    placement : Placement
    wanted : Target
    pause : callable
        Called at every node; what it raises ends the search without a decision.
    crossbars : int, optional
        That a layout may take; by default all.
    accept : callable, optional
        Of the R of all layers: whether a layout may have them.
    """

    def __init__(
        self,
        placement: Placement,
        wanted: Target,
        pause: Callable[[], None],
        crossbars: int | None = None,
        accept: Accept | None = None,
    ) -> None:
        self.placement, self.wanted, self.pause = placement, wanted, pause
        self._crossbars = placement.crossbars if crossbars is None else crossbars
        self._accept = accept
        self._found = menus(placement, wanted)
        menu = self._found or ()
        work = [min(o.count * o.load for o in options) for options in menu]
        self._order = sorted(range(len(menu)), key=lambda layer: -work[layer])
        self._menus = [menu[layer] for layer in self._order]
        self._rest = [self._least(self._menus[place:]) for place in range(len(menu) + 1)]
        self._due = self._constraints()
        self._chosen: list[Option] = []

    def run(self) -> Layout | None:
        """Search."""
        return None if self._found is None else self._choose(0, (0, 0, 0))

    @staticmethod
    def _least(menu: Sequence[Sequence[Option]]) -> Counts:
        """Crossbars, products and traffic that some layers need at least, each by itself."""
        return (
            sum(min(o.count * o.crossbars for o in options) for options in menu),
            sum(min(o.count * o.load for o in options) for options in menu),
            sum(min(o.traffic for o in options) for options in menu),
        )

    def _constraints(self) -> list[list[Constraint]]:
        """For each place of the order the constraints whose last layer is chosen there."""
        place = {self.placement.parts[layer].name: p for p, layer in enumerate(self._order)}
        due: list[list[Constraint]] = [[] for _ in self._order]
        if not place:
            return due
        for constraint in self.placement.problem.constraints:
            due[max(place[layer] for layer in constraint.layers)].append(constraint)
        return due

    def _choose(self, place: int, spent: Counts) -> Layout | None:
        self.pause()
        if place == len(self._menus):
            return self._fill()
        chip, rest = self.placement.chip, self._rest[place + 1]
        limits = (self._crossbars, chip * self.wanted.load, self.wanted.traffic)
        for option in self._menus[place]:
            own = (option.count * option.crossbars, option.count * option.load, option.traffic)
            total = tuple(a + b for a, b in zip(spent, own, strict=True))
            if any(
                limit is not None and sums + least > limit
                for sums, least, limit in zip(total, rest, limits, strict=True)
            ):
                continue
            self._chosen.append(option)
            layout = self._choose(place + 1, total) if self._allowed(place) else None
            self._chosen.pop()
            if layout is not None:
                return layout
        return None

    def _allowed(self, place: int) -> bool:
        names = (self.placement.parts[layer].name for layer in self._order)
        copies = dict(zip(names, (o.copies for o in self._chosen), strict=False))
        return all(
            constraint.holds(tuple(copies[layer] for layer in constraint.layers))
            for constraint in self._due[place]
        )

    def _fill(self) -> Layout | None:
        options = dict(zip(self._order, self._chosen, strict=True))
        allocation = [options[layer].copies for layer in range(len(options))]
        if self._accept is not None and not self._accept(tuple(allocation)):
            return None
        limit = self.wanted.traffic
        by_copy = limit is not None and any(part.is_split for part in self.placement.parts)
        lots = sorted(self._lots(options, by_copy), key=self._bulk, reverse=True)
        spare = 0
        if limit is not None:
            parts = zip(self.placement.parts, allocation, strict=True)
            spare = limit - sum(part.traffic(r, 0 if by_copy else r) for part, r in parts)
        filling = _Filling(lots, self.placement.capacity, self.wanted.load, by_copy, self.pause)
        held = filling.fill(tuple(lot.parts for lot in lots), self.placement.chip, spare)
        if held is None:
            return None
        held = [*held, *[()] * (self.placement.chip - len(held))]
        if not by_copy:
            counts = [{lots[place].layer: many for place, many in core} for core in held]
            return layout_of(self.placement, allocation, counts)
        cores = tuple(
            tuple(
                sorted(
                    Share(lot.layer, lot.copy, many * self.placement.parts[lot.layer].products)
                    for lot, many in ((lots[place], many) for place, many in core)
                )
            )
            for core in held
        )
        return Layout(tuple(allocation), cores)

    def _lots(self, options: dict[int, Option], by_copy: bool) -> Iterator[_Lot]:
        for layer, one in options.items():
            part = self.placement.parts[layer]
            touch = one.windows * (part.window + part.channels)
            if by_copy:
                for copy in range(one.copies):
                    yield _Lot(layer, copy, part.per_copy, one.crossbars, one.load, touch)
            else:
                yield _Lot(layer, 0, one.count, one.crossbars, one.load, 0)

    def _bulk(self, lot: _Lot) -> float:
        return max(lot.load / self.wanted.load, lot.crossbars / self.placement.capacity)


class _Filling:
    """Lots into cores that are alike."""

    def __init__(
        self,
        lots: Sequence[_Lot],
        capacity: int,
        load: int,
        traffic: bool,
        pause: Callable[[], None],
    ) -> None:
        self.lots, self.capacity, self.load, self.traffic = lots, capacity, load, traffic
        self.pause = pause
        self.failed: dict[tuple[Counts, int], int] = {}

    def fill(
        self, left: Counts, cores: int, spare: int
    ) -> list[tuple[tuple[int, int], ...]] | None:
        """What each core holds, as (lot, parts); None if the parts do not fit."""
        self.pause()
        first = next((place for place, many in enumerate(left) if many), None)
        if first is None:
            return []
        pairs = list(zip(self.lots, left, strict=True))
        if (
            sum(lot.crossbars * many for lot, many in pairs) > cores * self.capacity
            or sum(lot.load * many for lot, many in pairs) > cores * self.load
            or spare < sum(lot.touch for lot, many in pairs if many)
            or self.failed.get((left, spare), -1) >= cores
        ):
            return None
        for held in self._contents(first, left, self.capacity, self.load, spare):
            rest = list(left)
            for place, many in held:
                rest[place] -= many
            touched = sum(self.lots[place].touch for place, _ in held)
            more = self.fill(tuple(rest), cores - 1, spare - touched)
            if more is not None:
                return [held, *more]
        self.failed[left, spare] = cores
        return None

    def _contents(
        self, first: int, left: Counts, capacity: int, load: int, spare: int
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        """What a core can hold with a part of lot `first`, fullest first."""

        def extend(
            place: int, capacity: int, load: int, spare: int, held: tuple[tuple[int, int], ...]
        ) -> Iterator[tuple[tuple[int, int], ...]]:
            self.pause()
            if place == len(left):
                if self.traffic or not self._more(left, dict(held), capacity, load):
                    yield held
                return
            lot = self.lots[place]
            most = min(left[place], capacity // lot.crossbars, load // lot.load)
            if lot.touch > spare:
                most = 0
            for many in range(most, -1 if place != first else 0, -1):
                touch = lot.touch if many else 0
                yield from extend(
                    place + 1,
                    capacity - many * lot.crossbars,
                    load - many * lot.load,
                    spare - touch,
                    (*held, (place, many)) if many else held,
                )

        return extend(first, capacity, load, spare, ())

    def _more(self, left: Counts, held: dict[int, int], capacity: int, load: int) -> bool:
        """Whether another part that is left would fit."""
        return any(
            left[place] > held.get(place, 0) and lot.crossbars <= capacity and lot.load <= load
            for place, lot in enumerate(self.lots)
        )
