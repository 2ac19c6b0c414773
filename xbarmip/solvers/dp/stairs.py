"""Staircases of deadlines: union, and when one follows from another.

A staircase is a run of pairs (x, deadline), both strictly increasing: output x must exist by the
end of that step. With R <= `most`, an output x' >= x follows x by at least floor((x' - x)/most)
steps, since ceil(x'/R) - ceil(x/R) >= floor((x' - x)/R). So a pair (x, d) is implied by (x', d')
when d' - floor((x' - x)/most) <= d. In the closed form pairs stand for first steps and travel on,
and only x' >= x, d' <= d implies; `most` is then NEVER.
"""

from xbarmip.compiled import inlined
from xbarmip.solvers.dp.table import NEVER


@inlined
def _sooner(d, other_d, apart, most):  # type: ignore[no-untyped-def]
    """Whether d comes before other_d - floor(apart/most)."""
    return d < other_d and (most == NEVER or apart < (other_d - d) * most)


@inlined
def merge(x, d, first, count, more_x, more_d, row, more, most, behind):  # type: ignore[no-untyped-def]
    """Union without implied pairs of an ascending staircase and a descending run of pairs.

    Reads x, d [first : first + count] and more_x, more_d [row, : more]; writes, ascending, to the
    places of x and d before `behind`, where nothing is read, and returns how many pairs that are.
    """
    i, j, begin = first + count - 1, 0, behind
    next_x, next_d = 0, NEVER
    while i >= first or j < more:
        if j >= more or (
            i >= first
            and (x[i] > more_x[row, j] or (x[i] == more_x[row, j] and d[i] <= more_d[row, j]))
        ):
            place, deadline = x[i], d[i]
            i -= 1
        else:
            place, deadline = more_x[row, j], more_d[row, j]
            j += 1
        if begin == behind or _sooner(deadline, next_d, next_x - place, most):
            begin -= 1
            x[begin], d[begin] = next_x, next_d = place, deadline
    return behind - begin


@inlined
def implied(x, d, loose, loose_count, tight, tight_count, most):  # type: ignore[no-untyped-def]
    """Whether every pair of one staircase is implied by the other, both in the arrays x, d."""
    j, end = tight, tight + tight_count
    for i in range(loose, loose + loose_count):
        while j < end and x[j] < x[i]:
            j += 1
        if j == end or _sooner(d[i], d[j], x[j] - x[i], most):
            return False
    return True
