"""Staircases of deadlines: union, and when one follows from another.

A staircase is a run of pairs (x, deadline), both strictly increasing: output x must exist by the
end of that step. With R <= `most`, an output x' >= x follows x by at least floor((x' - x)/most)
steps, since ceil(x'/R) - ceil(x/R) >= floor((x' - x)/R). So a pair (x, d) is implied by (x', d')
when d' - floor((x' - x)/most) <= d. In the closed form pairs stand for first steps and travel on,
and only x' >= x, d' <= d implies; `most` is then set beyond every x.
"""

from xbarmip.compiled import compiled


@compiled
def merge(x, d, first, count, more_x, more_d, more, most, out_x, out_d):  # type: ignore[no-untyped-def]
    """Union without implied pairs of an ascending staircase and a descending run of pairs.

    Reads x, d [first : first + count] and more_x, more_d [: more]; writes out_x, out_d in
    descending order and returns how many pairs that are.
    """
    i, j, kept = first + count - 1, 0, 0
    while i >= first or j < more:
        if j >= more or (
            i >= first and (x[i] > more_x[j] or (x[i] == more_x[j] and d[i] <= more_d[j]))
        ):
            place, deadline = x[i], d[i]
            i -= 1
        else:
            place, deadline = more_x[j], more_d[j]
            j += 1
        if kept == 0 or deadline < out_d[kept - 1] - (out_x[kept - 1] - place) // most:
            out_x[kept], out_d[kept] = place, deadline
            kept += 1
    return kept


@compiled
def implied(x, d, loose, loose_count, tight, tight_count, most):  # type: ignore[no-untyped-def]
    """Whether every pair of one staircase is implied by the other, both in the arrays x, d."""
    j, end = tight, tight + tight_count
    for i in range(loose, loose + loose_count):
        while j < end and x[j] < x[i]:
            j += 1
        if j == end or d[j] - (x[j] - x[i]) // most > d[i]:
            return False
    return True


@compiled
def deadline_of(x, d, first, count, place, most, never):  # type: ignore[no-untyped-def]
    """The deadline that a staircase sets for output `place`."""
    for i in range(first, first + count):
        if x[i] >= place:
            return d[i] - (x[i] - place) // most
    return never
