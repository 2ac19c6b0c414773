"""What comes out of a comparison: rows, verdicts, and the counts that decide."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from xbarmip.compare.answer import answer
from xbarmip.compare.instance import InstanceFacts
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.row import Row
from xbarmip.compare.verdict import Agreement, Verdict, judge
from xbarmip.display import html_table, in_us


@dataclass(frozen=True)
class Comparison:
    """What came out of one or several runs of a suite.

    Attributes
    ----------
    suite, description : str
    instances : tuple of InstanceFacts
    facts : dict
        What was run last, when, under which limits; `facts["run"]` names the run.
    rows : tuple of Row
        Instance by instance, solver by solver; of each one at most, the latest.
    complete : bool
        Whether every solver was through with every instance.
    output : Path or None
        The results file.
    strangers : tuple of str
        Rows of other problems that were left out, a line each: which, and why.
    """

    suite: str
    description: str
    instances: tuple[InstanceFacts, ...]
    facts: dict[str, Any]
    rows: tuple[Row, ...]
    complete: bool
    output: Path | None = None
    strangers: tuple[str, ...] = ()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What the columns of a report are called: a solver, with its seed where it has several."""
        return tuple(dict.fromkeys(self.label(row) for row in self.rows))

    def label(self, row: Row) -> str:
        """The column that a row belongs to."""
        several = len(self._seeds[row.solver]) > 1
        return f"{row.solver}#{row.seed}" if several else row.solver

    @cached_property
    def _seeds(self) -> dict[str, set[int | None]]:
        seeds: dict[str, set[int | None]] = defaultdict(set)
        for row in self.rows:
            seeds[row.solver].add(row.seed)
        return seeds

    @cached_property
    def by_instance(self) -> dict[str, dict[str, Row]]:
        """The rows of each instance, by column."""
        rows: dict[str, dict[str, Row]] = {instance.name: {} for instance in self.instances}
        for row in self.rows:
            rows[row.instance][self.label(row)] = row
        return rows

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for every instance that any solver was run on."""
        return tuple(
            judge(instance, tuple(rows.values()))
            for instance in self.instances
            if (rows := self.by_instance[instance.name])
        )

    def took(self, verdict: Verdict) -> Fraction | None:
        """Seconds of the fastest allocation of the verdict's value, where the hardware says it."""
        rows = self.by_instance[verdict.instance].values()
        times = (row.took for row in rows if row.confirmed == verdict.value)
        return min(filter(None, times), default=None)

    @property
    def agreed(self) -> bool:
        """Whether no verdict is a disagreement, and no solver has failed on all that it ran.

        Undecided instances are no disagreement. One that never answers agrees with nobody.
        """
        failed: dict[str, bool] = {}
        for row in self.rows:
            failed[row.solver] = failed.get(row.solver, True) and row.failed
        return not any(verdict.disagreement for verdict in self.verdicts) and not any(
            failed.values()
        )

    @property
    def errors(self) -> tuple[Row, ...]:
        """Rows of runs that crashed, had to be ended, or gave no answer."""
        return tuple(row for row in self.rows if row.failed)

    @property
    def counts(self) -> dict[str, int]:
        """Number of instances by verdict, every verdict listed."""
        counts = Counter(verdict.kind for verdict in self.verdicts)
        return {kind.value: counts[kind] for kind in Agreement}

    def _repr_html_(self) -> str:
        took = {verdict.instance: self.took(verdict) for verdict in self.verdicts}
        timed, rows = any(took.values()), []
        for verdict in self.verdicts:
            run, seconds = self.by_instance[verdict.instance], took[verdict.instance]
            answers = (answer(run[label]) if label in run else None for label in self.labels)
            time = [None if seconds is None else in_us(seconds)] * timed
            rows.append(
                (verdict.instance, verdict.kind, verdict.value, *time, verdict.bound, *answers)
            )
        in_time = ["in us"] * timed
        names = ("instance", "verdict", "value", *in_time, "bound", *self.labels)
        return html_table(f"{self.suite}: {'' if self.agreed else 'NOT '}agreed", names, rows)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **self.facts,
            "complete": self.complete,
            "agreed": self.agreed,
            "errors": len(self.errors),
            "counts": self.counts,
            "strangers": list(self.strangers),
            "output": None if self.output is None else str(self.output),
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "rows": [row.as_dict() for row in self.rows],
        }


def latest(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Of rows for the same instance, solver and seed the last one; one that was lost yields to any.

    In the order in which each first comes.
    """
    kept: dict[tuple[str, str, int | None], Row] = {}
    for row in rows:
        place = (row.instance, row.solver, row.seed)
        if place not in kept or row.outcome != Outcome.LOST:
            kept[place] = row
    return tuple(kept.values())
