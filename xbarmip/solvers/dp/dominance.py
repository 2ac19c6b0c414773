"""Dominance: labels that another one makes superfluous."""

import numpy as np

from xbarmip.compiled import compiled, inlined
from xbarmip.solvers.dp.bounds import spread_of
from xbarmip.solvers.dp.stairs import implied
from xbarmip.solvers.dp.table import NEVER

SAMPLES = 32  # deadlines of a label that are compared before all of them are
LEAST_SAMPLES = 4  # of every staircase
LOOKED_AT = 4096  # pairs that the outputs to sample are taken from


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
def signatures(table, bounds, step, labels, arena):  # type: ignore[no-untyped-def]
    """What must be no lower in a label that dominates; shape (labels, columns).

    A few deadlines of every staircase, to compare before the whole of it; the latest ends; the
    rooms; and remembered R twice, with both signs, as they must be equal.
    """
    places, rooms, memory = len(step.frontier), labels.room.shape[1], labels.memory.shape[1]
    samples = max(LEAST_SAMPLES, SAMPLES // max(1, places))
    deadlines, x, d = places * (samples + 1), arena.x, arena.d
    signature = np.empty((len(labels.used), deadlines + rooms + 2 * memory), np.int64)
    signature[:, deadlines : deadlines + rooms] = labels.room
    signature[:, deadlines + rooms : deadlines + rooms + memory] = labels.memory
    signature[:, deadlines + rooms + memory :] = -labels.memory
    for place in range(places):
        j, base = step.frontier[place], place * (samples + 1)
        sampled = _sampled(labels, place, arena, samples)
        for q in range(len(labels.used)):
            i, stop = labels.first[q, place], labels.first[q, place] + labels.length[q, place]
            spread = spread_of(table, bounds, j, step.budget - labels.used[q])
            for sample in range(samples):
                while i < stop and x[i] < sampled[sample]:
                    i += 1
                due = d[i] - (x[i] - sampled[sample]) // spread if i < stop else NEVER
                signature[q, base + sample] = due
            signature[q, base + samples] = labels.end[q, place]
    return signature


@inlined
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
