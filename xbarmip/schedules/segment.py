"""A segment: a run of units, as a network and a problem of their own (SPEC §13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from xbarmip.exact import ceil_div
from xbarmip.network.graph import Network
from xbarmip.network.stream import only
from xbarmip.problem import Problem
from xbarmip.schedules.problem import Cost, Schedule, Unit, part_of
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import common, ticks_of


@dataclass(frozen=True, slots=True)
class Figures:
    """What an allocation of a segment costs, run + write, and of what; in the segment's unit.

    `step` is how long a step lasts, 1 where steps are counted.
    """

    count: int
    interval: int
    crossbars: int
    step: int
    run: int
    write: int

    @property
    def cost(self) -> int:
        """Of running the batch and of writing."""
        return self.run + self.write


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
    def unit(self) -> Cost:
        """What costs of this segment are whole multiples of: 1, or seconds that divide all."""
        if not self.schedule.is_latency:
            return 1
        return common([ticks_of(self.timed).tick, Fraction(self.schedule.write_time)])

    @cached_property
    def write(self) -> int:
        """What writing one crossbar costs."""
        return int(self.schedule.write_time / self.unit)

    @cached_property
    def tick(self) -> int:
        """Of a step, as a multiple of the unit."""
        return int(ticks_of(self.timed).tick / self.unit) if self.schedule.is_latency else 1

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
        return Figures(count, interval, crossbars, step, run, self.write * crossbars)


def ends(schedule: Schedule, stop: int) -> list[int]:
    """Layers with column blocks before unit `stop` that are ends of a segment which ends there.

    Those that leave the network or are read by a layer that is not whole before `stop`. A layer
    that is itself not whole is read later, if at all.
    """
    network, units = schedule.network, schedule.units
    whole = units[stop].layer if stop < len(units) else len(network.layers)
    begun = whole + (0 < stop < len(units) and units[stop].first > 0)
    read = {producer for producer, consumer in network.links if consumer >= whole}
    sinks = {network.index[name] for name in network.sinks}
    return [layer for layer in range(begun) if layer in read or layer in sinks]


def _merged(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The units of each layer as one."""
    found: list[Unit] = []
    for unit in units:
        if found and found[-1].layer == unit.layer:
            found[-1] = found[-1]._replace(blocks=found[-1].blocks + unit.blocks)
        else:
            found.append(unit)
    return tuple(found)
