"""Pictures of figures 8 and 9, and of the networks of today."""

from collections.abc import Mapping
from fractions import Fraction
from statistics import fmean

from xbarmip.compare.pictures.canvas import new_figure, png, round_ticks
from xbarmip.reproduce.bandwidth import STEPS_TIME, TIME, Answer
from xbarmip.reproduce.models import HEURISTICS, OBJECTIVES
from xbarmip.reproduce.pictures import BEST, LEAVES, OURS, PUBLISHED, TRUE, bars
from xbarmip.reproduce.sections.bandwidth import least
from xbarmip.reproduce.sections.models import excess
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.store import Row

Rows = Mapping[str, Row]
LINES = (
    (Answer.STRIDE, STEPS_TIME, OURS, "--"),
    (Answer.WITHOUT, STEPS_TIME, LEAVES, "--"),
    (Answer.WITH, STEPS_TIME, OURS, "-"),
    (Answer.LEAVING, STEPS_TIME, BEST, "--"),
    (Answer.BEST_STEPS, STEPS_TIME, BEST, "-"),
    (Answer.BEST, TIME, TRUE, "-"),
)


def tile_picture(rows: Rows) -> bytes:
    """Figure 8, one panel for each network."""
    entries = figures()["tiles"]
    figure, panels = new_figure(11, 5, columns=len(entries))
    for axes, entry in zip(panels, entries, strict=True):
        own = [rows[f"{entry['network']}/{tiles} tiles"] for tiles in entry["tiles"]]
        for name, unit, colour, style in LINES:
            values = [_drawn(row, name, unit) for row in own]
            axes.plot(entry["tiles"], values, style, color=colour, label=name, marker=".")
        for key, marker in (("stride_us", "s"), ("with_us", "o")):
            if key in entry:
                label = f"published, {'stride' if key == 'stride_us' else 'with'}"
                axes.plot(
                    entry["tiles"], entry[key], marker, color=PUBLISHED, mfc="none", label=label
                )
        axes.set(
            xscale="log", yscale="log", title=entry["network"], xlabel="tiles of 72 crossbars",
            ylabel="latency, us",
        )  # fmt: skip
        axes.set_xticks(entry["tiles"], [str(tiles) for tiles in entry["tiles"]])
        round_ticks(axes.yaxis, *axes.get_ylim())
        axes.minorticks_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return png(figure)


def scale_picture(rows: Rows) -> bytes:
    """Figure 9."""
    figure, axes = new_figure(7, 4.2)
    factors = [float(Fraction(scale)) for scale in rows]
    for name, unit, colour, style in (*LINES[1:], (Answer.FEWEST, STEPS_TIME, PUBLISHED, ":")):
        values = [_drawn(row, name, unit) for row in rows.values()]
        axes.plot(factors, values, style, color=colour, label=name, marker=".")
    axes.axvline(
        float(figures()["scaling"]["free_from"]), color=PUBLISHED, linewidth=0.8,
        label="published: free from here on",
    )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="factor on both bandwidths", ylabel="latency, us")
    axes.set_xticks(factors, list(rows))
    round_ticks(axes.yaxis, *axes.get_ylim())
    axes.minorticks_off()
    axes.legend(fontsize=8)
    return png(figure)


def _drawn(row: Row, name: str, unit: str) -> float:
    """The value of an answer; of an optimum the best that is known, if it is not proven."""
    value: float = (
        least(row, unit)[0] if name in (Answer.BEST, Answer.BEST_STEPS) else row[name][unit]
    )
    return value


def models_picture(rows: Rows) -> bytes:
    """Mean excess of every rule over the best known, by objective."""
    figure, axes = new_figure(8, 4)
    series = {}
    for objective, colour in zip(OBJECTIVES, (OURS, TRUE), strict=True):
        own = [row for row in rows.values() if row["objective"] == objective]
        series[objective] = (
            [fmean(excess(row, name) for row in own) for name in HEURISTICS],
            colour,
        )
    bars(axes, list(HEURISTICS), series)
    axes.set(yscale="symlog", ylabel="mean percent above the best known")
    axes.set_ylim(top=3 * max(max(values) for values, _ in series.values()))
    axes.legend(fontsize=9)
    return png(figure)
