"""The search for `cycles`: times under windows, least times for a slack, one decision (SPEC §7)."""

from numba import njit

from xbarmip.solvers.dp.bounds import least_time, too_late
from xbarmip.solvers.dp.table import NEVER
from xbarmip.timing.tables import need


@njit(cache=True)
def _least_made(x, low, high, outputs):  # type: ignore[no-untyped-def]
    """Fewest outputs that exist after the step that makes output x, over low <= R <= high.

    With s = ceil(x/high) the step is number s or later, and a step s makes s*R >= s*low outputs.
    """
    return min(outputs, max(x, ((x - 1) // high + 1) * low))


@njit(cache=True)
def propagate(table, low, high, target, times):  # type: ignore[no-untyped-def]
    """Fill `times.early` and `times.late`; False where an output cannot meet the target.

    Early: output x comes a step after output x - high at the earliest, and no earlier than the
    inputs of all that its step makes. Late: the same conditions read backwards from the target.
    """
    needs, early, late = table.needs, times.early, times.late
    for k in range(len(low)):
        at, count = table.offset[k], table.outputs[k]
        for x in range(1, count + 1):
            time = early[at + x - high[k]] + 1 if x > high[k] else 1
            if x > 1:
                time = max(time, early[at + x - 1])
            made = _least_made(x, low[k], high[k], count)
            for e in range(needs.into[k], needs.into[k + 1]):
                wanted = need(needs, e, made)
                if wanted > 0:
                    time = max(time, early[table.offset[needs.producer[e]] + wanted])
            early[at + x] = time
    late[:] = NEVER
    for k in range(len(low) - 1, -1, -1):
        at, count = table.offset[k], table.outputs[k]
        if table.sink[k] > 0:
            late[at + count] = min(late[at + count], target)
        for x in range(count, 0, -1):
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
            made = _least_made(x, low[k], high[k], count)
            for e in range(needs.into[k], needs.into[k + 1]):
                wanted = need(needs, e, made)
                if wanted > 0:
                    place = table.offset[needs.producer[e]] + wanted
                    late[place] = min(late[place], time)
    return True


@njit(cache=True)
def fits(table, k, r, high, times):  # type: ignore[no-untyped-def]
    """Whether R_k = r meets every latest time, given the earliest inputs."""
    needs, count, at = table.needs, table.outputs[k], table.offset[k]
    time = 0
    for made in range(r, count + r, r):
        time += 1
        late = times.late[at + made - r + 1]
        if late >= NEVER:
            return True
        for e in range(needs.into[k], needs.into[k + 1]):
            wanted = need(needs, e, min(made, count))
            if wanted > 0:
                time = max(time, times.early[table.offset[needs.producer[e]] + wanted])
        if time > late:
            return False
    return True


@njit(cache=True)
def fill_least(table, bounds, times):  # type: ignore[no-untyped-def]
    """Fill `bounds.least` by the forward program over (layer, level).

    R_k = r spends (r - low)*set_k of the slack, the rest is left to the ancestors: to all of them,
    for each input on its own. Between two points of the grid the steps of k follow one another.
    """
    needs, least, grid = table.needs, bounds.least, bounds.grid
    for k in range(len(bounds.sets)):
        least[k] = NEVER
        for level in range(least.shape[1]):
            for r in range(bounds.low[k], bounds.high[k] + 1):
                rest = level * bounds.unit - (r - bounds.low[k]) * bounds.sets[k]
                if rest < 0:
                    break
                left = (rest + bounds.unit - 1) // bounds.unit
                time = step = 0
                for point in range(grid.shape[1]):
                    now = (grid[k, point] - 1) // r + 1
                    time, step = time + now - step, now
                    made = min(step * r, table.outputs[k])
                    for e in range(needs.into[k], needs.into[k + 1]):
                        wanted = need(needs, e, made)
                        if wanted > 0:
                            j = needs.producer[e]
                            time = max(time, times.early[table.offset[j] + wanted])
                            time = max(time, least_time(bounds, j, left, wanted))
                    least[k, level, point] = min(least[k, level, point], time)
                    if point == 0 and r - bounds.low[k] < bounds.first.shape[2]:
                        bounds.first[k, level, r - bounds.low[k]] = time


@njit(cache=True)
def in_time(table, bounds, times):  # type: ignore[no-untyped-def]
    """Whether every output of the grid can meet its latest time with the whole slack."""
    top = bounds.least.shape[1] - 1
    for k in range(len(bounds.low)):
        for point in range(bounds.grid.shape[1]):
            if bounds.least[k, top, point] > times.late[table.offset[k] + bounds.grid[k, point]]:
                return False
    return True


@njit(cache=True)
def expand(table, bounds, k, r, level, x, d, first, count, end, out):  # type: ignore[no-untyped-def]
    """Decide R_k = r under one staircase of deadlines; False where a bound cuts it.

    Step s must end a step before step s + 1, and by the deadline of every output it makes. What it
    needs of a producer must exist by then: one pair for each step and edge, written to `out` in
    descending order.
    """
    needs, outputs = table.needs, table.outputs[k]
    begin, stop = needs.into[k], needs.into[k + 1]
    out.count[: stop - begin] = 0
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
        for e in range(begin, stop):
            wanted = need(needs, e, min(step * r, outputs))
            if wanted > 0:
                if too_late(table, bounds, needs.producer[e], level, wanted, deadline):
                    return False
                at = out.count[e - begin]
                if at == 0 or out.x[e - begin, at - 1] != wanted:
                    at += 1
                    out.count[e - begin] = at
                out.x[e - begin, at - 1] = wanted
                out.d[e - begin, at - 1] = deadline
    return True
