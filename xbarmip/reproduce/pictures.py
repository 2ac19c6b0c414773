"""Pictures of the reproduction, drawn by matplotlib (the extra `plot`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from xbarmip.compare.pictures.canvas import COLORS, new_figure, png, round_ticks
from xbarmip.reproduce.accuracy import NETWORKS
from xbarmip.reproduce.sections.accuracy import chosen, ranking
from xbarmip.reproduce.sections.runtime import stopped
from xbarmip.reproduce.sections.steps import grouped, plotted
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.steps import PAPER
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import marked, percent_above

Rows = Mapping[str, Row]
OURS, TRUE, BEST, _, LEAVES, _, _, PUBLISHED = COLORS  # one colour a series

RUNS = {
    "published-dp": ("its algorithm here", OURS),
    "dp steps": ("dp for steps", BEST),
    "dp cycles": ("dp for cycles", TRUE),
}


def bars(axes: Any, names: Sequence[str], series: Mapping[str, tuple[Sequence[Any], str]]) -> None:
    """Groups of bars side by side; None leaves a gap."""
    width = 0.8 / len(series)
    for place, (label, (values, colour)) in enumerate(series.items()):
        at = [i + (place - (len(series) - 1) / 2) * width for i in range(len(names))]
        heights = [float("nan") if value is None else float(value) for value in values]
        axes.bar(at, heights, width, label=label, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)


def names(rows: Sequence[Row]) -> list[str]:
    """How the cases are called below an axis."""
    return [marked(f"{row['network']}/{row['crossbars']}x{row['size']}") for row in rows]


def steps_picture(rows: Rows) -> bytes:
    """Figure 6(a) with what tables 5 and 6 add to it; below, percent above the fewest steps."""
    figure, (above, below) = new_figure(11, 6.6, rows=2)
    order = grouped(rows)
    series = {
        "published": ([float(row["published"]) for row in order], PUBLISHED),
        "its algorithm, run again": ([row["rivals"][PAPER]["steps"] for row in order], OURS),
        "fewest steps": ([row["fewest steps"]["steps"] for row in order], BEST),
        "fewest cycles": ([row["fewest cycles"]["cycles"] for row in order], TRUE),
    }
    bars(above, [""] * len(order), series)
    above.set(yscale="log", ylabel="steps or cycles of one inference")
    round_ticks(above.yaxis, *above.get_ylim())
    best = series["fewest steps"][0]
    excess = {
        label: ([percent_above(v, b) for v, b in zip(values, best, strict=True)], colour)
        for label, (values, colour) in series.items()
        if colour != BEST
    }
    bars(below, names(order), excess)
    below.axhline(0, color="black", linewidth=0.8)
    below.set_yscale("symlog", linthresh=5)
    below.set_yticks([-2, 0, 2, 5, 10, 20, 50], ["-2", "0", "2", "5", "10", "20", "50"])
    below.set_ylabel("percent above the fewest steps")
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return png(figure)


def speedup_picture(rows: Rows) -> bytes:
    """Figure 7: the other rules over the paper's algorithm, case by case."""
    figure, axes = new_figure(11, 4.6)
    order = grouped(plotted(rows))
    colours = dict(zip(figures()["speedup"], (OURS, BEST, TRUE), strict=True))
    bars(
        axes,
        names(order),
        {
            name: (
                [row["rivals"][name]["steps"] / row["rivals"][PAPER]["steps"] for row in order],
                colour,
            )
            for name, colour in colours.items()
        },
    )
    for name, mean in figures()["speedup"].items():
        axes.axhline(
            float(mean),
            color=colours[name],
            linestyle=":",
            label=f"{name}, published mean",
        )
    axes.set(yscale="log", ylabel="steps over those of its algorithm")
    round_ticks(axes.yaxis, *axes.get_ylim())
    figure.legend(loc="outside upper center", ncols=6)
    return png(figure)


def accuracy_picture(rows: Rows) -> bytes:
    """Table 4: the shares as printed, and those of the closest way of drawing."""
    figure, axes = new_figure(8, 4)
    rule, draw, size = ranking(rows)[0][1]
    own = chosen(rows, rule, draw, size)
    shades = (BEST, LEAVES, TRUE)
    for place, share in enumerate(("within 1", "1 to 5", "over 5")):
        for shift, values in (
            (-0.2, [[float(v) for v in figures()["accuracy"][name][:3]] for name in NETWORKS]),
            (0.2, [[row[rule][s] for s in ("within 1", "1 to 5", "over 5")] for row in own]),
        ):
            axes.bar(
                [i + shift for i in range(len(NETWORKS))],
                [shares[place] for shares in values],
                0.36,
                bottom=[sum(shares[:place]) for shares in values],
                color=shades[place],
                alpha=0.55 if shift < 0 else 1.0,
                label=f"{share} percent" if shift > 0 else None,
            )
    axes.set_xticks(range(len(NETWORKS)), list(map(marked, NETWORKS)))
    axes.set(
        ylabel="percent of the allocations", title="left (pale): as printed; right: computed here"
    )
    figure.legend(loc="outside lower center", ncols=3)
    return png(figure)


def runtime_picture(rows: Rows) -> bytes:
    """Table 7: seconds of the paper, of its algorithm here, and of the exact one; > above a bar
    marks a run that a limit stopped.
    """
    figure, axes = new_figure(9, 4.2)
    order = list(rows.values())
    bars(
        axes,
        names(order),
        {
            "the paper's times, its machine": (
                [row["published seconds"] for row in order], PUBLISHED,
            ),
            **{
                label: ([row[key]["seconds"] for row in order], colour)
                for key, (label, colour) in RUNS.items()
            },
        },
    )  # fmt: skip
    axes.set(yscale="log", ylabel="seconds")
    for bars_of, key in zip(axes.containers[1:], RUNS, strict=True):
        marks = [">" if stopped(row[key]) else "" for row in order]
        axes.bar_label(bars_of, marks, fontsize=8)
    axes.legend(ncols=2, fontsize=9)
    return png(figure)
