"""The verdict: whether the answers to an instance fit together, and whether its optimum is settled.

The agreement rule also works on answers that were cut short: over all solvers, the largest bound is
at most the smallest checked value. Only values that an independent evaluation confirmed count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from xbarmip.compare.certification import Certified
from xbarmip.compare.instance import INFEASIBLE, InstanceFacts
from xbarmip.compare.row import Row
from xbarmip.solvers.check import lies
from xbarmip.solvers.result import Proof, Status


class Agreement(StrEnum):
    """What the answers to one instance amount to; the last five are disagreements."""

    AGREE = "AGREE"  # no contradiction, and the optimum (or infeasibility) is settled
    UNDECIDED = "UNDECIDED"  # no contradiction, but a gap is left
    CERTIFICATE_REFUSED = "CERTIFICATE_REFUSED"  # of a claim; it is wrong
    BOUNDS_CROSS = "BOUNDS_CROSS"  # a bound lies above a checked value
    INFEASIBILITY_CONFLICT = "INFEASIBILITY_CONFLICT"  # infeasible to one, solved by another
    VALUE_MISMATCH = "VALUE_MISMATCH"  # a claim differs from the evaluation or the stated optimum
    INVALID_ALLOCATION = "INVALID_ALLOCATION"  # an allocation is malformed or over budget


_SEVERITY = list(Agreement)


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: what kind, whose, and the figures on both sides."""

    kind: Agreement
    solver: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one instance.

    Attributes
    ----------
    instance : str
    kind : Agreement
        The gravest finding; AGREE or UNDECIDED where there is none.
    value : int or None
        Smallest checked value, in steps.
    bound : int or None
        Largest bound claimed, in steps.
    proven_by : tuple of str
        Solvers that claim the optimum or infeasibility, those with a numerical proof marked so.
    findings : tuple of Finding
    optimum : int, str or None
    published : int, Decimal or None
        As the suite states them.
    """

    instance: str
    kind: Agreement
    value: int | None
    bound: int | None
    proven_by: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    optimum: int | str | None = None
    published: int | Decimal | None = None

    @property
    def disagreement(self) -> bool:
        """Whether there is any finding."""
        return bool(self.findings)

    @property
    def gap(self) -> int | None:
        """value - bound, in steps; None when either is missing."""
        return None if self.value is None or self.bound is None else self.value - self.bound

    def as_dict(self) -> dict[str, Any]:
        """The verdict for JSON."""
        return {
            "instance": self.instance,
            "verdict": self.kind.value,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "proven_by": list(self.proven_by),
            "optimum": self.optimum,
            "published": float(self.published)
            if isinstance(self.published, Decimal)
            else self.published,
            "findings": [
                {"kind": f.kind.value, "solver": f.solver, "message": f.message}
                for f in self.findings
            ],
        }


def judge(instance: InstanceFacts, rows: Sequence[Row]) -> Verdict:
    """The verdict on `instance` from the rows of all solvers that ran on it."""
    values = [row.confirmed for row in rows if row.confirmed is not None]
    bounds = [row.bound for row in rows if row.bound is not None]
    value, bound = min(values, default=None), max(bounds, default=None)
    findings = (
        *_lies(rows, value),
        *_stated(instance, rows),
        *_infeasible(instance, rows),
        *_certificates(rows),
    )
    claimed = tuple(row for row in rows if row.status in (Status.OPTIMAL, Status.INFEASIBLE))
    settled = (value is not None and value == bound) or (value is None and bool(claimed))
    calm = Agreement.AGREE if settled else Agreement.UNDECIDED
    return Verdict(
        instance=instance.name,
        kind=max((finding.kind for finding in findings), key=_SEVERITY.index, default=calm),
        value=value,
        bound=bound,
        proven_by=tuple(_prover(row) for row in claimed),
        findings=findings,
        optimum=instance.optimum,
        published=instance.published,
    )


def _prover(row: Row) -> str:
    return f"{row.solver} (numerical)" if row.proof == Proof.NUMERICAL else row.solver


def _certificates(rows: Sequence[Row]) -> list[Finding]:
    return [
        Finding(
            Agreement.CERTIFICATE_REFUSED,
            row.solver,
            f"claims {row.status}: {row.certificate['message']}",
        )
        for row in rows
        if row.certified == Certified.REFUSED
    ]


def _stated(instance: InstanceFacts, rows: Sequence[Row]) -> list[Finding]:
    """Values and bounds that contradict the optimum that the suite states."""
    optimum = instance.optimum
    if not isinstance(optimum, int):
        return []
    kind = Agreement.VALUE_MISMATCH
    below = [
        Finding(kind, row.solver, f"takes {row.confirmed}, below the stated optimum {optimum}")
        for row in rows
        if row.confirmed is not None and row.confirmed < optimum
    ]
    above = [
        Finding(kind, row.solver, f"claims the bound {row.bound}, above the stated {optimum}")
        for row in rows
        if row.bound is not None and row.bound > optimum
    ]
    return below + above


def _infeasible(instance: InstanceFacts, rows: Sequence[Row]) -> list[Finding]:
    """Claims of infeasibility against what is known, found, or stated by the suite."""
    kind, why = Agreement.INFEASIBILITY_CONFLICT, ""
    if instance.solvable:
        why = (
            f"{instance.crossbars} crossbars hold one copy of every layer "
            f"({instance.smallest_budget})"
        )
    elif isinstance(instance.optimum, int):
        why = f"the stated optimum is {instance.optimum}"
    else:
        solved = [row for row in rows if row.confirmed is not None]
        why = f"{solved[0].solver} found an allocation that is allowed" if solved else ""
    claims = [
        Finding(kind, row.solver, f"claims INFEASIBLE, but {why}")
        for row in rows
        if why and row.status == Status.INFEASIBLE and not row.defect
    ]
    solutions = [
        Finding(kind, row.solver, f"takes {row.confirmed}, but is stated to be infeasible")
        for row in rows
        if instance.optimum == INFEASIBLE and row.confirmed is not None
    ]
    return claims + solutions


def _lies(rows: Sequence[Row], value: int | None) -> list[Finding]:
    """What cannot be true of each row, whatever it claims of the others."""
    holders = ", ".join(row.solver for row in rows if row.confirmed == value)
    return [
        Finding(Agreement(lie), row.solver, message)
        for row in rows
        for lie, message in lies(row, value, holders)
    ]
