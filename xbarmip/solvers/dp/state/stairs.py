"""Staircases of deadlines: union, and when one follows from another.

A staircase is a run of pairs (x, deadline) in the arena, both strictly increasing: output x must
exist by the end of that step. With R <= `spread`, an output x' >= x follows x by at least
floor((x' - x)/spread) steps, since ceil(x'/R) - ceil(x/R) >= floor((x' - x)/R). So a pair (x, d) is
implied by (x', d') when d' - floor((x' - x)/spread) <= d. Where steps do not stall, pairs stand for
first steps and travel on, and only x' >= x, d' <= d implies; `spread` is then NEVER.
"""

from xbarmip.compiled import inlined, inner
from xbarmip.solvers.dp.table import NEVER

X, D = range(2)  # columns of pairs


@inlined
def sooner(d, other_d, apart, spread):  # type: ignore[no-untyped-def]
    """Whether d comes before other_d - floor(apart/spread)."""
    return d < other_d and (spread == NEVER or apart < (other_d - d) * spread)


@inner
def merge(pairs, run, given, row, spread, behind):  # type: ignore[no-untyped-def]
    """Union without implied pairs of an ascending staircase and a descending run of pairs.

    `run` says where the first begins in `pairs`, and how many it has; the second are the first
    row[1] pairs of row row[0] of `given`. The union is written, ascending, to the places of `pairs`
    before `behind`, where nothing is read; returns how many pairs that are.
    """
    first, i, j, begin = run[0], run[0] + run[1] - 1, 0, behind
    edge, more = row
    next_x, next_d = 0, NEVER
    while i >= first or j < more:
        x, d = 0, NEVER
        if i >= first:
            x, d = pairs[i, X], pairs[i, D]
        # the larger x first; of equal x the earlier deadline
        if j < more and (
            i < first or given[edge, j, X] > x or (given[edge, j, X] == x and given[edge, j, D] < d)
        ):
            x, d = given[edge, j, X], given[edge, j, D]
            j += 1
        else:
            i -= 1
        # not implied by the pair before: d < d' - floor((x' - x)/spread)
        if begin == behind or sooner(d, next_d, next_x - x, spread):
            begin -= 1
            pairs[begin, X], pairs[begin, D] = x, d
            next_x, next_d = x, d
    return behind - begin


@inner
def implied(pairs, loose, tight, spread):  # type: ignore[no-untyped-def]
    """Whether each pair of the run `loose` is implied by one of the run `tight`."""
    j, end = tight[0], tight[0] + tight[1]
    for i in range(loose[0], loose[0] + loose[1]):
        while j < end and pairs[j, X] < pairs[i, X]:
            j += 1
        # no x' >= x, or d < d' - floor((x' - x)/spread)
        if j == end or sooner(pairs[i, D], pairs[j, D], pairs[j, X] - pairs[i, X], spread):
            return False
    return True
