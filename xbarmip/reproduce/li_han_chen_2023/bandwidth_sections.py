"""All that the page shows of table 6 and figures 8 and 9: bandwidth in the objective."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import Any

from xbarmip.reproduce.compared import Compared
from xbarmip.reproduce.li_han_chen_2023.bandwidth import (
    Measured,
    SolvedRow,
    hardware,
    printed_key,
    tile_key,
)
from xbarmip.reproduce.li_han_chen_2023.figures import figures


@dataclass(frozen=True, slots=True)
class Table6:
    """All that is shown of the rows of table 6."""

    rows: Mapping[str, Any]

    @property
    def networks(self) -> Mapping[str, tuple[Measured, Measured, SolvedRow]]:
        """By network: the allocations printed without and with bandwidth, and ours."""
        return {
            name: (self.rows[f"{name}/without"], self.rows[f"{name}/with"], self.rows[key])
            for key in self.rows
            for name, _, kind in [key.partition("/")]
            if kind == "solved"
        }

    @property
    def compared(self) -> list[Compared]:
        """The step time of each layer of the printed allocations."""
        found = []
        for entry in figures()["allocation"]:
            own: Measured = self.rows[printed_key(entry)]
            of = f"{entry['network']} {'with' if entry['bandwidth'] else 'without'} bandwidth"
            pairs = zip(entry["step_us"], own.layer_step_us, strict=True)
            for number, (printed, ours) in enumerate(pairs, start=1):
                what = f"step time of layer {number} of {of}"
                found.append(Compared(what, float(printed), ours, digits=2))
        return found


@dataclass(frozen=True, slots=True)
class Figure8:
    """All that is shown of the rows of figure 8."""

    rows: Mapping[str, SolvedRow]

    @property
    def cases(self) -> list[tuple[str, SolvedRow, int | None, int]]:
        """Each row by name, and the printed latencies: of stride, if any, and with bandwidth."""
        return [
            (case, self.rows[case], stride, value)
            for entry in figures()["tiles"]
            for tiles, stride, value in zip(
                entry["tiles"],
                entry.get("stride_us", [None] * len(entry["tiles"])),
                entry["with_us"],
                strict=True,
            )
            for case in [tile_key(entry["network"], tiles)]
        ]

    @property
    def speedup_without(self) -> float:
        """Of the paper's algorithm without bandwidth over the stride-balanced allocation, mean."""
        return self._speedup([row.without.steps_latency_us for row in self.rows.values()])

    @property
    def speedup_with(self) -> float:
        """The same with bandwidth."""
        return self._speedup([row.spending.steps_latency_us for row in self.rows.values()])

    @property
    def speedup_least(self) -> float:
        """The same of the optimum."""
        return self._speedup([row.least_for_steps.us for row in self.rows.values()])

    def _speedup(self, latencies_us: list[float]) -> float:
        base = [row.stride.steps_latency_us for row in self.rows.values()]
        return fmean(stride / own for stride, own in zip(base, latencies_us, strict=True))

    @property
    def share(self) -> float:
        """Percent of the time of the paper's algorithm that the optimum takes, on average."""
        return fmean(100 / row.times_least for row in self.rows.values())

    @property
    def mean_times_least(self) -> float:
        """How many times the least the latency of the paper's algorithm is, on average."""
        return fmean(row.times_least for row in self.rows.values())

    @property
    def slowed(self) -> Mapping[str, SolvedRow]:
        """Cases in which spending every crossbar costs more than a tenth."""
        return {case: row for case, row in self.rows.items() if row.slowdown > 1.1}

    @property
    def worst(self) -> str:
        """The case in which the paper's algorithm is the farthest from the least."""
        return max(self.rows, key=lambda case: self.rows[case].times_least)

    @property
    def compared(self) -> list[Compared]:
        """Its values beside ours."""
        return [
            Compared(f"{what}, {case}", printed, ours, read=True)
            for case, row, stride, value in self.cases
            for what, printed, ours in (
                ("stride-balanced latency", stride, row.stride.steps_latency_us),
                ("latency with bandwidth", value, row.spending.steps_latency_us),
            )
            if printed is not None
        ]


@dataclass(frozen=True, slots=True)
class Figure9:
    """All that is shown of the rows of figure 9."""

    rows: Mapping[str, SolvedRow]

    @property
    def ordered(self) -> list[SolvedRow]:
        """The smallest factor first."""
        return sorted(self.rows.values(), key=lambda row: Fraction(row.scale))

    @property
    def free_from(self) -> str | None:
        """The smallest factor at which the step time does not change the optimum."""
        compute = float(hardware().compute_ns or 0) / 1000
        for row in self.ordered:
            if row.least_for_steps.us == round(row.fewest_steps.steps * compute, 4):
                return row.scale
        return None

    @property
    def compared(self) -> list[Compared]:
        """That factor beside the printed one."""
        what, printed = "factor from which bandwidth no longer binds", figures()["scaling"]
        ours = self.free_from
        return [] if ours is None else [Compared(what, printed["free_from"], float(Fraction(ours)))]
