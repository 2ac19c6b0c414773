"""A process that has everything imported and forks a fresh process for each task.

Python, the libraries and the compiled kernels take seconds to start or load; a fork takes
milliseconds. What the nursery hands on to its children is the same for every task.
"""

import gc
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from xbarmip.compare.execute import bond, child
from xbarmip.compare.execute.messages import Born, Ended, receive, send
from xbarmip.compare.execute.process import descendants, end, end_all_below, reap
from xbarmip.compare.instance import problem_for, smallest_budget
from xbarmip.measures.registry import measures
from xbarmip.network.library import load_network
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.registry import make_solver

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_PRINTING = {"PYTHONIOENCODING": "utf-8:backslashreplace"}  # no solver fails on what it prints
_LEAVING_SECONDS = 10
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class LostError(Exception):
    """The nursery has gone: killed from outside, or out of memory."""


class Nursery:
    """A nursery as its guard sees it; one child at a time.

    Parameters
    ----------
    threads : int
        What numerical libraries are told.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.control, theirs = socket.socketpair()
        arguments = os.getpid(), theirs.fileno()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", bond.__file__, *map(str, arguments), *sys.path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env={**os.environ, **_PRINTING, **dict.fromkeys(_THREADS, str(threads))},
            )

    def fork(self, connection: socket.socket, output: int) -> int:
        """Have a child forked that talks over `connection` and prints into `output`; its id.

        Raises
        ------
        LostError
            If the nursery has gone.
        """
        try:
            socket.send_fds(self.control, [b"f"], [connection.fileno(), output])
            born: Born = receive(self.control)
        except (OSError, EOFError):
            raise LostError("the process that forks solvers has gone") from None
        return born.pid

    @property
    def below(self) -> list[int]:
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


def main(fd: int, parent: int) -> None:
    """Fork for every request, report the child's end, until the guard closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _warm_up()
    gc.freeze()
    bond.adopt_orphans()
    signal.signal(signal.SIGTERM, _leave)
    bond.die_with_parent(parent, signal.SIGTERM)
    control = socket.socket(fileno=fd)
    while True:
        request, fds, _, _ = socket.recv_fds(control, 1, 2)
        if not request:
            return
        reap()
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            control.close()
            _become_child(fds, own)
        for each in fds:
            os.close(each)
        send(control, Born(pid))
        _, status, usage = os.wait4(pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        peak = usage.ru_maxrss * _MAXRSS_UNIT
        send(control, Ended(os.waitstatus_to_exitcode(status), cpu, peak))


def _warm_up() -> None:
    """Load the compiled kernels, or compile them: those of the evaluation and of the search.

    By a small solve under each objective, none of which is over before it searches. It uses no
    threads, which would not survive a fork.
    """
    network = load_network("alexnet")
    budget = 2 * smallest_budget(network, 128)
    for label in (each.label for each in measures()):
        make_solver("dp").solve(problem_for(network, budget, 128, label), Watch(Limits()))


def _leave(*_: object) -> None:
    """The guard has gone: end the child with all that it started, and go."""
    end_all_below()
    os._exit(1)


def _become_child(fds: list[int], parent: int) -> None:
    """Run the child and leave, whatever happens, without the nursery's way out."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        connection, output = fds
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        child.main(socket.socket(fileno=connection), parent)
        status = 0
    finally:
        os._exit(status)
