"""Placements from patterns: R with which a mixture of patterns needs few cores; it is rounded.

A *pattern* is a set of parts that a core can hold. For a given R and target, a linear program over
patterns says how many cores the parts take if a pattern may be used 2.5 times. On a chip of many
cores there are whole uses of a pattern for most of them, and a little more load has room for the
rest. So R is changed step by step as long as that number of cores falls, then the target; and what
is left after whole uses of patterns is solved again, until all parts have their core. What is found
is a layout like any other, and scored anew; what is not found proves nothing.

Source: P. C. Gilmore, R. E. Gomory, Operations Research 9, 1961.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import highspy
import numpy as np

from xbarmip.cores.bounds.knapsack import content, table
from xbarmip.cores.improve import EXCHANGES, Climb
from xbarmip.cores.layout import layout_of
from xbarmip.cores.menu import Menu, Option, menus, target
from xbarmip.cores.pack import exchange, fill
from xbarmip.cores.problem import Placement
from xbarmip.exact import least_where
from xbarmip.network.window import Array
from xbarmip.solvers.quiet import quiet_highs

_TINY = 1e-7
_ROUNDS = 400  # of pricing
_KEPT = 600  # patterns, the latest, for the next R
_STEPS = (1, 1, 2, 3, 5, 8, 20)  # places in its menu by which an R is moved


class _Parts(NamedTuple):
    """The parts of one allocation: crossbars and load of each, and how many there are, by layer."""

    sizes: Array
    loads: Array
    counts: Array


class _Mixture(NamedTuple):
    """Cores that parts take, and how often each pattern is used, which is a row of counts."""

    cores: float
    patterns: Array
    used: Array


class Dive:
    """A search over R that is led by the cores a mixture needs; offers what it finds to a climb.

    Attributes
    ----------
    placement : Placement
    climb : Climb
        Which has a placement to begin with.
    pause : callable
        Called between pieces of work; what it raises ends the search.
    steps : int
        R that were tried.
    """

    def __init__(self, placement: Placement, climb: Climb, pause: Callable[[], None]) -> None:
        self.placement, self.climb, self.pause = placement, climb, pause
        self._random = np.random.default_rng(climb.seed)
        self._known: Array = np.zeros((0, len(placement.parts)), dtype=np.int64)
        self.steps = 0
        self._begin()

    def _begin(self) -> None:
        """Start from the best placement."""
        assert self.climb.best is not None and self.climb.value is not None
        self._copies: tuple[int, ...] = self.climb.best.allocation
        self._aim(self.climb.value - 1)

    def _aim(self, value: int) -> None:
        """Look for a mixture of this value from now on."""
        self.value = value
        self._menu: Sequence[Menu] = menus(self.placement, target(self.placement, value)) or ()
        self.cores = float("inf")
        if self._menu:
            places = [
                min(sum(one.copies < r for one in options), len(options) - 1)
                for options, r in zip(self._menu, self._copies, strict=True)
            ]
            self._try(places, float("inf"))

    def step(self) -> None:
        """Try another R; where it needs no more cores than the chip has, lower the target."""
        assert self.climb.value is not None
        self.steps += 1
        if not self.climb.least <= self.value < self.climb.value or not self._menu:
            self._begin()
        if (
            self._menu
            and self._try(self._near(), self.cores)
            and self.cores <= self.placement.chip + _TINY
        ):
            self._lower()

    def _near(self) -> list[int]:
        """Places in the menus: those of the present R, one or two of them moved."""
        random = self._random
        places = [
            next(place for place, one in enumerate(options) if one.copies >= r)
            for options, r in zip(self._menu, self._copies, strict=True)
        ]
        movable = [layer for layer, options in enumerate(self._menu) if len(options) > 1]
        for layer in random.choice(movable, size=random.integers(1, 3)) if movable else ():
            far = int(random.choice(_STEPS)) * int(random.choice([-1, 1]))
            places[layer] = min(max(places[layer] + far, 0), len(self._menu[layer]) - 1)
        return places

    def _try(self, places: Sequence[int], enough: float) -> bool:
        """Take the R at these places if it is allowed and needs no more cores than `enough`."""
        self.pause()
        options = [menu[place] for menu, place in zip(self._menu, places, strict=True)]
        copies = tuple(one.copies for one in options)
        wanted = target(self.placement, self.value)
        if wanted.traffic is not None and sum(o.traffic for o in options) > wanted.traffic:
            return False
        if self.placement.problem.broken(copies):
            return False
        found = self._mixture(_parts(options), wanted.load, enough)
        if found is None:
            return False
        self._copies, self.cores = copies, found.cores
        return True

    def _lower(self) -> None:
        """The least target of the present R by halves; round it; aim below."""
        value = least_where(min(self.climb.least, self.value), self.value, self._fits)
        self._round(value)
        self._aim(value - 1)

    def _fits(self, value: int) -> bool:
        options, load = self._options(value)
        if options is None:
            return False
        return self._mixture(_parts(options), load, self.placement.chip + _TINY) is not None

    def _options(self, value: int) -> tuple[list[Option] | None, int]:
        """The present R as options of a target; None where it has no room."""
        exactly = tuple((r, r) for r in self._copies)
        wanted = target(self.placement, value, exactly)
        menu = menus(self.placement, wanted)
        return None if menu is None else [options[0] for options in menu], wanted.load

    def _round(self, value: int) -> None:
        """A placement of the present R of this value, or of one a little larger."""
        step = 1
        while self.climb.value is None or value < self.climb.value:
            options, load = self._options(value)
            held = None if options is None else self._rounded(_parts(options), load)
            if held is not None:
                plain = [{k: n for k, n in enumerate(core) if n} for core in held.tolist()]
                if self.climb.offer(layout_of(self.placement, self._copies, plain)):
                    return
            value, step = value + step, 2 * step

    def _rounded(self, parts: _Parts, load: int) -> Array | None:
        """What each core holds: whole uses of patterns, then of those for what is left."""
        chip, capacity = self.placement.chip, self.placement.capacity
        held, left = np.zeros((chip, len(parts.counts)), dtype=np.int64), parts.counts.copy()
        core = 0
        while left.any() and core < chip:
            self.pause()
            mixture = self._mixture(parts._replace(counts=left), load, float("inf"))
            assert mixture is not None
            order = np.argsort(-mixture.used)
            whole = np.floor(mixture.used + _TINY).astype(int)
            whole[order[0]] = max(1, whole[order[0]])
            for place in order:
                for _ in range(min(whole[place], chip - core)):
                    held[core] = np.minimum(mixture.patterns[place], left)
                    left -= held[core]
                    core += 1
        loads, free = held @ parts.loads, capacity - held @ parts.sizes
        by_load = np.argsort(-parts.loads)
        if not fill(0.0, parts.sizes, parts.loads, left, by_load, held, loads, free):
            return None
        exchange(EXCHANGES, load, parts.sizes, parts.loads, held, loads, free)
        return held

    def _mixture(self, parts: _Parts, load: int, enough: float) -> _Mixture | None:
        """The mixture of fewest cores; None where it takes more than `enough`."""
        capacity = self.placement.capacity
        program = _Program(parts, self._columns(parts, load))
        for _ in range(_ROUNDS):
            cores, mu = program.solve()
            best = table(capacity, load, parts.sizes, parts.loads, mu)
            most = float(best[capacity, load])
            if mu @ parts.counts > (enough + _TINY) * max(1.0, most):
                return None
            if most <= 1 + _TINY:
                break
            held = content(best, capacity, load, parts.sizes, parts.loads, mu)
            pattern = np.zeros(len(mu), dtype=np.int64)
            pattern[[*held]] = [*held.values()]
            if not program.add(np.minimum(pattern, parts.counts)):
                break
        patterns = np.array(program.patterns)
        self._known = np.vstack([patterns[program.fresh :], self._known])[:_KEPT]
        return _Mixture(cores, patterns, program.used())

    def _columns(self, parts: _Parts, load: int) -> Array:
        """Patterns to begin with: each layer alone, and known ones that a core still holds."""
        capacity = self.placement.capacity
        alone = np.minimum(capacity // parts.sizes, load // parts.loads)
        single = np.diag(np.minimum(alone, np.maximum(1, parts.counts)))
        fit = (self._known @ parts.sizes <= capacity) & (self._known @ parts.loads <= load)
        known = np.minimum(self._known[fit], parts.counts)
        return np.vstack([single, known[known.any(axis=1)]])


def _parts(options: Sequence[Option]) -> _Parts:
    columns = zip(*((o.crossbars, o.load, o.count) for o in options), strict=True)
    return _Parts(*(np.array(column, dtype=np.int64) for column in columns))


class _Program:
    """The linear program: as many parts of each layer as there are, in few cores."""

    def __init__(self, parts: _Parts, columns: Array) -> None:
        self.patterns: list[Array] = []
        self._seen: set[bytes] = set()
        self.highs = quiet_highs()
        self.highs.setOptionValue("threads", 1)
        for count in parts.counts.tolist():
            self.highs.addRow(float(count), highspy.kHighsInf, 0, [], [])
        for column in columns:
            self.add(column)
        self.fresh = len(self.patterns)

    def add(self, pattern: Array) -> bool:
        """Make a pattern a column; whether it is a new one."""
        if pattern.tobytes() in self._seen:
            return False
        self._seen.add(pattern.tobytes())
        self.patterns.append(pattern)
        rows = np.flatnonzero(pattern).astype(np.int32)
        values = pattern[rows].astype(float)
        self.highs.addCol(1.0, 0.0, highspy.kHighsInf, len(rows), rows, values)
        return True

    def solve(self) -> tuple[float, Array]:
        """Cores that the best mixture takes, and the dual price of a part of every layer."""
        self.highs.run()
        duals = np.maximum(np.array(self.highs.getSolution().row_dual), 0.0)
        return float(self.highs.getInfo().objective_function_value), duals

    def used(self) -> Array:
        """How often each pattern is used."""
        return np.array(self.highs.getSolution().col_value)
