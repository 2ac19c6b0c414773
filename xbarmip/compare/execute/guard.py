"""The guard: one process at a time, forked, watched, and ended where it oversteps its limits."""

import os
import selectors
import socket
import threading
import time

from xbarmip.compare.execute.ending import Ending, Outcome
from xbarmip.compare.execute.messages import Buffer, Ended, Unsendable, receive, send
from xbarmip.compare.execute.nursery import LostError, Nursery
from xbarmip.compare.execute.process import end_tree, private_bytes, resident_bytes
from xbarmip.compare.execute.task import Task
from xbarmip.compare.execute.vigil import Vigil
from xbarmip.solvers.protocol import Progress

_LOOK = 0.02  # seconds between two looks at clock and memory
_COUNT = 0.5  # seconds between two searches for processes that the solver started
_CHUNK = 1 << 16
_PATIENCE = 60.0  # seconds until a process that was killed must be told to have ended
_TAIL = 400  # bytes that are kept of what a process prints


class Guard:
    """Runs tasks one after another, each in a process of its own.

    Parameters
    ----------
    tell : callable, optional
        Called with a dict of facts during each search.
    """

    def __init__(self, tell: Progress | None = None) -> None:
        self._tell = tell
        self._nursery: Nursery | None = None
        self._stopped = threading.Event()

    def run(self, task: Task) -> Ending:
        """Run one task to its end, whatever that is.

        Raises
        ------
        LostError
            If the process that forks went away.
        """
        if self._stopped.is_set():
            raise LostError("the run was stopped")
        nursery = self._nursery_for(task.allowance.threads)
        tell = None if self._tell is None else _Named(self._tell, task)
        try:
            return self._watched(nursery, task, Vigil(task.allowance, tell))
        except BaseException:  # what the nursery still has to say is about this task
            self.close()
            raise

    def _nursery_for(self, threads: int) -> Nursery:
        if self._nursery is not None and self._nursery.threads != threads:
            self.close()
        if self._nursery is None:
            self._nursery = Nursery(threads)
        return self._nursery

    def _watched(self, nursery: Nursery, task: Task, vigil: Vigil) -> Ending:
        talk, theirs = socket.socketpair()
        printed, output = os.pipe()
        try:
            with theirs:
                child = nursery.fork(theirs, output)
            os.close(output)
            output = -1
            return _Watch(talk, printed, nursery, child, vigil).run(task)
        finally:
            talk.close()
            os.close(printed)
            if output >= 0:
                os.close(output)

    def stop(self) -> None:
        """End everything, from another thread; `run` raises LostError."""
        self._stopped.set()
        if self._nursery is not None:
            self._nursery.end()

    def close(self) -> None:
        """End the nursery; the next task gets a new one."""
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None


class _Named:
    """Says which task the facts of a search belong to."""

    def __init__(self, tell: Progress, task: Task) -> None:
        self._tell = tell
        self._names = {"instance": task.instance.name, "solver": task.solver.name}

    def __call__(self, facts: dict[str, object]) -> None:
        self._tell({**self._names, **facts})


class _Watch:
    """The loop around one child."""

    def __init__(
        self, talk: socket.socket, printed: int, nursery: Nursery, pid: int, vigil: Vigil
    ) -> None:
        self._talk, self._printed, self._nursery = talk, printed, nursery
        self._pid, self._vigil = pid, vigil
        self._buffer = Buffer()
        self._tail = b""
        self._killed: tuple[Outcome, str] | None = None
        self._killed_at = 0.0
        self._below: list[int] = []
        self._counted = float("-inf")

    def run(self, task: Task) -> Ending:
        """Give it the task, listen until it ends."""
        self._give(task)
        with selectors.DefaultSelector() as selector:
            for source in (self._talk, self._printed, self._nursery.control):
                selector.register(source, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(_LOOK):
                    if key.fileobj is self._nursery.control:
                        return self._ended()
                    if not self._read(key.fileobj):
                        selector.unregister(key.fileobj)
                self._look()

    def _give(self, task: Task) -> None:
        self._talk.settimeout(task.allowance.startup_seconds)
        try:
            send(self._talk, task.work)
        except OSError:  # it died at once or never listens: the loop finds out
            return
        finally:
            self._talk.setblocking(False)

    def _read(self, source: object) -> bool:
        """Take in what came; False at the end of it."""
        if source is not self._talk:
            data = os.read(self._printed, _CHUNK)
            self._tail = (self._tail + data)[-_TAIL:]
            return bool(data)
        try:
            data = self._talk.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        try:
            for message in self._buffer.feed(data):
                self._vigil.hear(message)
        except Exception as error:  # unpickling: whatever a solver's own objects do
            self._vigil.hear(Unsendable(f"{type(error).__name__}: {error}", self._vigil.seconds))
            end_tree(self._pid)
            return False
        return bool(data)

    def _look(self) -> None:
        now = time.monotonic()
        if self._killed is not None:
            if now - self._killed_at > _PATIENCE:
                raise LostError("the process that forks solvers does not answer")
            return
        if now - self._counted >= _COUNT:
            self._below, self._counted = self._others(), now
        late = self._vigil.overdue
        held = resident_bytes(self._pid) + sum(map(private_bytes, self._below))
        large = self._vigil.oversized(held)
        if late or large:
            outcome = Outcome.TIMEOUT if late else Outcome.OUT_OF_MEMORY
            self._killed, self._killed_at = (outcome, late or large), now
            end_tree(self._pid, self._others())

    def _others(self) -> list[int]:
        """What the child started, and what that started, whoever is its parent by now."""
        return [pid for pid in self._nursery.below if pid != self._pid]

    def _ended(self) -> Ending:
        """Hear what it said last, and sum up."""
        try:
            ended: Ended = receive(self._nursery.control)
        except (OSError, EOFError):
            end_tree(self._pid, self._below)
            raise LostError("the process that forks solvers has gone") from None
        end_tree(self._pid, self._others())  # what it started and left behind
        while self._talk in self._readable() and self._read(self._talk):
            pass
        while self._printed in self._readable() and self._read(self._printed):
            pass
        printed = " ".join(self._tail.decode(errors="replace").split())
        return self._vigil.ending(ended, self._killed, printed)

    def _readable(self) -> list[object]:
        with selectors.DefaultSelector() as selector:
            for source in (self._talk, self._printed):
                selector.register(source, selectors.EVENT_READ)
            return [key.fileobj for key, _ in selector.select(0)]
