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

OBJECTIVES = ("cycles", "steps", "latency", "latency-steps")
MOST_WRITE = 10**12
MOST_BATCH = 10**9


Cost = int | Fraction  # cycles or steps, or seconds


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

    and the schedule costs the sum over its segments. Of a latency the steps of a segment are
    multiplied by its step time (SPEC §6), and writing by the time of a cycle, compute_ns.

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
        What writing one crossbar costs, in cycles; crossbars are written one after another. By
        default what the hardware's figures give, or 0 without hardware; a latency takes their time
        as it is, not rounded to cycles.
    batch : int
        Images that run through a segment before the next one is written.
    divide : bool
        Whether a cut may pass through every layer, between two of its column blocks. Without it
        only layers whose set exceeds the chip are divided so.
    hardware : Hardware, optional
        Where the crossbar size, the cost of writing and step times come from.
    write_time : int or Fraction
        What writing one crossbar costs in the unit of the objective: cycles, or seconds.

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
    write_cycles: int = None  # type: ignore[assignment]  # set below
    batch: int = 1
    divide: bool = False
    hardware: Hardware | None = None
    write_time: Cost = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise InputError(
                f"objective of a schedule must be one of {known}, got {self.objective!r}"
            )
        whole = self.whole
        by_hardware = self.write_cycles is None
        for name in ("crossbars", "size", "rule"):
            object.__setattr__(self, name, getattr(whole, name))
        if by_hardware:
            object.__setattr__(self, "write_cycles", _write_cycles(self.hardware))
        for name, least, most in (("write_cycles", 0, MOST_WRITE), ("batch", 1, MOST_BATCH)):
            object.__setattr__(self, name, as_int(getattr(self, name), name, least, most))
        object.__setattr__(self, "write_time", self._write_time(by_hardware))
        if not isinstance(self.divide, bool):
            raise InputError(f"divide must be True or False, got {self.divide!r}")
        if len(self.units) > MOST_LAYERS:
            raise InputError(
                f"network {self.network.name!r} has {len(self.units)} layers and column blocks "
                f"for cuts to pass between, must be at most {MOST_LAYERS}"
            )

    def _write_time(self, by_hardware: bool) -> Cost:
        """Of one crossbar: in cycles, or of a latency in seconds."""
        hardware = self.hardware
        if not self.whole.is_latency or hardware is None:
            return self.write_cycles
        if by_hardware and hardware.crossbar_write_ns is not None:
            return hardware.crossbar_write_ns / 10**9
        assert hardware.compute_ns is not None  # a step time needs it
        return self.write_cycles * hardware.compute_ns / 10**9

    @cached_property
    def whole(self) -> Problem:
        """The network uncut: what a single segment would be."""
        return Problem(
            self.network, self.crossbars, self.size, self.objective, self.rule, (), self.hardware
        )

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
    def units(self) -> tuple[Unit, ...]:
        """Between which a cut may pass, in order."""
        found: list[Unit] = []
        for number, ((count, _), size) in enumerate(zip(self.blocks, self.whole.sets, strict=True)):
            if self.divide or size > self.crossbars:
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
            f"crossbars{images}, {self.write_cycles} cycles to write one"
        )

    def as_dict(self) -> dict[str, Any]:
        """What is asked, for JSON."""
        facts = self.whole.as_dict()
        del facts["constraints"]
        more = {"write_cycles": self.write_cycles, "batch": self.batch, "divide": self.divide}
        return {**facts, **more}


def _write_cycles(hardware: Hardware | None) -> int:
    """What the figures of hardware give.

    Raises
    ------
    InputError
        When they give nothing.
    """
    found = 0 if hardware is None else hardware.write_cycles
    if found is None:
        assert hardware is not None
        missing = "row_write_ns" if hardware.row_write_ns is None else "compute_ns"
        raise InputError(
            f"hardware {hardware.name!r} gives no cost of writing: it has no {missing}; "
            "write_cycles must give it"
        )
    return found


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
