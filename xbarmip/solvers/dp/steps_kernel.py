"""The search for `steps`: times under windows, least times for a slack, one decision (SPEC §7)."""

import numpy as np

from xbarmip.compiled import compiled, inlined
from xbarmip.solvers.dp.bounds import earliest, hand_on, point_below
from xbarmip.solvers.dp.grid import least_made
from xbarmip.solvers.dp.spending import reach_back
from xbarmip.solvers.dp.table import NEVER
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import need


@compiled
def _ceil(a, r):  # type: ignore[no-untyped-def]
    return (a - 1) // r + 1


@compiled
def first_demand(table, low, high, demand):  # type: ignore[no-untyped-def]
    """Fill demand[i, k], the fewest outputs of k that the first step of i needs within windows.

    Followed back with the fewest outputs that each step on the way can make (`least_made`).
    """
    needs = table.needs
    demand[:] = 0
    for i in range(len(low)):
        demand[i, i] = low[i]
        for c in range(i, -1, -1):
            wanted = demand[i, c]
            made = least_made(wanted, low[c], high[c], table.cap[c])
            if wanted > 0 and made > 0:
                for e in range(needs.into[c], needs.into[c + 1]):
                    j = needs.producer[e]
                    demand[i, j] = max(demand[i, j], need(needs, e, made))


@compiled
def propagate(table, low, high, target, times):  # type: ignore[no-untyped-def]
    """Fill `times`; False where a layer cannot meet the target.

    The waits and ends of SPEC §5 take the fewest steps, R = high. ceil(a/R) - ceil(b/R) >=
    floor((a - b)/R) bounds a tail.
    """
    needs = table.needs
    early, late, late_end, demand = times
    late[:] = NEVER
    late_end[:] = NEVER
    first_demand(table, low, high, demand)
    for i in range(len(low)):
        early[i] = 0
        for k in range(i):
            if demand[i, k] > 0:
                early[i] = max(early[i], (demand[i, k] - 1) // high[k] + early[k])
    for i in range(len(low) - 1, -1, -1):
        if table.sink[i] > 0:
            late_end[i] = min(late_end[i], target)
        if late_end[i] < NEVER:
            late[i] = min(late[i], late_end[i] - _ceil(table.outputs[i], high[i]))
            for e in range(needs.into[i], needs.into[i + 1]):
                if table.tail_end[e] != NO_TAIL:
                    j = needs.producer[e]
                    tail = (table.tail_end[e] - table.tail_begin[e]) // high[i]
                    late_end[j] = min(late_end[j], late_end[i] - tail)
        if early[i] > late[i]:
            return False
        if late[i] < NEVER:
            for k in range(i):
                if demand[i, k] > 0:
                    late[k] = min(late[k], late[i] - (demand[i, k] - 1) // high[k])
    return True


@compiled
def fits(table, k, r, high, times):  # type: ignore[no-untyped-def]
    """Whether R_k = r meets the latest times of k, given the earliest inputs."""
    needs = table.needs
    early, late, late_end, demand = times
    wait = early[k]
    for e in range(needs.into[k], needs.into[k + 1]):
        wanted = need(needs, e, min(r, table.cap[k])) if table.cap[k] > 0 else 0
        if wanted > 0:
            j = needs.producer[e]
            wait = max(wait, early[j] + (wanted - 1) // high[j])
    if late_end[k] < NEVER and wait + _ceil(table.outputs[k], r) > late_end[k]:
        return False
    for i in range(k + 1, len(early)):
        if demand[i, k] > 0 and late[i] < NEVER and wait + (demand[i, k] - 1) // r > late[i]:
            return False
    return True


@compiled
def fill_least(table, bounds, times):  # type: ignore[no-untyped-def]
    """Fill `bounds.least`, `first` and `least_end` by the forward program over (layer, level).

    An R of the window spends (R - low)*set_k of the slack, the rest is left to the ancestors: to
    all of them, for each wait on its own. A group of R pays for its smallest and runs as fast as
    its largest. A direct producer is waited for until it has what the first step needs, a farther
    ancestor for the fewest outputs that any R in the window needs.
    """
    grid, least, levels = bounds.grid, bounds.least, bounds.least.shape[1]
    least[:] = NEVER
    bounds.least_end[:] = NEVER
    waits, gap = np.empty(levels, np.int64), np.empty(grid.shape[1], np.int64)
    for k in range(len(bounds.sets)):
        waits[:] = times.early[k]
        for m in range(k):
            if times.demand[k, m] > 0:
                waits = np.maximum(waits, least[m, :, point_below(grid, m, times.demand[k, m])])
        for group in range(bounds.groups.shape[1] - 1):
            r, beyond = bounds.groups[k, group], bounds.groups[k, group + 1]
            cost = (r - bounds.low[k]) * bounds.sets[k] // bounds.unit
            if r == beyond or cost >= levels:
                break
            bounds.first[k, :cost, group] = NEVER
            first = bounds.first[k, cost:, group]
            first[:] = waits[: levels - cost]
            end = np.zeros(levels - cost, np.int64)
            _inputs(table, bounds, k, r, beyond - 1, first, end)
            steps = _ceil(table.outputs[k], beyond - 1)
            gap[:] = (grid[k] - 1) // (beyond - 1)
            for left in range(levels - cost):
                wait, level = first[left], left + cost
                late = max(end[left], wait + steps)
                bounds.least_end[k, level] = min(bounds.least_end[k, level], late)
                for point in range(grid.shape[1]):
                    least[k, level, point] = min(least[k, level, point], wait + gap[point])


@compiled
def _inputs(table, bounds, k, low, high, first, end):  # type: ignore[no-untyped-def]
    """Raise the first output and the end of k, level by level, to what its producers allow.

    For low <= R_k <= high; the first step needs at least what it needs with the smallest.
    """
    needs, made = table.needs, min(low, table.cap[k])
    for e in range(needs.into[k], needs.into[k + 1]):
        j = needs.producer[e]
        wanted = need(needs, e, made) if made > 0 else 0
        if wanted > 0:
            at = point_below(bounds.grid, j, wanted)
            for left in range(len(first)):
                first[left] = max(first[left], bounds.least[j, left, at])
        if table.tail_end[e] != NO_TAIL:
            tail = (table.tail_end[e] - table.tail_begin[e]) // high
            if low == high:
                tail = _ceil(table.tail_end[e], low) - _ceil(table.tail_begin[e], low)
            for left in range(len(end)):
                end[left] = max(end[left], bounds.least_end[j, left] + tail)


@compiled
def in_time(table, bounds, times):  # type: ignore[no-untyped-def]
    """Whether every layer can meet its latest times with the whole slack."""
    top = bounds.least.shape[1] - 1
    for k in range(len(bounds.low)):
        if bounds.least[k, top, 0] > times.late[k] or bounds.least_end[k, top] > times.late_end[k]:
            return False
    return True


@compiled
def drop_slack(table, bounds, slack, j, x, d, first, count, reach, least):  # type: ignore[no-untyped-def]
    """Drop pairs of layer j that an earlier pair implies; returns how many are left.

    They ascend from x[first] on.
    Pair (x', d') puts PreOp_m + ceil(y'/R_m) - 1 <= d' on every layer m that it reaches, y' being
    what it asks of m, and (x, d) with x > x' the same with its y. So the second follows when
    ceil(y/R_m) - ceil(y'/R_m) <= d - d' for all m and all R that `slack` allows; the left side is
    at most ceil((Y - Y')/low_m), Y the most that x and Y' the least that x' can ask for.
    """
    last = first
    if count > 1:
        reach_back(table, bounds, slack, j, x[first], False, least)
    for i in range(first + 1, first + count):
        reach_back(table, bounds, slack, j, x[i], True, reach)
        room = d[i] - d[last]
        follows = True
        for m in range(j + 1):
            if reach[m] > least[m] and _ceil(reach[m] - least[m], bounds.low[m]) > room:
                follows = False
                break
        if not follows:
            last += 1
            x[last], d[last] = x[i], d[i]
            reach_back(table, bounds, slack, j, x[i], False, least)
    return min(count, last - first + 1)


@inlined
def expand(table, bounds, k, r, level, x, d, first, count, end, out):  # type: ignore[no-untyped-def]
    """Decide R_k = r under one staircase of first steps and a latest end; False where cut.

    A pair (x, d) says: PreOp_k + ceil(x/r) - 1 <= d. It travels on to what the steps up to x need;
    k adds its own first step. `out.end` takes the latest ends that the tails leave to producers.
    """
    needs = table.needs
    begin, stop = needs.into[k], needs.into[k + 1]
    out.length[: stop - begin] = 0
    out.end[: stop - begin] = NEVER
    start = end - _ceil(table.outputs[k], r) if end < NEVER else NEVER
    for i in range(first, first + count):
        start = min(start, d[i] - (x[i] - 1) // r)
    if start >= NEVER:
        return True
    if earliest(table, bounds, k, 1) > start:
        return False
    for i in range(first + count - 1, first - 2, -1):
        own = i < first or x[i] <= r
        made = min(r if own else _ceil(x[i], r) * r, table.cap[k])
        deadline = start if own else d[i]
        if made > 0 and not hand_on(table, bounds, k, made, deadline, out):
            return False
        if own:
            break
    if end < NEVER:
        for e in range(begin, stop):
            if table.tail_end[e] != NO_TAIL:
                tail = _ceil(table.tail_end[e], r) - _ceil(table.tail_begin[e], r)
                if bounds.least_end[needs.producer[e], level] > end - tail:
                    return False
                out.end[e - begin] = end - tail
    return True
