"""What a solver answers: why it stopped, what it claims, and what it proved, kept apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, Self

from xbarmip.display import all_in_us, html_table
from xbarmip.plain import plain


class Status(StrEnum):
    """What is claimed."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    UNKNOWN = "UNKNOWN"


class Stop(StrEnum):
    """Why the solver stopped."""

    FINISHED = "FINISHED"
    TIME = "TIME"
    MEMORY = "MEMORY"
    INTERRUPTED = "INTERRUPTED"
    ERROR = "ERROR"


class Proof(StrEnum):
    """What the bound rests on."""

    EXACT = "exact"  # integer arithmetic throughout
    NUMERICAL = "numerical"  # a floating-point bound, rounded safely


@dataclass(frozen=True, slots=True)
class Result:
    """A solver's answer to a minimisation problem.

    Attributes
    ----------
    solver : str
    status : Status
        What the solver claims.
    stop : Stop
        Why it stopped.
    value : int, optional
        Objective of `allocation`, in steps of the pipeline.
    bound : int, optional
        No allocation is better than this; None when nothing is known, never 0 for that.
    allocation : mapping of str to int, optional
        Duplication R by layer name, in layer order.
    proof : Proof, optional
        What `bound` rests on; None without a bound.
    seconds, compile_seconds : float
        Wall-clock time of the solve; that of compiling kernels, which comes on top of it.
    statistics, options : mapping
        Counters of the search; the options that were used.
    message : str
        For a person: what is missing, or what went wrong.
    step : Fraction, optional
        Seconds of one step with `allocation`, where a count is asked for and the hardware says it.

    Raises
    ------
    ValueError
        When the fields contradict each other.
    """

    solver: str
    status: Status
    stop: Stop
    value: int | None = None
    bound: int | None = None
    allocation: Mapping[str, int] | None = None
    proof: Proof | None = None
    seconds: float = 0.0
    compile_seconds: float = 0.0
    statistics: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    step: Fraction | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        has_solution = self.status in (Status.OPTIMAL, Status.FEASIBLE)
        contradictions = (
            (
                has_solution != (self.allocation is not None),
                "an allocation exactly with a solution",
            ),
            (has_solution != (self.value is not None), "a value exactly with a solution"),
            (self.status is Status.OPTIMAL and self.value != self.bound, "OPTIMAL: value == bound"),
            ((self.bound is None) != (self.proof is None), "a proof exactly with a bound"),
            (
                self.status is Status.INFEASIBLE and self.bound is not None,
                "INFEASIBLE has no bound",
            ),
            (
                self.value is not None and self.bound is not None and self.bound > self.value,
                "bound <= value",
            ),
        )
        for broken, rule in contradictions:
            if broken:
                raise ValueError(f"result of solver {self.solver!r} breaks the rule: {rule}")

    @classmethod
    def of_known(
        cls,
        solver: str,
        stop: Stop,
        value: int | None,
        bound: int | None,
        allocation: Mapping[str, int] | None,
        proof: Proof = Proof.EXACT,
        infeasible: bool = False,
        **more: Any,
    ) -> Self:
        """The result whose status follows from what is known; `proof` counts where a bound is."""
        if infeasible:
            status, bound = Status.INFEASIBLE, None
        elif value is None:
            status = Status.UNKNOWN
        else:
            status = Status.OPTIMAL if value == bound else Status.FEASIBLE
        rests_on = None if bound is None else proof
        return cls(solver, status, stop, value, bound, allocation, rests_on, **more)

    def __str__(self) -> str:
        named = (("value", self.value), ("bound", self.bound))
        known = [f"{what} {self.shown(n)}" for what, n in named if n]
        if self.value is not None and self.step is not None:
            known[0] += all_in_us(self.value, self.step)
        known += [f"{self.proof} proof"] if self.proof else []
        known += [f"stopped: {self.stop}"] if self.stop is not Stop.FINISHED else []
        return f"{self.status} ({', '.join([*known, f'{self.solver}, {self.seconds:.2f} s'])})"

    def _repr_html_(self) -> str:
        return html_table(str(self), ("layer", "R"), (self.allocation or {}).items())

    def shown(self, number: int) -> str:
        """A value or bound of it in words."""
        return str(number)

    def as_dict(self) -> dict[str, Any]:
        """The answer for JSON."""
        return {
            "solver": self.solver,
            "status": self.status,
            "stop": self.stop,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "proof": self.proof,
            "allocation": plain(self.allocation),
            "seconds": self.seconds,
            "compile_seconds": self.compile_seconds,
            "statistics": plain(self.statistics),
            "options": plain(self.options),
            "message": self.message,
        }

    @property
    def gap(self) -> int | None:
        """value - bound, in steps; None when either is missing."""
        return None if self.value is None or self.bound is None else self.value - self.bound
