"""A picture of a schedule: over time, what is written and run, and how full the chip is."""

from itertools import accumulate
from typing import Any

from xbarmip.compare.pictures.canvas import COLORS, new_figure
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import Plan, part_names, planned
from xbarmip.text import for_picture

_ROOM = 0.03  # of the width: a segment that is narrower has no number


def schedule_figure(schedule: Schedule, plan: Plan) -> Any:
    """Two rows over one time axis: writing and running; crossbars that each segment fills.

    Returns
    -------
    matplotlib Figure
    """
    clock, spans = 0.0, list[tuple[float, float, float, float, int, tuple[str, ...]]]()
    each = schedule.unit * 10**6 if schedule.is_latency else 1
    for segment, figures in planned(schedule, plan):
        parts = (figures.write, figures.run, figures.off_chip)
        begun, ran, kept, clock = accumulate((float(t * each) for t in parts), initial=clock)
        spans.append((begun, ran, kept, clock, figures.crossbars, part_names(segment)))
    figure, (above, below) = new_figure(11.0, 4.5, rows=2)
    for row, color, bars in (  # edges of their own color: a bar may be narrow
        (1, COLORS[1], [(begun, ran - begun) for begun, ran, *_ in spans]),
        (0, COLORS[0], [(ran, kept - ran) for _, ran, kept, *_ in spans]),
        (-1, COLORS[3], [(kept, ended - kept) for _, _, kept, ended, *_ in spans]),
    )[: 2 + schedule.off_chip]:
        above.broken_barh(bars, (row - 0.4, 0.8), color=color, edgecolor=color, linewidth=0.4)
    rows = ["writing", "running", "off chip"][: 2 + schedule.off_chip]
    above.set_yticks([1, 0, -1][: len(rows)], rows)
    for number, (begun, _, _, ended, crossbars, names) in enumerate(spans, start=1):
        below.bar(begun, crossbars, ended - begun, align="edge", color=COLORS[2], edgecolor="white")
        if ended - begun >= _ROOM * clock:
            label = "\nto ".join(map(for_picture, dict.fromkeys((names[0], names[-1]))))
            middle = (begun + ended) / 2
            above.annotate(str(number), (middle, 1.55), ha="center", va="center", fontsize=8)
            below.annotate(
                label, (middle, 0), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", rotation=90, fontsize=7,
            )  # fmt: skip
    unit = "us" if schedule.is_latency else schedule.whole.measure.unit
    above.set_title(
        f"{for_picture(schedule.network.name)}, {schedule.crossbars:,} crossbars: "
        f"{clock:,.0f} {unit} in {len(plan)} segments"
    )
    above.grid(visible=False, axis="y")
    above.set_ylim(1.5 - len(rows), 1.8)
    below.axhline(schedule.crossbars, color=COLORS[7], linewidth=0.8, linestyle="--")
    below.set_ylabel("crossbars")
    below.set_xlabel(unit)
    for axes in (above, below):
        axes.set_xlim(0, clock)
    return figure
