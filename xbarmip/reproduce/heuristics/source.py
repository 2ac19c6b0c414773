"""The heuristics of the field as a source."""

from pathlib import Path

from xbarmip.compare.pictures.canvas import COLORS, new_figure, png
from xbarmip.reproduce.heuristics import networks
from xbarmip.reproduce.li_han_chen_2023.pictures import bars
from xbarmip.reproduce.source import Part, Source


def _picture(shown: networks.Networks) -> bytes:
    """Mean excess of every heuristic over the best known, by objective."""
    figure, axes = new_figure(9, 4)
    series = {
        name: ([rule.above.mean for rule in objective.rules.values()], colour)
        for (name, objective), colour in zip(shown.objectives.items(), COLORS[:3], strict=True)
    }
    bars(axes, list(networks.HEURISTICS), series)
    axes.set(yscale="symlog", ylabel="mean percent above the best known")
    axes.set_ylim(top=3 * max(max(values) for values, _ in series.values()))
    axes.legend(fontsize=9)
    return png(figure)


HEURISTICS = Source(
    name="heuristics",
    folder="heuristics",
    title="The heuristics of the field beside certified optima",
    parts=(
        Part(
            "networks", "every heuristic on every network", networks.NetworkRow, networks.cases,
            networks.Networks, {"heuristics.png": _picture}, claims=networks.claims,
        ),
    ),
    figures=lambda: {"unprinted": [], "remarks": {}},
    templates=Path(__file__).parent / "templates",
)  # fmt: skip
