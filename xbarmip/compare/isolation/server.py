"""The fork server, as its supervisor sees it: a process that forks a fresh one for each task.

Python, the libraries and the compiled kernels take seconds to start or load; a fork takes
milliseconds. What the server hands on to its children is the same for every task.
"""

import os
import subprocess
import sys
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from typing import Any

import psutil

from xbarmip.compare.isolation import link, serve
from xbarmip.compare.isolation.processes import descendants, end

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_PRINTING = {"PYTHONIOENCODING": "utf-8:backslashreplace"}  # no solver fails on what it prints
_LEAVING_SECONDS = 10


class LostError(Exception):
    """The fork server has gone: killed from outside, or out of memory."""


class ForkServer:
    """One child at a time.

    Parameters
    ----------
    threads : int
        What numerical libraries are told.
    """

    module = serve.__name__  # whose `main` its process runs

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.control, theirs = Pipe()
        start = [link.__file__, str(os.getpid()), str(theirs.fileno()), self.module]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", *start, *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env={**os.environ, **_PRINTING, **dict.fromkeys(_THREADS, str(threads))},
            )

    def fork(self, talk: Connection, output: Connection, solver: str) -> int:
        """Have a child forked that talks over `talk` and prints into `output`; its id.

        What a solver of that name needs is loaded before.

        Raises
        ------
        LostError
            If the server has gone.
        """
        with suppress(OSError):  # it has gone, as the answer will tell
            self.control.send(solver)
            for each in (talk, output):
                send_handle(self.control, each.fileno(), self._process.pid)
        return self.answer()

    def answer(self) -> Any:
        """What it says next: of each child its id, then that it has ended (`Ended`).

        Raises
        ------
        LostError
            If the server has gone.
        """
        try:
            return self.control.recv()
        except (OSError, EOFError):
            raise LostError("the process that forks solvers has gone") from None

    @property
    def below(self) -> list[psutil.Process]:
        """The processes below it: the child and all that it started, whoever is their parent."""
        return descendants(self._process.pid)

    def close(self) -> None:
        """End it, and wait for that."""
        self.end()
        self.control.close()
        try:
            self._process.wait(_LEAVING_SECONDS)
        except subprocess.TimeoutExpired:  # whatever it was that a solver did to it
            below = self.below
            self._process.kill()
            self._process.wait()
            end(below)

    def end(self) -> None:
        """Have it end all below it and leave; whoever waits for it, in any thread, finds out."""
        with suppress(ProcessLookupError):
            self._process.terminate()
