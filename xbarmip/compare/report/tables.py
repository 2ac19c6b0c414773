"""The tables of a comparison."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from xbarmip.compare.analysis.gaps import gap_summaries
from xbarmip.compare.answer import answer
from xbarmip.compare.certification import Certified
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.report.table import Cell, Table, as_csv
from xbarmip.compare.row import UNSUPPORTED, Row
from xbarmip.compare.verdict import Agreement, Verdict
from xbarmip.display import in_us
from xbarmip.solvers.result import Status

VERDICT_STYLES = {
    kind.value: {Agreement.AGREE: "green", Agreement.UNDECIDED: "yellow"}.get(kind, "red")
    for kind in Agreement
}
_CSV = (
    "suite", "instance", "network", "crossbars", "objective", "rule", "solver", "seed", "outcome",
    "status", "stop", "value", "confirmed", "unit_seconds", "bound", "proof", "crossbars_used",
    "seconds", "startup_seconds", "cpu_seconds", "memory_bytes", "message", "defect", "run", "task",
    "finished", "certified",
)  # fmt: skip


def instance_table(comparison: Comparison) -> Table:
    """One line an instance: verdict, value, bound, gap, then each solver's answer.

    Where hardware says how long a step lasts, the value's time stands beside it: that of the
    fastest allocation that has it. An answer shows the claimed value, then ✓ where the evaluation
    confirms it, else ✗ and what it confirms instead; its time; a bound that differs from the value;
    why it stopped early; seconds.
    """
    took = {verdict.instance: comparison.took(verdict) for verdict in comparison.verdicts}
    timed = any(took.values())
    optimum = any(verdict.optimum is not None for verdict in comparison.verdicts)
    published = any(verdict.published is not None for verdict in comparison.verdicts)
    names = ["instance", "verdict", "value", *["in us"] * timed, "bound", "gap"]
    names += ["stated"] * optimum + ["published", "difference"] * published
    lines: list[list[Cell]] = []
    for verdict in comparison.verdicts:
        line: list[Cell] = [
            verdict.instance,
            verdict.kind.value,
            verdict.value,
            *[_in_us(took[verdict.instance])] * timed,
            verdict.bound,
            verdict.gap,
        ]
        line += [verdict.optimum] * optimum
        line += [_text(verdict.published), _difference(verdict)] * published
        rows = comparison.by_instance[verdict.instance]
        answers = [answer(rows[label]) if label in rows else "" for label in comparison.labels]
        lines.append([*line, *answers])
    return Table([*names, *comparison.labels], lines, 2, VERDICT_STYLES)


def _in_us(seconds: Fraction | None) -> str | None:
    return None if seconds is None else in_us(seconds)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _difference(verdict: Verdict) -> str:
    """Checked value minus published value."""
    if verdict.published is None or verdict.value is None:
        return ""
    return f"{verdict.value - verdict.published:+}"


def solver_table(comparison: Comparison) -> Table:
    """One line a solver: what it answered, how often, and how long it took."""
    kinds = [*(status.value for status in Status), UNSUPPORTED]
    asked = any(row.certified for row in comparison.rows)
    lines: list[list[Cell]] = []
    for label in comparison.labels:
        rows = [row for row in comparison.rows if comparison.label(row) == label]
        counts = Counter(row.status for row in rows)
        seconds = [row.seconds for row in rows if row.status != UNSUPPORTED]
        times = [f"{sum(seconds):.2f}", f"{max(seconds, default=0.0):.2f}"]
        failed = sum(row.failed for row in rows)
        answers: list[Cell] = [label, *(counts[kind] for kind in kinds)]
        lines.append([*answers, *[certified_of(rows)] * asked, failed, *times])
    names = ["solver", *kinds, *["certified"] * asked, "failed", "seconds in all", "longest"]
    return Table(names, lines)


def certified_of(rows: Iterable[Row]) -> str:
    """How many claims were certified, of how many."""
    counts = Counter(row.certified for row in rows if row.certified)
    return f"{counts[Certified.YES]} of {counts.total()}"


def gap_table(comparison: Comparison) -> Table:
    """One line a solver: how often it proves, how often and how far it is from the best known."""
    lines: list[list[Cell]] = [
        [
            gap.label,
            gap.runs,
            gap.proven,
            gap.values,
            gap.best,
            percent(gap.mean),
            percent(gap.largest),
            gap.failed,
        ]
        for gap in gap_summaries(comparison)
    ]
    columns = ["solver", "runs", "proven", "values", "best known", "mean gap", "largest gap"]
    return Table([*columns, "failed"], lines)


def percent(gap: Fraction | None) -> str:
    """A relative gap, to two decimals of a percent."""
    return "" if gap is None else f"{float(100 * gap):.2f} %"


def rows_csv(comparisons: tuple[Comparison, ...]) -> str:
    """Every row of every suite, one line each."""
    rows = [row for comparison in comparisons for row in comparison.rows]
    return as_csv(_CSV, [[getattr(row, column) for column in _CSV] for row in rows])
