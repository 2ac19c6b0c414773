"""What an answer is and took, in words."""

from typing import Any

from xbarmip.cli.output import warn
from xbarmip.solvers.result import Result, Status, Stop


def effort(result: Any, *more: str) -> str:
    """Who made a result, in how long, and what stopped it; `more` stands in between."""
    ended = [] if result.stop is Stop.FINISHED else [f"stopped: {result.stop}"]
    return ", ".join([result.solver, f"{result.seconds:.2f} s", *more, *ended])


def outcome(result: Result, words: str | None, what: str) -> str:
    """Status, value, bound and proof in one line; `words` tell of the `what` that was found."""
    by = effort(result)
    bound = "no bound" if result.bound is None else f"bound {result.shown(result.bound)}"
    if result.status is Status.INFEASIBLE:
        return f"INFEASIBLE: {result.message}"
    if words is None:
        return f"UNKNOWN, no {what} found, {bound} ({by})"
    if result.status is Status.OPTIMAL:
        return f"{words}; OPTIMAL, {result.proof} proof ({by})"
    gap = ""
    if result.gap is not None and result.bound:
        gap = f", gap {100 * result.gap / result.bound:.2f} percent"
    return f"{words}; FEASIBLE, {bound}{gap} ({by})"


def warn_of(result: Result) -> None:
    """Tell what a solver has to say of an answer, where that is not part of it."""
    if result.message and result.status is not Status.INFEASIBLE:
        warn(f"{result.solver}: {result.message}")
