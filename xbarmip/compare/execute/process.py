"""Trees of processes: who belongs to one, what it holds, and its end."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress

import psutil

from xbarmip.errors import UnsupportedError

_NEEDED = ("fork", "setsid", "killpg", "wait4")


def require_processes() -> None:
    """Refuse where no solver can have a process of its own that is watched and ended.

    Raises
    ------
    UnsupportedError
        Naming what the system lacks.
    """
    missing = [f"os.{name}" for name in _NEEDED if not hasattr(os, name)]
    if missing:
        raise UnsupportedError(
            "a comparison runs each solver in a process of its own, which needs "
            f"{', '.join(missing)}; this system has no such call"
        )


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
    end((pid, *below, *others))


def end_all_below() -> None:
    """Kill all processes below this one, also those that are being started meanwhile."""
    while below := descendants(os.getpid()):
        end(below)
        reap()


def end(pids: Sequence[int]) -> None:
    """Kill processes, of which some may have gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def reap() -> None:
    """Take leave of all children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
