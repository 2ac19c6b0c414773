"""Views whose steps stall (`cycles`): times of outputs, least times, one decision (SPEC §7)."""

import numpy as np

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.state.bounds import Bounds, Times, Windows, least_made, point_below
from xbarmip.solvers.dp.state.stairs import D, X
from xbarmip.solvers.dp.table import NEVER, OFFSET, OUTPUTS, SINK, SearchTable
from xbarmip.solvers.dp.timing.handed import hand_on
from xbarmip.timing.tables import PRODUCER, START, need


def blank_times(table: SearchTable) -> tuple[Times, Array | None]:
    """Times that cut nothing, and the demand of first steps, which has no part here."""
    many = int(table.offset[-1]) + 1
    return Times(
        early=np.zeros(many, dtype=np.int64),
        late=np.full(many, NEVER, dtype=np.int64),
        late_end=np.full(table.layers, NEVER, dtype=np.int64),
    ), None


def demand_within(table: SearchTable, windows: Windows) -> Array | None:
    """What first steps demand has no part here."""
    return None


@inner
def propagate(net, windows, target, times):  # type: ignore[no-untyped-def]
    """Fill `early` and `late` of `times`; False where an output cannot meet the target.

    Early: output x comes a step after output x - high at the earliest, and no earlier than the
    inputs of all that its step makes (`least_made`). Late: the same conditions read backwards from
    the target.
    """
    early, late = times.early, times.late
    for k in range(len(windows.low)):
        _propagate_early(net, k, windows.low[k], windows.high[k], early)
    for entry in range(len(late)):
        late[entry] = NEVER
    for k in range(len(windows.low) - 1, -1, -1):
        if net.layer[k, SINK] > 0:
            last = net.layer[k, OFFSET] + net.layer[k, OUTPUTS]
            late[last] = min(late[last], target)
        if not _propagate_late(net, k, windows.low[k], windows.high[k], times):
            return False
    return True


@inner
def _propagate_early(net, k, low, high, early):  # type: ignore[no-untyped-def]
    at, count, step = net.layer[k, OFFSET], net.layer[k, OUTPUTS], 1
    for x in range(1, count + 1):
        step += x > step * high
        time = early[at + x - high] + 1 if x > high else 1
        if x > 1:
            time = max(time, early[at + x - 1])
        made = min(count, max(x, step * low))
        for e in range(net.into[k], net.into[k + 1]):
            time = max(time, early[net.maps[net.edge[e, START] + made]])
        early[at + x] = time


@inner
def _propagate_late(net, k, low, high, times):  # type: ignore[no-untyped-def]
    at, count, late = net.layer[k, OFFSET], net.layer[k, OUTPUTS], times.late
    step = -(-count // high)
    for x in range(count, 0, -1):
        step -= x <= (step - 1) * high
        time = late[at + x]
        if x < count:
            time = min(time, late[at + x + 1])
        if x + high <= count:
            time = min(time, late[at + x + high] - 1)
        if time >= NEVER - count:
            continue
        late[at + x] = time
        # earliest time > latest time
        if times.early[at + x] > time:
            return False
        made = min(count, max(x, step * low))
        for e in range(net.into[k], net.into[k + 1]):
            entry = net.maps[net.edge[e, START] + made]
            late[entry] = min(late[entry], time)
    return True


@inner
def fits(net, k, r, high, times):  # type: ignore[no-untyped-def]
    """Whether R_k = r meets every latest time, given the earliest inputs; `high` has no part."""
    count, at = net.layer[k, OUTPUTS], net.layer[k, OFFSET]
    time = 0
    for made in range(r, count + r, r):
        time += 1
        late = times.late[at + made - r + 1]
        if late >= NEVER:
            return True
        for e in range(net.into[k], net.into[k + 1]):
            entry = net.maps[net.edge[e, START] + min(made, count)]
            time = max(time, times.early[entry])
        # the step ends at `time` > the latest time of its first output
        if time > late:
            return False
    return True


def fill_least(table: SearchTable, bounds: Bounds, times: Times, demand: Array | None) -> None:
    """Fill `bounds.least` and `bounds.first` by the forward program over (layer, level).

    An R of the window spends (R - low)*set_k of the slack, the rest is left to the ancestors: to
    all of them, for each input on its own. A group of R pays for its smallest and runs as fast as
    its largest; between two points of the grid the steps of k follow one another.
    """
    layers, levels, points = bounds.least.shape
    least = np.full((layers, points, levels), NEVER, dtype=np.int64)
    edges = max(1, int(np.diff(table.net.into).max(initial=1)))
    meets = np.empty((points, 2 + edges), dtype=np.int64)
    _fill_least(table.net, bounds, times.early, least, np.empty(levels, dtype=np.int64), meets)
    bounds.least[:] = least.transpose(0, 2, 1)


GAP, KNOWN, INPUT = range(3)  # columns of `meets`; from INPUT on one for each edge


@compiled
def _fill_least(net, bounds, early, least, time, meets):  # type: ignore[no-untyped-def]
    windows, groups, first = bounds.windows, bounds.groups, bounds.first
    layers, points, levels = least.shape
    for k in range(layers):
        edges = net.into[k + 1] - net.into[k]
        for group in range(groups.shape[1] - 1):
            r, beyond = groups[k, group], groups[k, group + 1]
            cost = (r - windows.low[k]) * windows.sets[k] // bounds.unit
            # an empty group, or one that costs more than all the slack
            if r == beyond or cost >= levels:
                break
            _prepare(net, bounds.grid, early, k, r, beyond - 1, meets)
            count = levels - cost
            for left in range(count):
                time[left] = 0
            for level in range(cost):
                first[k, level, group] = NEVER
            for point in range(points):
                gap, known = meets[point, GAP], meets[point, KNOWN]
                for left in range(count):
                    time[left] = max(time[left] + gap, known)
                for e in range(edges):
                    j, at = net.edge[net.into[k] + e, PRODUCER], meets[point, INPUT + e]
                    if at >= 0:
                        for left in range(count):
                            time[left] = max(time[left], least[j, at, left])
                if point == 0:
                    for left in range(count):
                        first[k, cost + left, group] = time[left]
                for left in range(count):
                    least[k, point, cost + left] = min(least[k, point, cost + left], time[left])


@inner
def _prepare(net, grid, early, k, low, high, meets):  # type: ignore[no-untyped-def]
    """What does not depend on the level, for low <= R_k <= high and each point of the grid.

    GAP, steps since the point before; KNOWN, the earliest time; and the point of each input's grid
    (or -1).
    """
    before = 0
    for point in range(grid.shape[1]):
        x = grid[k, point]
        steps = -(-x // high)
        gap = -(-x // low) - -(-before // low) if low == high else (x - before) // high
        known = max(steps, early[net.layer[k, OFFSET] + x])
        made = least_made(x, low, high, net.layer[k, OUTPUTS])
        for e in range(net.into[k], net.into[k + 1]):
            wanted = need(net, e, made)
            at = -1
            if wanted > 0:
                j = net.edge[e, PRODUCER]
                at = point_below(grid, j, wanted)
                known = max(known, early[net.layer[j, OFFSET] + wanted])
            meets[point, INPUT + e - net.into[k]] = at
        meets[point, GAP], meets[point, KNOWN] = gap, known
        before = x


def in_time(table: SearchTable, bounds: Bounds, times: Times) -> bool:
    """Whether every output of the grid can meet its latest time with the whole slack."""
    entries = table.offset[:-1, None] + bounds.grid
    return bool((bounds.least[:, -1] <= times.late[entries]).all())


@inner
def expand(net, early, choice, pairs, run, handed):  # type: ignore[no-untyped-def]
    """Decide R_k = r under one staircase of deadlines; False where a bound cuts it.

    `choice` is k and r; `run` says where the staircase begins in `pairs`, and its length. Step s
    must end a step before step s + 1, and by the deadline of every output it makes. What it needs
    of a producer must exist by then: one pair for each step and edge, handed on in descending
    order.
    """
    k, r = choice
    outputs = net.layer[k, OUTPUTS]
    for e in range(net.into[k + 1] - net.into[k]):
        handed.counts[e] = 0
    first, count = run
    if count == 0:
        return True
    i = first + count - 1
    deadline = NEVER
    for step in range((pairs[i, X] - 1) // r + 1, 0, -1):
        deadline -= 1
        while i >= first and pairs[i, X] > (step - 1) * r:
            deadline = min(deadline, pairs[i, D])
            i -= 1
        # a step would have to end before cycle 1
        if deadline < 1:
            return False
        if not hand_on(net, early, None, (k, min(step * r, outputs)), deadline, handed):
            return False
    return True
