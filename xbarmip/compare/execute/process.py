"""What a process asks of the operating system: to die with its parent, and what a tree holds."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import psutil

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when the thread that started it ends (Linux).

    Elsewhere nothing is done: a process whose guard was killed runs on to its own end.

    Parameters
    ----------
    parent : int
        The parent's process id; where it has gone already, this process ends at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def resident_bytes(pid: int) -> int:
    """Resident memory of one process; 0 once it is gone."""
    try:
        resident: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
    return resident


def private_bytes(pid: int) -> int:
    """Memory that one process shares with no other; 0 once it is gone."""
    try:
        private: int = psutil.Process(pid).memory_full_info().uss
    except psutil.Error:
        return 0
    return private


def descendants(pid: int) -> list[int]:
    """Processes below `pid`, however deep."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def end_tree(pid: int, others: Sequence[int] = ()) -> None:
    """Kill a process that leads a session, its group, all that descend from it, and `others`."""
    below = descendants(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    for each in (pid, *below, *others):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
