"""Longest paths under a mixture of R in closed form (`steps`).

The tails from a sink to a layer, its NormalOp, then first steps that wait for one another.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.legs import (
    BEGIN,
    END,
    VOID,
    Longest,
    Support,
    put_leg,
    steps_until,
    turn,
)
from xbarmip.solvers.dp.state.bounds import Times, Windows, least_made
from xbarmip.solvers.dp.table import (
    CAP,
    OUTPUTS,
    SINK,
    TAIL_BEGIN,
    TAIL_END,
    SearchTable,
)
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import PRODUCER, need


class Ways(NamedTuple):
    """Longest ways, by layer.

    Attributes
    ----------
    time : float64 array, shape (2, layers)
        WAIT, until the first step; BEHIND, the longest tails from its end to the end of inference.
    link : int64 array, shape (2, layers)
        WAITS_FOR, the layer that its first step waits for; GOES, the edge and the consumer of the
        first tail, as edge * layers + consumer. -1 for none.
    demand : int64 array, shape (layers, layers)
        See `Times`.
    """

    time: NDArray[np.float64]
    link: Array
    demand: Array


WAIT, BEHIND = range(2)
WAITS_FOR, GOES = range(2)


class PathFinder:
    """Finds the longest paths within windows, under one mixture after another."""

    def __init__(self, table: SearchTable, windows: Windows, demand: Array | None) -> None:
        assert demand is not None
        self._net, self._windows = table.net, windows
        link = np.empty((2, table.layers), dtype=np.int64)
        self._ways = Ways(np.empty((2, table.layers)), link, demand)

    def fill(self, support: Support, longest: Longest) -> None:
        """Fill `longest`: for every layer the longest path whose NormalOp is its own."""
        _fill_longest(self._net, self._windows, support, self._ways, longest)


@compiled
def _fill_longest(net, windows, support, ways, longest):  # type: ignore[no-untyped-def]
    """Fill `longest`.

    Between a layer and an ancestor that it waits for come legs of no length, which ask for what
    its first step needs of each layer on the way.
    """
    layers, demand = len(longest.length), ways.demand
    wait, behind, goes = ways.time[WAIT], ways.time[BEHIND], ways.link[GOES]
    for i in range(layers):
        wait[i], ways.link[WAITS_FOR, i], behind[i], goes[i] = 0.0, -1, VOID, -1
        for k in range(i):
            if demand[i, k] > 0:
                time = steps_until(support, k, demand[i, k]) - 1 + wait[k]
                if time > wait[i]:
                    wait[i], ways.link[WAITS_FOR, i] = time, k
    for i in range(layers - 1, -1, -1):
        if net.layer[i, SINK] > 0:
            behind[i] = 0.0
        for e in range(net.into[i], net.into[i + 1]):
            if net.edge[e, TAIL_END] != NO_TAIL and behind[i] > VOID / 2:
                tail = steps_until(support, i, net.edge[e, TAIL_END])
                tail -= steps_until(support, i, net.edge[e, TAIL_BEGIN])
                j = net.edge[e, PRODUCER]
                if behind[i] + tail > behind[j]:
                    behind[j], goes[j] = behind[i] + tail, e * layers + i
    for i in range(layers):
        longest.length[i], longest.many[i], outputs = VOID, 0, net.layer[i, OUTPUTS]
        if behind[i] > VOID / 2 and outputs > 0:
            longest.length[i] = behind[i] + steps_until(support, i, outputs) + wait[i]
            longest.many[i] = _trace(net, windows, ways, i, longest.legs[i])


@inner
def _trace(net, windows, ways, i, legs):  # type: ignore[no-untyped-def]
    layers, made, at, demand = len(windows.low), 0, i, ways.demand
    while ways.link[GOES, at] >= 0:
        e, at = ways.link[GOES, at] // layers, ways.link[GOES, at] % layers
        made = put_leg(legs, made, at, net.edge[e, TAIL_BEGIN], net.edge[e, TAIL_END], 0)
    turn(legs, 0, made)
    made = put_leg(legs, made, i, 0, net.layer[i, OUTPUTS], 0)
    while ways.link[WAITS_FOR, i] >= 0:
        k = ways.link[WAITS_FOR, i]
        first, at = made, k
        while at != i:
            made = put_leg(legs, made, at, 0, 0, demand[i, at])
            at = _asker(net, windows, demand, i, at)
        turn(legs, first, made)
        legs[made - 1, BEGIN], legs[made - 1, END] = 1, demand[i, k]
        i = k
    return made


@inner
def _asker(net, windows, demand, i, k):  # type: ignore[no-untyped-def]
    """The consumer of k through which the first step of i demands what it does of k."""
    for c in range(k + 1, i + 1):
        if demand[i, c] > 0:
            low, high = windows.low[c], windows.high[c]
            made = least_made(demand[i, c], low, high, net.layer[c, CAP])
            for e in range(net.into[c], net.into[c + 1]):
                if net.edge[e, PRODUCER] == k and made > 0 and need(net, e, made) == demand[i, k]:
                    return c
    return i


def hold_within(
    table: SearchTable, paths: tuple[Array, ...], windows: Windows, before: Windows
) -> tuple[Array, ...]:
    """The paths, if windows are no wider than those `before`, in which they were found."""
    if paths and ((windows.low < before.low).any() or (windows.high > before.high).any()):
        return ()
    return paths


def deadlines(table: SearchTable, times: Times, target: int, legs: Array) -> list[int]:
    """For each leg of a path a deadline of what it asks for that every label keeps."""
    latest, owner = [], -1
    for layer, begin, end, ask in legs.tolist():
        bound = times.late[owner] if ask else times.late_end[layer]
        if end > 0 and begin == int(ask > 0):
            owner = layer
        latest.append(min(target, int(bound)))
    return latest
