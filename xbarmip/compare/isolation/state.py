"""The state of a run: which clock is on, when it is over, and what it has told."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import isfinite
from typing import Any

from xbarmip.compare.isolation.ending import Ending, Outcome, Point
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.isolation.messages import Compiled, Compiling, Ended, Solving, Told
from xbarmip.solvers.protocol import Progress

_DENSITY = 500  # points of a trace that is kept, about


class RunState:
    """A run as its supervisor knows it, from the messages of its process.

    One of two clocks is on: that of start-up, from the beginning and whenever machine code is being
    compiled or loaded, or that of solving.
    """

    def __init__(
        self,
        allowance: Allowance,
        tell: Progress | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowance = allowance
        self._tell = tell
        self._now = now
        self._began = self._phase_began = now()
        self._solving_began: float | None = None
        self._compiled = 0.0
        self._compiling = True
        self._base = 0
        self._most = 0
        self._trace: list[Point] = []
        self._last: Ending | None = None

    @property
    def seconds(self) -> float:
        """Solving until now."""
        if self._solving_began is None:
            return 0.0
        until = self._phase_began if self._compiling else self._now()
        return until - self._solving_began - self._compiled

    @property
    def startup_seconds(self) -> float:
        """Everything else until now."""
        return self._now() - self._began - self.seconds

    @property
    def overdue(self) -> str:
        """Why the process is to be ended now for its time; empty if it is not."""
        allowance = self._allowance
        if self._last is not None:  # it is leaving
            return ""
        if self._compiling:
            if self._now() - self._phase_began <= allowance.startup_seconds:
                return ""
            what = "starting" if self._solving_began is None else "compiling"
            return f"still {what} after {allowance.startup_seconds:g} s"
        if allowance.last_second is None or self.seconds <= allowance.last_second:
            return ""
        return (
            f"still running {allowance.grace_seconds:g} s after its time limit of "
            f"{allowance.seconds:g} s"
        )

    def oversized(self, resident: int) -> str:
        """Why the process is to be ended, of which the tree holds `resident` bytes; or nothing."""
        if self._solving_began is None:
            return ""
        grown, last = resident - self._base, self._allowance.last_byte
        self._most = max(self._most, grown)
        if last is None or grown <= last:
            return ""
        return f"grew by {grown} bytes, {last - self._allowance.grace_bytes} are its memory limit"

    def hear(self, message: Any) -> None:
        """Take in a message of the process."""
        now = self._now()
        match message:
            case Solving(resident):
                self._solving_began, self._base, self._compiling = now, resident, False
            case Compiling():
                self._compiling, self._phase_began = True, now
            case Compiled():
                self._compiling = False
                self._compiled += now - self._phase_began
            case Told(facts):
                self._note(facts)
            case Ending():
                self._last = message

    def _note(self, facts: dict[str, Any]) -> None:
        best, bound = facts.get("best"), facts.get("bound")
        if (best, bound) != (None, None) and (
            not self._trace or self._trace[-1][1:] != (best, bound)
        ):
            told = facts.get("seconds")
            seconds = told if isinstance(told, float) and isfinite(told) else self.seconds
            self._trace.append((round(seconds, 6), best, bound))
        if self._tell is not None:
            self._tell(facts)

    def ending(self, ended: Ended, killed: tuple[Outcome, str] | None, printed: str) -> Ending:
        """What came of it all, once the process has ended."""
        outcome, message = killed or (Outcome.CRASHED, _how(ended.status, printed))
        last = self._last or Ending(outcome, message=message, seconds=self.seconds)
        grown = max(self._most, ended.peak_bytes - self._base if self._base else 0)
        return replace(
            last,
            seconds=round(last.seconds, 6),
            startup_seconds=round(self._now() - self._began - last.seconds, 6),
            cpu_seconds=ended.cpu_seconds,
            memory_bytes=max(0, grown),
            trace=thinned(self._trace),
        )


def _how(status: int, printed: str) -> str:
    """What an exit status says, and what was printed last."""
    how = f"was ended by signal {-status}" if status < 0 else f"left with status {status}"
    return f"its process {how}{printed and f', after printing: {printed}'}"


def thinned(trace: list[Point]) -> tuple[Point, ...]:
    """The trace, without points that are too close to be seen apart; first and last stay."""
    if len(trace) <= _DENSITY:
        return tuple(trace)
    apart = (trace[-1][0] - trace[0][0]) / _DENSITY
    kept = [trace[0]]
    for point, after in pairwise(trace[1:]):
        if after[0] - kept[-1][0] > apart:
            kept.append(point)
    return (*kept, trace[-1])
