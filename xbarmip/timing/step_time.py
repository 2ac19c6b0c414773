"""How long a step lasts, in exact rationals (SPEC §6).

Data access overlaps computation, so a step lasts Tstep = max(T_C, max over layers i of T_A_i), with
T_A_i = sum over memory levels h of bytes_{i,h} / bandwidth_h. All times of a network on a piece of
hardware are whole multiples of one *tick*, so that what decides is decided in integers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

import numpy as np

from xbarmip.exact import INT64_MAX
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.movement import GeneralRule, Rule, SeparableRule, Site, rule_named
from xbarmip.hardware.preset import Hardware
from xbarmip.network.graph import Network
from xbarmip.network.window import Array
from xbarmip.problem import Problem, checked_allocation


def microseconds(seconds: Fraction | None) -> float | None:
    """Rounded to what a float holds, for reading; decisions are made on the exact value."""
    return None if seconds is None else float(seconds * 10**6)


@dataclass(frozen=True, slots=True)
class LayerStep:
    """What one step of a layer takes to move its data.

    Attributes
    ----------
    layer : str
    bytes, seconds : tuple of Fraction
        By memory level, in the order of the hardware.
    """

    layer: str
    bytes: tuple[Fraction, ...]
    seconds: tuple[Fraction, ...]

    @property
    def total(self) -> Fraction:
        """T_A in seconds."""
        return sum(self.seconds, start=Fraction(0))


@dataclass(frozen=True, slots=True)
class StepTime:
    """The step time of one allocation, and what it comes from.

    Attributes
    ----------
    compute : Fraction
        T_C in seconds.
    layers : tuple of LayerStep
    levels : tuple of str
        Names of the memory levels.
    """

    compute: Fraction
    layers: tuple[LayerStep, ...]
    levels: tuple[str, ...]

    @property
    def seconds(self) -> Fraction:
        """Tstep."""
        return max(self.compute, *(layer.total for layer in self.layers))

    @property
    def binding(self) -> tuple[tuple[str, str], ...]:
        """(layer, memory level) of each layer that makes a step longer than T_C: the layers whose
        T_A is Tstep, each with the level that takes most of it. Empty where computation binds.
        """
        longest = self.seconds
        if longest == self.compute:
            return ()
        return tuple(
            (layer.layer, self.levels[layer.seconds.index(max(layer.seconds))])
            for layer in self.layers
            if layer.total == longest
        )

    def latency_facts(self, name: str, count: int) -> dict[str, Any]:
        """The latency of so many steps, for JSON; `name` is what they are called."""
        return {
            name: count,
            "tstep_us": microseconds(self.seconds),
            "latency_us": microseconds(count * self.seconds),
            "latency_s": str(count * self.seconds),
            "binding": [list(pair) for pair in self.binding],
        }


class LayerTicks:
    """T_A of one layer in ticks, as a function of its R and its producers'.

    T_A = own(R) + sum over producers k of per_copy_k(R) * R_k + rest(R, R_1, ..), where `rest` is
    what general rules move.

    Attributes
    ----------
    producers : tuple of int
        Positions of the producers in the network.
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
        self.site, self.producers = site, producers
        self._separable = [(rule, b) for rule, b in levels if isinstance(rule, SeparableRule)]
        self._general = [(rule, b) for rule, b in levels if isinstance(rule, GeneralRule)]
        self._tick = tick
        self._known: dict[int, tuple[int, tuple[int, ...]]] = {}
        self.separable = not self._general

    def coefficients(self, r: int) -> tuple[int, tuple[int, ...]]:
        """own(r), and per_copy(r) for each producer."""
        if r not in self._known:
            site = self.site
            own = sum(rule.own_bytes(site, r) / b for rule, b in self._separable)
            copies = (
                sum(rule.producer_bytes(site, r, producer) / b for rule, b in self._separable)
                for producer in site.producers
            )
            self._known[r] = (self._ticks(own), tuple(self._ticks(each) for each in copies))
        return self._known[r]

    def __call__(self, r: int, producers: Sequence[int]) -> int:
        """T_A for its own R and those of its producers."""
        own, copies = self.coefficients(r)
        near = own + sum(each * k for each, k in zip(copies, producers, strict=True))
        return near + self._rest(r, tuple(producers))

    def longest(self, largest: int, producers: Sequence[int]) -> int:
        """The longest T_A without `rest` for an R up to `largest`, and so many copies of each
        producer.
        """
        parts = (self.coefficients(r) for r in range(1, largest + 1))
        return max(
            own + sum(each * k for each, k in zip(copies, producers, strict=True))
            for own, copies in parts
        )

    def many(self, own: Array, producers: Array) -> Any:
        """T_A for each entry of `own` and row of `producers`, shape (count, producers).

        int64, or Python integers in an object array where 64 bits might not hold one.
        """
        values, where = np.unique(own, return_inverse=True)
        table = [self.coefficients(int(r)) for r in values]
        most = [int(column.max()) for column in producers.T]
        reach = max(o + sum(c * m for c, m in zip(cs, most, strict=True)) for o, cs in table)
        kind: Any = np.int64 if reach <= INT64_MAX else object
        total = np.array([o for o, _ in table], dtype=kind)[where]
        for k, column in enumerate(producers.T):
            copies = np.array([cs[k] for _, cs in table], dtype=kind)
            total = total + copies[where] * column.astype(kind)
        return total if self.separable else total.astype(object) + self._rests(own, producers)

    def _rest(self, r: int, producers: tuple[int, ...]) -> int:
        moved = (rule.moved(self.site, r, producers) / b for rule, b in self._general)
        return self._ticks(sum(moved, start=Fraction(0)))

    def _rests(self, own: Array, producers: Array) -> Any:
        rows, where = np.unique(np.column_stack([own, producers]), axis=0, return_inverse=True)
        rests = [self._rest(int(row[0]), tuple(int(r) for r in row[1:])) for row in rows]
        return np.array(rests, dtype=object)[where.reshape(-1)]

    def _ticks(self, seconds: Fraction | int) -> int:
        return int(seconds / self._tick)  # rules move multiples of their grain: nothing is lost


@dataclass(frozen=True, eq=False)
class StepTicks:
    """The step time of every allocation, in ticks.

    Attributes
    ----------
    tick : Fraction
        Seconds.
    compute : int
        T_C in ticks.
    layers : tuple of LayerTicks
        In the order of the network.
    """

    tick: Fraction
    compute: int
    layers: tuple[LayerTicks, ...]

    def __call__(self, allocation: Sequence[int]) -> int:
        """Tstep of an allocation."""
        return max(self.compute, self.memory(allocation))

    def memory(self, allocation: Sequence[int]) -> int:
        """The longest T_A of an allocation: its step if computation took no time."""
        return max(
            layer(r, [allocation[k] for k in layer.producers])
            for layer, r in zip(self.layers, allocation, strict=True)
        )

    def longest(self, largest: Sequence[int]) -> int:
        """No step is longer for an R of each layer up to `largest`; general rules count as 0."""
        return max(
            self.compute,
            *(
                layer.longest(most, [largest[k] for k in layer.producers])
                for layer, most in zip(self.layers, largest, strict=True)
            ),
        )

    def many(self, allocations: Array) -> Any:
        """Tstep of each row of `allocations`, shape (count, layers).

        int64, or Python integers in an object array where 64 bits might not hold one.
        """
        longest: Any = np.full(len(allocations), self.compute)
        for i, layer in enumerate(self.layers):
            times = layer.many(allocations[:, i], allocations[:, list(layer.producers)])
            longest = np.maximum(longest, times)
        return longest


def step_time(
    network: Network, hardware: Hardware, allocation: Mapping[str, int] | Sequence[int]
) -> StepTime:
    """How long a step lasts under an allocation, and why (SPEC §6).

    Parameters
    ----------
    network : Network
    hardware : Hardware
        With a computation stage, and memory levels that each have a rule.
    allocation : mapping by layer name, or sequence in layer order, of int
        Duplication R_l, in 1..N_l.

    Raises
    ------
    InputError
        On hardware that does not say how long a step lasts, or an allocation that does not fit the
        network.
    """
    hardware.require_step_time()
    chosen = checked_allocation(network, allocation)
    levels = _levels(hardware)
    layers = []
    for (site, producers), r in zip(_sites(network, hardware), chosen, strict=True):
        copies = tuple(chosen[k] for k in producers)
        moved = tuple(rule.moved(site, r, copies) for rule, _ in levels)
        seconds = tuple(each / b for each, (_, b) in zip(moved, levels, strict=True))
        layers.append(LayerStep(site.layer.name, moved, seconds))
    names = tuple(level.name for level in hardware.memory)
    return StepTime(_compute(hardware), tuple(layers), names)


@lru_cache(maxsize=64)
def step_ticks(network: Network, hardware: Hardware) -> StepTicks:
    """The step times of a network on a piece of hardware in their common unit.

    The tick divides T_C and every rule's grain / bandwidth at every layer. Rules move multiples of
    their grain, so every T_A is a whole number of ticks.

    Raises
    ------
    InputError
        On hardware that does not say how long a step lasts.
    """
    hardware.require_step_time()
    sites, levels = list(_sites(network, hardware)), _levels(hardware)
    compute = _compute(hardware)
    tick = common([compute, *(rule.grain(site) / b for site, _ in sites for rule, b in levels)])
    layers = tuple(LayerTicks(site, producers, levels, tick) for site, producers in sites)
    return StepTicks(tick, int(compute / tick), layers)


def ticks_of(problem: Problem) -> StepTicks:
    """The step times of a problem that has hardware."""
    assert problem.hardware is not None
    return step_ticks(problem.network, problem.hardware)


def _compute(hardware: Hardware) -> Fraction:
    assert hardware.compute_ns is not None
    return hardware.compute_ns / 10**9


def _levels(hardware: Hardware) -> list[tuple[Rule, Fraction]]:
    return [(rule_named(str(level.rule)), level.bytes_per_second) for level in hardware.memory]


def _sites(network: Network, hardware: Hardware) -> list[tuple[Site, tuple[int, ...]]]:
    crossbar: Crossbar = hardware.crossbar
    value_bytes = Fraction(hardware.input_bits or 0, 8)
    sites = []
    for layer in network.layers:
        producers = tuple(sorted(network.index[j] for j in network.graph.predecessors(layer.name)))
        read = tuple(network.layers[j] for j in producers)
        tile = hardware.crossbars_per_tile or 0
        crossbar_set = crossbar.crossbar_set(layer)
        sites.append((Site(layer, read, crossbar_set, crossbar, tile, value_bytes), producers))
    return sites


def common(values: Sequence[Fraction]) -> Fraction:
    """The largest rational that divides all values."""
    return Fraction(
        gcd(*(value.numerator for value in values)), lcm(*(value.denominator for value in values))
    )
