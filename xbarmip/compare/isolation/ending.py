"""How a run of a solver ended: what it said, or what became of its process."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of a run; only the first two are a solver's own doing as it should be."""

    ANSWERED = "ANSWERED"
    REFUSED = "REFUSED"  # it named reasons why it cannot take the instance
    RAISED = "RAISED"  # an exception came out of it
    GARBAGE = "GARBAGE"  # what it returned is not an answer
    TIMEOUT = "TIMEOUT"  # it went on beyond limit and grace and was ended
    OUT_OF_MEMORY = "OUT_OF_MEMORY"  # it grew beyond limit and grace and was ended
    CRASHED = "CRASHED"  # its process died
    LOST = "LOST"  # the machine or the worker that it ran on went away, again and again


Point = tuple[float, Any, Any]  # seconds, best value, bound: as the solver claims them


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended, and what it took.

    Attributes
    ----------
    outcome : Outcome
    answer : object
        What the solver returned, whatever it is; None where it returned nothing.
    message : str
        Reasons of a refusal, the error, or what became of the process.
    seconds : float
        Solving.
    startup_seconds : float
        Starting the process, and compiling or loading machine code.
    cpu_seconds : float
        Of the process, start-up included.
    memory_bytes : int
        Largest memory beyond what the process held when solving began.
    trace : tuple of (float, value, bound)
        Best value and bound as the solver told them, each time one was new.
    """

    outcome: Outcome
    answer: Any = None
    message: str = ""
    seconds: float = 0.0
    startup_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    trace: tuple[Point, ...] = ()
