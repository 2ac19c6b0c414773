"""The frontier: the optimum of every budget."""

from typing import Any

from xbarmip.compare.instance import objective_label
from xbarmip.compare.pictures.canvas import COLORS, new_figure, round_ticks
from xbarmip.errors import InputError
from xbarmip.solvers.dp.frontier import Frontier
from xbarmip.text import for_picture

_MARKERS = 60  # more points than this are too close for a marker each


def frontier_figure(frontier: Frontier) -> Any:
    """A staircase, both axes logarithmic.

    A step holds from its point up to the next one; the last, up to the largest budget.

    Raises
    ------
    InputError
        If there is no point to draw, or matplotlib is not installed.
    """
    problem, points = frontier.problem, frontier.points
    if not points:
        raise InputError("a picture needs at least one point of the frontier")
    budgets = [float(point.crossbars) for point in points]
    values = [float(point.value) for point in points]
    figure, axes = new_figure(7.2, 4.4)
    last = float(problem.crossbars)
    axes.step([*budgets, last], [*values, values[-1]], where="post", color=COLORS[0])
    if len(points) <= _MARKERS:
        axes.plot(budgets, values, "o", color=COLORS[0], markersize=4)
    title = f"{for_picture(problem.network.name)}: fewest {problem.objective}, proven"
    axes.set_title(title if frontier.complete else f"{title} (incomplete)")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=f"crossbars of {problem.crossbar}",
        ylabel=objective_label(problem),
    )
    round_ticks(axes.xaxis, budgets[0], last)
    round_ticks(axes.yaxis, values[-1], values[0])
    return figure
