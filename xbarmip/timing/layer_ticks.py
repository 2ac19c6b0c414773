"""How long one layer takes to move its data, in ticks, as a function of R (SPEC §6)."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from operator import add, mul
from typing import Any, NamedTuple

import numpy as np

from xbarmip.exact import INT64_MAX
from xbarmip.hardware.movement import GeneralRule, Rule, SeparableRule, Site
from xbarmip.network.stream import has_join, volume
from xbarmip.network.window import Array


class Coefficients(NamedTuple):
    """What T_A of a layer is made of at one of its R; ticks.

    Attributes
    ----------
    own : int
        Whatever the producers' R.
    streams : tuple of tuple of int
        For each stream, what one copy of each producer brings.
    """

    own: int
    streams: tuple[tuple[int, ...], ...]


class LayerTicks:
    """T_A of one layer in ticks, as a function of its R and its producers'.

    T_A = own(R) + sum of V over some streams + rest(R, R_1, ..), where V of a stream is that of the
    tree which the layer reads (SPEC §6) with per_copy_k(R) * R_k of producer k, and `rest` is what
    general rules move.

    Memory levels whose per_copy have the same proportions are one stream: the operand that is the
    largest of a join is then the same for all of them. A tree without joins is a sum, and all
    levels are one stream.

    Attributes
    ----------
    producers : tuple of int
        Positions of the producers in the network.
    reads : Stream, optional
        The tree, over places in `producers`.
    separable : bool
        Whether `rest` is 0.
    """

    def __init__(
        self,
        site: Site,
        producers: tuple[int, ...],
        levels: Sequence[tuple[Rule, Fraction]],
        tick: Fraction,
    ) -> None:
        self.site, self.producers, self.reads = site, producers, site.reads
        self._separable = [  # with the ticks of a grain, which are whole
            (rule, int(rule.grain(site) / b / tick))
            for rule, b in levels
            if isinstance(rule, SeparableRule)
        ]
        self._general = [(rule, b) for rule, b in levels if isinstance(rule, GeneralRule)]
        self._tick = tick
        self._known: dict[int, Coefficients] = {}
        self.separable = not self._general

    def coefficients(self, r: int) -> Coefficients:
        """own(r), and of each stream per_copy(r) by producer; no stream where nothing is moved."""
        if r not in self._known:
            site, streams = self.site, dict[object, tuple[int, ...]]()
            own = sum(rule.own_grains(site, r) * unit for rule, unit in self._separable)
            for rule, unit in self._separable:
                copies = tuple(
                    rule.producer_grains(site, r, producer) * unit for producer in site.producers
                )
                scale = gcd(*copies)
                if scale:
                    kind = has_join(site.reads) and tuple(c // scale for c in copies)
                    before = streams.get(kind, (0,) * len(copies))
                    streams[kind] = tuple(map(add, before, copies))
            self._known[r] = Coefficients(own, tuple(streams.values()))
        return self._known[r]

    def copies(self, r: int) -> tuple[int, ...] | None:
        """What one copy of each producer brings where all is one stream; None if it is several."""
        streams = self.coefficients(r).streams
        if len(streams) > 1:
            return None
        return streams[0] if streams else (0,) * len(self.producers)

    def __call__(self, r: int, producers: Sequence[int]) -> int:
        """T_A for its own R and those of its producers."""
        return self.near(r, producers) + self._rest(r, tuple(producers))

    def near(self, r: int, producers: Sequence[int]) -> int:
        """T_A without `rest`."""
        own, streams = self.coefficients(r)
        return own + sum(int(self.site.volume([*map(mul, s, producers)])) for s in streams)

    def longest(self, largest: int, producers: Sequence[int]) -> int:
        """The longest T_A without `rest` for an R up to `largest`, and so many copies of each
        producer.
        """
        return max(self.near(r, producers) for r in range(1, largest + 1))

    def many(self, own: Array, producers: Array) -> Any:
        """T_A for each entry of `own` and row of `producers`, shape (count, producers).

        int64, or Python integers in an object array where 64 bits might not hold one.
        """
        values, where = np.unique(own, return_inverse=True)
        table = [self.coefficients(int(r)) for r in values]
        most = [int(column.max()) for column in producers.T]
        reach = max(o + sum(sum(map(mul, s, most)) for s in streams) for o, streams in table)
        kind: Any = np.int64 if reach <= INT64_MAX else object
        total = np.array([o for o, _ in table], dtype=kind)[where]
        columns, nothing = producers.astype(kind), (0,) * len(self.producers)
        for number in range(max(len(streams) for _, streams in table)):
            copies = np.array(
                [s[number] if number < len(s) else nothing for _, s in table], dtype=kind
            )
            total = total + self._volumes(copies[where] * columns)
        return total if self.separable else total.astype(object) + self._rests(own, producers)

    def _volumes(self, amounts: Any) -> Any:
        """V of each row of what the producers make."""
        assert self.reads is not None
        return volume(self.reads, lambda at: amounts[:, int(at)], np.maximum)

    def _rest(self, r: int, producers: tuple[int, ...]) -> int:
        moved = (rule.moved(self.site, r, producers) / b for rule, b in self._general)
        return self._ticks(sum(moved, start=Fraction(0)))

    def _rests(self, own: Array, producers: Array) -> Any:
        rows, where = np.unique(np.column_stack([own, producers]), axis=0, return_inverse=True)
        rests = [self._rest(int(row[0]), tuple(int(r) for r in row[1:])) for row in rows]
        return np.array(rests, dtype=object)[where.reshape(-1)]

    def _ticks(self, seconds: Fraction | int) -> int:
        return int(seconds / self._tick)  # rules move multiples of their grain: nothing is lost
