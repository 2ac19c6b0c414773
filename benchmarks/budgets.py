"""Draws docs/budgets.png: proven optima against the budget, and the published points beside them.

Run from anywhere: python benchmarks/budgets.py. Takes a few seconds.
"""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

import xbarmip as xb
from xbarmip.compare.suite import read_suite

PICTURE = Path(__file__).parents[1] / "docs" / "budgets.png"
NETWORKS = {"alexnet": "#4063d8", "vgg-a": "#cb3c33"}
BUDGETS_EACH = 60
LARGEST = 8192


def optimum(network: xb.Network, crossbars: int) -> int:
    """The proven optimum of the paper's own model, in steps."""
    result = xb.solve(xb.Problem(network, crossbars, 128, "steps", "published"))
    if result.status is not xb.Status.OPTIMAL:
        raise RuntimeError(f"{network.name}, {crossbars} crossbars: not proven")
    return result.value


def published(name: str) -> list[tuple[int, float]]:
    """(crossbars, steps) that the paper reports for crossbars of 128x128."""
    return [
        (instance.problem.crossbars, float(instance.published))
        for instance in read_suite("published").instances
        if instance.problem.network.name == name
        and instance.problem.rule == "published"
        and instance.problem.crossbar == xb.Crossbar(128, 128)
    ]


def main() -> None:
    """Solve and draw."""
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(6.4, 5.2), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    for name, colour in NETWORKS.items():
        network = xb.load_network(name)
        smallest = xb.Problem(network, 1).smallest_budget
        budgets = np.unique(np.geomspace(smallest, LARGEST, BUDGETS_EACH).astype(int))
        optima = [optimum(network, int(budget)) for budget in budgets]
        above.step(budgets, optima, where="post", color=colour, label=f"{name}, proven optimum")
        points = published(name)
        crossbars, steps = zip(*points, strict=True)
        above.plot(crossbars, steps, "o", color=colour, mfc="none", label=f"{name}, published")
        excess = [100 * (value / optimum(network, total) - 1) for total, value in points]
        below.plot(crossbars, excess, "o", color=colour, mfc="none")
    above.set(xscale="log", yscale="log", ylabel="steps of one inference")
    above.grid(alpha=0.3)
    above.legend()
    below.axhline(0, color="black", linewidth=0.8)
    below.set(xlabel="crossbars of 128x128", ylabel="published over\noptimum, %")
    below.grid(alpha=0.3)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
