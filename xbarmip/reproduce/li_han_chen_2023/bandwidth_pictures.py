"""Pictures of figures 8 and 9, and of the networks of today."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xbarmip.compare.pictures.canvas import new_figure, png, round_ticks
from xbarmip.reproduce.li_han_chen_2023.bandwidth import SolvedRow, tile_key
from xbarmip.reproduce.li_han_chen_2023.bandwidth_sections import Figure8, Figure9
from xbarmip.reproduce.li_han_chen_2023.figures import figures
from xbarmip.reproduce.li_han_chen_2023.pictures import BEST, LEAVES, OURS, PUBLISHED, TRUE


@dataclass(frozen=True, slots=True)
class Line:
    """A line of figures 8 and 9: its label, latency in us, colour and style."""

    label: str
    value: Callable[[SolvedRow], float]
    colour: str
    style: str

    def draw(self, axes: Any, across: Sequence[float], rows: Sequence[SolvedRow]) -> None:
        """Draw it; of an optimum the best that is known, if it is not proven."""
        values = [self.value(row) for row in rows]
        axes.plot(across, values, self.style, color=self.colour, label=self.label, marker=".")


STRIDE = Line("stride", lambda row: row.stride.steps_latency_us, OURS, "--")
FEWEST = Line("fewest steps", lambda row: row.fewest_steps.steps_latency_us, PUBLISHED, ":")
LINES = (
    Line("its algorithm without", lambda row: row.without.steps_latency_us, LEAVES, "--"),
    Line("its algorithm with", lambda row: row.spending.steps_latency_us, OURS, "-"),
    Line("may leave some, with", lambda row: row.leaving.steps_latency_us, BEST, "--"),
    Line("least steps times step time", lambda row: row.least_for_steps.us, BEST, "-"),
    Line("least latency", lambda row: row.least.us, TRUE, "-"),
)


def tile_picture(shown: Figure8) -> bytes:
    """Figure 8, one panel for each network."""
    entries = figures()["tiles"]
    figure, panels = new_figure(11, 5, columns=len(entries))
    for axes, printed in zip(panels, entries, strict=True):
        own = [shown.rows[tile_key(printed["network"], tiles)] for tiles in printed["tiles"]]
        for line in (STRIDE, *LINES):
            line.draw(axes, printed["tiles"], own)
        _draw_printed(axes, printed)
        axes.set(
            xscale="log", yscale="log", title=printed["network"], xlabel="tiles of 72 crossbars",
            ylabel="latency, us",
        )  # fmt: skip
        axes.set_xticks(printed["tiles"], [str(tiles) for tiles in printed["tiles"]])
        round_ticks(axes.yaxis, *axes.get_ylim())
        axes.minorticks_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return png(figure)


def _draw_printed(axes: Any, printed: Mapping[str, Any]) -> None:
    for label, values, marker in (
        ("published, stride", printed.get("stride_us"), "s"),
        ("published, with", printed["with_us"], "o"),
    ):
        if values is not None:
            axes.plot(printed["tiles"], values, marker, color=PUBLISHED, mfc="none", label=label)


def scale_picture(shown: Figure9) -> bytes:
    """Figure 9."""
    figure, axes = new_figure(7, 4.2)
    rows = shown.ordered
    factors = [float(Fraction(row.scale)) for row in rows]
    for line in (*LINES, FEWEST):
        line.draw(axes, factors, rows)
    axes.axvline(
        float(figures()["scaling"]["free_from"]), color=PUBLISHED, linewidth=0.8,
        label="published: free from here on",
    )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="factor on both bandwidths", ylabel="latency, us")
    axes.set_xticks(factors, [row.scale for row in rows])
    round_ticks(axes.yaxis, *axes.get_ylim())
    axes.minorticks_off()
    axes.legend(fontsize=8)
    return png(figure)
