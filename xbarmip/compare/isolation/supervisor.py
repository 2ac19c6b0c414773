"""The supervisor: one process at a time, forked, watched, and ended where it oversteps its limits.

A message may be cut off in the middle, by a process that is killed or stopped there. So a thread
listens, which may wait for the rest, while another looks at clock and memory.
"""

import os
import pickle
import signal
import threading
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

import cloudpickle
import psutil

from xbarmip.compare.isolation.ending import Ending, Outcome
from xbarmip.compare.isolation.messages import Ended, Work
from xbarmip.compare.isolation.processes import end, held_bytes
from xbarmip.compare.isolation.server import ForkServer, LostError
from xbarmip.compare.isolation.state import RunState
from xbarmip.solvers.protocol import Progress

_LOOK = 0.02  # seconds between two looks at clock and memory
_COUNT = 0.5  # seconds between two searches for processes that the solver started
_CHUNK = 1 << 16
_PATIENCE = 60.0  # seconds until a process that was killed must be told to have ended
_HEARING = 10.0  # seconds until all that a process said before it ended must be heard
_TAIL = 400  # bytes that are kept of what a process prints


class Supervisor:
    """Runs pieces of work one after another, each in a process of its own.

    Parameters
    ----------
    tell : callable, optional
        Called, from another thread, with a dict of facts during each search.
    """

    def __init__(self, tell: Progress | None = None) -> None:
        self._tell = tell
        self._server: ForkServer | None = None
        self._stopped = threading.Event()

    def run(self, work: Work) -> Ending:
        """Run one piece of work to its end, whatever that is.

        Raises
        ------
        LostError
            If the fork server went away.
        """
        if self._stopped.is_set():
            raise LostError("the run was stopped")
        server = self._server_for(work.allowance.threads)
        try:
            return self._watched(server, work)
        except BaseException:  # what the server still has to say is about this work
            self.close()
            raise

    def _server_for(self, threads: int) -> ForkServer:
        if self._server is not None and self._server.threads != threads:
            self.close()
        if self._server is None:
            self._server = ForkServer(threads)
        return self._server

    def _watched(self, server: ForkServer, work: Work) -> Ending:
        state = RunState(work.allowance, _naming(self._tell, work))
        data = cloudpickle.dumps(work)
        talk, theirs = Pipe()
        printed, output = Pipe(duplex=False)
        with talk, printed:
            with theirs, output:
                pid = server.fork(theirs, output, work.solver.name)
            return _Watch(server, pid, talk, printed, state).run(data)

    def stop(self) -> None:
        """End everything, from another thread; `run` raises LostError."""
        self._stopped.set()
        if self._server is not None:
            self._server.end()

    def close(self) -> None:
        """End the fork server; the next piece of work gets a new one."""
        if self._server is not None:
            self._server.close()
            self._server = None


def _naming(tell: Progress | None, work: Work) -> Progress | None:
    """Say, too, what the facts of a search belong to."""
    if tell is None:
        return None
    names = {"instance": work.instance, "solver": work.solver.name}
    return lambda facts: tell({**names, **facts})


class _Watch:
    """The loop around one child."""

    def __init__(
        self, server: ForkServer, pid: int, talk: Connection, printed: Connection, state: RunState
    ) -> None:
        self._server, self._pid = server, pid
        self._talk, self._printed = talk, printed
        self._state, self._lock = state, threading.Lock()
        self._tail = b""
        self._killed: tuple[Outcome, str] | None = None
        self._killed_at = 0.0
        self._below: list[psutil.Process] = []
        self._counted = float("-inf")

    def run(self, work: bytes) -> Ending:
        """Give it the work, listen and look until it ends, and sum up."""
        listener = threading.Thread(target=self._listen, args=(work,), daemon=True)
        listener.start()
        try:
            ended = self._look_until_it_ends()
        finally:
            self._end()  # also what it started and left behind
            listener.join(_HEARING)
        while wait([self._printed], 0) and self._read():
            pass
        printed = " ".join(self._tail.decode(errors="replace").split())
        with self._lock:
            return self._state.ending(ended, self._killed, printed)

    def _listen(self, work: bytes) -> None:
        """Give it the work and take in what it says, up to its end or to what cannot be read."""
        try:
            with suppress(OSError):  # nobody is there, as the next lines find out
                self._talk.send_bytes(work)
            while data := self._message():
                message = pickle.loads(data)
                with self._lock:
                    self._state.hear(message)
        except BaseException as error:  # unpickling: whatever a solver's own objects do
            what = f"the answer cannot be sent: {type(error).__name__}: {error}"
            with self._lock:
                self._state.hear(Ending(Outcome.GARBAGE, None, what, self._state.seconds))
            self._end()

    def _message(self) -> bytes:
        try:
            return self._talk.recv_bytes()
        except (OSError, EOFError):
            return b""

    def _look_until_it_ends(self) -> Ended:
        sources = [self._server.control, self._printed]
        while True:
            ready = wait(sources, _LOOK)
            if self._printed in ready and not self._read():
                sources.remove(self._printed)
            if self._server.control in ready:
                return self._server.answer()
            self._look()

    def _read(self) -> bool:
        """Take in what was printed; False at the end of it."""
        data = os.read(self._printed.fileno(), _CHUNK)
        self._tail = (self._tail + data)[-_TAIL:]
        return bool(data)

    def _look(self) -> None:
        now = time.monotonic()
        if self._killed is not None:
            if now - self._killed_at > _PATIENCE:
                raise LostError("the process that forks solvers does not answer")
            return
        if now - self._counted >= _COUNT:
            self._below, self._counted = self._server.below, now
        held = held_bytes(self._pid, self._below)
        with self._lock:
            late, large = self._state.overdue, self._state.oversized(held)
        if late or large:
            outcome = Outcome.TIMEOUT if late else Outcome.OUT_OF_MEMORY
            self._killed, self._killed_at = (outcome, late or large), now
            self._end()

    def _end(self) -> None:
        """Kill it, its group, and all that it started, whoever is the parent by now."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        end((*self._below, *self._server.below))
