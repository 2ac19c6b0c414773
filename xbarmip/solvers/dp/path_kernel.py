"""Longest paths under fractional choices of R, and cheapest R, for `multipliers`.

A path is a run of legs (layer, begin, end, ask) from a sink to a source; with R_l = r its leg in
layer l takes ceil(end/r) - ceil(begin/r) steps. `ask` is the output of the layer that the path asks
for; 0 where it asks for the layer's end (`steps`). Floats only choose which paths are looked at:
whatever path comes out, what it says is true (see `paths`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.grid import least_made
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import need

VOID = -1e18
EVENLY = 200  # parts of a layer, each with an entry


class Points(NamedTuple):
    """Where paths may enter and leave layers, for `cycles`; int64 arrays.

    Attributes
    ----------
    entry, exit : flat arrays of outputs, ascending in each layer
    entry_start, exit_start : shape (layers + 1,)
    asked : flat, for each edge the entries of its consumer
        Number of the producer's exit that the entry asks for; -1 for none.
    asked_start, consumer : shape (edges,)
    """

    entry: Array
    entry_start: Array
    exit: Array
    exit_start: Array
    asked: Array
    asked_start: Array
    consumer: Array


class Support(NamedTuple):
    """A fractional choice: layer l takes sup_r with weight sup_w, from start[l] on."""

    start: Array
    r: Array
    w: NDArray[np.float64]


@compiled
def steps_until(support, layer, x):  # type: ignore[no-untyped-def]
    """Weighted mean of ceil(x/R) of a layer."""
    total = 0.0
    for i in range(support.start[layer], support.start[layer + 1]):
        total += support.w[i] * ((x - 1) // support.r[i] + 1)
    return total


@compiled
def _steps_at(outputs, start, support):  # type: ignore[no-untyped-def]
    """`steps_until` of many outputs, those of layer k from start[k] on."""
    steps = np.zeros(len(outputs))
    for k in range(len(start) - 1):
        for choice in range(support.start[k], support.start[k + 1]):
            r, share = support.r[choice], support.w[choice]
            for i in range(start[k], start[k + 1]):
                steps[i] += share * ((outputs[i] - 1) // r + 1)
    return steps


@compiled
def entries(table, k):  # type: ignore[no-untyped-def]
    """Outputs of layer k where paths may enter it.

    Those where a row begins, or where what it needs is whole, and some in between, evenly.
    """
    needs, count = table.needs, max(1, table.outputs[k])
    points = [1 + i * (count - 1) // EVENLY for i in range(EVENLY + 1)]
    for e in range(needs.into[k], needs.into[k + 1]):
        width = needs.width[e]
        for row in range(needs.height[e]):
            first, last = row * width + 1, min(count, (row + 1) * width)
            if first > count:
                break
            whole = need(needs, e, last)
            below, above = first, last
            while below < above:
                middle = (below + above) // 2
                if need(needs, e, middle) >= whole:
                    above = middle
                else:
                    below = middle + 1
            points.append(first)
            points.append(below)
    return np.unique(np.array(points))


@compiled
def asked_by(table, e, k, entry, low, high):  # type: ignore[no-untyped-def]
    """What the step that makes each entry of layer k needs of the producer of edge e, at least."""
    asked = np.empty(len(entry), np.int64)
    for i in range(len(entry)):
        asked[i] = need(table.needs, e, least_made(entry[i], low[k], high[k], table.outputs[k]))
    return asked


@compiled
def longest_cycles(table, points, support, legs):  # type: ignore[no-untyped-def]
    """For every layer the longest path through it; legs[l] takes its legs.

    Returns the lengths, and how many legs each has. `ahead` is the longest way from the start to an
    exit, `behind` the longest from there to the end of inference.
    """
    needs, layers = table.needs, len(table.outputs)
    entry, leave = points.entry, points.exit
    begun = _steps_at(entry, points.entry_start, support)
    done = _steps_at(leave, points.exit_start, support)
    ahead, behind = np.zeros(len(leave)), np.full(len(leave), VOID)
    came, by = np.full(len(leave), -1), np.full(len(entry), -1)
    goes, out = np.full(len(leave), -1), np.full(len(leave), -1)
    for k in range(layers):
        best, at = 0.0, -1
        i = points.entry_start[k]
        for q in range(points.exit_start[k], points.exit_start[k + 1]):
            while i < points.entry_start[k + 1] and entry[i] <= leave[q]:
                for e in range(needs.into[k], needs.into[k + 1]):
                    source = points.asked[points.asked_start[e] + i - points.entry_start[k]]
                    if source >= 0 and ahead[source] - begun[i] > best:
                        best, at = ahead[source] - begun[i], i
                        by[i] = e
                i += 1
            ahead[q] = best + done[q]
            came[q] = at
    for k in range(layers - 1, -1, -1):
        last = points.exit_start[k + 1] - 1
        if table.sink[k] > 0:
            behind[last] = 0.0
        best, at, q = VOID, -1, last
        for i in range(points.entry_start[k + 1] - 1, points.entry_start[k] - 1, -1):
            while q >= points.exit_start[k] and leave[q] >= entry[i]:
                if behind[q] + done[q] > best:
                    best, at = behind[q] + done[q], q
                q -= 1
            if at < 0:
                continue
            for e in range(needs.into[k], needs.into[k + 1]):
                source = points.asked[points.asked_start[e] + i - points.entry_start[k]]
                if source >= 0 and best - begun[i] > behind[source]:
                    behind[source] = best - begun[i]
                    goes[source], out[source] = e * len(entry) + i, at
    length, count = np.full(layers, VOID), np.zeros(layers, np.int64)
    for k in range(layers):
        through = -1
        for q in range(points.exit_start[k], points.exit_start[k + 1]):
            if behind[q] > VOID / 2 and ahead[q] + behind[q] > length[k]:
                length[k], through = ahead[q] + behind[q], q
        if through >= 0:
            count[k] = _trace(needs, points, through, k, came, by, goes, out, legs[k])
    return length, count


@compiled
def _put(legs, made, layer, begin, end, ask):  # type: ignore[no-untyped-def]
    legs[made, 0], legs[made, 1], legs[made, 2], legs[made, 3] = layer, begin, end, ask
    return made + 1


@compiled
def _trace(needs, points, through, k, came, by, goes, out, legs):  # type: ignore[no-untyped-def]
    """Legs of the longest path by exit `through` of layer k, from the sink to the source."""
    q, made = through, 0
    while goes[q] >= 0:
        e, i = goes[q] // len(points.entry), goes[q] % len(points.entry)
        q = out[q]
        made = _put(legs, made, points.consumer[e], points.entry[i], points.exit[q], points.exit[q])
    legs[:made] = legs[:made][::-1].copy()
    q = through
    while True:
        i = came[q]
        begin = 0 if i < 0 else points.entry[i]
        made = _put(legs, made, k, begin, points.exit[q], points.exit[q])
        if i < 0:
            return made
        e = by[i]
        q = points.asked[points.asked_start[e] + i - points.entry_start[k]]
        k = needs.producer[e]


@compiled
def longest_steps(table, demand, low, high, support, legs):  # type: ignore[no-untyped-def]
    """For every layer the longest path whose NormalOp is its own; see `longest_cycles`.

    The tails from a sink to the layer, its NormalOp, then first steps that wait for one another.
    Between a layer and an ancestor that it waits for come legs of no length, which ask for what
    its first step needs of each layer on the way.
    """
    needs, layers = table.needs, len(table.outputs)
    wait, waits_for = np.zeros(layers), np.full(layers, -1)
    behind, goes = np.full(layers, VOID), np.full(layers, -1)
    for i in range(layers):
        for k in range(i):
            if demand[i, k] > 0:
                time = steps_until(support, k, demand[i, k]) - 1 + wait[k]
                if time > wait[i]:
                    wait[i], waits_for[i] = time, k
    for i in range(layers - 1, -1, -1):
        if table.sink[i] > 0:
            behind[i] = 0.0
        for e in range(needs.into[i], needs.into[i + 1]):
            if table.tail_end[e] != NO_TAIL and behind[i] > VOID / 2:
                tail = steps_until(support, i, table.tail_end[e])
                tail -= steps_until(support, i, table.tail_begin[e])
                j = needs.producer[e]
                if behind[i] + tail > behind[j]:
                    behind[j], goes[j] = behind[i] + tail, e * layers + i
    length, count = np.full(layers, VOID), np.zeros(layers, np.int64)
    for i in range(layers):
        if behind[i] > VOID / 2 and table.outputs[i] > 0:
            length[i] = behind[i] + steps_until(support, i, table.outputs[i]) + wait[i]
            count[i] = _trace_steps(table, demand, low, high, i, waits_for, goes, legs[i])
    return length, count


@compiled
def _trace_steps(table, demand, low, high, i, waits_for, goes, legs):  # type: ignore[no-untyped-def]
    layers, made, at = len(low), 0, i
    while goes[at] >= 0:
        e, at = goes[at] // layers, goes[at] % layers
        made = _put(legs, made, at, table.tail_begin[e], table.tail_end[e], 0)
    legs[:made] = legs[:made][::-1].copy()
    made = _put(legs, made, i, 0, table.outputs[i], 0)
    while waits_for[i] >= 0:
        k = waits_for[i]
        first = made
        at = k
        while at != i:
            made = _put(legs, made, at, 0, 0, demand[i, at])
            at = _asker(table, demand, low, high, i, at)
        legs[first:made] = legs[first:made][::-1].copy()
        legs[made - 1, 1], legs[made - 1, 2] = 1, demand[i, k]
        i = k
    return made


@compiled
def _asker(table, demand, low, high, i, k):  # type: ignore[no-untyped-def]
    """The consumer of k through which the first step of i demands what it does of k."""
    needs = table.needs
    for c in range(k + 1, i + 1):
        if demand[i, c] > 0:
            made = least_made(demand[i, c], low[c], high[c], table.cap[c])
            for e in range(needs.into[c], needs.into[c + 1]):
                if needs.producer[e] == k and made > 0 and need(needs, e, made) == demand[i, k]:
                    return c
    return i


@compiled
def _worth_a_look(low, high, ends):  # type: ignore[no-untyped-def]
    """Which R of a window may be cheapest: the least of it, and where a leg takes a step less."""
    look = np.zeros(high - low + 1, np.bool_)
    look[0] = True
    for end in ends:
        fewest, most = (end - 1) // high + 1, (end - 1) // low + 1
        if most - fewest >= len(look):
            look[:] = True
            break
        for steps in range(fewest, most):
            look[(end - 1) // steps + 1 - low] = True
    return look


@compiled
def cheapest_choices(sets, low, high, multiplier, begin, end, charged, start, extra):  # type: ignore[no-untyped-def]
    """For every layer the R of its window that is cheapest at some multipliers of paths.

    Of a layer that is `charged`, extra[start[k] + R - low_k] is added to the price.
    """
    cheapest = low.copy()
    for k in range(len(low)):
        on = np.flatnonzero((multiplier > 0) & (end[:, k] > 0))
        look = _worth_a_look(low[k], high[k], end[on, k])
        least = np.inf
        for r in range(low[k], high[k] + 1):
            if not look[r - low[k]] and not charged[k]:
                continue
            price = sets[k] * r + extra[start[k] + r - low[k]]
            for p in on:
                price += multiplier[p] * ((end[p, k] - 1) // r - (begin[p, k] - 1) // r)
            if price < least:
                least, cheapest[k] = price, r
    return cheapest
