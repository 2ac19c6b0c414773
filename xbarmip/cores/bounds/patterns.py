"""The strongest prices of one number a layer: by linear programming over what a core can hold.

Price a part of layer l at R as mu_l / (parts of R copies): then the parts of the layer cost mu_l,
whatever R. The best mu maximise their sum while no core holds parts for more than 1. That is the
dual of covering every layer by *patterns*, sets of parts that a core holds, with as few cores as
there need be: parts of different R may be mixed, and a pattern may be used 2.5 times. Patterns are
made when their price exceeds 1, by a knapsack of crossbars and load (column generation: P. C.
Gilmore, R. E. Gomory, Operations Research 9, 1961). The linear program works in floating point;
its prices are then rounded to integers, and what those prove is computed exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import highspy
import numpy as np

from xbarmip.cores.bounds.knapsack import content, dearest, table
from xbarmip.cores.bounds.prices import Refutation
from xbarmip.cores.menu import Menu, Target, menus
from xbarmip.cores.problem import Placement
from xbarmip.network.window import Array
from xbarmip.solvers.quiet import quiet_highs

SCALE = 2**36  # of mu as integers: sums of prices of a core stay far below 64 bits
_ROUNDS = 3000
_SMOOTH = 0.5  # weight of the best mu so far in the one that is priced
_TINY = 1e-9

Pattern = tuple[tuple[int, int, int], ...]  # (layer, R, parts of it)
Mixture = tuple[tuple[Pattern, float], ...]  # patterns, and how often each is used


class Outcome(NamedTuple):
    """How a run ended.

    Attributes
    ----------
    refutation : Refutation or None
    cores : float
        Cores that a mixture of patterns takes; at most those of the chip if nothing was refuted.
    mixture : tuple of (Pattern, float)
    """

    refutation: Refutation | None
    cores: float
    mixture: Mixture


@dataclass(slots=True)
class Patterns:
    """The bound of patterns; keeps those that it made for other targets.

    Attributes
    ----------
    pause : callable
        Called between rounds; what it raises ends the run.
    """

    name: str = "patterns"
    pause: Callable[[], None] = lambda: None
    known: dict[Pattern, None] = field(default_factory=dict)

    def refutation(self, placement: Placement, wanted: Target) -> Refutation | None:
        """Prices that refute the target, if a mixture of patterns does not meet it."""
        return self.run(placement, wanted).refutation

    def run(self, placement: Placement, wanted: Target) -> Outcome:
        """Generate patterns until the chip's cores suffice, or are proven not to."""
        menu = menus(placement, wanted)
        if menu is None:
            return Outcome(None, float("inf"), ())
        program = _Program(placement, wanted, menu)
        for pattern in [*self.known, *program.single()]:
            program.add(pattern)
        best: tuple[float, Any] = (0.0, None)
        for _ in range(_ROUNDS):
            self.pause()
            cores, mu = program.solve()
            if cores <= placement.chip + _TINY:
                break
            smooth = mu if best[1] is None else _SMOOTH * best[1] + (1 - _SMOOTH) * mu
            for prices in (smooth, mu):
                found = program.price(prices)
                if found.most * placement.chip < prices.sum():
                    refutation = self._exact(placement, wanted, menu, prices)
                    if refutation is not None:
                        return Outcome(refutation, cores, ())
                if prices.sum() / found.most > best[0]:
                    best = (prices.sum() / found.most, prices / found.most)
                if program.cuts(found.pattern, mu):
                    program.add(found.pattern)
                    self.known[found.pattern] = None
                    break
            else:
                break
        return Outcome(None, cores, program.mixture())

    def _exact(
        self, placement: Placement, wanted: Target, menu: tuple[Menu, ...], mu: Array
    ) -> Refutation | None:
        """The prices as integers, if what they prove in exact arithmetic refutes the target."""
        whole = [max(0, int(each)) for each in np.floor(mu / mu.max() * SCALE)]
        prices = tuple(
            {one.windows: weight // one.count for one in options}
            for options, weight in zip(menu, whole, strict=True)
        )
        parts = [
            (one.crossbars, one.load, prices[layer][one.windows])
            for layer, options in enumerate(menu)
            for one in options
        ]
        most = dearest(placement.capacity, wanted.load, *map(list, zip(*parts, strict=True)))
        demand = sum(
            min(one.count * price[one.windows] for one in options)
            for options, price in zip(menu, prices, strict=True)
        )
        if demand <= placement.chip * most:
            return None
        return Refutation(self.name, wanted.value, prices, most)


class _Priced(NamedTuple):
    most: float
    pattern: Pattern


class _Program:
    """The linear program of one target: cover every layer once, with few cores."""

    def __init__(self, placement: Placement, wanted: Target, menu: tuple[Menu, ...]) -> None:
        self.capacity, self.load = placement.capacity, wanted.load
        self.options = [(layer, one) for layer, some in enumerate(menu) for one in some]
        self.place = {(layer, one.copies): p for p, (layer, one) in enumerate(self.options)}
        columns = zip(*((o.crossbars, o.load, o.count) for _, o in self.options), strict=True)
        self.crossbars, self.loads, self.counts = (np.array(c, dtype=np.int64) for c in columns)
        self.layer = np.array([layer for layer, _ in self.options])
        self.highs = quiet_highs()
        self.highs.setOptionValue("threads", 1)
        for _ in menu:
            self.highs.addRow(1.0, highspy.kHighsInf, 0, [], [])
        self.patterns: dict[Pattern, None] = {}

    def single(self) -> list[Pattern]:
        """For each option the pattern of it alone, as many as a core holds."""
        most = np.minimum(self.capacity // self.crossbars, self.load // self.loads)
        best: dict[int, tuple[float, Pattern]] = {}
        for (layer, one), times in zip(self.options, most.tolist(), strict=True):
            share = times / one.count
            if layer not in best or share > best[layer][0]:
                best[layer] = (share, ((layer, one.copies, min(times, one.count)),))
        return [pattern for _, pattern in best.values()]

    def add(self, pattern: Pattern) -> None:
        """Make a pattern a column, if it is one of this target."""
        if pattern in self.patterns or any(key[:2] not in self.place for key in pattern):
            return
        places = [self.place[layer, copies] for layer, copies, _ in pattern]
        times = np.array([many for *_, many in pattern])
        if times @ self.crossbars[places] > self.capacity or times @ self.loads[places] > self.load:
            return
        self.patterns[pattern] = None
        shares = self._shares(pattern)
        rows = np.array(sorted(shares), dtype=np.int32)
        values = np.array([shares[row] for row in sorted(shares)])
        self.highs.addCol(1.0, 0.0, highspy.kHighsInf, len(rows), rows, values)

    def solve(self) -> tuple[float, Array]:
        """Cores that the best mixture takes, and the dual price of every layer."""
        self.highs.run()
        duals = np.maximum(np.array(self.highs.getSolution().row_dual), 0.0)
        return float(self.highs.getInfo().objective_function_value), duals

    def price(self, mu: Array) -> _Priced:
        """The dearest pattern at these prices."""
        prices = mu[self.layer] / self.counts
        kept = np.flatnonzero(prices > 0)
        sizes, loads, worth = self.crossbars[kept], self.loads[kept], prices[kept]
        best: Any = table(self.capacity, self.load, sizes, loads, worth)
        held = content(best, self.capacity, self.load, sizes, loads, worth)
        pattern = sorted(
            (self.options[kept[p]][0], self.options[kept[p]][1].copies, many)
            for p, many in held.items()
        )
        return _Priced(float(best[self.capacity, self.load]), tuple(pattern))

    def cuts(self, pattern: Pattern, mu: Array) -> bool:
        """Whether a pattern is new and dearer than a core may be at these prices."""
        worth = sum(mu[layer] * share for layer, share in self._shares(pattern).items())
        return pattern not in self.patterns and worth > 1 + _TINY

    def mixture(self) -> Mixture:
        """The patterns that are used, and how often."""
        used = self.highs.getSolution().col_value
        return tuple((p, x) for p, x in zip(self.patterns, used, strict=True) if x > _TINY)

    def _shares(self, pattern: Pattern) -> dict[int, float]:
        """Which part of each layer's copies a pattern holds."""
        shares: dict[int, float] = {}
        for layer, copies, many in pattern:
            count = self.counts[self.place[layer, copies]]
            shares[layer] = shares.get(layer, 0.0) + many / float(count)
        return shares
