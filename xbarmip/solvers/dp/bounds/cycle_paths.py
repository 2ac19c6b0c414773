"""Longest paths under a mixture of R where steps stall (`cycles`).

A path goes from output to output: it enters a layer at the step that makes an entry, and leaves it
at an output that the next layer's step needs at least.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.legs import (
    ASK,
    BEGIN,
    END,
    LAYER,
    VOID,
    Longest,
    Support,
    put_leg,
    turn,
)
from xbarmip.solvers.dp.bounds.points import path_points
from xbarmip.solvers.dp.state.bounds import Times, Windows, least_made
from xbarmip.solvers.dp.table import OUTPUTS, SINK, SearchTable
from xbarmip.timing.tables import PRODUCER, need


class Ways(NamedTuple):
    """Longest ways to entries and exits.

    Attributes
    ----------
    begun : float64 array, by entry
        Steps of the layer until the entry.
    time : float64 array, shape (3, exits)
        DONE, steps of the layer until the exit; AHEAD, the longest way from the start to it;
        BEHIND, the longest from there to the end of inference.
    link : int64 array, shape (3, exits)
        CAME, the entry by which the longest way reaches it; GOES and OUT, the edge and the entry by
        which it goes on, as edge * entries + entry, and the exit by which it leaves that layer.
    by : int64 array, by entry
        The edge by which the longest way reaches it.
    """

    begun: NDArray[np.float64]
    time: NDArray[np.float64]
    link: Array
    by: Array


DONE, AHEAD, BEHIND = range(3)
CAME, GOES, OUT = range(3)


class PathFinder:
    """Finds the longest paths within windows, under one mixture after another.

    Attributes
    ----------
    points : Points
        Where they may enter and leave layers.
    """

    def __init__(self, table: SearchTable, windows: Windows, demand: Array | None) -> None:
        self._net = table.net
        self.points = path_points(table, windows)
        entries, exits = len(self.points.entry), len(self.points.exit)
        self._ways = Ways(
            np.empty(entries),
            np.empty((3, exits)),
            np.empty((3, exits), dtype=np.int64),
            np.empty(entries, dtype=np.int64),
        )

    def fill(self, support: Support, longest: Longest) -> None:
        """Fill `longest`: for every layer the longest path through it."""
        _fill_longest(self._net, self.points, support, self._ways, longest)


@inner
def _steps_at(outputs, start, support, steps):  # type: ignore[no-untyped-def]
    """Fill `steps`, `steps_until` of many outputs, those of layer k from start[k] on."""
    for k in range(len(start) - 1):
        for i in range(start[k], start[k + 1]):
            steps[i] = 0.0
        for choice in range(support.start[k], support.start[k + 1]):
            r, share = support.r[choice], support.w[choice]
            for i in range(start[k], start[k + 1]):
                steps[i] += share * ((outputs[i] - 1) // r + 1)


@compiled
def _fill_longest(net, points, support, ways, longest):  # type: ignore[no-untyped-def]
    """Fill `longest`: for every layer the longest path through it."""
    _steps_at(points.entry, points.entry_start, support, ways.begun)
    _steps_at(points.exit, points.exit_start, support, ways.time[DONE])
    layers = len(longest.length)
    for k in range(layers):
        _go_ahead(net, points, ways, k)
    for q in range(len(points.exit)):
        ways.time[BEHIND, q], ways.link[GOES, q] = VOID, -1
    for k in range(layers - 1, -1, -1):
        _go_behind(net, points, ways, k)
    ahead, behind = ways.time[AHEAD], ways.time[BEHIND]
    for k in range(layers):
        longest.length[k], longest.many[k], through = VOID, 0, -1
        for q in range(points.exit_start[k], points.exit_start[k + 1]):
            if behind[q] > VOID / 2 and ahead[q] + behind[q] > longest.length[k]:
                longest.length[k], through = ahead[q] + behind[q], q
        if through >= 0:
            longest.many[k] = _trace(net, points, ways, k, through, longest.legs[k])


@inner
def _go_ahead(net, points, ways, k):  # type: ignore[no-untyped-def]
    """The longest ways from the start to the exits of layer k."""
    ahead, begun = ways.time[AHEAD], ways.begun
    best, at, i = 0.0, -1, points.entry_start[k]
    for q in range(points.exit_start[k], points.exit_start[k + 1]):
        while i < points.entry_start[k + 1] and points.entry[i] <= points.exit[q]:
            for e in range(net.into[k], net.into[k + 1]):
                source = points.asked[points.asked_start[e] + i - points.entry_start[k]]
                if source >= 0 and ahead[source] - begun[i] > best:
                    best, at = ahead[source] - begun[i], i
                    ways.by[i] = e
            i += 1
        ahead[q] = best + ways.time[DONE, q]
        ways.link[CAME, q] = at


@inner
def _go_behind(net, points, ways, k):  # type: ignore[no-untyped-def]
    """The longest ways from the exits of k's producers through k to the end of inference."""
    behind, begun = ways.time[BEHIND], ways.begun
    last = points.exit_start[k + 1] - 1
    if net.layer[k, SINK] > 0:
        behind[last] = 0.0
    best, at, q = VOID, -1, last
    for i in range(points.entry_start[k + 1] - 1, points.entry_start[k] - 1, -1):
        while q >= points.exit_start[k] and points.exit[q] >= points.entry[i]:
            if behind[q] + ways.time[DONE, q] > best:
                best, at = behind[q] + ways.time[DONE, q], q
            q -= 1
        if at < 0:
            continue
        for e in range(net.into[k], net.into[k + 1]):
            source = points.asked[points.asked_start[e] + i - points.entry_start[k]]
            if source >= 0 and best - begun[i] > behind[source]:
                behind[source] = best - begun[i]
                ways.link[GOES, source], ways.link[OUT, source] = e * len(begun) + i, at


@inner
def _trace(net, points, ways, k, through, legs):  # type: ignore[no-untyped-def]
    """Legs of the longest path by exit `through` of layer k, from the sink to the source."""
    q, made, link, many = through, 0, ways.link, len(ways.begun)
    while link[GOES, q] >= 0:
        e, i = link[GOES, q] // many, link[GOES, q] % many
        q = link[OUT, q]
        x = points.exit[q]
        made = put_leg(legs, made, points.consumer[e], points.entry[i], x, x)
    turn(legs, 0, made)
    q = through
    while True:
        i, x = link[CAME, q], points.exit[q]
        made = put_leg(legs, made, k, 0 if i < 0 else points.entry[i], x, x)
        if i < 0:
            return made
        e = ways.by[i]
        q = points.asked[points.asked_start[e] + i - points.entry_start[k]]
        k = net.edge[e, PRODUCER]


@compiled
def _ask_anew(net, windows, legs):  # type: ignore[no-untyped-def]
    """Change `legs` to the path of the same entries within windows; returns how many are left.

    It ends where nothing is asked for, or less than the entry of the next leg: the steps up to the
    output that is asked for are taken whole then.
    """
    for leg in range(1, len(legs)):
        k, entry = legs[leg - 1, LAYER], legs[leg - 1, BEGIN]
        made = least_made(entry, windows.low[k], windows.high[k], net.layer[k, OUTPUTS])
        asked = 0
        for e in range(net.into[k], net.into[k + 1]):
            if net.edge[e, PRODUCER] == legs[leg, LAYER]:
                asked = max(asked, need(net, e, made))
        if asked == 0:
            legs[leg - 1, BEGIN] = 0
            return leg
        legs[leg, END] = legs[leg, ASK] = asked
        # less than the entry of the next leg
        if asked < legs[leg, BEGIN]:
            legs[leg, BEGIN] = 0
            return leg + 1
    return len(legs)


def hold_within(
    table: SearchTable, paths: tuple[Array, ...], windows: Windows, before: Windows
) -> tuple[Array, ...]:
    """Paths of the same entries within windows, whatever those were that they were found in."""
    anew = [legs.copy() for legs in paths]
    return tuple(legs[: _ask_anew(table.net, windows, legs)] for legs in anew)


def deadlines(table: SearchTable, times: Times, target: int, legs: Array) -> list[int]:
    """For each leg of a path a deadline of what it asks for that every label keeps."""
    late = times.late[table.offset[legs[:, LAYER]] + legs[:, ASK]]
    return np.minimum(target, late).tolist()
