"""Pictures of the steps, of table 4 and of table 7, drawn by matplotlib (the extra `plot`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xbarmip.compare.pictures.canvas import COLORS, new_figure, png, round_ticks
from xbarmip.reproduce.compared import percent_above
from xbarmip.reproduce.li_han_chen_2023.accuracy import NETWORKS, Accuracy
from xbarmip.reproduce.li_han_chen_2023.figures import case_key, figures
from xbarmip.reproduce.li_han_chen_2023.runtime import RuntimeRow, RunTimes
from xbarmip.reproduce.li_han_chen_2023.steps import Steps, StepsRow
from xbarmip.reproduce.prose import marked

OURS, TRUE, BEST, _, LEAVES, _, _, PUBLISHED = COLORS  # one colour a series
SHARES = (
    ("within 1 percent", "within_1", BEST),
    ("1 to 5 percent", "from_1_to_5", LEAVES),
    ("over 5 percent", "over_5", TRUE),
)
RULE_COLOURS = {"woho": OURS, "stride": BEST, "identical": TRUE}


def bars(
    axes: Any, names: Sequence[str], series: Mapping[str, tuple[Sequence[Any], str]]
) -> dict[str, Any]:
    """Groups of bars side by side, by label; None leaves a gap."""
    width, drawn = 0.8 / len(series), {}
    for place, (label, (values, colour)) in enumerate(series.items()):
        at = [i + (place - (len(series) - 1) / 2) * width for i in range(len(names))]
        heights = [float("nan") if value is None else float(value) for value in values]
        drawn[label] = axes.bar(at, heights, width, label=label, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    return drawn


def names(rows: Iterable[StepsRow | RuntimeRow]) -> list[str]:
    """How the cases are called below an axis."""
    return [_label(case_key(row.network, row.crossbars, row.size)) for row in rows]


def _label(name: str) -> str:
    return marked(name, figures()["unprinted"])


def steps_picture(steps: Steps) -> bytes:
    """Figure 6(a) with what tables 5 and 6 add to it; below, percent above the fewest steps."""
    figure, (above, below) = new_figure(11, 6.6, rows=2)
    order = steps.grouped
    best = [row.fewest_steps.steps for row in order]
    series: dict[str, tuple[Sequence[Any], str]] = {
        "published": ([float(row.published) for row in order], PUBLISHED),
        "its algorithm, run again": ([row.paper.steps for row in order], OURS),
        "fewest steps": (best, BEST),
        "fewest cycles": ([row.fewest_cycles.cycles for row in order], TRUE),
    }
    bars(above, [""] * len(order), series)
    above.set(yscale="log", ylabel="steps or cycles of one inference")
    round_ticks(above.yaxis, *above.get_ylim())
    excess = {
        label: ([percent_above(v, b) for v, b in zip(values, best, strict=True)], colour)
        for label, (values, colour) in series.items()
        if label != "fewest steps"
    }
    bars(below, names(order), excess)
    below.axhline(0, color="black", linewidth=0.8)
    below.set_yscale("symlog", linthresh=5)
    below.set_yticks([-2, 0, 2, 5, 10, 20, 50], ["-2", "0", "2", "5", "10", "20", "50"])
    below.set_ylabel("percent above the fewest steps")
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return png(figure)


def speedup_picture(steps: Steps) -> bytes:
    """Figure 7: the other rules over the paper's algorithm, case by case."""
    figure, axes = new_figure(11, 4.6)
    order = steps.plotted
    series = {
        rule: ([row.rivals[rule].steps / row.paper.steps for row in order], RULE_COLOURS[rule])
        for rule in steps.speedups
    }
    bars(axes, names(order), series)
    for rule, by in steps.speedups.items():
        label = f"{rule}, published mean"
        axes.axhline(float(by.published), color=RULE_COLOURS[rule], linestyle=":", label=label)
    axes.set(yscale="log", ylabel="steps over those of its algorithm")
    round_ticks(axes.yaxis, *axes.get_ylim())
    figure.legend(loc="outside upper center", ncols=6)
    return png(figure)


def accuracy_picture(accuracy: Accuracy) -> bytes:
    """Table 4: the shares as printed, and those of the closest way of drawing."""
    figure, axes = new_figure(8, 4)
    own, rule = accuracy.closest, accuracy.ways[0].rule
    bottoms = {side: [0.0] * len(own) for side in ("printed", "ours")}
    for label, name, colour in SHARES:
        for side, shift, values in (
            ("printed", -0.2, [float(each.printed[name]) for each in own]),
            ("ours", 0.2, [getattr(each.shares(rule), name) for each in own]),
        ):
            axes.bar(
                [i + shift for i in range(len(own))],
                values,
                0.36,
                bottom=bottoms[side],
                color=colour,
                alpha=1.0 if side == "ours" else 0.55,
                label=label if side == "ours" else None,
            )
            bottoms[side] = [sum(pair) for pair in zip(bottoms[side], values, strict=True)]
    axes.set_xticks(range(len(NETWORKS)), list(map(_label, NETWORKS)))
    axes.set(
        ylabel="percent of the allocations", title="left (pale): as printed; right: computed here"
    )
    figure.legend(loc="outside lower center", ncols=3)
    return png(figure)


def runtime_picture(times: RunTimes) -> bytes:
    """Table 7: seconds of the paper, of its algorithm here, and of the exact one; > above a bar
    marks a run that a limit stopped.
    """
    figure, axes = new_figure(9, 4.2)
    order = list(times.rows.values())
    runs = {
        "its algorithm here": ([row.paper for row in order], OURS),
        "dp for steps": ([row.steps for row in order], BEST),
        "dp for cycles": ([row.cycles for row in order], TRUE),
    }
    series: dict[str, tuple[Sequence[Any], str]] = {
        "the paper's times, its machine": ([row.published_seconds for row in order], PUBLISHED),
        **{label: ([run.seconds for run in own], colour) for label, (own, colour) in runs.items()},
    }
    drawn = bars(axes, names(order), series)
    axes.set(yscale="log", ylabel="seconds")
    for label, (own, _) in runs.items():
        axes.bar_label(drawn[label], [">" if run.stopped else "" for run in own], fontsize=8)
    axes.legend(ncols=2, fontsize=9)
    return png(figure)
