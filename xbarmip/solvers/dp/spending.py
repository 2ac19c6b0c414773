"""What the undecided layers must spend under a label's deadlines, added up over the layers."""

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.solvers.dp.bounds import level_of, most, spread_of
from xbarmip.solvers.dp.grid import least_made
from xbarmip.solvers.dp.table import NEVER
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import need

LARGEST = 2**31 - 1  # of `reach`


@compiled
def reach_back(table, bounds, slack, j, x, upper, reach):  # type: ignore[no-untyped-def]
    """Fill `reach` with the outputs of each layer that output x of j asks for.

    At most (`upper`) or at least, over all R that `slack` allows; 0 for layers not touched.
    """
    needs = table.needs
    reach[:] = 0
    reach[j] = x
    for c in range(j, -1, -1):
        wanted = reach[c]
        if wanted == 0:
            continue
        low, high = bounds.low[c], most(bounds, c, slack)
        if upper:
            made = min(wanted + high - 1, (-(-wanted // low)) * high)
        else:
            made = least_made(wanted, low, high, table.cap[c])
        made = min(made, table.cap[c])
        for e in range(needs.into[c], needs.into[c + 1]) if made > 0 else range(0):
            p = needs.producer[e]
            reach[p] = max(reach[p], need(needs, e, made))


@compiled
def fill_reach(table, bounds, scratch):  # type: ignore[no-untyped-def]
    """Fill `bounds.reach`: what the outputs of the grid ask of all layers within the windows."""
    for j in range(len(bounds.low)):
        for point in range(bounds.grid.shape[1]):
            if point > 0 and bounds.grid[j, point] == bounds.grid[j, point - 1]:
                bounds.reach[j, point] = bounds.reach[j, point - 1]
            else:
                reach_back(table, bounds, NEVER, j, bounds.grid[j, point], False, scratch.reach)
                bounds.reach[j, point] = np.minimum(scratch.reach, LARGEST)


@compiled
def _collect(table, bounds, slack, frontier, labels, q, arena, scratch):  # type: ignore[no-untyped-def]
    """Gather deadlines of outputs of the grid, and the latest ends; how many deadlines."""
    grid, ends = bounds.grid, scratch.ends
    ends[:] = NEVER
    pairs = 0
    for place in range(len(frontier)):
        j = frontier[place]
        i, stop = labels.first[q, place], labels.first[q, place] + labels.length[q, place]
        ends[j] = min(ends[j], labels.end[q, place])
        if not table.closed_form and i < stop and arena.x[stop - 1] >= table.needed[j]:
            ends[j] = min(ends[j], arena.d[stop - 1])
        spread = spread_of(table, bounds, j, slack)
        for point in range(grid.shape[1]):
            x = grid[j, point]
            while i < stop and arena.x[i] < x:
                i += 1
            if i == stop:
                break
            if point == 0 or x > grid[j, point - 1]:
                scratch.layer[pairs], scratch.point[pairs] = j, point
                scratch.deadline[pairs] = arena.d[i] - (arena.x[i] - x) // spread
                pairs += 1
    return pairs


@compiled
def _least_r(table, bounds, m, left, pairs, scratch):  # type: ignore[no-untyped-def]
    """Smallest R_m that every deadline and the latest end allow; too dear for `left` if none."""
    level, end = level_of(bounds, left), scratch.ends[m]
    shift = 0 if table.closed_form else 1
    highest, groups = most(bounds, m, left), bounds.groups[m]
    group = 0
    r = bounds.low[m]
    while r <= highest:
        while r >= groups[group + 1]:
            group += 1
        before = bounds.first[m, level, group] - shift
        late = end < NEVER and before - (-table.needed[m] // r) > end
        for pair in range(pairs):
            if late:
                break
            asked = bounds.reach[scratch.layer[pair], scratch.point[pair], m]
            if asked > 0:
                late = before + (asked - 1) // r + shift > scratch.deadline[pair]
        if not late:
            return r
        r += 1
    return bounds.low[m] + left // bounds.sets[m] + 1


@compiled
def least_spending(table, bounds, slack, frontier, labels, q, arena, scratch):  # type: ignore[no-untyped-def]
    """Crossbars that the layers which are left need beyond the low ends of their windows.

    More than `slack`, which is what there is, where no completion can do.

    Let F(R) be the least time of the first output of layer m. Output y of m comes ceil(y/R) - 1
    steps later at the earliest. The deadline d of an output x on the grid asks F(R) + ceil(y/R) - 1
    <= d of every layer m that it reaches, y being the least that x needs of m (`reach`); the
    deadline of a layer's last needed output, less the tails on the way, asks it of the last needed
    outputs of its ancestors. Each layer takes the smallest R that meets all, from the last layer to
    the first: what is spent by then is not there for m and its ancestors, so that F is taken at the
    slack that is left. `scratch.wanted` takes those R.
    """
    scratch.wanted[:] = bounds.low
    if not bounds.spending:
        return 0
    needs, ends = table.needs, scratch.ends
    pairs = _collect(table, bounds, slack, frontier, labels, q, arena, scratch)
    spent = 0
    for m in range(len(ends) - 1, -1, -1):
        r = _least_r(table, bounds, m, slack - spent, pairs, scratch)
        scratch.wanted[m] = r
        spent += (r - bounds.low[m]) * bounds.sets[m]
        if spent > slack:
            break
        if ends[m] < NEVER:
            for e in range(needs.into[m], needs.into[m + 1]):
                if table.tail_end[e] != NO_TAIL:
                    p = needs.producer[e]
                    tail = (table.tail_end[e] - table.tail_begin[e]) // most(bounds, m, slack)
                    ends[p] = min(ends[p], ends[m] - tail)
    return spent
