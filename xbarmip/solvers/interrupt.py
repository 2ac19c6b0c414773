"""Ctrl-C, held back until it can do no harm."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from xbarmip.clock import before_each_kernel

_NOTED: list[int] = []


def interruptions() -> int:
    """Interruptions held back so far in this process, whether or not they were let through.

    A search that is over has no use for one that came during it; whoever searches several times
    sees here that no more searches are wanted.
    """
    return len(_NOTED)


@contextmanager
def interrupts_held() -> Iterator[Callable[[], None]]:
    """Hold SIGINT back inside the block; what is yielded lets through the one that came, if any.

    A KeyboardInterrupt that is raised while numba turns a kernel's result into a named tuple ends
    the process: numba does not expect an error there. So a search that calls such kernels asks for
    interruptions between the calls, and one that comes while kernels are compiled is let through
    before the next of them. One that comes after the last question is dropped: the search
    is over then. Outside the main thread, and where SIGINT has no handler in Python, nothing is
    held and nothing is let through.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: None
        return
    handler: Callable[[int, FrameType | None], object] = before
    came = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        _NOTED.append(number)

    def let_through() -> None:
        nonlocal came
        if came:
            came = False
            handler(signal.SIGINT, None)

    signal.signal(signal.SIGINT, note)
    try:
        with before_each_kernel(let_through):
            yield let_through
    finally:
        signal.signal(signal.SIGINT, before)
