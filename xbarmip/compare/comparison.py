"""What comes out of a comparison: rows, verdicts, and the counts that decide."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xbarmip.compare.instance import Suite
from xbarmip.compare.row import Row
from xbarmip.compare.verdict import Agreement, Verdict


@dataclass(frozen=True)
class Comparison:
    """What came out of a run.

    Attributes
    ----------
    suite : Suite
    facts : dict
        What was run, when, on what machine, under which limits; `facts["run"]` names the run.
    rows : tuple of Row
        Instance by instance, solver by solver.
    verdicts : tuple of Verdict
        One for every instance that all solvers were through with.
    complete : bool
        False where the run was interrupted.
    output : Path or None
        The results file.
    """

    suite: Suite
    facts: dict[str, Any]
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    complete: bool
    output: Path | None = None

    @property
    def agreed(self) -> bool:
        """Whether no verdict is a disagreement; undecided instances do not count as one."""
        return not any(verdict.disagreement for verdict in self.verdicts)

    @property
    def errors(self) -> tuple[Row, ...]:
        """Rows of solvers that crashed or returned something that is no answer."""
        return tuple(row for row in self.rows if row.failed)

    @property
    def counts(self) -> dict[str, int]:
        """Number of instances by verdict, every verdict listed."""
        counts = Counter(verdict.kind for verdict in self.verdicts)
        return {kind.value: counts[kind] for kind in Agreement}

    @cached_property
    def by_instance(self) -> dict[str, tuple[Row, ...]]:
        """The rows of each instance, solver by solver."""
        rows: dict[str, list[Row]] = {}
        for row in self.rows:
            rows.setdefault(row.instance, []).append(row)
        return {name: tuple(found) for name, found in rows.items()}

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **self.facts,
            "complete": self.complete,
            "agreed": self.agreed,
            "errors": len(self.errors),
            "counts": self.counts,
            "output": None if self.output is None else str(self.output),
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "rows": [row.as_dict() for row in self.rows],
        }
