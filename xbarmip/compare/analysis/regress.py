"""What changed between two results files: answers, and times with a paired test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import mean

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.row import UNSUPPORTED, Row
from xbarmip.digest import stranger
from xbarmip.errors import InputError
from xbarmip.solvers.result import Status

FLOOR_SECONDS = 0.01  # shorter times count as this: their ratios are noise
LEVEL = 0.01  # of significance
NOTABLE = 1.1  # a smaller ratio is not called slower or faster
_RANKS = {"OPTIMAL": 3, "INFEASIBLE": 3, "FEASIBLE": 2, "UNKNOWN": 1, UNSUPPORTED: 0}


@dataclass(frozen=True, slots=True)
class Change:
    """An answer that got worse or better.

    Attributes
    ----------
    suite, instance, label : str
    what : str
        For a person: "was OPTIMAL, is FEASIBLE".
    worse : bool
    """

    suite: str
    instance: str
    label: str
    what: str
    worse: bool


@dataclass(frozen=True, slots=True)
class TimeChange:
    """One solver's times on one suite, old against new.

    Attributes
    ----------
    suite, label : str
    pairs : int
        Instances that both runs proved: the times of others say nothing.
    ratio : float or None
        Geometric mean of new / old; None without pairs.
    p : float or None
        Two-sided Wilcoxon signed-rank test of the logarithms; None with no difference to test.
    """

    suite: str
    label: str
    pairs: int
    ratio: float | None
    p: float | None

    @property
    def verdict(self) -> str:
        """In words: how many times slower or faster, or that nothing can be said."""
        if self.ratio is None:
            return "no instance that both proved"
        if self.p is None or self.p >= LEVEL or 1 / NOTABLE < self.ratio < NOTABLE:
            return "no significant change"
        if self.ratio > 1:
            return f"{self.ratio:.2f} times slower"
        return f"{1 / self.ratio:.2f} times faster"

    @property
    def slower(self) -> bool:
        """Whether it is significantly and notably slower."""
        return self.verdict.endswith("slower")


@dataclass(frozen=True, slots=True)
class Regression:
    """Everything that changed between two sets of results.

    Attributes
    ----------
    times : tuple of TimeChange
    changes : tuple of Change
    missing : tuple of (str, str, str)
        Suite, instance and solver of rows that only one side has.
    strangers : tuple of str
        Pairs that are not compared, as they are not known to be of the same problem, a line each.
    """

    times: tuple[TimeChange, ...]
    changes: tuple[Change, ...]
    missing: tuple[tuple[str, str, str], ...]
    strangers: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        """Whether any answer got worse or any solver slower."""
        return any(c.worse for c in self.changes) or any(t.slower for t in self.times)


def regress(old: Sequence[Comparison], new: Sequence[Comparison]) -> Regression:
    """Compare two sets of results, row by row.

    Raises
    ------
    InputError
        If they have no suite in common.
    """
    after = {comparison.suite: comparison for comparison in new}
    common = [(one, after[one.suite]) for one in old if one.suite in after]
    if not common:
        raise InputError(
            f"the results have no suite in common: {_suites(old)} against {_suites(new)}"
        )
    times: list[TimeChange] = []
    changes: list[Change] = []
    missing: list[tuple[str, str, str]] = []
    strangers: list[str] = []
    for one, other in common:
        rows, others = _by_place(one), _by_place(other)
        both_have = [place for place in rows if place in others]
        why = {p: stranger(rows[p].digest, others[p].digest) for p in both_have}
        shared = [place for place in both_have if not why[place]]
        strangers += [
            f"{one.suite}: {instance}: the old row of {label} {why[instance, label]}"
            for instance, label in both_have
            if why[instance, label]
        ]
        missing += [
            (one.suite, *place)
            for place in dict.fromkeys((*rows, *others))
            if (place in rows) != (place in others)
        ]
        for place in shared:
            changes += _changes(one.suite, place, rows[place], others[place])
        for label in dict.fromkeys(label for _, label in shared):
            both = [(rows[p], others[p]) for p in shared if p[1] == label]
            times.append(_times(one.suite, label, both))
    return Regression(tuple(times), tuple(changes), tuple(missing), tuple(strangers))


def _suites(comparisons: Sequence[Comparison]) -> str:
    return ", ".join(comparison.suite for comparison in comparisons)


def _by_place(comparison: Comparison) -> dict[tuple[str, str], Row]:
    return {
        (instance, label): row
        for instance, rows in comparison.by_instance.items()
        for label, row in rows.items()
    }


def _changes(suite: str, place: tuple[str, str], old: Row, new: Row) -> Iterator[Change]:
    """Status, confirmed value and bound, where they differ."""
    instance, label = place
    if old.status != new.status:
        worse = _RANKS[new.status] <= _RANKS[old.status]
        yield Change(suite, instance, label, f"was {old.status}, is {new.status}", worse)
    for what, before, now, sign in (
        ("value", old.confirmed, new.confirmed, 1),
        ("bound", old.bound, new.bound, -1),
    ):
        if before is not None and now is not None and before != now:
            worse = sign * (now - before) > 0
            yield Change(suite, instance, label, f"{what} was {before}, is {now}", worse)


def _times(suite: str, label: str, both: Sequence[tuple[Row, Row]]) -> TimeChange:
    settled = (Status.OPTIMAL, Status.INFEASIBLE)
    logs = [
        log(max(new.seconds, FLOOR_SECONDS)) - log(max(old.seconds, FLOOR_SECONDS))
        for old, new in both
        if old.status in settled and new.status in settled
    ]
    if not logs:
        return TimeChange(suite, label, 0, None, None)
    return TimeChange(suite, label, len(logs), exp(mean(logs)), signed_rank(logs))


def signed_rank(differences: Sequence[float]) -> float | None:
    """p of the two-sided Wilcoxon signed-rank test; None where all differences are 0.

    Raises
    ------
    InputError
        If SciPy is not installed.
    """
    if not any(differences):
        return None
    try:
        from scipy.stats import wilcoxon
    except ImportError:
        raise InputError(
            "the paired test needs SciPy, which is not installed; it comes with the extra "
            "`report`: pip install 'xbarmip[report]'"
        ) from None
    return float(wilcoxon(differences).pvalue)
