"""Views in closed form (`steps`): times of layers, least times, one decision (SPEC §7)."""

import numpy as np

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.state.bounds import (
    Bounds,
    Times,
    Windows,
    earliest,
    least_made,
    point_below,
)
from xbarmip.solvers.dp.state.stairs import D, X
from xbarmip.solvers.dp.table import (
    CAP,
    NEVER,
    OUTPUTS,
    SINK,
    TAIL_BEGIN,
    TAIL_END,
    SearchTable,
)
from xbarmip.solvers.dp.timing.handed import hand_on
from xbarmip.solvers.dp.timing.reach import reach_back
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import PRODUCER, need


def blank_times(table: SearchTable) -> tuple[Times, Array | None]:
    """Times that cut nothing, and the demand of first steps."""
    return Times(
        early=np.zeros(table.layers, dtype=np.int64),
        late=np.full(table.layers, NEVER, dtype=np.int64),
        late_end=np.full(table.layers, NEVER, dtype=np.int64),
    ), np.zeros((table.layers, table.layers), dtype=np.int64)


def demand_within(table: SearchTable, windows: Windows) -> Array | None:
    """The fewest outputs of k that the first step of i needs within windows, as demand[i, k]."""
    demand = np.zeros((table.layers, table.layers), dtype=np.int64)
    first_demand(table.net, windows, demand)
    return demand


@inner
def _ceil(a, r):  # type: ignore[no-untyped-def]
    return (a - 1) // r + 1


@compiled
def first_demand(net, windows, demand):  # type: ignore[no-untyped-def]
    """Fill demand[i, k], the fewest outputs of k that the first step of i needs within windows.

    Followed back with the fewest outputs that each step on the way can make (`least_made`).
    """
    low, high = windows.low, windows.high
    for i in range(len(low)):
        for k in range(len(low)):
            demand[i, k] = 0
        demand[i, i] = low[i]
        for c in range(i, -1, -1):
            wanted = demand[i, c]
            made = least_made(wanted, low[c], high[c], net.layer[c, CAP])
            if wanted > 0 and made > 0:
                for e in range(net.into[c], net.into[c + 1]):
                    j = net.edge[e, PRODUCER]
                    demand[i, j] = max(demand[i, j], need(net, e, made))


@inner
def propagate(net, windows, target, times, demand):  # type: ignore[no-untyped-def]
    """Fill `times` and `demand`; False where a layer cannot meet the target.

    The waits and ends of SPEC §5 take the fewest steps, R = high. ceil(a/R) - ceil(b/R) >=
    floor((a - b)/R) bounds a tail.
    """
    early, late, late_end, high = times.early, times.late, times.late_end, windows.high
    first_demand(net, windows, demand)
    for i in range(len(high)):
        early[i], late[i], late_end[i] = 0, NEVER, NEVER
        for k in range(i):
            if demand[i, k] > 0:
                early[i] = max(early[i], (demand[i, k] - 1) // high[k] + early[k])
    for i in range(len(high) - 1, -1, -1):
        if net.layer[i, SINK] > 0:
            late_end[i] = min(late_end[i], target)
        if late_end[i] < NEVER:
            late[i] = min(late[i], late_end[i] - _ceil(net.layer[i, OUTPUTS], high[i]))
            for e in range(net.into[i], net.into[i + 1]):
                if net.edge[e, TAIL_END] != NO_TAIL:
                    j = net.edge[e, PRODUCER]
                    tail = (net.edge[e, TAIL_END] - net.edge[e, TAIL_BEGIN]) // high[i]
                    late_end[j] = min(late_end[j], late_end[i] - tail)
        # earliest PreOp > latest PreOp
        if early[i] > late[i]:
            return False
        if late[i] < NEVER:
            for k in range(i):
                if demand[i, k] > 0:
                    late[k] = min(late[k], late[i] - (demand[i, k] - 1) // high[k])
    return True


@inner
def fits(net, k, r, high, times, demand):  # type: ignore[no-untyped-def]
    """Whether R_k = r meets the latest times of k, given the earliest inputs."""
    early, late, late_end = times.early, times.late, times.late_end
    wait, cap = early[k], net.layer[k, CAP]
    for e in range(net.into[k], net.into[k + 1]):
        wanted = need(net, e, min(r, cap)) if cap > 0 else 0
        if wanted > 0:
            j = net.edge[e, PRODUCER]
            wait = max(wait, early[j] + (wanted - 1) // high[j])
    # PreOp + ceil(N/r) > latest Op
    if late_end[k] < NEVER and wait + _ceil(net.layer[k, OUTPUTS], r) > late_end[k]:
        return False
    for i in range(k + 1, len(early)):
        # PreOp + ceil(demand/r) - 1 > latest PreOp of a layer that waits for that
        if demand[i, k] > 0 and late[i] < NEVER and wait + (demand[i, k] - 1) // r > late[i]:
            return False
    return True


def fill_least(table: SearchTable, bounds: Bounds, times: Times, demand: Array | None) -> None:
    """Fill `bounds.least`, `first` and `least_end` by the forward program over (layer, level).

    An R of the window spends (R - low)*set_k of the slack, the rest is left to the ancestors: to
    all of them, for each wait on its own. A group of R pays for its smallest and runs as fast as
    its largest. A direct producer is waited for until it has what the first step needs, a farther
    ancestor for the fewest outputs that any R in the window needs.
    """
    bounds.least[:] = NEVER
    bounds.least_end[:] = NEVER
    waits = np.empty((3, bounds.least.shape[1]), dtype=np.int64)
    gap = np.empty(bounds.grid.shape[1], dtype=np.int64)
    _fill_least(table.net, bounds, times.early, demand, waits, gap)


@compiled
def _fill_least(net, bounds, early, demand, waits, gap):  # type: ignore[no-untyped-def]
    windows, grid, least = bounds.windows, bounds.grid, bounds.least
    levels, wait, first, end = least.shape[1], waits[0], waits[1], waits[2]
    for k in range(len(windows.low)):
        for level in range(levels):
            wait[level] = early[k]
        for m in range(k):
            if demand[k, m] > 0:
                at = point_below(grid, m, demand[k, m])
                for level in range(levels):
                    wait[level] = max(wait[level], least[m, level, at])
        for group in range(bounds.groups.shape[1] - 1):
            r, beyond = bounds.groups[k, group], bounds.groups[k, group + 1]
            cost = (r - windows.low[k]) * windows.sets[k] // bounds.unit
            # an empty group, or one that costs more than all the slack
            if r == beyond or cost >= levels:
                break
            for level in range(cost):
                bounds.first[k, level, group] = NEVER
            for left in range(levels - cost):
                first[left], end[left] = wait[left], 0
            _inputs(net, bounds, k, (r, beyond - 1), first, end, levels - cost)
            steps = _ceil(net.layer[k, OUTPUTS], beyond - 1)
            for point in range(len(gap)):
                gap[point] = (grid[k, point] - 1) // (beyond - 1)
            for left in range(levels - cost):
                level = left + cost
                bounds.first[k, level, group] = first[left]
                late = max(end[left], first[left] + steps)
                bounds.least_end[k, level] = min(bounds.least_end[k, level], late)
                for point in range(len(gap)):
                    least[k, level, point] = min(least[k, level, point], first[left] + gap[point])


@inner
def _inputs(net, bounds, k, window, first, end, levels):  # type: ignore[no-untyped-def]
    """Raise the first output and the end of k, level by level, to what its producers allow.

    For R_k in `window`; the first step needs at least what it needs with the smallest.
    """
    low, high = window
    made = min(low, net.layer[k, CAP])
    for e in range(net.into[k], net.into[k + 1]):
        j, tail_end, tail_begin = (
            net.edge[e, PRODUCER],
            net.edge[e, TAIL_END],
            net.edge[e, TAIL_BEGIN],
        )
        wanted = need(net, e, made) if made > 0 else 0
        if wanted > 0:
            at = point_below(bounds.grid, j, wanted)
            for left in range(levels):
                first[left] = max(first[left], bounds.least[j, left, at])
        if tail_end != NO_TAIL:
            tail = (tail_end - tail_begin) // high
            if low == high:
                tail = _ceil(tail_end, low) - _ceil(tail_begin, low)
            for left in range(levels):
                end[left] = max(end[left], bounds.least_end[j, left] + tail)


def in_time(table: SearchTable, bounds: Bounds, times: Times) -> bool:
    """Whether every layer can meet its latest times with the whole slack."""
    starts = bounds.least[:, -1, 0] <= times.late
    return bool((starts & (bounds.least_end[:, -1] <= times.late_end)).all())


@inner
def drop_slack(net, windows, slack, j, pairs, run, reach):  # type: ignore[no-untyped-def]
    """Drop pairs of layer j that an earlier pair implies; returns how many are left.

    `run` says where they begin in `pairs`, ascending, and how many they are; `reach` has two rows.
    Pair (x', d') puts PreOp_m + ceil(y'/R_m) - 1 <= d' on every layer m that it reaches, y' being
    what it asks of m, and (x, d) with x > x' the same with its y. So the second follows when
    ceil(y/R_m) - ceil(y'/R_m) <= d - d' for all m and all R that `slack` allows; the left side is
    at most ceil((Y - Y')/low_m), Y the most that x and Y' the least that x' can ask for.
    """
    first, count = run
    last, upper, lower = first, reach[0], reach[1]
    if count > 1:
        reach_back(net, windows, slack, (j, pairs[first, X]), False, lower)
    for i in range(first + 1, first + count):
        reach_back(net, windows, slack, (j, pairs[i, X]), True, upper)
        apart = pairs[i, D] - pairs[last, D]
        follows = True
        for m in range(j + 1):
            # ceil((Y - Y')/low) > d - d'
            if upper[m] > lower[m] and _ceil(upper[m] - lower[m], windows.low[m]) > apart:
                follows = False
                break
        if not follows:
            last += 1
            pairs[last, X], pairs[last, D] = pairs[i, X], pairs[i, D]
            reach_back(net, windows, slack, (j, pairs[i, X]), False, lower)
    return min(count, last - first + 1)


@inner
def expand(net, bounds, choice, pairs, run, handed):  # type: ignore[no-untyped-def]
    """Decide R_k = r under one staircase of first steps and a latest end; False where cut.

    `choice` is k, r and the level of the slack that is left; `run` says where the staircase begins
    in `pairs`, its length, and the latest end. A pair (x, d) says: PreOp_k + ceil(x/r) - 1 <= d. It
    travels on to what the steps up to x need; k adds its own first step. `handed.end` takes the
    latest ends that the tails leave to producers.
    """
    k, r, level = choice
    first, count, end = run
    early, high, begin = bounds.early, bounds.windows.high, net.into[k]
    for e in range(net.into[k + 1] - begin):
        handed.counts[e], handed.end[e] = 0, NEVER
    start = end - _ceil(net.layer[k, OUTPUTS], r) if end < NEVER else NEVER
    for i in range(first, first + count):
        start = min(start, pairs[i, D] - (pairs[i, X] - 1) // r)
    if start >= NEVER:
        return True
    # earliest PreOp > latest PreOp
    if earliest(net, early, high, k, 1) > start:
        return False
    for i in range(first + count - 1, first - 2, -1):
        own = i < first or pairs[i, X] <= r
        made = min(r if own else _ceil(pairs[i, X], r) * r, net.layer[k, CAP])
        deadline = start if own else pairs[i, D]
        if made > 0 and not hand_on(net, early, high, (k, made), deadline, handed):
            return False
        if own:
            break
    if end < NEVER:
        for e in range(begin, net.into[k + 1]):
            if net.edge[e, TAIL_END] != NO_TAIL:
                tail = _ceil(net.edge[e, TAIL_END], r) - _ceil(net.edge[e, TAIL_BEGIN], r)
                # least end of the producer > latest end less the tail
                if bounds.least_end[net.edge[e, PRODUCER], level] > end - tail:
                    return False
                handed.end[e - begin] = end - tail
    return True
