"""What runs in a solver's own process: the solve, its clock, and its reports."""

import os
import signal
import socket
import time
from pathlib import Path
from traceback import extract_tb
from typing import Any

from numba.core import event

from xbarmip.compare.execute import messages
from xbarmip.compare.execute.bond import die_with_parent
from xbarmip.compare.execute.messages import receive, send
from xbarmip.compare.execute.process import resident_bytes
from xbarmip.compare.execute.task import Work
from xbarmip.solvers.protocol import Limits, Progress, Watch
from xbarmip.solvers.registry import solver_for

_PAUSE = 0.1  # seconds between two reports that say nothing new about best and bound
_COMPILING = "numba:compiler_lock"  # held while machine code is compiled or read from the cache


def main(connection: socket.socket, parent: int) -> None:
    """Do one piece of work and send what came of it; the process ends with this call."""
    die_with_parent(parent, signal.SIGKILL)
    os.setsid()
    last: messages.Last
    try:
        work: Work = receive(connection)
    except Exception as error:  # unpickling: whatever a solver's own objects do
        send(connection, messages.Raised(error_line(error), memory=False, seconds=0.0))
        return
    meter = CompileMeter(connection)
    event.register(_COMPILING, meter)  # type: ignore[no-untyped-call]
    reporter = Reporter(connection)
    send(connection, messages.Solving(resident_bytes(os.getpid())))
    watch = SolvingWatch(work.limits, reporter, meter)
    try:
        solver = solver_for(work.problem, work.solver)
        reasons = solver.unsupported(work.problem)
        if reasons:
            last = messages.Refused(tuple(map(str, reasons)))
        else:
            last = messages.Answered(solver.solve(work.problem, watch), watch.seconds)
    except BaseException as error:  # whatever a solver does, it is to be told
        last = messages.Raised(error_line(error), isinstance(error, MemoryError), watch.seconds)
    try:
        send(connection, last)
    except Exception as error:  # pickling: anything can come out of a solver's own objects
        send(connection, messages.Unsendable(error_line(error), watch.seconds))


class CompileMeter(event.Listener):
    """Adds up the time in which machine code is compiled or loaded, and reports each stretch."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._depth = 0
        self._began = 0.0
        self._total = 0.0

    @property
    def seconds(self) -> float:
        """Time until now."""
        return self._total + (time.monotonic() - self._began if self._depth else 0.0)

    def on_start(self, _: event.Event) -> None:
        """Numba took its compiler's lock; it may take it again inside."""
        if self._depth == 0:
            self._began = time.monotonic()
            send(self._connection, messages.Compiling())
        self._depth += 1

    def on_end(self, _: event.Event) -> None:
        """Numba gave it back."""
        self._depth -= 1
        if self._depth == 0:
            self._total += time.monotonic() - self._began
            send(self._connection, messages.Compiled(self._total))


class SolvingWatch(Watch):
    """A watch that stands still while machine code is compiled or loaded."""

    def __init__(self, limits: Limits, progress: Progress, meter: CompileMeter) -> None:
        super().__init__(limits, progress)
        self._meter = meter

    @property
    def seconds(self) -> float:
        """Time since the start, compiling apart."""
        return super().seconds - self._meter.seconds


class Reporter:
    """Sends on what a solver tells: every new best or bound, the rest now and then."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._pair: tuple[Any, Any] = (None, None)
        self._latest = float("-inf")

    def __call__(self, facts: dict[str, Any]) -> None:
        """Send `facts`, or pass over them."""
        pair, now = (facts.get("best"), facts.get("bound")), time.monotonic()
        if pair != self._pair or now - self._latest >= _PAUSE:
            self._pair, self._latest = pair, now
            send(self._connection, messages.Told(facts))


def error_line(error: BaseException) -> str:
    """Kind, text and place of an error, on one line."""
    frames = extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"
