"""What one run of a solver may take: what it is told, and where it is ended all the same."""

from dataclasses import dataclass
from math import isfinite

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.solvers.protocol import Limits

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one run, soft and hard.

    A solver is told `seconds` and `memory_bytes` and is to end by itself. Beyond the grace its
    process is ended. Starting the process and compiling or loading machine code is not counted as
    solving; it has a limit of its own.

    Attributes
    ----------
    seconds : float, optional
        Wall-clock time of solving; None for no limit, hard or soft.
    memory_bytes : int, optional
        Memory beyond what the process holds when solving begins; None for no limit.
    grace_seconds : float
    grace_bytes : int
    startup_seconds : float
        Starting the process, and each stretch of compiling.
    threads : int
        What numerical libraries are told, and solvers that have an option `threads`.

    Raises
    ------
    InputError
        On a value out of range.
    """

    seconds: float | None = None
    memory_bytes: int | None = None
    grace_seconds: float = 10.0
    grace_bytes: int = 256 * MIB
    startup_seconds: float = 600.0
    threads: int = 1

    def __post_init__(self) -> None:
        Limits(self.seconds, self.memory_bytes)
        for name in ("grace_seconds", "startup_seconds"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise InputError(f"{name} must be a number of seconds >= 0, got {value!r}")
        as_int(self.grace_bytes, "grace_bytes", 0)
        as_int(self.threads, "threads", 1, 1024)

    @property
    def limits(self) -> Limits:
        """What the solver is told."""
        return Limits(self.seconds, self.memory_bytes)

    @property
    def last_second(self) -> float | None:
        """Seconds of solving after which the process is ended."""
        return None if self.seconds is None else self.seconds + self.grace_seconds

    @property
    def last_byte(self) -> int | None:
        """Bytes beyond the start of solving at which the process is ended."""
        return None if self.memory_bytes is None else self.memory_bytes + self.grace_bytes
