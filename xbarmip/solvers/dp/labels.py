"""Labels: one decision applied to all of them, and dominance between the results.

A label stands for a choice of R for the layers decided so far. It holds the crossbars used, and for
every place of the frontier a staircase of deadlines (a slice of the arena) and, for `steps`, a
latest end. Labels are kept as a structure of arrays.
"""

from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import level_of, most, too_late
from xbarmip.solvers.dp.carried import Sums
from xbarmip.solvers.dp.spending import PAIRS, least_spending
from xbarmip.solvers.dp.stairs import deadline_of, implied, merge
from xbarmip.solvers.dp.table import NEVER, SearchTable

SAMPLES = 6  # deadlines of a staircase that are compared before the whole of it is


class Labels(NamedTuple):
    """Labels of one stage; int64 arrays.

    Attributes
    ----------
    used, total : shape (labels,)
        Crossbars used; lower bound on those of a completion, less what the rest takes at least.
    parent, choice : shape (labels,)
        The label of the stage before that it came from; the R just chosen.
    first, length, end : shape (labels, places)
        Staircase in the arena, and latest end (NEVER for `cycles`), for each place of the frontier.
    room : shape (labels, open linear constraints)
    memory : shape (labels, layers)
        R of layers that a predicate still asks for; see `carried`.
    """

    used: Array
    total: Array
    parent: Array
    choice: Array
    first: Array
    length: Array
    end: Array
    room: Array
    memory: Array


class Arena(NamedTuple):
    """Pairs (x, d) of all staircases; those at `size` and beyond are free."""

    x: Array
    d: Array
    size: int


class Step(NamedTuple):
    """A `Stage` with its budget.

    `before` is the frontier that the stage meets, `frontier` the one it leaves; `budget` is what
    remains when all layers after it take the low ends of their windows. `sums` and `recalled` are
    those of a `Carry`; `alone` says that nothing but the crossbars hangs on the layer's R.
    """

    layer: int
    slot: int
    before: Array
    frontier: Array
    source: Array
    target: Array
    budget: int
    sums: Sums
    recalled: Array
    alone: bool


class Out(NamedTuple):
    """Room for the pairs that one decision hands to producers; rows by edge."""

    x: Array
    d: Array
    length: Array
    end: Array


class Scratch(NamedTuple):
    """Working room of the kernels, made once for a search."""

    out: Out
    up_x: Array
    up_d: Array
    down_x: Array
    down_d: Array
    reach: Array
    least: Array
    asked: Array
    deadline: Array
    ends: Array
    wanted: Array


def make_scratch(table: SearchTable) -> Scratch:
    """Room for the largest layer of a network."""
    edges = max(1, int(np.diff(table.needs.into).max(initial=1)))
    pairs = int(table.outputs.max()) + len(table.outputs) + 2
    rows = np.empty((2, edges, pairs), dtype=np.int64)
    flat = np.empty((4, pairs), dtype=np.int64)
    counts = np.empty((2, edges), dtype=np.int64)
    layers = len(table.outputs)
    reach, least, ends, wanted = np.empty((4, layers), dtype=np.int64)
    asked = np.empty((PAIRS * layers, layers), dtype=np.int64)
    deadline = np.empty(PAIRS * layers, dtype=np.int64)
    out = Out(rows[0], rows[1], counts[0], counts[1])
    return Scratch(
        out, flat[0], flat[1], flat[2], flat[3], reach, least, asked, deadline, ends, wanted
    )


@compiled
def spread_of(table, bounds, layer, slack):  # type: ignore[no-untyped-def]
    """What `stairs` calls `most`, for the completions that `slack` allows."""
    return NEVER if table.closed_form else most(bounds, layer, slack)


@compiled
def _grown(array, size):  # type: ignore[no-untyped-def]
    if size <= len(array):
        return array
    room = (max(size, 2 * len(array)),) + array.shape[1:]  # noqa: RUF005 (numba takes no *)
    bigger = np.empty(room, array.dtype)
    bigger[: len(array)] = array
    return bigger


@compiled
def _room(labels, size):  # type: ignore[no-untyped-def]
    return Labels(
        _grown(labels.used, size),
        _grown(labels.total, size),
        _grown(labels.parent, size),
        _grown(labels.choice, size),
        _grown(labels.first, size),
        _grown(labels.length, size),
        _grown(labels.end, size),
        _grown(labels.room, size),
        _grown(labels.memory, size),
    )


@compiled
def _room_after(step, labels, q, row, r):  # type: ignore[no-untyped-def]
    """Room of a linear constraint when label q decides r; negative where no completion meets it."""
    sums = step.sums
    before = sums.before[row]
    room = sums.limit[row] if before < 0 else labels.room[q, before]
    return room - sums.weight[row, r - 1] - sums.least[row]


@compiled
def _has_room(step, labels, q, r):  # type: ignore[no-untyped-def]
    for row in range(len(step.sums.limit)):  # noqa: SIM110 (numba takes no generators)
        if _room_after(step, labels, q, row, r) < 0:
            return False
    return True


@compiled
def _carry(step, labels, q, r, new, made):  # type: ignore[no-untyped-def]
    """Write the rooms and remembered R of a successor."""
    sums = step.sums
    for row in range(len(sums.limit)):
        if sums.after[row] >= 0:
            room = _room_after(step, labels, q, row, r) + sums.least[row]
            new.room[made, sums.after[row]] = min(room, sums.most[row])
    for at in range(len(step.recalled)):
        before = step.recalled[at]
        new.memory[made, at] = r if before < 0 else labels.memory[q, before]


@compiled
def _still_in_time(table, bounds, step, labels, q, level, arena):  # type: ignore[no-untyped-def]
    """Whether the staircases that stay in the frontier can be met with the slack that is left."""
    for place in range(len(step.frontier)):
        old = step.source[place]
        if old >= 0:
            j = step.frontier[place]
            for i in range(labels.first[q, old], labels.first[q, old] + labels.length[q, old]):
                if too_late(table, bounds, j, level, arena.x[i], arena.d[i]):
                    return False
            if bounds.least_end[j, level] > labels.end[q, old]:
                return False
    return True


@compiled
def _gather(table, bounds, step, edges, labels, q, place, slack, arena, scratch):  # type: ignore[no-untyped-def]
    """Staircase of a place of the new frontier: what was there, with what the decision hands on.

    Returns the arena, the staircase's start and length in it, and the latest end.
    """
    old = step.source[place]
    first, count, end = 0, 0, NEVER
    if old >= 0:
        first, count, end = labels.first[q, old], labels.length[q, old], labels.end[q, old]
    spread = spread_of(table, bounds, step.frontier[place], slack)
    x, d, size = arena
    out = scratch.out
    merged = False
    for e in range(edges):
        if step.target[e] != place:
            continue
        end = min(end, out.end[e])
        if out.length[e] == 0:
            continue
        from_x, from_d = (scratch.up_x, scratch.up_d) if merged else (x, d)
        start = 0 if merged else first
        count = merge(
            from_x, from_d, start, count, out.x[e], out.d[e], out.length[e], spread,
            scratch.down_x, scratch.down_d,
        )  # fmt: skip
        for i in range(count):
            scratch.up_x[i] = scratch.down_x[count - 1 - i]
            scratch.up_d[i] = scratch.down_d[count - 1 - i]
        merged = True
    if merged and table.closed_form:
        count = steps_kernel.drop_slack(
            table, bounds, slack, step.frontier[place], scratch.up_x, scratch.up_d, count,
            scratch.reach, scratch.least,
        )  # fmt: skip
    if merged:
        x, d, first = _grown(x, size + count), _grown(d, size + count), size
        x[size : size + count] = scratch.up_x[:count]
        d[size : size + count] = scratch.up_d[:count]
        size += count
    return Arena(x, d, size), first, count, end


@compiled
def decide(table, bounds, step, labels, begin, stop, tries, arena, scratch, made, new):  # type: ignore[no-untyped-def]
    """Decide the step's layer in labels begin .. stop - 1, by every R of its window.

    Of each label only the `tries` cheapest successors are made. `new` holds `made` labels before;
    returns the arena, `made` and `new` after, and how many labels had more successors than that.
    """
    k, slot = step.layer, step.slot
    edges = table.needs.into[k + 1] - table.needs.into[k]
    unfinished = 0
    for q in range(begin, stop):
        enough = made + tries
        first, count, end = 0, 0, NEVER
        if slot >= 0:
            first, count, end = labels.first[q, slot], labels.length[q, slot], labels.end[q, slot]
        slack = step.budget - labels.used[q] - bounds.low[k] * bounds.sets[k]
        spent = least_spending(table, bounds, slack, step.before, labels, q, arena, scratch)
        lowest = scratch.wanted[k]
        others = spent - (lowest - bounds.low[k]) * bounds.sets[k]
        for r in range(lowest, most(bounds, k, slack - others) + 1):
            if made == enough:
                unfinished += 1
                break
            if not _has_room(step, labels, q, r):
                continue
            used = labels.used[q] + r * bounds.sets[k]
            slack = step.budget - used
            level = level_of(bounds, slack)
            if table.closed_form:
                possible = steps_kernel.expand(
                    table, bounds, k, r, level, arena.x, arena.d, first, count, end, scratch.out
                )
            else:
                scratch.out.end[:] = NEVER
                possible = pipeline_kernel.expand(
                    table, bounds, k, r, level, arena.x, arena.d, first, count, end, scratch.out
                )
            if not possible or not _still_in_time(table, bounds, step, labels, q, level, arena):
                continue
            new = _room(new, made + 1)
            new.used[made], new.parent[made], new.choice[made] = used, q, r
            for place in range(len(step.frontier)):
                arena, new.first[made, place], new.length[made, place], new.end[made, place] = (
                    _gather(table, bounds, step, edges, labels, q, place, slack, arena, scratch)
                )
            spending = least_spending(
                table, bounds, slack, step.frontier, new, made, arena, scratch
            )
            if spending <= slack:
                _carry(step, labels, q, r, new, made)
                new.total[made] = used + spending
                made += 1
                if step.alone:
                    break
    return arena, made, new, unfinished


@compiled
def signatures(table, bounds, step, labels, arena):  # type: ignore[no-untyped-def]
    """What must be no lower in a label that dominates; shape (labels, columns).

    A few deadlines of every staircase, to compare before the whole of it; the latest ends; the
    rooms; and remembered R twice, with both signs, as they must be equal.
    """
    places, rooms, memory = len(step.frontier), labels.room.shape[1], labels.memory.shape[1]
    deadlines = places * (SAMPLES + 1)
    signature = np.empty((len(labels.used), deadlines + rooms + 2 * memory), np.int64)
    signature[:, deadlines : deadlines + rooms] = labels.room
    signature[:, deadlines + rooms : deadlines + rooms + memory] = labels.memory
    signature[:, deadlines + rooms + memory :] = -labels.memory
    for q in range(len(labels.used)):
        for place in range(places):
            j = step.frontier[place]
            base = place * (SAMPLES + 1)
            for sample in range(SAMPLES):
                x = max(1, table.outputs[j] * (sample + 1) // SAMPLES)
                signature[q, base + sample] = deadline_of(
                    arena.x, arena.d, labels.first[q, place], labels.length[q, place], x,
                    spread_of(table, bounds, j, step.budget - labels.used[q]), NEVER,
                )  # fmt: skip
            signature[q, base + SAMPLES] = labels.end[q, place]
    return signature


@compiled
def _dominates(table, bounds, step, labels, a, b, arena):  # type: ignore[no-untyped-def]
    slack = step.budget - labels.used[b]
    for place in range(len(step.frontier)):
        first, count = labels.first[a, place], labels.length[a, place]
        other, other_count = labels.first[b, place], labels.length[b, place]
        same = first == other and count == other_count
        spread = spread_of(table, bounds, step.frontier[place], slack)
        if not same and not implied(arena.x, arena.d, first, count, other, other_count, spread):
            return False
    return True


@compiled
def undominated(table, bounds, step, labels, signature, begin, stop, arena, kept, keep):  # type: ignore[no-untyped-def]
    """Add to keep[:kept] those of labels begin .. stop - 1 that no kept one dominates.

    Labels come by ascending `used`. One dominates another when it has used no more and each of its
    deadlines follows from the other's, for every R that the other's slack allows, it has no less
    room and remembers the same: whatever completes the other completes it. Returns `kept`.
    """
    for q in range(begin, stop):
        found = False
        for i in range(kept):
            rival = keep[i]
            better = True
            for s in range(signature.shape[1]):
                if signature[rival, s] < signature[q, s]:
                    better = False
                    break
            if better and _dominates(table, bounds, step, labels, rival, q, arena):
                found = True
                break
        if not found:
            keep[kept] = q
            kept += 1
    return kept
