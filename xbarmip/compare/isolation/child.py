"""What runs in a solver's own process: the solve, its clock, and its reports."""

import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

import psutil
from numba.core import event

from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.isolation.link import die_with_parent
from xbarmip.compare.isolation.messages import Compiled, Compiling, Solving, Told, Work, send
from xbarmip.errors import error_line
from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Watch
from xbarmip.solvers.registry import solver_for

_PAUSE = 0.1  # seconds between two reports that say nothing new about best and bound
_COMPILING = "numba:compiler_lock"  # held while machine code is compiled or read from the cache


def main(talk: Connection, parent: int) -> None:
    """Do one piece of work and send what came of it; the process ends with this call."""
    die_with_parent(parent, signal.SIGKILL)
    os.setsid()
    own = os.getpid()
    try:
        work: Work = talk.recv()
    except Exception as error:  # unpickling: whatever a solver's own objects do
        send(talk, Ending(Outcome.RAISED, message=error_line(error)))
        return
    meter = CompileMeter(talk)
    event.register(_COMPILING, meter)  # type: ignore[no-untyped-call]
    send(talk, Solving(psutil.Process().memory_info().rss))
    watch = Watch(work.allowance.limits, Reporter(talk), meter.working_time)
    ending = _solved(work, watch)
    if os.getpid() != own:  # a copy that the solver made of itself has no say
        return
    try:
        send(talk, ending)
    except Exception as error:  # pickling: anything can come out of a solver's own objects
        message = f"the answer cannot be sent: {error_line(error)}"
        send(talk, Ending(Outcome.GARBAGE, message=message, seconds=watch.seconds))


def _solved(work: Work, watch: Watch) -> Ending:
    """What the solver says, or does instead."""
    try:
        counts = isinstance(work.problem, Problem)
        solver = solver_for(work.problem, work.solver) if counts else work.solver
        reasons = solver.unsupported(work.problem)
        if reasons:
            return Ending(Outcome.REFUSED, message="; ".join(map(str, reasons)))
        answer = solver.solve(work.problem, watch)
    except BaseException as error:  # whatever it is, it is to be told
        outcome = Outcome.OUT_OF_MEMORY if isinstance(error, MemoryError) else Outcome.RAISED
        return Ending(outcome, message=error_line(error), seconds=watch.seconds)
    return Ending(Outcome.ANSWERED, answer, seconds=watch.seconds)


class CompileMeter(event.Listener):
    """Adds up the time in which machine code is compiled or loaded, and reports each stretch."""

    def __init__(self, talk: Connection) -> None:
        self._talk = talk
        self._depth = 0
        self._began = 0.0
        self._total = 0.0

    def working_time(self) -> float:
        """A clock that stands still in that time."""
        return (self._began if self._depth else time.monotonic()) - self._total

    def on_start(self, _: event.Event) -> None:
        """Numba took its compiler's lock; it may take it again inside."""
        if self._depth == 0:
            self._began = time.monotonic()
            send(self._talk, Compiling())
        self._depth += 1

    def on_end(self, _: event.Event) -> None:
        """Numba gave it back."""
        self._depth -= 1
        if self._depth == 0:
            self._total += time.monotonic() - self._began
            send(self._talk, Compiled())


class Reporter:
    """Sends on what a solver tells: every new best or bound, the rest now and then."""

    def __init__(self, talk: Connection) -> None:
        self._talk = talk
        self._pair: tuple[Any, Any] = (None, None)
        self._latest = float("-inf")

    def __call__(self, facts: dict[str, Any]) -> None:
        """Send `facts`, or pass over them."""
        pair, now = (facts.get("best"), facts.get("bound")), time.monotonic()
        if pair != self._pair or now - self._latest >= _PAUSE:
            self._pair, self._latest = pair, now
            send(self._talk, Told(facts))
