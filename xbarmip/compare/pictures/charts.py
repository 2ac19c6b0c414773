"""Charts of a comparison: profiles, curves over time, and one solver's times against another's."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import cycle
from typing import Any

from xbarmip.compare.analysis.budgets import Known
from xbarmip.compare.analysis.curves import (
    Curve,
    cactus,
    closeness,
    pairs,
    performance_profile,
)
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.pictures.canvas import (
    COLORS,
    STROKES,
    decimal_ticks,
    new_figure,
)
from xbarmip.exact import ceil_div
from xbarmip.text import for_picture

_WIDTH, _HEIGHT = 4.4, 3.4  # inches: about the width of a phone at the size of its text
_BEYOND = 1.3  # curves go on to the right of their last point
_INSIDE = 6  # names of more curves than this stand below the chart
_LINE = 0.2  # inches of a line of names


def profile_figure(comparison: Comparison) -> Any:
    """Performance profiles."""
    figure, axes = new_figure(_WIDTH, _HEIGHT)
    _steps(axes, comparison, performance_profile(comparison), start=1.0)
    axes.set(ylim=(0, 1.03), xlabel="time, as a multiple of the fastest", ylabel="share proven")
    return figure


def cactus_figure(comparison: Comparison) -> Any:
    """Instances proven against the time that each took."""
    figure, axes = new_figure(_WIDTH, _HEIGHT)
    _steps(axes, comparison, cactus(comparison))
    axes.set(xlabel="seconds", ylabel="instances proven")
    axes.set_ylim(bottom=0)
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def closeness_figure(comparison: Comparison, within: Fraction) -> Any:
    """Share of the instances that are within a gap of the best known value, against time."""
    figure, axes = new_figure(_WIDTH, _HEIGHT)
    _steps(axes, comparison, closeness(comparison, within))
    what = "at the best known value" if not within else f"within {float(100 * within):g} % of it"
    axes.set(ylim=(0, 1.03), xlabel="seconds", ylabel=f"share {what}")
    return figure


def scatter_figure(comparison: Comparison, one: str, other: str) -> Any:
    """Seconds of one solver against those of another, where both prove the instance."""
    figure, axes = new_figure(_WIDTH, _HEIGHT)
    found = pairs(comparison, one, other)
    x, y = [a for _, a, _ in found], [b for _, _, b in found]
    axes.plot(x, y, "o", markersize=3, alpha=0.6, color=COLORS[0], markeredgewidth=0)
    if found:
        ends = [min(*x, *y) / _BEYOND, max(*x, *y) * _BEYOND]
        axes.plot(ends, ends, "-", linewidth=0.8, color=COLORS[-1])
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
        for axis in (axes.xaxis, axes.yaxis):
            decimal_ticks(axis, *ends)
    axes.set(xlabel=for_picture(f"{one}, seconds"), ylabel=for_picture(f"{other}, seconds"))
    return figure


def budgets_figure(frontiers: Sequence[Known], objective: str) -> Any:
    """The best known value of each network against the budget; hollow where it is not proven."""
    figure, axes = new_figure(_WIDTH, _HEIGHT)
    for known, (color, stroke) in zip(frontiers, cycle(looks_in_order()), strict=False):
        budgets, values, met = zip(*known.points, strict=True)
        axes.plot(budgets, values, stroke, linewidth=1, color=color, label=for_picture(known.label))
        for budget, value, proven in zip(budgets, values, met, strict=True):
            axes.plot(budget, value, "o", color=color, markersize=4, mfc=color if proven else "w")
    axes.set(xscale="log", yscale="log", xlabel="crossbars", ylabel=for_picture(objective))
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        decimal_ticks(axis, *ends)
    _names_below(axes, len(frontiers), columns=2)
    return figure


def _steps(
    axes: Any, comparison: Comparison, curves: Sequence[Curve], start: float | None = None
) -> None:
    """Step curves over a logarithmic axis; a solver has the same colour in every chart."""
    axes.set_xscale("log")
    xs = [x for curve in curves for x, _ in curve.points]
    if not xs:
        axes.set_title("no curve to draw", fontsize="medium")
        return
    first, last = start or min(xs) / _BEYOND, max(xs) * _BEYOND
    looks = dict(zip(comparison.labels, cycle(looks_in_order()), strict=False))
    for curve in curves:
        x, y = zip(*curve.points, strict=True)
        color, stroke = looks[curve.label]
        axes.step(
            [first, *x, last],
            [0, *y, y[-1]],
            where="post",
            label=for_picture(curve.label),
            color=color,
            linestyle=stroke,
            linewidth=1.4,
        )
    axes.set_xlim(first, last)
    decimal_ticks(axes.xaxis, first, last)
    if len(curves) <= _INSIDE:
        axes.legend(fontsize="small", frameon=False, loc="best")
    else:
        _names_below(axes, len(curves), columns=3)


def _names_below(axes: Any, curves: int, columns: int) -> None:
    """Say below the chart which curve is whose; the chart keeps its height."""
    figure = axes.figure
    figure.set_figheight(_HEIGHT + _LINE * ceil_div(curves, columns))
    figure.legend(loc="outside lower center", ncols=columns, fontsize="small", frameon=False)


def looks_in_order() -> list[tuple[str, str]]:
    """Colour and stroke of the first, second, ... solver."""
    return [(color, stroke) for stroke in STROKES for color in COLORS]
