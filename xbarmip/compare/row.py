"""One solver's answer to one instance: what it claims beside what an independent check confirms."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from xbarmip.compare.certification import Certified
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.typed import (
    ALLOCATION,
    CODE,
    LIMITS,
    NAME,
    SIZE,
    anything,
    integer,
    listed,
    mapped,
    one_of,
    optional,
    or_empty,
    seconds,
    table,
    text,
)
from xbarmip.errors import InputError
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.strict import short

UNSUPPORTED = "UNSUPPORTED"
STOPS = {  # how a solver stopped that gave no answer
    Outcome.REFUSED: None,
    Outcome.RAISED: Stop.ERROR.value,
    Outcome.GARBAGE: Stop.ERROR.value,
    Outcome.CRASHED: Stop.ERROR.value,
    Outcome.TIMEOUT: Stop.TIME.value,
    Outcome.OUT_OF_MEMORY: Stop.MEMORY.value,
    Outcome.LOST: Stop.INTERRUPTED.value,
}
FAILURES = frozenset(Outcome) - {Outcome.ANSWERED, Outcome.REFUSED}


@dataclass(frozen=True, slots=True)
class Row:
    """A record of the results file.

    Attributes
    ----------
    instance, solver : str
    network : str
    crossbars : int
    size : (int, int)
        Rows and columns of a crossbar.
    objective : str
    rule : str or None
    outcome : str
        An `Outcome`: what became of the run.
    status : str
        A `Status`, or "UNSUPPORTED" where the solver refused.
    stop : str or None
        A `Stop`; None where the solver refused.
    value, bound : int or None
        As the solver claims them, in steps.
    proof : str or None
    allocation : dict of str to int, or None
        Duplication by layer name.
    confirmed : int or None
        The objective of `allocation`, evaluated anew; None if there is none that is allowed.
    crossbars_used : int or None
    defect : str
        Why the allocation is not allowed; empty if it is.
    seconds : float
        Wall-clock time of solving.
    startup_seconds : float
        Wall-clock time of starting the process and of compiling or loading machine code.
    cpu_seconds : float
        CPU time of the process, start-up included.
    memory_bytes : int
        Largest memory beyond what the process held when solving began.
    message : str
        What the solver says, why it refused, or what ended it.
    trace : list of [seconds, value, bound]
        As the solver told them on its way, each time one was new; claims, nothing more.
    statistics, options : dict
    limits, code, machine : dict
        An `Allowance`; versions, commit and sources; where it ran.
    finished : str
        Date and time, UTC.
    run, suite : str
        Which run made it, of which suite.
    task : str
        Key of the task (see `Task.key`): rows of the same key answer the same question.
    seed : int or None
        None for a solver that has no option `seed`.
    certificate : dict
        What became of the claim, as in `Certification`; empty where no claim was to be certified.
    digest : str
        Of the problem that was solved (see `xbarmip.digest`); empty in results of versions that
        knew none.
    unit_seconds : str or None
        How long one of what `confirmed` counts lasts, exactly, as "21/10000000"; None where the
        hardware does not say it, and in results of versions that did not write it.
    """

    instance: str
    solver: str
    network: str
    crossbars: int
    size: tuple[int, int]
    objective: str
    rule: str | None
    outcome: str
    status: str
    stop: str | None = None
    value: int | None = None
    bound: int | None = None
    proof: str | None = None
    allocation: Mapping[str, int] | None = None
    confirmed: int | None = None
    crossbars_used: int | None = None
    defect: str = ""
    seconds: float = 0.0
    startup_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    message: str = ""
    trace: list[Any] = field(default_factory=list)
    statistics: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    finished: str = ""
    run: str = ""
    task: str = ""
    suite: str = ""
    seed: int | None = None
    certificate: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    unit_seconds: str | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended as no solver should: crashed, ended by force, or without an answer."""
        return self.outcome in FAILURES or self.stop == Stop.ERROR

    @property
    def took(self) -> Fraction | None:
        """Seconds that the allocation takes, of what its value counts; None where none is known."""
        if self.confirmed is None or self.unit_seconds is None:
            return None
        return self.confirmed * Fraction(self.unit_seconds)

    @property
    def certified(self) -> str:
        """A `Certified`, or empty where no claim was to be certified."""
        return str(self.certificate.get("certified", ""))

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Any) -> "Row":
        """The row that JSON holds.

        Raises
        ------
        InputError
            On a key that is unknown or missing, a value that its field cannot have, or claims that
            contradict each other.
        """
        facts = _ROW(record, "")
        row = cls(**{**facts, "size": tuple(facts["size"])})
        _check_claims(row)
        return row


def _trace(value: Any, what: str) -> list[Any]:
    points = listed(listed(anything, 3))(value, what)
    for point in points:
        seconds(point[0], what)
    return points


def _ratio(value: Any, what: str) -> str:
    """A positive number, as the ratio of two integers."""
    if not re.fullmatch(r"[1-9]\d{0,999}(/[1-9]\d{0,999})?", text(value, what), re.ASCII):
        raise InputError(f"{what} must be a positive number as 3 or 21/10, got {short(value)}")
    return str(value)


_CERTIFICATE = {
    "certified": one_of(Certified),
    **dict.fromkeys(("bytes", "labels"), integer(0)),
    **dict.fromkeys(("write_seconds", "check_seconds"), seconds),
    "message": text,
}
_LATER = {
    "certificate": or_empty(table(_CERTIFICATE)),
    "digest": text,
    "unit_seconds": optional(_ratio),
}
_ROW = table(
    {
        **dict.fromkeys(("instance", "solver", "network", "objective"), NAME),
        "crossbars": integer(1),
        "size": SIZE,
        "rule": optional(NAME),
        "outcome": one_of(Outcome),
        "status": one_of((*Status, UNSUPPORTED)),
        "stop": optional(one_of(Stop)),
        "value": optional(integer()),
        "bound": optional(integer()),
        "proof": optional(one_of(Proof)),
        "allocation": optional(ALLOCATION),
        "confirmed": optional(integer(1)),
        "crossbars_used": optional(integer(1)),
        **dict.fromkeys(("seconds", "startup_seconds", "cpu_seconds"), seconds),
        "memory_bytes": integer(0),
        "trace": _trace,
        **dict.fromkeys(("statistics", "options", "machine"), mapped(anything)),
        "limits": or_empty(LIMITS),
        "code": CODE,
        **dict.fromkeys(("defect", "message", "finished", "run", "task", "suite"), text),
        "seed": optional(integer(0)),
    },
    _LATER,
)


def _check_claims(row: Row) -> None:
    """Refuse what no answer can claim, and a value that is confirmed of no allocation.

    Raises
    ------
    InputError
        Naming the rule.
    """
    answered, claims = row.outcome == Outcome.ANSWERED, row.value is not None
    silent = (row.value, row.bound, row.proof, row.allocation, row.confirmed) == (None,) * 5
    rules = (
        ("UNSUPPORTED exactly where the solver refused",
         (row.status == UNSUPPORTED) == (row.outcome == Outcome.REFUSED)),
        (f"{row.outcome} with no claim and its own stop",
         answered or (silent and row.stop == STOPS[Outcome(row.outcome)])),
        ("confirmed exactly where an allocation has no defect",
         (row.confirmed is not None) == (row.allocation is not None and not row.defect)),
        ("an allocation only with a value", claims or row.allocation is None),
    )  # fmt: skip
    for rule, kept in rules:
        if not kept:
            raise InputError(f"breaks the rule: {rule}")
    if answered:
        proof = None if row.proof is None else Proof(row.proof)
        stop = Stop(row.stop or Stop.ERROR)
        try:
            Result(
                row.solver, Status(row.status), stop, row.value, row.bound,
                {} if claims else None, proof,
            )  # fmt: skip
        except ValueError as error:
            raise InputError(str(error)) from None
