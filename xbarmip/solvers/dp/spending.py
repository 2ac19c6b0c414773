"""What the undecided layers must spend under a label's deadlines, added up over the layers."""

import numpy as np

from xbarmip.compiled import compiled, inlined
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
                bounds.reach[:, j, point] = bounds.reach[:, j, point - 1]
            else:
                reach_back(table, bounds, NEVER, j, bounds.grid[j, point], False, scratch.reach)
                bounds.reach[:, j, point] = np.minimum(scratch.reach, LARGEST)


@compiled
def _collect(table, bounds, slack, frontier, labels, q, arena, scratch):  # type: ignore[no-untyped-def]
    """Gather deadlines of the first points of the grid, at each place, and the latest ends."""
    grid, ends, x, d = bounds.grid, scratch.ends, arena.x, arena.d
    ends[:] = NEVER
    for place in range(len(frontier)):
        j = frontier[place]
        i, stop = labels.first[q, place], labels.first[q, place] + labels.length[q, place]
        ends[j] = min(ends[j], labels.end[q, place])
        if not table.closed_form and i < stop and x[stop - 1] >= table.needed[j]:
            ends[j] = min(ends[j], d[stop - 1])
        spread = spread_of(table, bounds, j, slack)
        points = 0
        while points < grid.shape[1] and (points == 0 or grid[j, points] > grid[j, points - 1]):
            while i < stop and x[i] < grid[j, points]:
                i += 1
            if i == stop:
                break
            scratch.deadline[place, points] = d[i] - (x[i] - grid[j, points]) // spread
            points += 1
        scratch.points[place] = points


@inlined
def _asked(reach, deadline, points, frontier, m, before, r):  # type: ignore[no-untyped-def]
    """Smallest R_m >= r that meets all deadlines if output y comes `before` + ceil(y/R_m).

    A later output reaches no less: where the last that is due reaches nothing, none does.
    """
    for place in range(len(frontier)):
        j, count = frontier[place], points[place]
        if count == 0 or reach[m, j, count - 1] == 0:
            continue
        for point in range(count):
            asked, steps = reach[m, j, point], deadline[place, point] - before
            if asked > max(0, steps) * r:
                if steps <= 0:
                    return NEVER
                r = -(-asked // steps)
    return r


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
    slack that is left. A larger R needs more before its first output and leaves less slack for
    that, so F does not fall, and what is asked for by the F of a smaller R is asked for.
    `scratch.wanted` takes those R.
    """
    scratch.wanted[:] = bounds.low
    if not bounds.spending:
        return 0
    low, sets, groups, first, reach = (
        bounds.low,
        bounds.sets,
        bounds.groups,
        bounds.first,
        bounds.reach,
    )
    ends, wanted, points, deadline = scratch.ends, scratch.wanted, scratch.points, scratch.deadline
    into, producer = table.needs.into, table.needs.producer
    tail_end, tail_begin, needed = table.tail_end, table.tail_begin, table.needed
    spent, shift = 0, 1 if table.closed_form else 0
    _collect(table, bounds, slack, frontier, labels, q, arena, scratch)
    for m in range(len(ends) - 1, -1, -1):
        left, end = slack - spent, ends[m]
        level, highest = level_of(bounds, left), most(bounds, m, left)
        group, r = -1, low[m]
        while groups[m, group + 1] <= r <= highest:
            while groups[m, group + 1] <= r:
                group += 1
            before = first[m, level, group] - 1
            if end < NEVER:
                steps = end - before - shift
                if needed[m] > max(0, steps) * r:
                    if steps <= 0:
                        return slack + 1
                    r = -(-needed[m] // steps)
            r = _asked(reach, deadline, points, frontier, m, before, r)
        if r > highest:
            return slack + 1
        wanted[m] = r
        spent += (r - low[m]) * sets[m]
        if end < NEVER:
            for e in range(into[m], into[m + 1]):
                if tail_end[e] != NO_TAIL:
                    p = producer[e]
                    tail = (tail_end[e] - tail_begin[e]) // most(bounds, m, slack)
                    ends[p] = min(ends[p], end - tail)
    return spent
