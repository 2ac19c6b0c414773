"""Draws docs/budgets.png: proven optima against the budget, and the published points beside them.

Run from anywhere: python benchmarks/budgets.py. Takes a few seconds.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

import xbarmip as xb
from xbarmip.compare.suite import read_suite

PICTURE = Path(__file__).parents[1] / "docs" / "budgets.png"
NETWORKS = {"alexnet": "#4063d8", "vgg-a": "#cb3c33"}
LARGEST = 8192
TICKS = (256, 512, 1024, 2048, 4096, 8192)


def optima(name: str) -> xb.Frontier:
    """The proven optimum of every budget under the paper's own model, in steps."""
    problem = xb.Problem(xb.load_network(name), LARGEST, 128, "steps", "published")
    curve = xb.frontier(problem)
    if not curve.complete:
        raise RuntimeError(f"{name}: not proven for every budget")
    return curve


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
        curve = optima(name)
        budgets = [point.crossbars for point in curve.points] + [LARGEST]
        steps = [point.value for point in curve.points]
        steps.append(steps[-1])
        above.step(budgets, steps, where="post", color=colour, label=f"{name}, proven optimum")
        totals, values = zip(*published(name), strict=True)
        above.plot(totals, values, "o", color=colour, mfc="none", label=f"{name}, published")
        excess = [
            100 * (value / curve.at(total).value - 1)
            for total, value in zip(totals, values, strict=True)
        ]
        below.plot(totals, excess, "o", color=colour, mfc="none")
    above.set(xscale="log", yscale="log", ylabel="steps of one inference")
    above.grid(alpha=0.3)
    above.legend()
    below.set_xticks(TICKS, [str(tick) for tick in TICKS])
    below.minorticks_off()
    below.axhline(0, color="black", linewidth=0.8)
    below.set(xlabel="crossbars of 128x128", ylabel="published over\noptimum, %")
    below.grid(alpha=0.3)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
