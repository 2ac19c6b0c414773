"""A picture of the cores: crossbars that are filled, load, and the busiest marked."""

from typing import Any

from xbarmip.compare.pictures.canvas import COLORS, new_figure
from xbarmip.cores.layout import Layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.text import for_picture


def cores_figure(placement: Placement, layout: Layout) -> Any:
    """Two rows of bars, a bar for each core: load above, crossbars below.

    Returns
    -------
    matplotlib Figure
    """
    figures = score(placement, layout)
    width = min(16.0, max(5.0, 1.5 + placement.chip / 10))
    figure, (above, below) = new_figure(width, 4.5, rows=2)
    numbers = list(range(placement.chip))
    busiest = set(figures.busiest)
    colors = [COLORS[1] if core in busiest else COLORS[0] for core in numbers]
    above.bar(numbers, figures.loads, color=colors, width=0.9)
    above.axhline(figures.interval, color=COLORS[1], linewidth=0.8)
    many = "s" * (len(busiest) != 1)
    above.set_title(
        f"{for_picture(placement.network.name)}: {figures.interval:,} products, "
        f"{len(busiest)} busiest core{many} of {placement.chip}"
    )
    above.set_ylabel("products")
    below.bar(numbers, figures.used, color=COLORS[2], width=0.9)
    below.axhline(placement.capacity, color=COLORS[7], linewidth=0.8, linestyle="--")
    below.set_ylabel("crossbars")
    below.set_xlabel("core")
    for axes in (above, below):
        axes.set_xlim(-0.7, placement.chip - 0.3)
        axes.set_ylim(bottom=0)
    return figure
