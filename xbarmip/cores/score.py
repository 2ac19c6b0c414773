"""What a placement takes: load of each core, core interval, traffic, period (SPEC §16)."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from xbarmip.cores.layout import Layout
from xbarmip.cores.problem import Placement


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of a layout.

    Attributes
    ----------
    loads, used : tuple of int
        Products of an inference, and crossbars that are used, by core.
    traffic : int
        Values that are moved in an inference: windows read, partial sums sent, outputs written.
    value : int
        The objective, in products, or in the placement's unit.
    period : Fraction or None
        Seconds; None where the objective is no time.
    """

    loads: tuple[int, ...]
    used: tuple[int, ...]
    traffic: int
    value: int
    period: Fraction | None

    @property
    def interval(self) -> int:
        """The core interval: products of the busiest core."""
        return max(self.loads)

    @property
    def busiest(self) -> tuple[int, ...]:
        """The cores with that load."""
        return tuple(core for core, load in enumerate(self.loads) if load == self.interval)

    @property
    def crossbars(self) -> int:
        """Crossbars that are used on the chip."""
        return sum(self.used)


def score(placement: Placement, layout: Layout) -> Score:
    """The figures of a layout, which `check_layout` may or may not accept."""
    parts = placement.parts
    windows = [part.windows(r) for part, r in zip(parts, layout.allocation, strict=True)]
    loads = [sum(s.blocks * windows[s.layer] for s in core) for core in layout.cores]
    used = [sum(s.blocks * parts[s.layer].width for s in core) for core in layout.cores]
    hosts = Counter(share.layer for core in layout.cores for share in core)
    traffic = sum(
        part.traffic(r, hosts[layer])
        for layer, (part, r) in enumerate(zip(parts, layout.allocation, strict=True))
    )
    value = placement.objective_of(max(loads), traffic)
    period = value * placement.unit if placement.is_period else None
    return Score(tuple(loads), tuple(used), traffic, value, period)
