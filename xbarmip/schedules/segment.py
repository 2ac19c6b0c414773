"""A segment: a run of units, as a network and a problem of their own (SPEC §13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from xbarmip.exact import ceil_div
from xbarmip.network.graph import Network
from xbarmip.problem import Problem
from xbarmip.schedules.problem import Schedule, Unit, part_of
from xbarmip.timing.evaluate import evaluate


@dataclass(frozen=True, slots=True)
class Figures:
    """What an allocation of a segment costs, and of what: run + write."""

    count: int
    interval: int
    crossbars: int
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
        """Least count within the chip."""
        schedule, network = self.schedule, self.schedule.network
        layers = tuple(
            part_of(schedule.crossbar, network.layers[layer], first, blocks)
            for layer, first, blocks in self.parts
        )
        inside = {layer.name for layer in layers}
        edges = tuple(e for e in network.edges if {e.producer, e.consumer} <= inside)
        outputs = tuple(network.layers[layer].name for layer in ends(schedule, self.stop) if
                        network.layers[layer].name in inside)  # fmt: skip
        whole = schedule.whole
        return replace(whole, network=Network(network.name, layers, edges, outputs))

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
        crossbars = self.problem.crossbars_used(allocation)
        run = count + (self.schedule.batch - 1) * interval
        return Figures(count, interval, crossbars, run, self.schedule.write_cycles * crossbars)


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
