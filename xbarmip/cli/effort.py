"""What an answer took, in words."""

from typing import Any

from xbarmip.solvers.result import Stop


def effort(result: Any, *more: str) -> str:
    """Who made a result, in how long, and what stopped it; `more` stands in between."""
    ended = [] if result.stop is Stop.FINISHED else [f"stopped: {result.stop}"]
    return ", ".join([result.solver, f"{result.seconds:.2f} s", *more, *ended])
