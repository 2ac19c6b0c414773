"""Two runs that go on with the same results file at once share what is left to do.

A run claims a task by a lock on one byte of a file beside the results, the byte that the task's key
names, and holds it until the row is on the disk. Whoever gets the lock then looks whether the row
has come meanwhile. The system gives up the locks of a process that ends in any way: a claim never
outlives its run, so nothing is left to be cleaned up and no task waits for the dead. Such locks
work between processes, and over NFS, not between threads of one process.
"""

import errno
from pathlib import Path
from types import TracebackType

from xbarmip.errors import InputError
from xbarmip.files import writing

_DIGITS = 15  # of a key, in base 16: a place that any file system can lock


class Claims:
    """The tasks that this run has claimed.

    Parameters
    ----------
    results : Path
        The results file.

    Raises
    ------
    InputError
        If the system has no such locks, or the file beside the results cannot be written.
    """

    def __init__(self, results: Path) -> None:
        try:
            import fcntl
        except ImportError:
            raise InputError("resume needs file locks (fcntl), which this system lacks") from None
        self._locks = fcntl
        path = results.with_name(f".{results.stem}.lock")
        with writing(path):
            self._file = path.open("ab")

    def take(self, key: str) -> bool:
        """Claim a task; False where another run has."""
        exclusive = self._locks.LOCK_EX | self._locks.LOCK_NB
        try:
            self._locks.lockf(self._file, exclusive, 1, int(key[:_DIGITS], 16))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def give_back(self, key: str) -> None:
        """Let others look at a task, whose row is on the disk."""
        self._locks.lockf(self._file, self._locks.LOCK_UN, 1, int(key[:_DIGITS], 16))

    def __enter__(self) -> "Claims":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back all."""
        self._file.close()
