"""A way out of long pieces of work: a callback that is asked between small ones and may raise."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Pause = Callable[[], None]

_Item = TypeVar("_Item")


def no_pause() -> None:
    """Go on, whatever the time."""


def paused(items: Iterable[_Item], pause: Pause) -> Iterator[_Item]:
    """`items`, with a pause before each; what `pause` raises ends the work on them."""
    for item in items:
        pause()
        yield item
