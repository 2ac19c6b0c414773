"""One solver's answer to one instance: what it claims beside what an independent check confirms."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from xbarmip.compare.execute.ending import Outcome
from xbarmip.solvers.result import Stop
from xbarmip.strict import known_keys

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
_LATER = ("certificate",)  # fields that earlier results files lack
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

    @property
    def failed(self) -> bool:
        """Whether it ended as no solver should: crashed, ended by force, or without an answer."""
        return self.outcome in FAILURES or self.stop == Stop.ERROR

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
            If it has not the fields of a row.
        """
        facts = known_keys(
            record,
            [each.name for each in fields(cls) if each.name not in _LATER],
            _LATER,
        )
        return cls(**{**facts, "size": tuple(facts["size"])})
