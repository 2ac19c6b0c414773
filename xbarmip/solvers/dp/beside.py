"""Work side by side in threads, over as soon as one piece is."""

from collections.abc import Callable, Sequence
from threading import Event, Thread

Work = Callable[[], None]


class OverError(Exception):
    """Another piece has ended, so that this one is not needed any more."""


class Beside:
    """Pieces of work of which the first to end ends the others.

    Compiled kernels let other threads run, so two pieces keep two processors busy.
    """

    def __init__(self) -> None:
        self._over = Event()
        self._failed: list[BaseException] = []

    def check(self) -> None:
        """Between parts of a piece: raise OverError where another piece has ended."""
        if self._over.is_set():
            raise OverError

    def run(self, pieces: Sequence[Work]) -> None:
        """Run each piece, the first in this thread, where Ctrl-C arrives; raise what one raised."""
        threads = [Thread(target=self._one, args=(piece,), daemon=True) for piece in pieces[1:]]
        for thread in threads:
            thread.start()
        self._one(pieces[0])
        for thread in threads:
            thread.join()
        self._over.clear()
        failed, self._failed = self._failed, []
        if failed:
            raise failed[0]

    def _one(self, piece: Work) -> None:
        try:
            piece()
        except OverError:
            pass
        except BaseException as error:  # KeyboardInterrupt, too: it is raised by `run`
            self._failed.append(error)
        finally:
            self._over.set()
