"""The forward pass: what the deadlines of labels cost at least, before they are expanded."""

from xbarmip.compiled import compiled, inner
from xbarmip.solvers.dp.bounds.spending import collect, least_spending
from xbarmip.solvers.dp.state.bounds import level_of, spread_of
from xbarmip.solvers.dp.state.labels import END, FIRST, LENGTH, LOWEST, PLACE, SPENT, USED
from xbarmip.solvers.dp.state.stairs import D, X


@inner
def _in_time(bounds, frontier, label, level, slack, pairs):  # type: ignore[no-untyped-def]
    """Whether every output of the grid can meet the deadline of a label with the slack left."""
    grid = bounds.grid
    for place in range(len(frontier)):
        j, column = frontier[place], PLACE * place
        # least end > latest end
        if bounds.least_end[j, level] > label[END + column]:
            return False
        i = label[FIRST + column]
        stop = i + label[LENGTH + column]
        spread = spread_of(bounds, j, slack)
        for point in range(grid.shape[1]):
            x = grid[j, point]
            while i < stop and pairs[i, X] < x:
                i += 1
            if i == stop:
                break
            # least time of x > its deadline, by that of a later output
            if bounds.least[j, level, point] > pairs[i, D] - (pairs[i, X] - x) // spread:
                return False
    return True


@compiled
def completable(net, bounds, look, labels, pairs, span, keep):  # type: ignore[no-untyped-def]
    """Add to keep[:kept] those of labels begin .. stop - 1 that may still be completed.

    `span` is begin, stop and kept; `look` what remains of the budget when the undecided layers take
    the low ends of their windows, the layer that is decided next, and work arrays: a `Due` and the
    least R. Fills SPENT and LOWEST; returns `kept`.
    """
    left, coming, due, wanted = look
    begin, stop, kept = span
    for q in range(begin, stop):
        slack = left - labels[q, USED]
        level = level_of(bounds, slack)
        if _in_time(bounds, due.frontier, labels[q], level, slack, pairs):
            if bounds.spending:
                collect(net, bounds, slack, labels[q], pairs, due)
            spent = least_spending(net, bounds, slack, due, wanted)
            if spent <= slack:
                labels[q, SPENT], labels[q, LOWEST] = spent, wanted[coming]
                keep[kept] = q
                kept += 1
    return kept
