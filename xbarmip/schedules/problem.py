"""What is decided when the weights exceed the chip: where to cut, and R within each segment.

The way of the data: a `Schedule` lists *units*, the whole layers and column blocks between which a
cut may pass; a run of units is a `Segment`, a sub-network with a `Problem` of its own
(`segment.py`); `search.py` proves the least cost of one segment by questions to the dynamic
program; `exact.py` finds the shortest path over the cut positions. A plan, some segments with their
allocations, is evaluated by `result.py` alone, whoever made it.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from xbarmip.errors import InputError
from xbarmip.exact import as_int, ceil_div
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware
from xbarmip.limits import MOST_LAYERS
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem
from xbarmip.timing.step_time import common, step_ticks

OBJECTIVES = ("cycles", "steps", "latency", "latency-steps")
MOST_WRITE = 10**12
MOST_BATCH = 10**9


Cost = int | Fraction  # cycles or steps, or seconds; what is counted is counted in `unit`


class Unit(NamedTuple):
    """What no cut divides: all column blocks of a layer, or one of them.

    Attributes
    ----------
    layer : int
    first, blocks : int
        The column blocks of the layer before these, and how many these are.
    """

    layer: int
    first: int
    blocks: int


@dataclass(frozen=True)
class Schedule:
    """Cut a network into segments and choose R in each, so that a batch is through soonest.

    One segment at a time is written into the crossbars, and all images of the batch run through
    it. With count, interval and crossbars of its allocation it costs

        count + (batch - 1) * interval + write_cycles * crossbars

    and, if asked for, what its maps take to be kept in memory; the schedule costs the sum over its
    segments. Of a latency the steps of a segment are multiplied by its step time (SPEC §6), and
    writing by the time of a cycle, compute_ns.

    Attributes
    ----------
    network : Network
    crossbars : int
        Total, the logical crossbars that there are.
    size : Crossbar, int or (int, int), optional
        As that of a `Problem`.
    objective, rule : str
        The count of a segment: "cycles", or "steps" by a rule; or one of them multiplied by the
        step time of the segment's allocation, "latency" or "latency-steps".
    write_cycles : int, optional
        What writing one crossbar costs, in cycles; crossbars are written one after another. None
        is what the hardware's figures give, or 0 without hardware; a latency takes their time as it
        is, not rounded to cycles (`cycles_to_write`).
    batch : int
        Images that run through a segment before the next one is written.
    divide : bool
        Whether a cut may pass through every layer, between two of its column blocks. Without it
        only layers whose set exceeds the chip are divided so.
    hardware : Hardware, optional
        Where the crossbar size, the cost of writing, step times and bandwidth come from.
    off_chip : bool
        Whether maps that a later segment reads cost what they take to pass to memory, bytes over
        the hardware's bandwidth off the chip (`Segment.off_chip`).
    write_time, value_time : int or Fraction
        What writing one crossbar and keeping one value cost: cycles, or of a latency seconds.

    Raises
    ------
    InputError
        On a value out of range. A chip that is too small for a column block is no error: the
        schedule is infeasible (`obstacle`).
    """

    network: Network
    crossbars: int
    size: Crossbar | int | tuple[int, int] | None = None
    objective: str = "cycles"
    rule: str | None = None
    write_cycles: int | None = None
    batch: int = 1
    divide: bool = False
    hardware: Hardware | None = None
    off_chip: bool = False
    write_time: Cost = field(init=False, repr=False, compare=False, default=0)
    value_time: Cost = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise InputError(
                f"objective of a schedule must be one of {known}, got {self.objective!r}"
            )
        whole = self.whole
        for name in ("crossbars", "size", "rule"):
            object.__setattr__(self, name, getattr(whole, name))
        cycles = as_int(self.cycles_to_write, "write_cycles", 0, MOST_WRITE)
        if self.write_cycles is not None:
            object.__setattr__(self, "write_cycles", cycles)
        object.__setattr__(self, "batch", as_int(self.batch, "batch", 1, MOST_BATCH))
        object.__setattr__(self, "write_time", self._write_time())
        for name in ("divide", "off_chip"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} must be True or False, got {getattr(self, name)!r}")
        object.__setattr__(self, "value_time", self._value_time() if self.off_chip else 0)
        if len(self.units) > MOST_LAYERS:
            raise InputError(
                f"network {self.network.name!r} has {len(self.units)} layers and column blocks "
                f"for cuts to pass between, must be at most {MOST_LAYERS}"
            )

    @property
    def cycles_to_write(self) -> int:
        """What writing one crossbar costs in whole cycles: as given, or by the hardware."""
        return _write_cycles(self.hardware) if self.write_cycles is None else self.write_cycles

    def _write_time(self) -> Cost:
        """Of one crossbar: in cycles, or of a latency in seconds."""
        hardware, cycles = self.hardware, self.cycles_to_write
        if not self.whole.is_latency or hardware is None:
            return cycles
        if self.write_cycles is None and hardware.crossbar_write_ns is not None:
            return hardware.crossbar_write_ns / 10**9
        assert hardware.compute_ns is not None  # a step time needs it
        return cycles * hardware.compute_ns / 10**9

    def _value_time(self) -> Cost:
        """Of one value: in cycles, or of a latency in seconds."""
        hardware = self.hardware
        if hardware is None:
            raise InputError(
                "off_chip needs hardware, which says how fast the memory off the chip is"
            )
        hardware.require(
            "cost of memory off the chip", "off_chip_GB_per_s", "input_bits", "compute_ns"
        )
        bandwidth, bits, compute = (
            Fraction(each or 0)
            for each in (
                hardware.off_chip_GB_per_s, hardware.input_bits, hardware.compute_ns
            )
        )  # fmt: skip
        seconds = bits / 8 / (bandwidth * 10**9)
        return seconds if self.is_latency else seconds * 10**9 / compute

    @cached_property
    def unit(self) -> Cost:
        """What costs are counted in: 1, or of a latency seconds of which all are whole multiples.

        That is a part of the ticks of every layer and of every part that it can be divided into.
        """
        if not self.is_latency:
            return 1
        assert self.hardware is not None
        parts = (
            part_of(self.crossbar, layer, first, blocks)
            for layer, (count, _), divided in zip(
                self.network.layers, self.blocks, self.divided, strict=True
            )
            for first in range(count * divided)
            for blocks in range(1, count - first + 1)
        )
        alone = (Network(part.name, (part,), ()) for part in parts)
        ticks = [step_ticks(one, self.hardware).tick for one in (self.network, *alone)]
        return common([*ticks, Fraction(self.write_time), self.batch * Fraction(self.value_time)])

    @property
    def write(self) -> int:
        """What writing one crossbar costs, in units."""
        return int(self.write_time / self.unit)

    @property
    def step(self) -> int:
        """What no step is shorter than, in units."""
        if not self.is_latency:
            return 1
        assert self.hardware is not None
        return int(step_ticks(self.network, self.hardware).compute_seconds / self.unit)

    @cached_property
    def whole(self) -> Problem:
        """The network uncut: what a single segment would be."""
        return Problem(
            self.network, self.crossbars, self.size, self.objective, self.rule, (), self.hardware
        )

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """What is asked besides the budget."""
        return ("segments",)

    @property
    def smallest_budget(self) -> int:
        """Crossbars of the largest column block: with fewer there is no schedule."""
        return max(each for _, each in self.blocks)

    @property
    def is_latency(self) -> bool:
        """Whether costs are times, in seconds."""
        return self.whole.is_latency

    @property
    def crossbar(self) -> Crossbar:
        """The crossbar's rows and columns."""
        return self.whole.crossbar

    @cached_property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """By layer: its column blocks, and the crossbars of each (`column_blocks`)."""
        return tuple(column_blocks(self.crossbar, layer) for layer in self.network.layers)

    @cached_property
    def divided(self) -> tuple[bool, ...]:
        """By layer: whether cuts may pass between its column blocks."""
        sizes = zip(self.blocks, self.whole.sets, strict=True)
        return tuple(count > 1 and (self.divide or size > self.crossbars)
                     for (count, _), size in sizes)  # fmt: skip

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Between which a cut may pass, in order."""
        found: list[Unit] = []
        for number, ((count, _), divided) in enumerate(zip(self.blocks, self.divided, strict=True)):
            if divided:
                found += [Unit(number, block, 1) for block in range(count)]
            else:
                found.append(Unit(number, 0, count))
        return tuple(found)

    @cached_property
    def obstacle(self) -> str:
        """Why there is no schedule; empty where there is one."""
        for layer, (_, each) in zip(self.network.layers, self.blocks, strict=True):
            if each > self.crossbars:
                return (
                    f"one column block of layer {layer.name!r} takes {each} crossbars, "
                    f"there are {self.crossbars}"
                )
        return ""

    def __str__(self) -> str:
        images = "" if self.batch == 1 else f", {self.batch} images"
        return (
            f"{self.network.name} in segments: least {self.objective} within {self.crossbars} "
            f"crossbars{images}, {self.cycles_to_write} cycles to write one"
        )

    def as_dict(self) -> dict[str, Any]:
        """What is asked, for JSON."""
        facts = self.whole.as_dict()
        del facts["constraints"]
        own = {name: getattr(self, name) for name in ("batch", "divide", "off_chip")}
        return {**facts, "write_cycles": self.cycles_to_write, **own}


def _write_cycles(hardware: Hardware | None) -> int:
    """What the figures of hardware give.

    Raises
    ------
    InputError
        When they give nothing.
    """
    if hardware is None:
        return 0
    try:
        hardware.require("cost of writing", "row_write_ns", "compute_ns")
    except InputError as error:
        raise InputError(f"{error}; write_cycles must give it") from None
    return hardware.write_cycles or 0


def column_blocks(crossbar: Crossbar, layer: Layer) -> tuple[int, int]:
    """Into how many column blocks a set can be cut, and the crossbars of each.

    A dense layer has ceil(Co/N) of ceil(K*K*Ci/M) crossbars. A grouped one is cut between groups:
    those that share a crossbar stay together.
    """
    count, width = crossbar.row_blocks(layer)
    if layer.groups == 1:
        return width, count
    if count < layer.groups:
        return count, 1  # several groups share each crossbar
    return layer.groups, count // layer.groups * width


def part_of(crossbar: Crossbar, layer: Layer, first: int, blocks: int) -> Layer:
    """A layer with some of its column blocks alone; all N outputs are left."""
    count, _ = column_blocks(crossbar, layer)
    if blocks == count:
        return layer
    if layer.groups == 1:
        left = layer.out_channels - first * crossbar.columns
        return replace(layer, out_channels=min(blocks * crossbar.columns, left))
    each = ceil_div(layer.groups, count)
    groups = min(blocks * each, layer.groups - first * each)
    return replace(
        layer,
        groups=groups,
        in_channels=layer.in_channels // layer.groups * groups,
        out_channels=layer.out_channels // layer.groups * groups,
    )
