"""A last look at labels before they are expanded: what their deadlines cost at least."""

from xbarmip.compiled import compiled
from xbarmip.solvers.dp.bounds import level_of, spread_of
from xbarmip.solvers.dp.spending import least_spending


@compiled
def _in_time(table, bounds, frontier, labels, q, level, slack, arena):  # type: ignore[no-untyped-def]
    """Whether every output of the grid can meet the deadline of a label with the slack left."""
    grid = bounds.grid
    for place in range(len(frontier)):
        j = frontier[place]
        if bounds.least_end[j, level] > labels.end[q, place]:
            return False
        i, stop = labels.first[q, place], labels.first[q, place] + labels.length[q, place]
        spread = spread_of(table, bounds, j, slack)
        for point in range(grid.shape[1]):
            x = grid[j, point]
            while i < stop and arena.x[i] < x:
                i += 1
            if i == stop:
                break
            if bounds.least[j, level, point] > arena.d[i] - (arena.x[i] - x) // spread:
                return False
    return True


@compiled
def survey(table, bounds, frontier, room, coming, labels, begin, stop, arena, scratch, kept, keep):  # type: ignore[no-untyped-def]
    """Add to keep[:kept] those of labels begin .. stop - 1 that may still be completed.

    `room` is what remains of the budget when the undecided layers take the low ends of their
    windows, `coming` the layer that is decided next. Fills `spent` and `lowest`; returns `kept`.
    """
    for q in range(begin, stop):
        slack = room - labels.used[q]
        level = level_of(bounds, slack)
        if _in_time(table, bounds, frontier, labels, q, level, slack, arena):
            spent = least_spending(table, bounds, slack, frontier, labels, q, arena, scratch)
            if spent <= slack:
                labels.spent[q], labels.lowest[q] = spent, scratch.wanted[coming]
                keep[kept] = q
                kept += 1
    return kept
