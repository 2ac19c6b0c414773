"""A clock that stands still while kernels are compiled, which happens once on a machine.

No time limit counts it, and no time that is reported contains it. What is told here is told by
`xbarmip.compiled`; whoever only wants the time need not load the compiler.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_nested = 0  # kernels that are being compiled, one for the sake of another
_since = 0.0
_seconds = 0.0
_before_each: list[Callable[[], None]] = []


def compile_seconds() -> float:
    """Wall-clock seconds that this process has spent compiling kernels so far."""
    return _seconds + (time.monotonic() - _since if _nested else 0.0)


def working_time() -> float:
    """`time.monotonic`, less `compile_seconds`."""
    return time.monotonic() - compile_seconds()


@contextmanager
def before_each_kernel(call: Callable[[], None]) -> Iterator[None]:
    """Call something before each kernel that is compiled inside the block; it may raise."""
    _before_each.append(call)
    try:
        yield
    finally:
        _before_each.remove(call)


def compiling_begins() -> None:
    """A kernel is about to be compiled; numba tells the end of it also where this raises."""
    global _nested, _since
    if not _nested:
        _since = time.monotonic()
    _nested += 1
    for call in tuple(_before_each):
        call()


def compiling_ends() -> None:
    """The last kernel that was begun is compiled, or given up."""
    global _nested, _seconds
    _nested -= 1
    if not _nested:
        _seconds += time.monotonic() - _since
