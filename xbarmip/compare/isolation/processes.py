"""Trees of processes: who belongs to one, what it holds, and its end."""

import os
from collections.abc import Iterable
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
            f"{', '.join(missing)}; this system lacks that"
        )


def descendants(pid: int) -> list[psutil.Process]:
    """Processes below `pid`, however deep."""
    try:
        below: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return below


def held_bytes(child: int, processes: Iterable[psutil.Process]) -> int:
    """Resident memory of `child`, and of the others what each shares with no other process."""
    held = 0
    for each in processes:
        with suppress(psutil.Error):  # it has gone
            held += each.memory_info().rss if each.pid == child else each.memory_full_info().uss
    return held


def end(processes: Iterable[psutil.Process]) -> None:
    """Kill processes, of which some may have gone; never others that have their numbers by now."""
    for each in processes:
        with suppress(psutil.Error):
            each.kill()


def end_all_below() -> None:
    """Kill all processes below this one, also those that are being started meanwhile."""
    while below := descendants(os.getpid()):
        end(below)
        reap()


def reap() -> None:
    """Take leave of all children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
