"""How much memory the process has taken since a search began."""

from mmap import PAGESIZE
from pathlib import Path

from xbarmip.errors import UnsupportedError

_STATM = Path("/proc/self/statm")


class Memory:
    """Resident memory against a limit, for a solver that does not count its own.

    Raises
    ------
    UnsupportedError
        When there is a limit and the system does not tell what a process holds.
    """

    def __init__(self, limit_bytes: int | None) -> None:
        if limit_bytes is not None and not _STATM.exists():
            raise UnsupportedError("a memory limit needs /proc/self/statm, which this system lacks")
        self._most = None if limit_bytes is None else _resident() + limit_bytes

    @property
    def exceeded(self) -> bool:
        """Whether the process has grown by more than the limit since this object was made."""
        return self._most is not None and _resident() > self._most


def _resident() -> int:
    return int(_STATM.read_text().split()[1]) * PAGESIZE
