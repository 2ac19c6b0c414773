"""How far each answer is from the best that is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import mean

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.row import UNSUPPORTED, Row
from xbarmip.compare.verdict import Verdict
from xbarmip.solvers.result import Status


def best_values(comparison: Comparison) -> Mapping[str, int]:
    """The smallest confirmed value of each instance that has one."""
    return {v.instance: v.value for v in comparison.verdicts if v.value is not None}


def distance(value: int, best: int) -> Fraction:
    """value / best - 1."""
    return Fraction(value, best) - 1


@dataclass(frozen=True, slots=True)
class GapSummary:
    """One solver over a suite.

    Attributes
    ----------
    label : str
    runs : int
        Instances that it did not refuse.
    proven : int
        Claims of optimality or infeasibility, in instances without a disagreement.
    values : int
        Instances with a confirmed value.
    best : int
        Of these, where it is the best known.
    mean, largest : Fraction or None
        Of value / best known - 1; None without a value.
    failed : int
    """

    label: str
    runs: int
    proven: int
    values: int
    best: int
    mean: Fraction | None
    largest: Fraction | None
    failed: int


def gap_summaries(comparison: Comparison) -> list[GapSummary]:
    """Every solver's distances from the best known values."""
    best = best_values(comparison)
    verdicts = {verdict.instance: verdict for verdict in comparison.verdicts}
    rows: dict[str, list[Row]] = {label: [] for label in comparison.labels}
    for row in comparison.rows:
        rows[comparison.label(row)].append(row)
    return [_summary(label, own, best, verdicts) for label, own in rows.items()]


def _summary(
    label: str, rows: Sequence[Row], best: Mapping[str, int], verdicts: Mapping[str, Verdict]
) -> GapSummary:
    gaps = [
        distance(row.confirmed, best[row.instance]) for row in rows if row.confirmed is not None
    ]
    return GapSummary(
        label,
        runs=sum(row.status != UNSUPPORTED for row in rows),
        proven=sum(proven(row, verdicts[row.instance]) for row in rows),
        values=len(gaps),
        best=gaps.count(Fraction(0)),
        mean=mean(gaps) if gaps else None,
        largest=max(gaps, default=None),
        failed=sum(row.failed for row in rows),
    )


def proven(row: Row, verdict: Verdict) -> bool:
    """Whether a row settles its instance and nothing speaks against it."""
    return row.status in (Status.OPTIMAL, Status.INFEASIBLE) and not any(
        finding.solver == row.solver for finding in verdict.findings
    )
