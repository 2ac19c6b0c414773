"""One decision, applied to labels: every R that may still lead to the target makes a successor."""

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import level_of, most, spread_of
from xbarmip.solvers.dp.labels import Arena, Labels
from xbarmip.solvers.dp.stairs import merge
from xbarmip.solvers.dp.table import NEVER


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
        _grown(labels.price, size),
        _grown(labels.spent, size),
        _grown(labels.lowest, size),
        _grown(labels.parent, size),
        _grown(labels.choice, size),
        _grown(labels.first, size),
        _grown(labels.length, size),
        _grown(labels.end, size),
        _grown(labels.room, size),
        _grown(labels.memory, size),
    )


@compiled
def _price(table, bounds, step, new, q, arena, slack):  # type: ignore[no-untyped-def]
    """The path bound of a label: what it used and the rest, less what deadlines and rooms leave."""
    exits = step.exits
    price = step.scale * new.used[q] + step.rest
    before, i, spread = -1, 0, 0
    for e in range(len(exits.place)):
        place, ask = exits.place[e], exits.ask[e]
        end = new.first[q, place] + new.length[q, place]
        if place != before:
            before, i = place, new.first[q, place]
            spread = spread_of(table, bounds, step.frontier[place], slack)
        deadline = exits.latest[e]
        if ask == 0:
            deadline = min(deadline, new.end[q, place])
        else:
            while i < end and arena.x[i] < ask:
                i += 1
            if i < end:
                deadline = min(deadline, arena.d[i] - (arena.x[i] - ask) // spread)
        price -= exits.weight[e] * deadline
    for column in range(new.room.shape[1]):
        worth = new.room[q, column] // step.dues.divisor[column]
        price -= step.dues.multiplier[column] * worth
    return price


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
        lowest = labels.lowest[q]
        others = labels.spent[q] - (lowest - bounds.low[k]) * bounds.sets[k]
        for r in range(lowest, most(bounds, k, slack - others) + 1):
            if made == enough:
                unfinished += 1
                break
            price = labels.price[q] - step.least + step.price[r - bounds.low[k]]
            if price > step.limit or not _has_room(step, labels, q, r):
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
                    table, bounds, k, r, arena.x, arena.d, first, count, scratch.out
                )
            if not possible:
                continue
            new = _room(new, made + 1)
            new.used[made], new.parent[made], new.choice[made] = used, q, r
            for place in range(len(step.frontier)):
                arena, new.first[made, place], new.length[made, place], new.end[made, place] = (
                    _gather(table, bounds, step, edges, labels, q, place, slack, arena, scratch)
                )
            _carry(step, labels, q, r, new, made)
            price = max(price, _price(table, bounds, step, new, made, arena, slack))
            if price > step.limit:
                continue
            new.price[made], new.spent[made] = price, 0
            made += 1
            if step.alone:
                break
    return arena, made, new, unfinished
