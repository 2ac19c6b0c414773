"""Parts into cores, compiled: best fit by load and crossbars, then exchanges (SPEC §16).

What is found is scored anew by `score`; what is not found proves nothing.
"""

import numpy as np

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array


def pack(
    cores: int, capacity: int, target: int, crossbars: Array, loads: Array, counts: Array,
    order: Array, weight: float, rounds: int,
) -> tuple[Array, int]:  # fmt: skip
    """Place all parts; return what each core holds, and the largest load, -1 if they do not fit.

    Parameters
    ----------
    cores, capacity, target : int
        C, S, and the load that is good enough.
    crossbars, loads, counts : int64 array
        Of the parts of each layer.
    order : int64 array
        Of the layers; the parts of one after another go to the core that is emptiest, load and
        crossbars weighed together.
    weight : float
        Of a core's worth of crossbars, against the target's worth of load.
    rounds : int
        Exchanges at most (see `_relieve`).
    """
    held = np.zeros((cores, len(counts)), dtype=np.int64)
    load, free = np.zeros(cores, dtype=np.int64), np.full(cores, capacity, dtype=np.int64)
    slot = weight * target / capacity
    if not fill(slot, crossbars, loads, counts, order, held, load, free):
        return held, -1
    exchange(rounds, target, crossbars, loads, held, load, free)
    return held, int(load.max())


def _fill(
    slot: float, crossbars: Array, loads: Array, counts: Array, order: Array, held: Array,
    load: Array, free: Array,
) -> bool:  # fmt: skip
    """Put all parts into empty cores; whether they fit."""
    for layer in order:
        for _ in range(counts[layer]):
            best, least = -1, np.inf
            for core in range(len(load)):
                if free[core] >= crossbars[layer]:
                    fullness = load[core] - slot * free[core]
                    if fullness < least:
                        best, least = core, fullness
            if best < 0:
                return False
            held[best, layer] += 1
            load[best] += loads[layer]
            free[best] -= crossbars[layer]
    return True


def _exchange(
    rounds: int, target: int, crossbars: Array, loads: Array, held: Array, load: Array, free: Array
) -> None:
    """Relieve the busiest core until all are within the target, or nothing helps."""
    for _ in range(rounds):
        if not relieve(target, crossbars, loads, held, load, free):
            break


def _relieve(
    target: int, crossbars: Array, loads: Array, held: Array, load: Array, free: Array
) -> bool:
    """Take load off the busiest core: one part goes to another core, or is exchanged for a lighter.

    The first way that leaves both cores within the target is taken, else that which leaves the
    larger of both loads least. False where that is no less than before, or the busiest is within
    the target.
    """
    busy = 0
    for core in range(len(load)):
        if load[core] > load[busy]:
            busy = core
    if load[busy] <= target:
        return False
    best, bring, give, where = load[busy], -1, -1, -1
    for layer in range(len(loads)):
        if held[busy, layer] == 0:
            continue
        for core in range(len(load)):
            if load[core] >= best:
                continue
            gap = free[core] - crossbars[layer]
            if gap >= 0:
                after = max(load[busy] - loads[layer], load[core] + loads[layer])
                if after < best:
                    best, bring, give, where = after, -1, layer, core
            for other in range(len(loads)):
                less = loads[layer] - loads[other]
                if held[core, other] == 0 or less <= 0 or load[core] + less >= best:
                    continue
                if gap + crossbars[other] < 0 or free[busy] + crossbars[layer] < crossbars[other]:
                    continue
                after = max(load[busy] - less, load[core] + less)
                if after < best:
                    best, bring, give, where = after, other, layer, core
            if where >= 0 and best <= target:
                break
        if where >= 0 and best <= target:
            break
    if where < 0:
        return False
    move(give, busy, where, crossbars, loads, held, load, free)
    if bring >= 0:
        move(bring, where, busy, crossbars, loads, held, load, free)
    return True


def _move(
    layer: int, start: int, end: int, crossbars: Array, loads: Array, held: Array, load: Array,
    free: Array,
) -> None:  # fmt: skip
    """Move one part of a layer from core to core."""
    held[start, layer] -= 1
    held[end, layer] += 1
    load[start] -= loads[layer]
    load[end] += loads[layer]
    free[start] += crossbars[layer]
    free[end] -= crossbars[layer]


move = inner(_move)
relieve = inner(_relieve)
fill = compiled(_fill)
exchange = compiled(_exchange)
