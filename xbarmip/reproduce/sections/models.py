"""The section on networks of today: how far each rule is from the best that is known."""

from collections.abc import Mapping
from statistics import fmean

from xbarmip.reproduce.models import EVALUATIONS, HEURISTICS, OBJECTIVES
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import percent_above, table
from xbarmip.solvers.result import Status

Rows = Mapping[str, Row]


def section(rows: Rows) -> str:
    """Markdown of the whole section."""
    parts = [
        "## Networks of today",
        "The nine light models that come with the onnx package, at twice the smallest budget of "
        "crossbars of 128x128, with all their branches and joins. The objective is `cycles`, or "
        "`latency`, which multiplies them by the step time of the paper's architecture. The "
        "searches (`random`, `genetic`, `annealing`) minimise it, with "
        f"{EVALUATIONS:,} evaluations each; the other rules give the same allocation for both "
        "objectives, since they do not look at the time to move data. The paper's "
        "algorithm takes neither branches nor cycles and cannot take part. Percentages are above "
        "the best value that any solver found. `open` is by how many percent that value is above "
        "the bound that `dp` proved: 0.0 where it is proven optimal; elsewhere a rule may be "
        "farther from the optimum than shown, by so much at most.",
    ]
    for objective in OBJECTIVES:
        own = {key: row for key, row in rows.items() if row["objective"] == objective}
        known = sum(proven(row) for row in own.values())
        parts += [
            f"### {objective.capitalize()}",
            f"Proven within the time limit: {known} of {len(own)}.",
            _means(own),
            _each(own),
        ]
    parts.append("![How far each rule is from the best known](models.png)")
    return "\n\n".join(parts)


def proven(row: Row) -> bool:
    """Whether `dp` proved the optimum of an instance."""
    return bool(row["dp"]["status"] == Status.OPTIMAL)


def best(row: Row) -> int:
    """The smallest value that any solver found."""
    values = (row["dp"]["value"], *row["rivals"].values())
    return min(value for value in values if value is not None)


def excess(row: Row, name: str) -> float:
    """By how many percent a rule's value is above the best known."""
    return percent_above(row["rivals"][name], best(row))


def _means(rows: Rows) -> str:
    lines = []
    for name in HEURISTICS:
        above = [excess(row, name) for row in rows.values()]
        lines.append((name, f"{fmean(above):.1f}", f"{max(above):.1f}", above.count(0)))
    return table(("rule", "mean above, %", "worst", "none better known"), lines)


def _each(rows: Rows) -> str:
    lines = [
        (
            row["network"].removeprefix("light_"),
            row["crossbars"],
            f"{percent_above(best(row), row['dp']['bound']):.1f}" if row["dp"]["bound"] else None,
            *(f"{excess(row, name):.1f}" for name in HEURISTICS),
        )
        for row in rows.values()
    ]
    return table(("network", "crossbars", "open, %", *HEURISTICS), lines)
