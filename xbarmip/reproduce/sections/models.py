"""The section on networks of today: how far each rule is from the optimum."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from xbarmip.reproduce.models import EVALUATIONS, OBJECTIVES, RIVALS
from xbarmip.reproduce.store import Row
from xbarmip.reproduce.text import percent_above, table
from xbarmip.solvers.result import Status

Rows = Mapping[str, Row]


def section(rows: Rows) -> str:
    """Markdown of the whole section."""
    parts = [
        "## Networks of today",
        "The nine light models that come with the onnx package, at twice the smallest budget of "
        "crossbars of 128x128, with all their branches and joins. Each rule was run for the "
        "objective in question: `cycles`, or `latency`, which multiplies them by the step time of "
        "the paper's architecture. Percentages are above the proven optimum. Each search "
        f"evaluated {EVALUATIONS:,} allocations. The paper's algorithm takes neither branches nor "
        "cycles and cannot take part.",
    ]
    for objective in OBJECTIVES:
        own = [row for row in rows.values() if row["objective"] == objective]
        known = [row for row in own if proven(row)]
        parts += [
            f"### {objective.capitalize()}",
            f"Proven within the time limit: {len(known)} of {len(own)}.",
            _means(known),
            _each(known),
            _unproven([row for row in own if not proven(row)]),
        ]
    parts.append("![How far each rule is from the optimum](models.png)")
    return "\n\n".join(part for part in parts if part)


def proven(row: Row) -> bool:
    """Whether `dp` proved the optimum of an instance."""
    return bool(row["dp"]["status"] == Status.OPTIMAL)


def excess(row: Row, rival: str) -> float:
    """By how many percent a rule's value is above the optimum."""
    return percent_above(row["rivals"][rival], row["dp"]["value"])


def _means(known: Sequence[Row]) -> str:
    if not known:
        return ""
    lines = []
    for rival in RIVALS:
        above = [excess(row, rival) for row in known]
        optimal = sum(by == 0 for by in above)
        lines.append((rival, f"{fmean(above):.1f}", f"{max(above):.1f}", optimal))
    return table(("rule", "mean above, %", "worst", "optimal"), lines)


def _each(known: Sequence[Row]) -> str:
    if not known:
        return ""
    lines = [
        (
            row["network"].removeprefix("light_"),
            row["crossbars"],
            *(f"{excess(row, rival):.1f}" for rival in RIVALS),
        )
        for row in known
    ]
    return table(("network", "crossbars", *RIVALS), lines)


def _unproven(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    lines = [
        (
            row["network"].removeprefix("light_"),
            row["crossbars"],
            *(row["dp"][field] for field in ("bound", "value")),
            *(row["rivals"][rival] for rival in RIVALS),
        )
        for row in rows
    ]
    names = ("network", "crossbars", "proven bound", "dp", *RIVALS)
    return "Not proven; values, to be held against the bound:\n\n" + table(names, lines)
