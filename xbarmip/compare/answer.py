"""What a run came to, in a cell of a table."""

from fractions import Fraction

from xbarmip.compare.certification import Certified
from xbarmip.compare.row import FAILURES, UNSUPPORTED, Row
from xbarmip.display import in_us
from xbarmip.measures.registry import times
from xbarmip.solvers.result import Status, Stop

CONFIRMED, REFUTED = "✓", "✗"
_CERTIFIED = {
    Certified.YES.value: "certified",
    Certified.REFUSED.value: "certificate refused",
    Certified.NONE.value: "no certificate",
}


def failure(row: Row) -> str:
    """In a word, what became of a run that failed; empty for one that did not."""
    if row.outcome in FAILURES:
        return row.outcome
    return "ERROR" if row.failed else ""


def answer(row: Row) -> str:
    """One solver's cell."""
    if row.status == UNSUPPORTED:
        return "refused"
    if row.failed:
        return failure(row)
    words = []
    if row.value is not None:
        found = "" if row.confirmed is None else f" {row.confirmed}"
        mark = CONFIRMED if row.value == row.confirmed else f"{REFUTED}{found}"
        words.append(f"{row.value} {mark}{in_time(row)}")
    if row.certified:
        words.append(_CERTIFIED[row.certified])
    if row.status != Status.OPTIMAL:
        words.append(row.status.lower())
    if row.bound not in (None, row.value):
        words.append(f"≥ {row.bound}")
    if row.stop is not None and row.stop != Stop.FINISHED:
        words.append(row.stop.lower())
    return ", ".join([*words, f"{row.seconds:.2f} s"])


def in_time(row: Row) -> str:
    """What follows a confirmed count or number of ticks, where it is known how long each lasts."""
    if row.took is None:
        return ""
    timed = row.objective in times()
    step = "" if timed else f" of {in_us(Fraction(row.unit_seconds or 0))} us"
    return f"{step} = {in_us(row.took)} us"
