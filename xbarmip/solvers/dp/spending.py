"""What the undecided layers must spend under a label's deadlines, added up over the layers."""

from numba import njit

from xbarmip.solvers.dp.bounds import most
from xbarmip.solvers.dp.table import NEVER
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import need

PAIRS = 8  # about as many pairs of a staircase are looked at


@njit(cache=True)
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
            made = max(wanted, (-(-wanted // high)) * low)
        made = min(made, table.cap[c])
        for e in range(needs.into[c], needs.into[c + 1]) if made > 0 else range(0):
            p = needs.producer[e]
            reach[p] = max(reach[p], need(needs, e, made))


@njit(cache=True)
def least_spending(table, bounds, slack, level, frontier, labels, q, arena, scratch):  # type: ignore[no-untyped-def]
    """Crossbars that the layers which are left need beyond the low ends of their windows.

    NEVER where some deadline cannot be met at any price. `slack` is what there is: the answer holds
    for completions that spend no more than that.

    Let F be the least time of the first output of layer m that the slack allows. Output y of m
    comes ceil(y/R_m) - 1 steps later at the earliest, so a deadline d asks R_m >= y/(d - F + 1).
    Each pair (x, d) of the label asks this of every layer m that it reaches, y being the least that
    x needs of m; the deadline of a layer's last needed output, less the tails on the way, asks it
    of the last needed outputs of its ancestors. Each layer takes the largest R that anything asks
    of it, and all layers are paid for together.
    """
    if not bounds.spending:
        return 0
    needs, reach, wanted, ends = table.needs, scratch.reach, scratch.wanted, scratch.least
    wanted[:] = bounds.low
    ends[:] = NEVER
    for place in range(len(frontier)):
        j = frontier[place]
        first, count = labels.first[q, place], labels.count[q, place]
        ends[j] = min(ends[j], labels.end[q, place])
        if not table.closed_form and count and arena.x[first + count - 1] >= table.needed[j]:
            ends[j] = min(ends[j], arena.d[first + count - 1])
        for i in range(first + count - 1, first - 1, -max(1, count // PAIRS)):
            reach_back(table, bounds, slack, j, arena.x[i], False, reach)
            for m in range(j + 1):
                if reach[m] > 0:
                    room = arena.d[i] - bounds.least[m, level, 0] + 1
                    if room < 1:
                        return NEVER
                    wanted[m] = max(wanted[m], -(-reach[m] // room))
    spent = 0
    for m in range(len(wanted) - 1, -1, -1):
        if ends[m] < NEVER:
            room = ends[m] - bounds.least[m, level, 0] + (0 if table.closed_form else 1)
            if room < 1:
                return NEVER
            wanted[m] = max(wanted[m], -(-table.needed[m] // room))
            for e in range(needs.into[m], needs.into[m + 1]):
                if table.tail_end[e] != NO_TAIL:
                    p = needs.producer[e]
                    tail = (table.tail_end[e] - table.tail_begin[e]) // most(bounds, m, slack)
                    ends[p] = min(ends[p], ends[m] - tail)
        spent += (wanted[m] - bounds.low[m]) * bounds.sets[m]
    return spent
