"""One decision, applied to labels: every R that may still lead to the target makes a successor."""

import numpy as np

from xbarmip.compiled import compiled, inlined
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import joint_spread, level_of, most, spread_of
from xbarmip.solvers.dp.labels import Arena, Labels
from xbarmip.solvers.dp.stairs import merge
from xbarmip.solvers.dp.table import NEVER


@compiled
def _grown(array, size):  # type: ignore[no-untyped-def]
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


@inlined
def _beyond(x, row, length, ask):  # type: ignore[no-untyped-def]
    """Number of the last pair at or beyond `ask` of a descending run in a row of x; -1 for none."""
    below, above = 0, length
    while below < above:
        middle = (below + above) // 2
        if x[row, middle] >= ask:
            below = middle + 1
        else:
            above = middle
    return below - 1


@inlined
def _price(table, bounds, step, edges, labels, q, new, made, x, d, slack, out):  # type: ignore[no-untyped-def]
    """The path bound of a successor of label q: what it used and the rest, less what is left.

    That is what deadlines are worth, those that were there and those that are handed on, and the
    rooms of `new`.
    """
    places, asks, latest, weights = step.exits
    frontier, source, target, lead = step.frontier, step.source, step.target, step.lead
    first, length, ends = labels.first, labels.length, labels.end
    out_x, out_d, out_length, out_end = out
    price = step.scale * new.used[made] + step.rest
    before, old, i, stop, spread = -1, -1, 0, 0, 0
    for exit in range(len(places)):
        place, ask, deadline = places[exit], asks[exit], latest[exit]
        if place != before:
            before, old, i, stop = place, source[place], 0, 0
            if old >= 0:
                i, stop = first[q, old], first[q, old] + length[q, old]
            spread = spread_of(table, bounds, frontier[place], slack)
        while i < stop and x[i] < ask:
            i += 1
        if ask == 0 and old >= 0:
            deadline = min(deadline, ends[q, old])
        elif i < stop:
            deadline = min(deadline, d[i] - (x[i] - ask) // spread)
        for e in range(edges):
            if target[e] == lead[place]:
                if ask == 0:
                    deadline = min(deadline, out_end[e])
                else:
                    j = _beyond(out_x, e, out_length[e], ask)
                    if j >= 0:
                        deadline = min(deadline, out_d[e, j] - (out_x[e, j] - ask) // spread)
        price -= weights[exit] * deadline
    for column in range(new.room.shape[1]):
        worth = new.room[made, column] // step.dues.divisor[column]
        price -= step.dues.multiplier[column] * worth
    return price


@inlined
def _room_after(step, labels, q, row, r):  # type: ignore[no-untyped-def]
    """Room of a linear constraint when label q decides r; negative where no completion meets it."""
    sums = step.sums
    before = sums.before[row]
    room = sums.limit[row] if before < 0 else labels.room[q, before]
    return room - sums.weight[row, r - 1] - sums.least[row]


@inlined
def _has_room(step, labels, q, r):  # type: ignore[no-untyped-def]
    for row in range(len(step.sums.limit)):  # noqa: SIM110 (numba takes no generators)
        if _room_after(step, labels, q, row, r) < 0:
            return False
    return True


@inlined
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


@inlined
def _pairs(step, edges, labels, q, out):  # type: ignore[no-untyped-def]
    """The most pairs that the staircases of a successor can take, and those they are made of."""
    most = out.length[:edges].sum()
    for place in range(len(step.frontier)):
        if step.source[place] >= 0 and step.lead[place] == place:
            most += labels.length[q, step.source[place]]
    return (edges + 1) * most


@inlined
def _gather(table, bounds, step, edges, labels, q, new, made, slack, x, d, size, scratch):  # type: ignore[no-untyped-def]
    """Staircases of a successor of label q: what was there, with what the decision hands on.

    Those that change are written to the arrays x and d from `size` on; returns the size then.
    """
    frontier, source, target, lead = step.frontier, step.source, step.target, step.lead
    out_x, out_d, out_length, out_end = scratch.out
    for place in range(len(frontier)):
        if lead[place] < place:
            new.first[made, place] = new.first[made, lead[place]]
            new.length[made, place] = new.length[made, lead[place]]
            new.end[made, place] = new.end[made, lead[place]]
            continue
        old = source[place]
        first, count, end = 0, 0, NEVER
        if old >= 0:
            first, count, end = labels.first[q, old], labels.length[q, old], labels.end[q, old]
        merged, spread = False, joint_spread(table, bounds, step, place, slack)
        for e in range(edges):
            if target[e] == place:
                end = min(end, out_end[e])
                if out_length[e] > 0:
                    behind = size + merged * count + count + out_length[e]
                    count = merge(
                        x, d, first, count, out_x, out_d, e, out_length[e], spread, behind
                    )
                    for i in range(count):
                        x[size + i], d[size + i] = x[behind - count + i], d[behind - count + i]
                    first, merged = size, True
        if merged and table.closed_form:
            count = steps_kernel.drop_slack(
                table, bounds, slack, frontier[place], x, d, first, count,
                scratch.reach, scratch.least,
            )  # fmt: skip
        new.first[made, place], new.length[made, place], new.end[made, place] = first, count, end
        size += merged * count
    return size


@compiled
def decide(table, bounds, step, labels, begin, stop, tries, arena, scratch, made, new):  # type: ignore[no-untyped-def]
    """Decide the step's layer in labels begin .. stop - 1, by every R of its window.

    Of each label only the `tries` cheapest successors are made. `new` holds `made` labels before;
    returns the arena, `made` and `new` after, and how many labels had more successors than that.
    """
    k, slot = step.layer, step.slot
    x, d, size = arena
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
                    table, bounds, k, r, level, x, d, first, count, end, scratch.out
                )
            else:
                scratch.out.end[:] = NEVER
                possible = pipeline_kernel.expand(
                    table, bounds, k, r, x, d, first, count, scratch.out
                )
            if not possible:
                continue
            if made == len(new.used):
                new = _room(new, made + 1)
            new.used[made], new.parent[made], new.choice[made] = used, q, r
            _carry(step, labels, q, r, new, made)
            due = _price(table, bounds, step, edges, labels, q, new, made, x, d, slack, scratch.out)
            if max(price, due) > step.limit:
                continue
            most_pairs = _pairs(step, edges, labels, q, scratch.out)
            if size + most_pairs > len(x):
                x, d = _grown(x, size + most_pairs), _grown(d, size + most_pairs)
            size = _gather(
                table, bounds, step, edges, labels, q, new, made, slack, x, d, size, scratch
            )
            new.price[made], new.spent[made] = max(price, due), 0
            made += 1
            if step.alone:
                break
    return Arena(x, d, size), made, new, unfinished
