"""Dominance: labels that another one makes superfluous."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled, inlined, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import LEAST_SAMPLES, MARKED, RANKS, SAMPLED_FROM, SAMPLES
from xbarmip.solvers.dp.state.bounds import Bounds
from xbarmip.solvers.dp.state.labels import END, FIRST, LENGTH, PLACE, USED, columns
from xbarmip.solvers.dp.state.stairs import D, X, implied
from xbarmip.solvers.dp.state.step import LEAD, Step, joint_spread
from xbarmip.solvers.dp.table import NEVER


class Signatures(NamedTuple):
    """What is compared of labels before the whole of them.

    Attributes
    ----------
    value : int64 array, shape (labels, columns)
        What must be no lower in a label that dominates: a few deadlines of every staircase, its
        latest end, what is left of limits, and remembered R twice, with both signs, as they must be
        equal.
    rank : uint8 array, shape (labels, columns)
        Of each value how many of the RANKS - 1 quantiles of its column it reaches.
    able : int64 array, shape (labels/64, columns, RANKS)
        Bit i of able[w, s, a] says whether the label kept as number 64*w + i has at least rank a in
        column s.
    """

    value: Array
    rank: NDArray[np.uint8]
    able: Array


def signatures(bounds: Bounds, step: Step, labels: Array, pairs: Array) -> Signatures:
    """Signatures of labels of which none is kept yet."""
    places = len(step.places)
    leads = np.flatnonzero(step.places[:, LEAD] == np.arange(places))
    samples = max(LEAST_SAMPLES, SAMPLES // max(1, len(leads)))
    rest = labels[:, columns(places) :]
    memory = rest[:, rest.shape[1] - len(step.recalled) :]
    deadlines = len(leads) * (samples + 1)
    value = np.empty((len(labels), deadlines + rest.shape[1] + memory.shape[1]), dtype=np.int64)
    value[:, deadlines : deadlines + rest.shape[1]] = rest
    value[:, deadlines + rest.shape[1] :] = -memory
    for number, place in enumerate(leads.tolist()):
        sampled = _sampled(labels, place, pairs, samples)
        _fill_deadlines(
            bounds, step, labels, pairs, (place, number * (samples + 1)), sampled, value
        )
    able = np.zeros(((len(value) + 63) // 64, value.shape[1], RANKS), dtype=np.int64)
    return Signatures(value, ranks_of(value), able)


def _sampled(labels: Array, place: int, pairs: Array, samples: int) -> Array:
    """Outputs whose deadlines tell the staircases of a place apart: quantiles of those named."""
    total = int(labels[:, LENGTH + PLACE * place].sum())
    apart = 1 + total // SAMPLED_FROM
    named = np.empty(1 + total // apart, dtype=np.int64)
    count = _fill_named(labels, place, pairs, apart, named)
    if not count:
        return np.ones(samples, dtype=np.int64)
    return np.sort(named[:count])[(count - 1) * np.arange(1, samples + 1) // samples]


@compiled
def _fill_named(labels, place, pairs, apart, named):  # type: ignore[no-untyped-def]
    """Fill `named` with the outputs of every pair number `apart`; returns how many there are."""
    count, met, column = 0, 0, PLACE * place
    for q in range(len(labels)):
        first = labels[q, FIRST + column]
        for i in range(first, first + labels[q, LENGTH + column]):
            if met % apart == 0:
                named[count] = pairs[i, X]
                count += 1
            met += 1
    return count


@compiled
def _fill_deadlines(bounds, step, labels, pairs, at, sampled, value):  # type: ignore[no-untyped-def]
    """Fill in what labels say of sampled outputs of a place, and its latest end.

    `at` is the place, and the first of its columns.
    """
    place, base = at
    for q in range(len(labels)):
        i = labels[q, FIRST + PLACE * place]
        stop = i + labels[q, LENGTH + PLACE * place]
        spread = joint_spread(bounds, step, place, step.budget - labels[q, USED])
        for sample in range(len(sampled)):
            while i < stop and pairs[i, X] < sampled[sample]:
                i += 1
            deadline = NEVER
            if i < stop:
                deadline = pairs[i, D] - (pairs[i, X] - sampled[sample]) // spread
            value[q, base + sample] = deadline
        value[q, base + len(sampled)] = labels[q, END + PLACE * place]


def ranks_of(value: Array) -> NDArray[np.uint8]:
    """`rank` of signatures."""
    rank = np.empty(value.shape, dtype=np.uint8)
    if len(value):
        some = np.sort(value[:: 1 + len(value) // MARKED], axis=0)
        marks = some[(len(some) - 1) * np.arange(1, RANKS) // RANKS]
        _fill_ranks(value, marks, rank)
    return rank


@compiled
def _fill_ranks(value, marks, rank):  # type: ignore[no-untyped-def]
    """Fill `rank`: of each value how many of the ascending marks of its column it reaches."""
    for q in range(value.shape[0]):
        for s in range(value.shape[1]):
            at, half = 0, RANKS // 2
            while half:
                at += half * (marks[at + half - 1, s] <= value[q, s])
                half //= 2
            rank[q, s] = at


@inlined
def _no_lower(value, a, b):  # type: ignore[no-untyped-def]
    for s in range(value.shape[1]):  # noqa: SIM110 (numba takes no generators)
        if value[a, s] < value[b, s]:
            return False
    return True


@inner
def _dominates(bounds, step, label, other, pairs):  # type: ignore[no-untyped-def]
    """Whether each deadline of a label follows from one of the other's."""
    slack = step.budget - other[USED]
    for place in range(len(step.places)):
        if step.places[place, LEAD] < place:
            continue
        first, length = FIRST + PLACE * place, LENGTH + PLACE * place
        if label[first] == other[first] and label[length] == other[length]:
            continue
        spread = joint_spread(bounds, step, place, slack)
        loose, tight = (label[first], label[length]), (other[first], other[length])
        if not implied(pairs, loose, tight, spread):
            return False
    return True


@compiled
def undominated(bounds, step, labels, pairs, signatures, span, keep):  # type: ignore[no-untyped-def]
    """Add to keep[:kept] those of labels begin .. stop - 1 that no kept one dominates.

    `span` is begin, stop and kept. Labels come by ascending USED. One dominates another when it has
    used no more and each of its deadlines follows from the other's, for every R that the other's
    slack allows, it has no less left of each limit and remembers the same: whatever completes the
    other completes it. Then none of its ranks is lower, so that those which may dominate are found
    64 at a time. Returns `kept`.
    """
    value, rank, able = signatures
    begin, stop, kept = span
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
                    bounds, step, labels[rival], labels[q], pairs
                ):
                    found = True
                    break
            if found:
                break
        if not found:
            for s in range(value.shape[1]):
                for a in range(rank[q, s] + 1):
                    able[kept // 64, s, a] |= 1 << (kept % 64)
            keep[kept] = q
            kept += 1
    return kept
