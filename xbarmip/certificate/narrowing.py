"""Narrowing windows by rounds, and by looking at both halves of some of them."""

from collections.abc import Iterable
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.relaxation import Relaxation

WORTH = 0.9  # share of the choices that a round may leave at most
LOSS = 0.05  # share of what a round refutes that it may lose for one of fewer paths
LOOKED = 8  # layers of which both halves are looked at
LEAST = 1e-6  # crossbars that a half gains, for one that gains none
SCALES = 1, 10, 100, 1000, 10**4  # of multipliers that are tried: short numbers, and few paths

Record = Any
Division = tuple[int, int]  # a layer, and the largest R of its lower half


def rounds(search: check.Search, paths: Iterable[Any] = ()) -> tuple[list[Record], Relaxation]:
    """Lines of rounds that narrow the windows of `search`, until they hardly do, or are empty.

    Also the relaxation of the windows that are left, which begins with the paths of the last round.
    """
    found: list[Record] = []
    while True:
        relaxation = Relaxation(search, paths)
        relaxation.solve()
        bound = relaxation.bound()
        paths = [path for _, path in bound["paths"]]
        record = left_by(search, bound)
        if not worth_it(search, record):
            return found, relaxation
        found.append(_shortest(search, relaxation, record))
        search.narrow(found[-1])
        if search.empty:
            return found, relaxation


def worth_it(search: check.Search, record: Record) -> bool:
    """Whether a round narrows the windows by enough to be listed, or leaves a layer no R."""
    return _choices(record) < WORTH * search.choices


def _shortest(search: check.Search, relaxation: Relaxation, record: Record) -> Record:
    """A round that leaves hardly more choices than another, by as few paths, and then multipliers
    of as few digits, as can be. Of the relaxation other paths are left out.
    """
    left = _choices(record)
    most = left + int(LOSS * (search.choices - left)) if left >= 0 else left
    record = _sparse(search, relaxation, record, most)
    for scale in SCALES:
        found = left_by(search, relaxation.bound(scale))
        if _choices(found) <= most:
            return found
    return record


def _sparse(search: check.Search, relaxation: Relaxation, record: Record, most: int) -> Record:
    """A round that leaves so many choices at most: paths of which the multipliers are least are
    left out, many at a time, as long as the others can do without them.
    """
    rows = relaxation.used()
    some = len(rows) // 8 + 1
    while some and rows:
        relaxation.leave_out(rows[:some])
        found = left_by(search, relaxation.bound())
        if _choices(found) <= most:
            record, rows = found, relaxation.used()
        else:
            relaxation.leave_out(rows[:some], back=True)
            some //= 2
    return record


def _choices(record: Record) -> int:
    """How many R a round leaves; negative where it leaves a layer none."""
    pairs = [*zip(record["low"], record["high"], strict=True)]
    return -1 if any(a > b for a, b in pairs) else sum(b - a + 1 for a, b in pairs)


def left_by(search: check.Search, record: Record) -> Record:
    """The round of a bound: the smallest windows around every R that it does not refute."""
    p = search.problem
    bound = check.Bound(record, search)
    stage = check.Stage(search, set(p.layers), [bound])
    excess = stage.excess(bound, p.timing.first_label(search.target))
    low, high = [], []
    for k in p.layers:
        others = stage.rest - search.low[k] * p.sets[k]
        left = [
            r
            for r in range(search.low[k], search.high[k] + 1)
            if excess - bound.least[k] + bound.terms[k][r - search.low[k]] <= 0
            and others + r * p.sets[k] <= p.crossbars
        ]
        low.append(min(left, default=1))
        high.append(max(left, default=0))
    return {"bound": record, "low": low, "high": high}


def halved(search: check.Search, relaxation: Relaxation) -> tuple[Record, Division | None]:
    """A round that refutes half of a window, or the division with which both halves gain most.

    Multipliers that are best for one half of a window may refute it, where those that are best for
    the whole do not; they hold for the whole, so that the other half is left.
    """
    value, best, gain = relaxation.value(), None, -1.0
    for k, at in relaxation.divisions()[:LOOKED]:
        low, high, gains = search.low[k], search.high[k], 1.0
        for a, b in ((low, at), (at + 1, high)):
            relaxation.solve_within(k, a, b)
            record = left_by(search, relaxation.bound())
            if record["low"][k] > b or record["high"][k] < a:
                return _shortest(search, relaxation, record), None
            gains *= max(relaxation.value() - value, LEAST)
        relaxation.solve_within(k, low, high)
        if gains > gain:
            best, gain = (k, at), gains
    return None, best
