"""The protocol of a solver, its limits, and the watch that it keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from numbers import Real
from typing import Any, NamedTuple, Protocol, runtime_checkable

from xbarmip.clock import working_time
from xbarmip.errors import InputError
from xbarmip.problem import Problem
from xbarmip.solvers.result import Proof, Result, Stop

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a solve may take.

    Attributes
    ----------
    seconds : float, optional
        Wall-clock time; None for no limit.
    memory_bytes : int, optional
        Working memory of the search; None for no limit.
    """

    seconds: float | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        seconds, memory = self.seconds, self.memory_bytes
        if seconds is not None and not (isinstance(seconds, Real) and 0 <= seconds < inf):
            raise InputError(f"time limit must be a number of seconds >= 0, got {seconds!r}")
        if memory is not None and not (isinstance(memory, Real) and memory > 0):
            raise InputError(f"memory limit must be positive, got {memory!r}")


class StoppedError(Exception):
    """A limit, or an answer that is not final, ends a piece of work; who began it catches this."""

    def __init__(self, stop: Stop, message: str = "") -> None:
        super().__init__(message)
        self.stop, self.message = stop, message


def ended(work: Callable[[], None]) -> tuple[Stop, str]:
    """Do `work` to its end, or until a limit or Ctrl-C ends it; which, and with what message."""
    try:
        work()
    except StoppedError as stopped:
        return stopped.stop, stopped.message
    except KeyboardInterrupt:
        return Stop.INTERRUPTED, ""
    return Stop.FINISHED, ""


def until_stopped(work: Callable[[], None]) -> Stop:
    """`ended`, without the message."""
    return ended(work)[0]


class Watch:
    """Clock and mouthpiece of one solve: started with it, asked between pieces of work.

    By a clock that stands still while kernels are compiled.
    """

    def __init__(
        self,
        limits: Limits,
        progress: Progress | None = None,
        clock: Callable[[], float] = working_time,
    ) -> None:
        self.limits = limits
        self._progress = progress
        self._clock = clock
        self._start = clock()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return self._clock() - self._start

    @property
    def expired(self) -> bool:
        """Whether the time limit has passed."""
        return self.limits.seconds is not None and self.seconds >= self.limits.seconds

    @property
    def stop(self) -> Stop:
        """Why a solver stops that now answers with what it has: the time limit, or nothing."""
        return Stop.TIME if self.expired else Stop.FINISHED

    @property
    def remaining(self) -> float | None:
        """Seconds left, at least 0; None without a limit."""
        return None if self.limits.seconds is None else max(0.0, self.limits.seconds - self.seconds)

    def tell(self, **facts: Any) -> None:
        """Report the state of the search (best, bound, and what the solver counts)."""
        if self._progress is not None:
            self._progress({"seconds": self.seconds, **facts})

    def check(self, **facts: Any) -> None:
        """Between pieces of work: report facts, if there are any, and look at the clock.

        Raises
        ------
        StoppedError
            When the time limit has passed.
        """
        if facts:
            self.tell(**facts)
        if self.expired:
            raise StoppedError(Stop.TIME)

    def part(self, progress: Progress) -> "Watch":
        """A watch for a piece of this work: with what is left of its limits, by its clock."""
        limits = Limits(self.remaining, self.limits.memory_bytes)
        return Watch(limits, progress, lambda: self.seconds)


class UntilFound(Watch):
    """A watch that expires with the first allocation, or the first of a value up to `target`."""

    def __init__(
        self,
        limits: Limits,
        progress: Progress | None = None,
        clock: Callable[[], float] = working_time,
        target: int | None = None,
    ) -> None:
        super().__init__(limits, progress, clock)
        self._target, self.found = target, False

    @property
    def expired(self) -> bool:
        """Whether such an allocation is known, or the time limit has passed."""
        return self.found or super().expired

    def tell(self, **facts: Any) -> None:
        """Note whether there is such an allocation, and pass the facts on."""
        best = facts.get("best")
        within = best is not None and (self._target is None or best <= self._target)
        self.found = self.found or within
        super().tell(**facts)


class Solver(Protocol):
    """A named way to solve a problem.

    A solver is a frozen dataclass whose fields are its options: an unknown option cannot be given.
    """

    @property
    def name(self) -> str:
        """Name in the registry, on the command line and in results."""

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Reasons why this solver cannot take `problem`, naming what it cannot honour."""

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Solve `problem`; ends early when the watch expires or on KeyboardInterrupt.

        Only called for a problem that it supports. A budget that is too small ends as INFEASIBLE.
        """


class Hint(NamedTuple):
    """What is known of a problem before it is solved, and how much there is to prove.

    Attributes
    ----------
    allocations : tuple of (tuple of int)
        Some within the budget, in layer order; those that break a constraint are of no use.
    at_least : int
        A proven lower bound of the optimum.
    enough : int, optional
        A lower bound with which the solve may end, FINISHED, whether or not it is the optimum.
    rounds : int, optional
        After how many rounds of growing effort the solve is to end, FINISHED, with what it knows
        then; 0: an allocation, if there is one, and the bound that takes little work.
    """

    allocations: tuple[tuple[int, ...], ...] = ()
    at_least: int = 1
    enough: int | None = None
    rounds: int | None = None


@runtime_checkable
class HintedSolver(Solver, Protocol):
    """A solver that can begin with what is known."""

    def solve_from(self, problem: Problem, watch: Watch, hint: Hint) -> Result:
        """`solve` with a hint."""


@runtime_checkable
class Counting(Solver, Protocol):
    """A solver of counts under constraints that a walk can ask about latencies."""

    @property
    def refutes(self) -> Proof:
        """What its INFEASIBLE rests on."""


def refused_constraints(problem: Problem) -> tuple[str, ...]:
    """The reasons of a solver that can honour no constraint but the budget, one for each."""
    return tuple(
        f"constraint {constraint.name!r} is more than it can honour"
        for constraint in problem.constraints
    )


def refused_latency(problem: Problem) -> tuple[str, ...]:
    """The reason of a solver that minimises a count and no latency."""
    if not problem.is_latency:
        return ()
    return (f"it minimises {problem.count}, not the objective {problem.objective!r}",)
