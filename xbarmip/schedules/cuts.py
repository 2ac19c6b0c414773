"""Cuts by a rule: where a start, or a heuristic, begins."""

from bisect import bisect_left
from itertools import accumulate, pairwise

from xbarmip.schedules.problem import Schedule

Edge = tuple[int, int]  # first unit of a segment, and the unit behind its last


def sizes(schedule: Schedule) -> list[int]:
    """Crossbars of one copy of each unit."""
    return [unit.blocks * schedule.blocks[unit.layer][1] for unit in schedule.units]


def filled(schedule: Schedule, wanted: frozenset[int] = frozenset()) -> tuple[Edge, ...]:
    """Cuts where they are wanted, and wherever the next unit no longer fits."""
    cuts, used = [0], 0
    for unit, size in enumerate(sizes(schedule)):
        if unit and (unit in wanted or used + size > schedule.crossbars):
            cuts.append(unit)
            used = 0
        used += size
    return tuple(pairwise((*cuts, len(schedule.units))))


def even_cuts(schedule: Schedule) -> tuple[Edge, ...]:
    """The fewest segments whose cuts lie nearest to equal shares of the crossbars, and that fit."""
    ends = [0, *accumulate(sizes(schedule))]
    for count in range(1, len(ends)):
        shares = (ends[-1] * number // count for number in range(1, count))
        cuts = sorted({_nearest(ends, share) for share in shares} | {0, len(ends) - 1})
        edges = tuple(pairwise(cuts))
        if all(ends[stop] - ends[start] <= schedule.crossbars for start, stop in edges):
            return edges
    return tuple(pairwise(range(len(ends))))


def _nearest(ends: list[int], share: int) -> int:
    place = bisect_left(ends, share)
    return min((place - 1, place), key=lambda at: abs(ends[max(0, at)] - share))
