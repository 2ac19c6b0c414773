"""Pictures, drawn by matplotlib: the extra `plot`."""

from io import BytesIO
from typing import Any

from xbarmip.compare.instance import objective_label
from xbarmip.errors import InputError
from xbarmip.solvers.dp.frontier import Frontier

_NARROW = 5  # an axis of less than this ratio gets evenly spaced ticks
_MARKERS = 60  # more points than this are too close for a marker each


def require_matplotlib() -> Any:
    """The module matplotlib.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import matplotlib.figure
        import matplotlib.ticker
    except ImportError:
        raise InputError(
            "a picture needs matplotlib, which is not installed; it comes with the extra `plot`: "
            "pip install 'xbarmip[plot]'"
        ) from None
    return matplotlib


def frontier_png(frontier: Frontier) -> bytes:
    """A staircase, both axes logarithmic, as a PNG file's content.

    A step holds from its point up to the next one; the last, up to the largest budget.

    Raises
    ------
    InputError
        If there is no point to draw, or matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    problem, points = frontier.problem, frontier.points
    if not points:
        raise InputError("a picture needs at least one point of the frontier")
    budgets = [float(point.crossbars) for point in points]
    values = [float(point.value) for point in points]
    figure = matplotlib.figure.Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.step(
        [*budgets, float(problem.crossbars)], [*values, values[-1]], where="post", color="#4063d8"
    )
    if len(points) <= _MARKERS:
        axes.plot(budgets, values, "o", color="#4063d8", markersize=4)
    rows, columns = problem.crossbar.rows, problem.crossbar.columns
    title = f"{problem.network.name}: fewest {problem.objective}, proven"
    axes.set_title(title if frontier.complete else f"{title} (incomplete)", parse_math=False)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=f"crossbars of {rows}x{columns}",
        ylabel=objective_label(problem),
    )
    _ticks(matplotlib, axes.xaxis, budgets[0], float(problem.crossbars))
    _ticks(matplotlib, axes.yaxis, values[-1], values[0])
    axes.grid(alpha=0.3)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    return file.getvalue()


def _ticks(matplotlib: Any, axis: Any, low: float, high: float) -> None:
    """Ticks at 1, 2, 5, 10, ..., or evenly spaced where too few of those are in range."""
    ticker = matplotlib.ticker
    wide = high >= _NARROW * low
    axis.set_major_locator(
        ticker.LogLocator(subs=(1, 2, 5))
        if wide
        else ticker.MaxNLocator(6, integer=True, steps=[1, 2, 5, 10])
    )
    axis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(ticker.NullFormatter())
