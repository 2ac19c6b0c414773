"""A segment: a run of units, as a network and a problem of their own (SPEC §13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from xbarmip.errors import UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.network.graph import Network
from xbarmip.network.stream import only
from xbarmip.problem import Problem
from xbarmip.schedules.problem import Schedule, Unit, part_of
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import ticks_of


@dataclass(frozen=True, slots=True)
class Figures:
    """What an allocation of a segment costs, and of what; in the schedule's unit.

    `step` is how long a step lasts, 1 where steps are counted.
    """

    count: int
    interval: int
    crossbars: int
    step: int
    run: int
    write: int
    off_chip: int

    @property
    def cost(self) -> int:
        """Of running the batch, of writing and of keeping maps."""
        return self.run + self.write + self.off_chip


class Segment:
    """Units `start` up to but not including `stop` of a schedule.

    Inputs from earlier segments are there from the start, so edges from outside vanish. What a
    later segment reads, or leaves the network, has to be whole at the end: such layers are ends,
    and all their outputs count. A layer that is divided is here as its own column blocks, one part
    with one R; whoever reads the layer reads the other blocks from memory.

    Attributes
    ----------
    schedule : Schedule
    start, stop : int
    parts : tuple of Unit
        The column blocks of each layer that it holds.
    """

    def __init__(self, schedule: Schedule, start: int, stop: int) -> None:
        self.schedule, self.start, self.stop = schedule, start, stop
        self.parts = _merged(schedule.units[start:stop])

    @cached_property
    def problem(self) -> Problem:
        """The least count within the chip."""
        timed = self.timed
        return replace(timed, objective=timed.count, hardware=None)

    @cached_property
    def timed(self) -> Problem:
        """The segment under the schedule's own objective, a latency or a count."""
        schedule, network = self.schedule, self.schedule.network
        layers = tuple(
            part_of(schedule.crossbar, network.layers[layer], first, blocks)
            for layer, first, blocks in self.parts
        )
        inside = {layer.name for layer in layers}
        edges = tuple(e for e in network.edges if {e.producer, e.consumer} <= inside)
        outputs = tuple(network.layers[layer].name for layer in ends(schedule, self.stop) if
                        network.layers[layer].name in inside)  # fmt: skip
        left = ((name, only(tree, inside)) for name, tree in network.streams if name in inside)
        streams = tuple((name, tree) for name, tree in left if tree is not None)
        inner = Network(network.name, layers, edges, outputs, streams=streams)
        return replace(schedule.whole, network=inner)

    @cached_property
    def off_chip(self) -> int:
        """What it takes to keep the maps that a later segment reads."""
        read = read_later(self.schedule, self.stop)
        values = values_of(self.schedule)[self.start : self.stop]
        units = self.schedule.units[self.start : self.stop]
        kept = (n for n, unit in zip(values, units, strict=True) if unit.layer in read)
        return off_chip_cost(self.schedule, sum(kept))

    @cached_property
    def tick(self) -> int:
        """Of a step, as a multiple of the schedule's unit."""
        if not self.schedule.is_latency:
            return 1
        tick = ticks_of(self.timed).tick / self.schedule.unit
        if tick.denominator > 1:  # grains of the hardware's rules depend on what a layer reads
            raise UnsupportedError(
                "the times of a segment are no multiples of those of the network"
            )
        return int(tick)

    def step(self, allocation: Sequence[int]) -> int:
        """How long a step lasts."""
        if not self.schedule.is_latency:
            return 1
        return self.tick * ticks_of(self.timed)(allocation)

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """N* of each part."""
        return self.problem.network.needed

    def interval(self, allocation: Sequence[int]) -> int:
        """Steps from one image to the next (SPEC §11)."""
        return max(ceil_div(n, r) for n, r in zip(self.needed, allocation, strict=True))

    def figures(self, allocation: Sequence[int]) -> Figures:
        """What an allocation costs."""
        count, interval = evaluate(self.problem, tuple(allocation)), self.interval(allocation)
        crossbars, step = self.problem.crossbars_used(allocation), self.step(allocation)
        run = (count + (self.schedule.batch - 1) * interval) * step
        write = self.schedule.write * crossbars
        return Figures(count, interval, crossbars, step, run, write, self.off_chip)


def ends(schedule: Schedule, stop: int) -> list[int]:
    """Layers with column blocks before unit `stop` that are ends of a segment which ends there.

    Those that leave the network or are read later. A layer that is not whole is one of these.
    """
    network, units = schedule.network, schedule.units
    begun = units[stop - 1].layer + 1 if stop else 0
    last = {network.index[name] for name in network.sinks} | read_later(schedule, stop)
    return [layer for layer in range(begun) if layer in last]


def read_later(schedule: Schedule, stop: int) -> set[int]:
    """Layers that one reads which is not whole before unit `stop`."""
    units, links = schedule.units, schedule.network.links
    whole = units[stop].layer if stop < len(units) else len(schedule.network.layers)
    return {producer for producer, consumer in links if consumer >= whole}


def values_of(schedule: Schedule) -> list[int]:
    """Values of the map of each unit: its outputs, of all its channels."""
    layers = schedule.network.layers
    parts = ((layers[k], part_of(schedule.crossbar, layers[k], first, blocks))
             for k, first, blocks in schedule.units)  # fmt: skip
    return [layer.outputs * part.out_channels for layer, part in parts]


def off_chip_cost(schedule: Schedule, values: int) -> int:
    """What it takes to keep so many values of each image of the batch; cycles rounded up."""
    return ceil(schedule.batch * values * schedule.value_time / schedule.unit)


def _merged(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The units of each layer as one."""
    found: list[Unit] = []
    for unit in units:
        if found and found[-1].layer == unit.layer:
            found[-1] = found[-1]._replace(blocks=found[-1].blocks + unit.blocks)
        else:
            found.append(unit)
    return tuple(found)
