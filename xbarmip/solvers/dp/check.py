"""How pieces of work look up: to report, and to be stopped."""

from typing import Any, Protocol


class Check(Protocol):
    """Called between pieces of work, with the bytes in use and facts on the search.

    Raises
    ------
    StoppedError
        Where a limit ends the search.
    KeyboardInterrupt
        On Ctrl-C.
    """

    def __call__(self, in_use: int = 0, **facts: Any) -> None: ...
