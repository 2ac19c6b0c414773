"""Which copies are placed in which cores, and what that is to make least (SPEC §16)."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

from xbarmip.constraint import Constraint, Recipe
from xbarmip.errors import InputError
from xbarmip.exact import as_int, ceil_div
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware
from xbarmip.network.graph import Network
from xbarmip.problem import Problem

OBJECTIVES = ("core-interval", "period")


@dataclass(frozen=True, slots=True)
class Part:
    """What is placed whole: a copy of a layer, or a row block of a copy that is split.

    Attributes
    ----------
    name : str
        Of the layer.
    outputs : int
        N, the windows of an inference.
    blocks, width : int
        b, the row blocks of a copy, and w, the crossbars of each.
    per_copy : int
        Parts of a copy: 1, or b where the copy is split.
    window, channels : int
        Values that a window holds, `Kh*Kw*Ci`, and that an output position holds, Co.
    hosts : int
        Cores that a copy takes at least.
    """

    name: str
    outputs: int
    blocks: int
    width: int
    per_copy: int
    window: int
    channels: int
    hosts: int

    @property
    def crossbars(self) -> int:
        """Crossbars of one part."""
        return self.blocks // self.per_copy * self.width

    @property
    def products(self) -> int:
        """Products of one part for each window."""
        return self.blocks // self.per_copy

    @property
    def is_split(self) -> bool:
        """Whether a copy is more than one part."""
        return self.per_copy > 1

    def windows(self, copies: int) -> int:
        """n = ceil(N/R), the windows that each of R copies works on."""
        return ceil_div(self.outputs, copies)

    def load(self, copies: int) -> int:
        """Products that one part adds to the load of its core."""
        return self.products * self.windows(copies)

    def traffic(self, copies: int, hosts: int) -> int:
        """Values that the layer moves where its copies lie in `hosts` cores, each counted anew.

        A copy reads its windows once for each core that holds a part of it; every core beyond a
        copy's first sends partial sums; each output is written once.
        """
        windows = self.windows(copies)
        reads = hosts * windows * self.window
        return reads + ((hosts - copies) * windows + self.outputs) * self.channels

    def least_traffic(self, copies: int) -> int:
        """The least that R copies move, wherever they are placed."""
        return self.traffic(copies, copies * self.hosts)


@dataclass(frozen=True)
class Placement:
    """Choose the copies of every layer and the core of each, so that the busiest core ends first.

    A core holds `crossbars_per_core` crossbars and does one matrix-vector product at a time. A copy
    of layer l is b_l row blocks of w_l crossbars; each of R_l copies works on ceil(N_l/R_l) windows
    of an inference, with b_l products for each.

    Attributes
    ----------
    network : Network
    cores : int, optional
        C; by default the tiles of the hardware.
    crossbars_per_core : int, optional
        S, logical crossbars; by default those of a tile of the hardware.
    size : Crossbar, int or (int, int), optional
        Rows and columns of a crossbar; by default that of the hardware, or 128.
    objective : str
        "core-interval", the largest load of a core in products, or "period", the larger of that
        times the time of a product and of the traffic over each memory level's bandwidth.
    constraints : tuple of LinearConstraint, Predicate or Recipe
        On the duplication R, with C * S crossbars as the budget (SPEC §8).
    hardware : Hardware, optional
        Needed for a period: `product_ns`, `input_bits`, and the memory levels.
    split : bool
        Whether a copy that a core could hold may lie in several all the same, by row blocks.

    Raises
    ------
    InputError
        On a value that is missing or out of range. A chip that is too small is no error: the
        problem is infeasible.
    """

    network: Network
    cores: int | None = None
    crossbars_per_core: int | None = None
    size: Crossbar | int | tuple[int, int] | None = None
    objective: str = "core-interval"
    constraints: tuple[Constraint | Recipe, ...] = ()
    hardware: Hardware | None = None
    split: bool = False

    def __post_init__(self) -> None:
        figures = (("cores", "tiles"), ("crossbars_per_core", "crossbars_per_tile"))
        for own, figure in figures:
            number = getattr(self, own)
            if number is None and self.hardware is not None:
                number = getattr(self.hardware, figure)
            if number is None:
                raise InputError(f"{own} must be given, or hardware that has {figure}")
            object.__setattr__(self, own, as_int(number, own, 1))
        if self.objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise InputError(f"objective must be one of {known}, got {self.objective!r}")
        if self.objective == "period":
            self._require_times()
        object.__setattr__(self, "constraints", self.problem.constraints)

    def _require_times(self) -> None:
        if self.hardware is None:
            raise InputError("objective 'period' needs hardware, got none")
        needed = ["product_ns", *(["input_bits"] if self.hardware.memory else [])]
        self.hardware.require("period", *needed)

    @cached_property
    def problem(self) -> Problem:
        """The same layers under the budget alone: sets, constraints, allocations."""
        constraints: tuple[Constraint, ...] = self.constraints  # type: ignore[assignment]
        return Problem(
            self.network,
            self.chip * self.capacity,
            self.size,
            constraints=constraints,
            hardware=self.hardware,
        )

    @property
    def crossbars(self) -> int:
        """Of all cores."""
        return self.chip * self.capacity

    @property
    def crossbar(self) -> Crossbar:
        """The crossbar's rows and columns."""
        return self.problem.crossbar

    @property
    def rule(self) -> None:
        """Of a closed form; a placement counts no steps."""

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """What is asked besides the budget."""
        return (*self.problem.constraint_names, "cores")

    @property
    def smallest_budget(self) -> int:
        """Crossbars that one copy of every layer takes."""
        return self.problem.smallest_budget

    @property
    def chip(self) -> int:
        """C, the number of cores."""
        return self.cores or 0

    @property
    def capacity(self) -> int:
        """S, the crossbars of a core."""
        return self.crossbars_per_core or 0

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The part of every layer."""
        return tuple(self._part(number) for number in range(len(self.network.layers)))

    def _part(self, number: int) -> Part:
        layer = self.network.layers[number]
        blocks, width = self.problem.crossbar.row_blocks(layer)
        split = blocks > 1 and (self.split or blocks * width > self.capacity)
        height, across = layer.kernel
        return Part(
            layer.name,
            layer.outputs,
            blocks,
            width,
            blocks if split else 1,
            height * across * layer.in_channels,
            layer.out_channels,
            ceil_div(blocks, max(1, self.capacity // width)),
        )

    @cached_property
    def obstacle(self) -> str:
        """Why nothing can be placed whatever R, seen without a search; empty if nothing is."""
        for part in self.parts:
            if part.width > self.capacity:
                return (
                    f"layer {part.name!r}: a row block takes {part.width} crossbars, "
                    f"a core has {self.capacity}"
                )
        if not self.problem.feasible:
            return (
                f"one copy of every layer takes {self.problem.smallest_budget} crossbars, "
                f"{self.chip} cores of {self.capacity} have {self.chip * self.capacity}"
            )
        return ""

    @cached_property
    def coupled(self) -> frozenset[str]:
        """Layers that a constraint names together with others."""
        constraints = self.problem.constraints
        return frozenset(name for one in constraints if len(one.layers) > 1 for name in one.layers)

    @cached_property
    def choices(self) -> dict[str, list[int]]:
        """For each layer that a constraint names, the R that those about it alone allow."""
        alone: dict[str, list[Constraint]] = {name: [] for name in self.coupled}
        for one in self.problem.constraints:
            if len(one.layers) == 1:
                alone.setdefault(one.layers[0], []).append(one)
        largest = dict(zip(self.network.index, self.problem.largest, strict=True))
        return {
            name: [r for r in range(1, largest[name] + 1) if all(c.holds((r,)) for c in some)]
            for name, some in alone.items()
        }

    @property
    def is_period(self) -> bool:
        """Whether the objective is a time."""
        return self.objective == "period"

    @cached_property
    def unit(self) -> Fraction:
        """Seconds of one unit of a period's value: all times are whole multiples of it."""
        if not self.is_period:
            return Fraction(1)
        times = self._times
        return Fraction(
            gcd(*(time.numerator * (self._scale // time.denominator) for time in times)),
            self._scale,
        )

    @property
    def _scale(self) -> int:
        return lcm(*(time.denominator for time in self._times))

    @property
    def product_seconds(self) -> Fraction | None:
        """Seconds of a product, where the hardware says it."""
        known = None if self.hardware is None else self.hardware.product_ns
        return None if known is None else known / 10**9

    @cached_property
    def _times(self) -> tuple[Fraction, ...]:
        """Seconds of a product, then of one value through each memory level."""
        hardware, product = self.hardware, self.product_seconds
        assert hardware is not None and product is not None
        bytes_a_value = Fraction(hardware.input_bits or 0, 8)
        levels = (bytes_a_value / level.bytes_per_second for level in hardware.memory)
        return (product, *levels)

    @property
    def product_units(self) -> int:
        """What one product on the busiest core adds to the value."""
        return int(self._times[0] / self.unit) if self.is_period else 1

    @property
    def value_units(self) -> int:
        """What one value that is moved adds to the time of the slowest memory level."""
        if not self.is_period or len(self._times) == 1:
            return 0
        return int(max(self._times[1:]) / self.unit)

    def objective_of(self, interval: int, traffic: int) -> int:
        """The value of a placement with this core interval and traffic."""
        return max(interval * self.product_units, traffic * self.value_units)

    @cached_property
    def most(self) -> int:
        """A value that no placement exceeds: with all in one core, and every copy in many.

        R*ceil(N/R) < N + R <= 2N.
        """
        load = sum(2 * part.blocks * part.outputs for part in self.parts)
        traffic = 0
        for part in self.parts:
            hosts = min(self.chip, part.per_copy)
            traffic += 2 * part.outputs * hosts * (part.window + part.channels)
        return self.objective_of(load, traffic)

    def after(self, value: int) -> int:
        """The least value that a placement can have which is worse than `value`."""
        beyond = [(value // self.product_units + 1) * self.product_units]
        if self.value_units:
            beyond.append((value // self.value_units + 1) * self.value_units)
        return min(beyond)
