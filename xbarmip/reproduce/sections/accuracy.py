"""The section on table 4: how close the closed form is to the pipeline."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from xbarmip.problem import RULES
from xbarmip.reproduce.accuracy import DRAWS, NETWORKS
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import table

Rows = Mapping[str, Row]
_SHARES = ("within 1", "1 to 5", "over 5")
_SIZES = ("smallest", "largest")


def section(rows: Rows) -> str:
    """Markdown of the whole section."""
    accuracy = figures()["accuracy"]
    ranked = ranking(rows)
    rule, draw, size = ranked[0][1]
    parts = [
        "## Accuracy of the closed form: table 4",
        f"The paper draws {accuracy['allocations']:,} random allocations for each network and "
        "compares modelled steps with cycle-level simulation: percentage of allocations within 1, "
        "from 1 to 5 and more than 5 percent off, and mean accuracy. It does not say how they are "
        "drawn, nor for which budgets. So several ways were tried, with as many allocations each, "
        "seeded, on the smallest and the largest published budget of crossbars of 128x128:",
        "\n".join(f"- `{name}`: {text}" for name, (text, _) in DRAWS.items()),
        "Distance is half the sum of the absolute differences of the three percentages, averaged "
        "over the networks: 0 if the shares are as printed, 100 at most.",
        _ranking_table(ranked),
        f"Closest is the rule `{rule}` with `{draw}`, {_budget(size)}:",
        _detail(rows, rule, draw, size),
        "![Accuracy of the closed form](table-4.png)",
        _bounds(rows),
    ]
    return "\n\n".join(parts)


def chosen(rows: Rows, draw: str, size: str) -> list[Row]:
    """The row of each network for a draw on its smallest or largest budget."""
    found = []
    for name in NETWORKS:
        own = [row for row in rows.values() if (row["network"], row["draw"]) == (name, draw)]
        own.sort(key=lambda row: row["crossbars"] or 0)
        found.append(own[0 if size == "smallest" else -1])
    return found


def ranking(rows: Rows) -> list[tuple[float, tuple[str, str, str]]]:
    """(distance, (rule, draw, budget)) of every way, the closest first."""
    found = []
    for draw in DRAWS:
        for size in _SIZES if draw != "free" else ("no",):
            own = chosen(rows, draw, size)
            found += [(_distance(own, rule), (rule, draw, size)) for rule in RULES]
    return sorted(found)


def _budget(size: str) -> str:
    return "without a budget" if size == "no" else f"on the {size} budget"


def _distance(own: Sequence[Row], rule: str) -> float:
    return fmean(
        sum(
            abs(row[rule][share] - float(printed))
            for share, printed in zip(_SHARES, figures()["accuracy"][row["network"]], strict=False)
        )
        / 2
        for row in own
    )


def _ranking_table(ranked: Sequence[tuple[float, tuple[str, str, str]]]) -> str:
    rows = [
        (rule, draw, _budget(size), f"{distance:.1f}") for distance, (rule, draw, size) in ranked
    ]
    return table(("rule", "draw", "budget", "distance"), rows, words=3)


def _detail(rows: Rows, rule: str, draw: str, size: str) -> str:
    names = (
        "network", "crossbars", "within 1, published", "ours", "1 to 5", "ours", "over 5", "ours",
        "accuracy", "ours", "worst error, ours",
    )  # fmt: skip
    lines = []
    for row in chosen(rows, draw, size):
        printed, own = figures()["accuracy"][row["network"]], row[rule]
        line: list[object] = [row["network"], row["crossbars"]]
        for value, field in zip(printed, (*_SHARES, "accuracy"), strict=True):
            line += [value, f"{own[field]:.1f}"]
        lines.append([*line, f"{own['worst']:.1f}"])
    return table(names, lines)


def _bounds(rows: Rows) -> str:
    budgeted = [row for row in rows.values() if row["draw"] != "free"]
    worst = {rule: max(row[rule]["worst"] for row in budgeted) for rule in RULES}
    least = {rule: min(row[rule]["accuracy"] for row in budgeted) for rule in RULES}
    free = [row for row in rows.values() if row["draw"] == "free"]
    means = {rule: fmean(row[rule]["accuracy"] for row in free) for rule in RULES}
    return (
        f"The paper gives {figures()['accuracy']['worst_percent']} percent as its largest error. "
        "Over all draws within a budget "
        f"it is {worst['published']:.1f} percent here by the rule `published` and "
        f"{worst['pipeline']:.1f} by the rule `pipeline`; the lowest mean accuracies are "
        f"{least['published']:.1f} and {least['pipeline']:.1f}. Without a budget the rules part: "
        f"mean accuracy {means['published']:.1f} against {means['pipeline']:.1f}, since the "
        "printed formula asks for rows and outputs that do not exist when R is large. No way of "
        "drawing that was tried gives the printed shares for every network: that is unexplained."
    )
