"""How long a step lasts, in exact rationals (SPEC §6).

Data access overlaps computation, so a step lasts Tstep = max(T_C, max over layers i of T_A_i), with
T_A_i = sum over memory levels h of bytes_{i,h} / bandwidth_h. All times of a network on a piece of
hardware are whole multiples of one *tick*, so that what decides is decided in integers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

import numpy as np

from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.movement import Rule, Site, rule_named
from xbarmip.hardware.preset import Hardware
from xbarmip.network.graph import Network
from xbarmip.network.stream import Stream, renamed
from xbarmip.network.window import Array
from xbarmip.problem import Problem, checked_allocation
from xbarmip.timing.layer_ticks import LayerTicks


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

    @property
    def compute_seconds(self) -> Fraction:
        """T_C."""
        return self.compute * self.tick

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


def time_of(
    problem: Problem, allocation: Mapping[str, int] | Sequence[int] | None
) -> StepTime | None:
    """The step time of an allocation, where the hardware says how long a step lasts."""
    hardware = problem.hardware
    if allocation is None or hardware is None or not hardware.has_step_time:
        return None
    return step_time(problem.network, hardware, allocation)


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


def stated_ticks(
    problem: Problem, of_layer: Callable[[LayerTicks, Stream | None, int], dict[str, Any]]
) -> dict[str, Any]:
    """The step time in ticks, for JSON; of each layer as its ticks, what it reads, and largest R
    are stated.
    """
    ticks = ticks_of(problem)
    layers = zip(ticks.layers, problem.network.reads, problem.largest, strict=True)
    return {
        "tick": [*ticks.tick.as_integer_ratio()],
        "compute": ticks.compute,
        "layers": [of_layer(*each) for each in layers],
    }


def _compute(hardware: Hardware) -> Fraction:
    assert hardware.compute_ns is not None
    return hardware.compute_ns / 10**9


def _levels(hardware: Hardware) -> list[tuple[Rule, Fraction]]:
    return [(rule_named(str(level.rule)), level.bytes_per_second) for level in hardware.memory]


def _sites(network: Network, hardware: Hardware) -> list[tuple[Site, tuple[int, ...]]]:
    crossbar: Crossbar = hardware.crossbar
    value_bytes = Fraction(hardware.input_bits or 0, 8)
    sites = []
    for i, layer in enumerate(network.layers):
        producers = tuple(sorted(network.index[j] for j in network.graph.predecessors(layer.name)))
        read = tuple(network.layers[j] for j in producers)
        reads = renamed(network.reads[i], producers.index)
        tile = hardware.crossbars_per_tile or 0
        crossbar_set = crossbar.crossbar_set(layer)
        site = Site(layer, read, reads, crossbar_set, crossbar, tile, value_bytes)
        sites.append((site, producers))
    return sites


def common(values: Sequence[Fraction]) -> Fraction:
    """The largest rational that divides all values."""
    return Fraction(
        gcd(*(value.numerator for value in values)), lcm(*(value.denominator for value in values))
    )
