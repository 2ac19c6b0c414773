"""What ties a process to the one that started it; and the start of a process that is tied.

Importing the package takes seconds. Run as a script, this file ties its process to its parent
first, by the standard library alone, and imports afterwards: a parent that is killed at any moment
takes it along.
"""

import ctypes
import os
import signal
import sys
from importlib import import_module

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int, how: signal.Signals) -> None:
    """Have the kernel send `how` to this process when the thread that started it ends (Linux).

    Elsewhere, and where the C library has no prctl, nothing is done: a process whose parent was
    killed runs on to its own end.

    Parameters
    ----------
    parent : int
        The parent's process id; where it has gone already, `how` is sent at once.
    how : signal.Signals
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os.kill(os.getpid(), how)


def adopt_orphans() -> None:
    """Become the parent of every process below this one that loses its own (Linux)."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    call = getattr(ctypes.CDLL(None), "prctl", None)
    if call is not None:
        call(option, value)


if __name__ == "__main__":
    _, given_parent, given_fd, module, *folders = sys.argv
    die_with_parent(int(given_parent), signal.SIGKILL)
    sys.path[:] = folders
    import_module(module).main(int(given_fd), int(given_parent))
