"""Dominance: labels that another one makes superfluous."""

from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled, inlined
from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds import joint_spread
from xbarmip.solvers.dp.stairs import implied
from xbarmip.solvers.dp.table import NEVER

SAMPLES = 32  # deadlines of a label that are compared before all of them are
LEAST_SAMPLES = 4  # of every staircase
LOOKED_AT = 4096  # pairs that the outputs to sample are taken from
RANKS = 32  # of a column of signatures
MARKED = 512  # signatures that the ranks are told apart by


class Signatures(NamedTuple):
    """What is compared of labels before the whole of them.

    Attributes
    ----------
    value : int64 array, shape (labels, columns)
        What must be no lower in a label that dominates: a few deadlines of every staircase, its
        latest end, the rooms, and remembered R twice, with both signs, as they must be equal.
    rank : uint8 array, shape (labels, columns)
        Of each value how many of the RANKS - 1 quantiles of its column it reaches.
    able : int64 array, shape (labels/64, columns, RANKS)
        Bit i of able[w, s, a] says whether the label kept as number 64*w + i has at least rank a in
        column s.
    """

    value: Array
    rank: Array
    able: Array


@compiled
def _sampled(labels, place, arena, samples):  # type: ignore[no-untyped-def]
    """Outputs whose deadlines tell the staircases of a place apart: quantiles of those named."""
    total = labels.length[:, place].sum()
    outputs, count, met, apart = np.ones(samples, np.int64), 0, 0, 1 + total // LOOKED_AT
    named = np.empty(1 + total // apart, np.int64)
    for q in range(len(labels.used)):
        for i in range(labels.first[q, place], labels.first[q, place] + labels.length[q, place]):
            if met % apart == 0:
                named[count] = arena.x[i]
                count += 1
            met += 1
    if count:
        named = np.sort(named[:count])
        for sample in range(samples):
            outputs[sample] = named[(count - 1) * (sample + 1) // samples]
    return outputs


@compiled
def ranks_of(value):  # type: ignore[no-untyped-def]
    """`rank` of signatures."""
    count, columns = value.shape
    rank = np.empty((count, columns), np.uint8)
    marks = np.empty((columns, RANKS - 1), np.int64)
    if count == 0:
        return rank
    for s in range(columns):
        some = np.sort(value[:: 1 + count // MARKED, s])
        marks[s] = some[(len(some) - 1) * np.arange(1, RANKS) // RANKS]
    for q in range(count):
        for s in range(columns):
            at, half = 0, RANKS // 2
            while half:
                at += half * (marks[s, at + half - 1] <= value[q, s])
                half //= 2
            rank[q, s] = at
    return rank


@compiled
def signatures(table, bounds, step, labels, arena):  # type: ignore[no-untyped-def]
    """Signatures of labels of which none is kept yet."""
    leads = np.flatnonzero(step.lead == np.arange(len(step.lead)))
    places, rooms, memory = len(leads), labels.room.shape[1], labels.memory.shape[1]
    samples = max(LEAST_SAMPLES, SAMPLES // max(1, places))
    deadlines, x, d = places * (samples + 1), arena.x, arena.d
    value = np.empty((len(labels.used), deadlines + rooms + 2 * memory), np.int64)
    value[:, deadlines : deadlines + rooms] = labels.room
    value[:, deadlines + rooms : deadlines + rooms + memory] = labels.memory
    value[:, deadlines + rooms + memory :] = -labels.memory
    for number in range(places):
        place, base = leads[number], number * (samples + 1)
        sampled = _sampled(labels, place, arena, samples)
        for q in range(len(labels.used)):
            i, stop = labels.first[q, place], labels.first[q, place] + labels.length[q, place]
            spread = joint_spread(table, bounds, step, place, step.budget - labels.used[q])
            for sample in range(samples):
                while i < stop and x[i] < sampled[sample]:
                    i += 1
                due = d[i] - (x[i] - sampled[sample]) // spread if i < stop else NEVER
                value[q, base + sample] = due
            value[q, base + samples] = labels.end[q, place]
    able = np.zeros(((len(value) + 63) // 64, value.shape[1], RANKS), np.int64)
    return Signatures(value, ranks_of(value), able)


@inlined
def _no_lower(value, a, b):  # type: ignore[no-untyped-def]
    for s in range(value.shape[1]):  # noqa: SIM110 (numba takes no generators)
        if value[a, s] < value[b, s]:
            return False
    return True


@inlined
def _dominates(table, bounds, step, labels, a, b, arena):  # type: ignore[no-untyped-def]
    slack = step.budget - labels.used[b]
    for place in range(len(step.frontier)):
        if step.lead[place] < place:
            continue
        first, count = labels.first[a, place], labels.length[a, place]
        other, other_count = labels.first[b, place], labels.length[b, place]
        if first == other and count == other_count:
            continue
        spread = joint_spread(table, bounds, step, place, slack)
        if not implied(arena.x, arena.d, first, count, other, other_count, spread):
            return False
    return True


@compiled
def undominated(table, bounds, step, labels, signatures, begin, stop, arena, kept, keep):  # type: ignore[no-untyped-def]
    """Add to keep[:kept] those of labels begin .. stop - 1 that no kept one dominates.

    Labels come by ascending `used`. One dominates another when it has used no more and each of its
    deadlines follows from the other's, for every R that the other's slack allows, it has no less
    room and remembers the same: whatever completes the other completes it. Then none of its ranks
    is lower, so that those which may dominate are found 64 at a time. Returns `kept`.
    """
    value, rank, able = signatures
    for q in range(begin, stop):
        found = False
        for word in range((kept - 1) // 64, -1, -1):
            left = -1
            for s in range(value.shape[1]):
                left &= able[word, s, rank[q, s]]
                if left == 0:
                    break
            for i in range(64 if left else 0):
                if (left >> i) & 1 == 0:
                    continue
                rival = keep[64 * word + i]
                if _no_lower(value, rival, q) and _dominates(
                    table, bounds, step, labels, rival, q, arena
                ):
                    found = True
                    break
            if found:
                break
        if not found:
            for s in range(value.shape[1]):
                able[kept // 64, s, : rank[q, s] + 1] |= 1 << (kept % 64)
            keep[kept] = q
            kept += 1
    return kept
