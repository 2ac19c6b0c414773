"""The section on table 4: how close the closed form is to the pipeline."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from xbarmip.reproduce.accuracy import DRAWS, NETWORKS, RULES
from xbarmip.reproduce.source import figures
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import marked, remark, table

Rows = Mapping[str, Row]
_SHARES = ("within 1", "1 to 5", "over 5")
_SIZES = ("smallest", "largest", "closest")


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
        "seeded, on the published budgets of crossbars of 128x128: the smallest of each network, "
        "the largest, or that which comes closest to the printed shares:",
        "\n".join(f"- `{name}`: {text}" for name, (text, _) in DRAWS.items()),
        "Distance is half the sum of the absolute differences of the three percentages, averaged "
        "over the networks: 0 if the shares are as printed, 100 at most.",
        _ranking_table(ranked),
        f"Closest is the rule `{rule}` with `{draw}`, {_budget(size)}:",
        _detail(rows, rule, draw, size),
        "![Accuracy of the closed form](table-4.png)",
        _apart_one_by_one(rows, rule, draw, size),
        _bounds(rows),
    ]
    return "\n\n".join(parts)


def chosen(rows: Rows, rule: str, draw: str, size: str) -> list[Row]:
    """The row of each network for a draw, on its smallest, largest or closest budget."""
    found = []
    for name in NETWORKS:
        own = [row for row in rows.values() if (row["network"], row["draw"]) == (name, draw)]
        if size == "closest":
            found.append(min(own, key=lambda row: _apart(row, rule)))
        else:
            own.sort(key=lambda row: row["crossbars"] or 0)
            found.append(own[-1 if size == "largest" else 0])
    return found


def ranking(rows: Rows) -> list[tuple[float, tuple[str, str, str]]]:
    """(distance, (rule, draw, budget)) of every way, the closest first."""
    ways = [
        (rule, draw, size)
        for draw in DRAWS
        for size in (_SIZES if draw != "free" else ("no",))
        for rule in RULES
    ]
    return sorted((fmean(_apart(row, way[0]) for row in chosen(rows, *way)), way) for way in ways)


def _budget(size: str) -> str:
    return "without a budget" if size == "no" else f"on the {size} budget of each network"


def _apart(row: Row, rule: str) -> float:
    """Half the sum of the absolute differences from the printed shares."""
    printed = figures()["accuracy"][row["network"]]
    pairs = zip(_SHARES, printed, strict=False)
    return sum(abs(row[rule][share] - float(value)) for share, value in pairs) / 2


def _ranking_table(ranked: Sequence[tuple[float, tuple[str, str, str]]]) -> str:
    """One line for each rule and draw, the closest first, with its distance by budget."""
    apart: dict[tuple[str, str], dict[str, float]] = {}
    for distance, (rule, draw, size) in ranked:
        apart.setdefault((rule, draw), {})[size] = distance
    rows = [
        (*way, *(f"{by[size]:.1f}" if size in by else None for size in ("no", *_SIZES)))
        for way, by in apart.items()
    ]
    names = ("rule", "draw", "no budget", *(f"{size} budget" for size in _SIZES))
    return table(names, rows, words=2)


def _detail(rows: Rows, rule: str, draw: str, size: str) -> str:
    names = (
        "network", "crossbars", "within 1, published", "ours", "1 to 5", "ours", "over 5", "ours",
        "accuracy", "ours", "worst error, ours",
    )  # fmt: skip
    lines = []
    for row in chosen(rows, rule, draw, size):
        printed, own = figures()["accuracy"][row["network"]], row[rule]
        line: list[object] = [marked(row["network"]), row["crossbars"]]
        for value, field in zip(printed, (*_SHARES, "accuracy"), strict=True):
            line += [value, f"{own[field]:.1f}"]
        lines.append([*line, f"{own['worst']:.1f}"])
    return table(names, lines)


def _apart_one_by_one(rows: Rows, rule: str, draw: str, size: str) -> str:
    """For each network how far that way is, and which way comes closest to it alone."""
    lines = []
    for row in chosen(rows, rule, draw, size):
        name = row["network"]
        own = [each for each in rows.values() if each["network"] == name]
        nearest, by = min(
            ((each, other) for each in own for other in RULES), key=lambda way: _apart(*way)
        )
        budget = nearest["crossbars"]
        where = "without a budget" if budget is None else f"on {budget} crossbars"
        lines.append(
            f"- {name}: {_apart(row, rule):.1f} from the printed shares; closest to these alone is "
            f"the rule `{by}` with `{nearest['draw']}` {where}, {_apart(nearest, by):.1f}: "
            f"{remark(f'shares of {name}')}"
        )
    return "\n".join(lines)


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
        "drawing that was tried gives the printed shares for every network, nor the printed "
        "largest error: both are unexplained."
    )
