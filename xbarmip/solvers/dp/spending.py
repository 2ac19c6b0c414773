"""What the undecided layers must spend under a label's deadlines, added up over the layers."""

from xbarmip.compiled import compiled
from xbarmip.solvers.dp.bounds import level_of, most
from xbarmip.solvers.dp.grid import least_made
from xbarmip.solvers.dp.table import NEVER
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import need

PAIRS = 16  # as many pairs of a staircase are looked at, the last one among them


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
def _collect(table, bounds, slack, frontier, labels, q, arena, scratch):  # type: ignore[no-untyped-def]
    """Gather some pairs of a label with what they reach, and the latest ends; how many pairs."""
    asked, deadline, ends = scratch.asked, scratch.deadline, scratch.ends
    ends[:] = NEVER
    pairs = 0
    for place in range(len(frontier)):
        j = frontier[place]
        first, count = labels.first[q, place], labels.length[q, place]
        last = first + count - 1
        ends[j] = min(ends[j], labels.end[q, place])
        if not table.closed_form and count and arena.x[last] >= table.needed[j]:
            ends[j] = min(ends[j], arena.d[last])
        for i in range(last, first - 1, -max(1, -(-count // PAIRS))):
            reach_back(table, bounds, slack, j, arena.x[i], False, asked[pairs])
            deadline[pairs] = arena.d[i]
            pairs += 1
    return pairs


@compiled
def _least_r(table, bounds, m, left, pairs, scratch):  # type: ignore[no-untyped-def]
    """Smallest R_m that every pair and the latest end allow; more than `left` pays for if none."""
    level, asked, end = level_of(bounds, left), scratch.asked, scratch.ends[m]
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
            if asked[pair, m] > 0:
                late = before + (asked[pair, m] - 1) // r + shift > scratch.deadline[pair]
        if not late:
            return r
        r += 1
    return bounds.low[m] + left // bounds.sets[m] + 1


@compiled
def least_spending(table, bounds, slack, frontier, labels, q, arena, scratch):  # type: ignore[no-untyped-def]
    """Crossbars that the layers which are left need beyond the low ends of their windows.

    More than `slack`, which is what there is, where no completion can do.

    Let F(R) be the least time of the first output of layer m. Output y of m comes ceil(y/R) - 1
    steps later at the earliest. Each pair (x, d) of the label asks F(R) + ceil(y/R) - 1 <= d of
    every layer m that it reaches, y being the least that x needs of m; the deadline of a layer's
    last needed output, less the tails on the way, asks it of the last needed outputs of its
    ancestors. Each layer takes the smallest R that meets all, from the last layer to the first:
    what is spent by then is not there for m and its ancestors, so that F is taken at the slack
    that is left. `scratch.wanted` takes those R.
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
