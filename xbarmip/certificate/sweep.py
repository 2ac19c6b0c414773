"""The lines of a proof that no allocation has a value of at most a target.

In plain Python on the checker's own labels and bounds, so that no number can leave 64 bits and
nothing is listed that the checker would see in another way.
"""

from collections.abc import Iterator
from math import inf
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.dominance import Kept
from xbarmip.certificate.narrowing import WORTH, halved, rounds
from xbarmip.certificate.numbered import numbered
from xbarmip.solvers.protocol import Watch

MOST_LABELS = 100  # to a layer: beyond, windows are split instead
FEW_LABELS = 40  # to a path of the bound: shorter than the rounds that halves need

Record = Any


class NotRefuted(Exception):  # noqa: N818 - no fault in the program
    """There is an allocation that meets the target."""


def by_rounds(
    problem: check.Problem, target: int, paths: list[Record], watch: Watch
) -> list[Record] | None:
    """The lines of a proof by rounds alone; None where they leave something.

    It begins with some paths, and leaves in their place those of its first round: from a later one
    there might be some that are none where windows are wide, as a search begins.
    """
    watch.check()
    search, head = _begun(problem, target)
    found, _ = rounds(search, paths)
    if found:
        paths[:] = [path for _, path in found[0]["bound"]["paths"]]
    lines = [head, *({"round": record} for record in found)]
    return [*numbered(lines)] if search.empty else None


def _begun(problem: check.Problem, target: int | None) -> tuple[check.Search, Record]:
    """A search over everything, and the line that says so."""
    edges, order = [*range(len(problem.edges))], [*reversed(problem.layers)]
    return check.Search(problem, target, edges, order), {"proof": {"edges": edges, "order": order}}


def proof(problem: check.Problem, target: int | None, watch: Watch) -> Iterator[Record]:
    """Write a proof line by line.

    Windows are narrowed, by bounds for the whole and for halves of them, and where that comes to an
    end searched, or split when the search has too many labels. They are cut by the bound of the
    last round, which gets sharper with every half. A search with few labels comes before halves,
    and again once they have narrowed the windows by as much as a round has to.
    Of few layers a few more halves are cheaper than labels; of many they go so deep that a search
    takes the place of dozens. So it may have more labels the more layers there are.

    Parameters
    ----------
    problem : check.Problem
    target : int or None
        None: that no allocation is allowed at all.
    watch : Watch
        Asked between pieces of work, with facts on the search.

    Returns
    -------
    iterator of dict or list
        Lines of a certificate, after its claim.

    Raises
    ------
    NotRefuted
        When there is such an allocation.
    """
    return numbered(_lines(problem, target, watch))


def _lines(problem: check.Problem, target: int | None, watch: Watch) -> Iterator[Record]:
    """The lines of a proof, with their paths in full."""
    search, head = _begun(problem, target)
    yield head
    layers = len(problem.layers)
    most = layers * min(MOST_LABELS, 2 * layers**2)
    halves = list[tuple[list[int], list[int], list[Record], float]]()
    halves.append((search.low, search.high, [], inf))
    while halves:
        low, high, paths, tried = halves.pop()
        search.set_windows(low, high)
        watch.check(windows=len(halves) + 1)
        found, relaxation = rounds(search, paths)
        yield from ({"round": record} for record in found)
        if search.empty:
            continue
        bound = relaxation.bound()
        paths = [path for _, path in bound["paths"]]
        lines = None
        if search.choices < WORTH * tried:
            tried = search.choices
            lines = _searched(search, bound, min(FEW_LABELS * len(paths), most), watch)
        if lines is None:
            record, division = halved(search, relaxation)
            if record is not None:
                yield {"round": record}
                search.narrow(record)
                halves += [] if search.empty else [(search.low, search.high, paths, tried)]
                continue
            lines = _searched(search, bound, most, watch)
        if lines is not None:
            yield from lines
        elif division is None:
            raise NotRefuted
        else:
            yield {"split": [*division]}
            halves += [(*half, paths, inf) for half in check.split(search, [*division])]


class _TooManyLabels(Exception):  # noqa: N818 - no fault
    """A search has more labels than it should."""


def _searched(search: check.Search, bound: Record, most: int, watch: Watch) -> list[Record] | None:
    """The lines of stages that refute the windows of a search, their labels cut by a bound; None if
    there are more than so many.
    """
    search.bounds = [check.Bound(bound, search)]
    try:
        return [{"bound": bound}, *_stages(search, most, watch)]
    except _TooManyLabels:
        return None


def _stages(search: check.Search, most: int, watch: Watch) -> Iterator[Record]:
    problem = search.problem
    labels, undecided = [problem.timing.first_label(search.target)], set(problem.layers)
    for k in search.order:
        decision = check.Decision(search, k, undecided, search.bounds)
        found: list[dict[int, check.Label]] = []
        for label in labels:
            watch.check(layer=k, labels=len(labels))
            found.append(dict(decision.successors(label)))
        places, goes = undominated(found, decision.after, most, watch)
        yield {"stage": [*range(len(search.bounds))]}
        yield from map(_line, goes)
        labels, undecided = [found[number - 1][r] for number, r in places], undecided - {k}
        most -= len(labels)
        if not labels:
            return
    raise NotRefuted


def undominated(
    found: list[dict[int, check.Label]], stage: check.Stage, most: int, watch: Watch
) -> tuple[list[list[int]], list[dict[int, int]]]:
    """The successors to keep, as [number of the label, R], and what becomes of all of them.

    The second is, for each label, by R the number of the kept successor that dominates another, or
    that it is kept itself. Numbers begin at 1.
    """
    order = [
        (label.used, number, r) for number, some in enumerate(found, 1) for r, label in some.items()
    ]
    order.sort()
    kept = Kept(stage)
    places: list[list[int]] = []
    goes: list[dict[int, int]] = [{} for _ in found]
    for _, number, r in order:
        watch.check()
        label = found[number - 1][r]
        rival = kept.rival(label)
        if rival is None:
            if kept.count == most:
                raise _TooManyLabels
            kept.add(label)
            places.append([number, r])
        else:
            goes[number - 1][r] = rival
    return _in_order(places, goes)


def _in_order(
    places: list[list[int]], goes: list[dict[int, int]]
) -> tuple[list[list[int]], list[dict[int, int]]]:
    """The same with `places` sorted, and the numbers that they then have."""
    order = sorted(range(len(places)), key=places.__getitem__)
    number = {old + 1: new for new, old in enumerate(order, 1)}
    told = [{r: number[rival] for r, rival in some.items()} for some in goes]
    for label, r in places:
        told[label - 1][r] = check.KEPT
    return [places[old] for old in order], told


def _line(goes: dict[int, int]) -> list[int]:
    if not goes:
        return []
    first, last = min(goes), max(goes)
    return [first, *(goes.get(r, 0) for r in range(first, last + 1))]
