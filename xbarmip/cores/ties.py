"""Fewest crossbars, then fewest cycles, among the placements of a value that is proven (SPEC §16).

Fewer crossbars are refuted by a sum over the menus, or decided by the search that decides targets,
with a limit on crossbars. Where the fewest are known, so is which R count: a placement with another
R than the least of its ceil(N/R) would leave one with fewer crossbars. So the same search, that
takes an allocation only if it has fewer cycles, decides the second tie.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from xbarmip.cores.exact import Accept, Decision, OutOfNodesError, bounded
from xbarmip.cores.improve import Climb
from xbarmip.cores.menu import Menu, Target, menus, target
from xbarmip.cores.problem import Placement
from xbarmip.timing.evaluate import count_of

_WIDEST = 2**20  # crossbars of a chip for which every number of them is looked at


def fewest_crossbars(placement: Placement, wanted: Target, menu: tuple[Menu, ...]) -> int:
    """Crossbars that the parts of every layer take at least, within the load of all cores.

    For each number of crossbars the least load of R that take so many: a knapsack with one R of
    each layer.
    """
    width = placement.crossbars + 1
    load = placement.chip * wanted.load
    none = load + 1
    if width > _WIDEST or none > np.iinfo(np.int64).max // 2:
        return sum(min(one.count * one.crossbars for one in options) for options in menu)
    least = np.zeros(width, dtype=np.int64)
    for options in menu:
        following = np.full(width, none, dtype=np.int64)
        for one in options:
            taken, work = one.count * one.crossbars, one.count * one.load
            if taken < width and work < none:
                end = following[taken:]
                np.minimum(end, least[: width - taken] + work, out=end)
        least = np.minimum(following, none)
    return int(np.flatnonzero(least < none)[0])


@dataclass(slots=True)
class Ties:
    """What is known of the ties at the value of a climb, which is proven.

    Attributes
    ----------
    placement : Placement
    climb : Climb
        With the best placement; it takes better ones.
    pause : callable
        Called at every node.
    crossbars, cycles : int or None
        That a placement of the value takes at least; cycles among those of fewest crossbars. None
        where nothing is known.
    """

    placement: Placement
    climb: Climb
    pause: Callable[[], None]
    crossbars: int = field(init=False)
    cycles: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.crossbars = fewest_crossbars(self.placement, self._wanted, self._menu)

    @property
    def _wanted(self) -> Target:
        assert self.climb.value is not None
        return target(self.placement, self.climb.value)

    @property
    def _menu(self) -> tuple[Menu, ...]:
        menu = menus(self.placement, self._wanted)
        assert menu is not None, "there is a placement"
        return menu

    def settle(self, nodes: int) -> None:
        """Decide both, with so many nodes for each question, as far as these reach."""
        try:
            while self._used > self.crossbars:
                if not self._better(nodes, self._used - 1):
                    self.crossbars = self._used
            while self.cycles is None:
                best = self._counted
                if not self._better(nodes, self._used, partial(self._fewer, best)):
                    self.cycles = best
        except (OutOfNodesError, RecursionError):  # recursion goes as deep as there are cores
            return

    @property
    def _used(self) -> int:
        assert self.climb.crossbars is not None
        return self.climb.crossbars

    @property
    def _counted(self) -> int:
        assert self.climb.best is not None
        return self._count(self.climb.best.allocation)

    def _fewer(self, cycles: int, allocation: tuple[int, ...]) -> bool:
        return self._count(allocation) < cycles

    def _count(self, allocation: tuple[int, ...]) -> int:
        return count_of(self.placement.problem.view, allocation)

    def _better(self, nodes: int, crossbars: int, accept: Accept | None = None) -> bool:
        """Whether there is a placement of no more crossbars that is accepted; the climb has it."""
        pause = bounded(nodes, self.pause)
        found = Decision(self.placement, self._wanted, pause, crossbars, accept).run()
        return found is not None and self.climb.offer(found)
