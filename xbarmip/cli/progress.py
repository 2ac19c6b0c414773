"""One line on the terminal that says how a search stands."""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from xbarmip.solvers.protocol import Progress
from xbarmip.text import for_terminal

_REFRESH_SECONDS = 0.1
_FIRST = ("done", "rows", "instance", "solver", "target", "best", "bound", "gap")


@contextmanager
def progress_line() -> Iterator[Progress | None]:
    """What to hand to a solver as `progress`; None where standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Line
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    line = Line(
        SpinnerColumn(),
        TimeElapsedColumn(),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis"),
        ),
        console=Console(stderr=True),
        transient=True,
    )
    task = line.add_task("starting", total=None)
    latest = 0.0

    def tell(facts: Mapping[str, Any]) -> None:
        nonlocal latest
        now = time.monotonic()
        if now - latest >= _REFRESH_SECONDS:
            latest = now
            line.update(task, description=for_terminal(describe(facts), sys.stderr))

    with line:
        yield tell


@contextmanager
def limits_of(arguments: Namespace) -> Iterator[dict[str, Any]]:
    """What every door takes beside its question: the limits of `add_limits`, and `progress`."""
    limits = {name: getattr(arguments, name) for name in ("time_limit", "memory_limit")}
    with progress_line() as progress:
        yield {**limits, "progress": progress}


def describe(facts: Mapping[str, Any]) -> str:
    """The facts of a search in one line: known ones first, in a fixed order, without the time."""
    shown = {key: value for key, value in facts.items() if key != "seconds" and value is not None}
    if "best" in shown and "bound" in shown:
        shown["gap"] = shown["best"] - shown["bound"]
    order = [*(key for key in _FIRST if key in shown), *(key for key in shown if key not in _FIRST)]
    return "  ".join(
        str(shown[key]) if key in ("instance", "solver") else f"{key} {_number(shown[key])}"
        for key in order
    )


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
