"""The search for `cycles`: times under windows, least times for a slack, one decision (SPEC §7)."""

import numpy as np

from xbarmip.compiled import compiled, inlined
from xbarmip.solvers.dp.bounds import hand_on, point_below
from xbarmip.solvers.dp.grid import least_made
from xbarmip.solvers.dp.table import NEVER
from xbarmip.timing.tables import need


@compiled
def propagate(table, low, high, target, times):  # type: ignore[no-untyped-def]
    """Fill `times.early` and `times.late`; False where an output cannot meet the target.

    Early: output x comes a step after output x - high at the earliest, and no earlier than the
    inputs of all that its step makes (`least_made`). Late: the same conditions read backwards from
    the target.
    """
    into, early, late = table.needs.into, times.early, times.late
    for k in range(len(low)):
        at, count, step = table.offset[k], table.outputs[k], 1
        for x in range(1, count + 1):
            step += x > step * high[k]
            time = early[at + x - high[k]] + 1 if x > high[k] else 1
            if x > 1:
                time = max(time, early[at + x - 1])
            made = min(count, max(x, step * low[k]))
            for e in range(into[k], into[k + 1]):
                time = max(time, early[table.asked[table.asked_start[e] + made]])
            early[at + x] = time
    late[:] = NEVER
    for k in range(len(low) - 1, -1, -1):
        at, count = table.offset[k], table.outputs[k]
        step = -(-count // high[k])
        if table.sink[k] > 0:
            late[at + count] = min(late[at + count], target)
        for x in range(count, 0, -1):
            step -= x <= (step - 1) * high[k]
            time = late[at + x]
            if x < count:
                time = min(time, late[at + x + 1])
            if x + high[k] <= count:
                time = min(time, late[at + x + high[k]] - 1)
            if time >= NEVER - count:
                continue
            late[at + x] = time
            if early[at + x] > time:
                return False
            made = min(count, max(x, step * low[k]))
            for e in range(into[k], into[k + 1]):
                place = table.asked[table.asked_start[e] + made]
                late[place] = min(late[place], time)
    return True


@compiled
def fits(table, k, r, high, times):  # type: ignore[no-untyped-def]
    """Whether R_k = r meets every latest time, given the earliest inputs."""
    into, count, at = table.needs.into, table.outputs[k], table.offset[k]
    time = 0
    for made in range(r, count + r, r):
        time += 1
        late = times.late[at + made - r + 1]
        if late >= NEVER:
            return True
        for e in range(into[k], into[k + 1]):
            place = table.asked[table.asked_start[e] + min(made, count)]
            time = max(time, times.early[place])
        if time > late:
            return False
    return True


@compiled
def fill_least(table, bounds, times):  # type: ignore[no-untyped-def]
    """Fill `bounds.least` and `bounds.first` by the forward program over (layer, level).

    An R of the window spends (R - low)*set_k of the slack, the rest is left to the ancestors: to
    all of them, for each input on its own. A group of R pays for its smallest and runs as fast as
    its largest; between two points of the grid the steps of k follow one another.
    """
    layers, levels, points = bounds.least.shape
    producer, into = table.needs.producer, table.needs.into
    gap, known = np.empty(points, np.int64), np.empty(points, np.int64)
    place = np.empty((points, max(1, len(producer))), np.int64)
    least, time = np.full((layers, points, levels), NEVER), np.empty(levels, np.int64)
    for k in range(layers):
        for group in range(bounds.groups.shape[1] - 1):
            r, beyond = bounds.groups[k, group], bounds.groups[k, group + 1]
            cost = (r - bounds.low[k]) * bounds.sets[k] // bounds.unit
            if r == beyond or cost >= levels:
                break
            _prepare(table, bounds, times, k, r, beyond - 1, gap, known, place)
            time[:], count = 0, levels - cost
            for point in range(points):
                for left in range(count):
                    time[left] = max(time[left] + gap[point], known[point])
                for e in range(into[k + 1] - into[k]):
                    j, at = producer[into[k] + e], place[point, e]
                    if at >= 0:
                        for left in range(count):
                            time[left] = max(time[left], least[j, at, left])
                if point == 0:
                    bounds.first[k, :cost, group] = NEVER
                    bounds.first[k, cost:, group] = time[:count]
                for left in range(count):
                    least[k, point, cost + left] = min(least[k, point, cost + left], time[left])
        bounds.least[k] = least[k].T


@compiled
def _prepare(table, bounds, times, k, low, high, gap, known, place):  # type: ignore[no-untyped-def]
    """What does not depend on the level, for low <= R_k <= high and each point of the grid.

    Steps since the point before, the earliest time, and the point of each input's grid (or -1).
    """
    needs, grid = table.needs, bounds.grid
    before = 0
    for point in range(grid.shape[1]):
        x = grid[k, point]
        steps = -(-x // high)
        gap[point] = -(-x // low) - -(-before // low) if low == high else (x - before) // high
        known[point] = max(steps, times.early[table.offset[k] + x])
        made = least_made(x, low, high, table.outputs[k])
        for e in range(needs.into[k], needs.into[k + 1]):
            wanted = need(needs, e, made)
            at = -1
            if wanted > 0:
                j = needs.producer[e]
                at = point_below(grid, j, wanted)
                known[point] = max(known[point], times.early[table.offset[j] + wanted])
            place[point, e - needs.into[k]] = at
        before = x


@compiled
def in_time(table, bounds, times):  # type: ignore[no-untyped-def]
    """Whether every output of the grid can meet its latest time with the whole slack."""
    top = bounds.least.shape[1] - 1
    for k in range(len(bounds.low)):
        for point in range(bounds.grid.shape[1]):
            if bounds.least[k, top, point] > times.late[table.offset[k] + bounds.grid[k, point]]:
                return False
    return True


@inlined
def expand(table, bounds, k, r, x, d, first, count, out):  # type: ignore[no-untyped-def]
    """Decide R_k = r under one staircase of deadlines; False where a bound cuts it.

    Step s must end a step before step s + 1, and by the deadline of every output it makes. What it
    needs of a producer must exist by then: one pair for each step and edge, written to `out` in
    descending order.
    """
    outputs = table.outputs[k]
    out.length[: table.needs.into[k + 1] - table.needs.into[k]] = 0
    if count == 0:
        return True
    i = first + count - 1
    deadline = NEVER
    for step in range((x[i] - 1) // r + 1, 0, -1):
        deadline -= 1
        while i >= first and x[i] > (step - 1) * r:
            deadline = min(deadline, d[i])
            i -= 1
        if deadline < 1:
            return False
        if not hand_on(table, bounds, k, min(step * r, outputs), deadline, out):
            return False
    return True
