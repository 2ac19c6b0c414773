"""Time and memory of the dynamic program against the number of layers and against the budget."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from bench import Report, Row, measure, options, warm_up
from ladder import deep_chain

import xbarmip as xb
from xbarmip.compare.pictures.canvas import png

COLUMNS = (
    "family", "network", "layers", "factor", "crossbars", "status", "stop", "value", "bound", "gap",
    "seconds", "search_mib",
)  # fmt: skip
LAYERS = (10, 18, 32, 56, 100, 178, 316, 562, 1000)
FACTORS = ("1.2", "1.5", "2", "3", "5", "10", "20", "50", "100", "200", "500", "1000")
QUANTITIES = {"seconds": "seconds", "search_mib": "memory of the search, MiB"}


class Family(NamedTuple):
    """Problems of growing size: what grows, its name on the axis, and the networks."""

    grows: str
    label: str
    members: tuple[tuple[xb.Network, str], ...]  # network, budget over the smallest


class Fit(NamedTuple):
    """quantity = scale * size ** exponent, least squares on logarithms."""

    exponent: float
    scale: float


def families(arguments: Namespace) -> dict[str, Family]:
    """The two families, or tiny ones."""
    if arguments.smoke:
        chain = deep_chain(4, extent=16, channels=4)
        deep = [(deep_chain(n, extent=16, channels=4), arguments.factor) for n in (4, 8)]
        wide = [(chain, factor) for factor in FACTORS[2:4]]
    else:
        deep = [(deep_chain(n, arguments.seed), arguments.factor) for n in arguments.layers]
        network = xb.load_network(arguments.network)
        wide = [(network, factor) for factor in arguments.factors]
    return {
        "depth": Family("layers", "layers", tuple(deep)),
        "budget": Family("crossbars", "crossbars", tuple(wide)),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run both families, fit, draw."""
    parser = options(__doc__, time_limit=60)
    parser.add_argument("--layers", type=int, nargs="+", default=LAYERS, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="of the deep chains (default: 1)")
    parser.add_argument(
        "--factor", default="2", help="budget of the deep chains over their smallest (default: 2)"
    )
    parser.add_argument(
        "--network", default="vgg-a", help="the one at growing budgets (default: vgg-a)"
    )
    parser.add_argument("--factors", nargs="+", default=FACTORS, metavar="F")
    parser.add_argument("--objective", choices=("cycles", "steps"), default="cycles")
    arguments = parser.parse_args(argv)
    report = Report("growth", f"Growth, {arguments.objective}", COLUMNS, arguments)
    warm_up("dp")
    both = families(arguments)
    for name, family in both.items():
        for row in _rows(family, arguments):
            report.add({"family": name, **row})
    fits = {
        (name, quantity): fit(_points(report.rows, name, family, quantity))
        for name, family in both.items()
        for quantity in QUANTITIES
    }
    report.facts["fits"] = [
        {"family": name, "quantity": quantity, "against": both[name].grows, **found._asdict()}
        for (name, quantity), found in fits.items()
        if found is not None
    ]
    lines = [
        f"- {quantity} of `{name}` grows as {both[name].grows}^{found.exponent:.2f}"
        for (name, quantity), found in fits.items()
        if found is not None
    ]
    report.write("Fitted on the rows that are proven:", "", *lines, "", "![growth](growth.png)")
    draw(report, both, fits)


def _rows(family: Family, arguments: Namespace) -> Iterator[Row]:
    for network, factor in family.members:
        smallest = xb.Problem(network, 1).smallest_budget
        crossbars = int(Fraction(factor) * smallest)
        problem = xb.Problem(network, crossbars, objective=arguments.objective)
        yield {
            "network": network.name,
            "layers": len(network.layers),
            "factor": factor,
            "crossbars": crossbars,
            **measure(problem, "dp", arguments),
        }


def _points(rows: list[Row], name: str, family: Family, quantity: str) -> list[tuple[int, float]]:
    """(size, quantity) of the proven rows; what is too small to be measured is left out."""
    return [
        (row[family.grows], row[quantity])
        for row in rows
        if row["family"] == name and row["status"] == xb.Status.OPTIMAL and row[quantity] > 0
    ]


def fit(points: Sequence[tuple[int, float]]) -> Fit | None:
    """The power law through the points; None for fewer than two sizes."""
    if len({size for size, _ in points}) < 2:
        return None
    sizes, values = np.log(np.array(points, dtype=float)).T
    exponent, scale = np.polyfit(sizes, values, 1)
    return Fit(float(exponent), float(np.exp(scale)))


def draw(report: Report, both: dict[str, Family], fits: dict[tuple[str, str], Fit | None]) -> None:
    """One picture: time above, memory below, a column for each family."""
    import matplotlib  # the extra `plot`

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, len(both), figsize=(9, 6), sharex="col", layout="constrained")
    for column, (name, family) in enumerate(both.items()):
        for row, (quantity, label) in enumerate(QUANTITIES.items()):
            axis, found = axes[row][column], fits[name, quantity]
            points = _points(report.rows, name, family, quantity)
            axis.loglog(*zip(*points, strict=True), "o", label="proven") if points else None
            if found is not None:
                sizes = np.array(sorted(size for size, _ in points), dtype=float)
                power = f"size^{found.exponent:.2f}"
                axis.loglog(sizes, found.scale * sizes**found.exponent, "-", label=power)
            stopped = [
                (r[family.grows], r[quantity])
                for r in report.rows
                if r["family"] == name and r["status"] != xb.Status.OPTIMAL and quantity in r
            ]
            if stopped:
                axis.loglog(*zip(*stopped, strict=True), "x", color="black", label="stopped")
            if points or stopped:
                axis.legend()
            axis.grid(alpha=0.3)
            axis.set_ylabel(label)
        axes[-1][column].set_xlabel(family.label)
    (report.folder / "growth.png").write_bytes(png(figure))


if __name__ == "__main__":
    sys.exit(main())
