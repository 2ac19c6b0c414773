"""What the undecided layers must spend under a label's deadlines, added up over the layers."""

from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import POINTS
from xbarmip.solvers.dp.state.bounds import Bounds, level_of, most, spread_of
from xbarmip.solvers.dp.state.labels import END, FIRST, LENGTH, PLACE
from xbarmip.solvers.dp.state.stairs import D, X
from xbarmip.solvers.dp.table import NEEDED, NEVER, TAIL_BEGIN, TAIL_END, SearchTable
from xbarmip.solvers.dp.timing.reach import reach_back
from xbarmip.timing.closed_form import NO_TAIL
from xbarmip.timing.tables import PRODUCER

LARGEST = 2**31 - 1  # of `reach`


class Due(NamedTuple):
    """The deadlines of one label; int64 arrays.

    Attributes
    ----------
    frontier : shape (places,)
        Layers that are waited for.
    end : shape (layers,)
        Latest end of each layer, or NEVER.
    points : shape (places,)
        How many points of the grid have a deadline.
    deadline : shape (places, POINTS)
        Their deadlines.
    """

    frontier: Array
    end: Array
    points: Array
    deadline: Array


def make_due(layers: int, frontier: Array) -> Due:
    """Nothing is due yet."""
    return Due(
        frontier,
        np.empty(layers, dtype=np.int64),
        np.empty(len(frontier), dtype=np.int64),
        np.empty((len(frontier), POINTS), dtype=np.int64),
    )


def fill_reach(table: SearchTable, bounds: Bounds) -> None:
    """Fill `bounds.reach`: what the outputs of the grid ask of all layers within the windows."""
    _fill_reach(table.net, bounds, np.empty(table.layers, dtype=np.int64))


@compiled
def _fill_reach(net, bounds, found):  # type: ignore[no-untyped-def]
    grid, reach = bounds.grid, bounds.reach
    for j in range(len(found)):
        for point in range(grid.shape[1]):
            if point == 0 or grid[j, point] > grid[j, point - 1]:
                reach_back(net, bounds.windows, NEVER, (j, grid[j, point]), False, found)
            for m in range(len(found)):
                reach[m, j, point] = min(found[m], LARGEST)


@compiled
def collect(net, bounds, slack, label, pairs, due):  # type: ignore[no-untyped-def]
    """Fill `due` with what a label, a row of labels, leaves to the layers of its frontier."""
    grid, ends = bounds.grid, due.end
    for layer in range(len(ends)):
        ends[layer] = NEVER
    for place in range(len(due.frontier)):
        j, column = due.frontier[place], PLACE * place
        i = label[FIRST + column]
        stop = i + label[LENGTH + column]
        ends[j] = min(ends[j], label[END + column])
        if bounds.stalls and i < stop and pairs[stop - 1, X] >= net.layer[j, NEEDED]:
            ends[j] = min(ends[j], pairs[stop - 1, D])
        spread, points = spread_of(bounds, j, slack), 0
        while points < grid.shape[1] and (points == 0 or grid[j, points] > grid[j, points - 1]):
            while i < stop and pairs[i, X] < grid[j, points]:
                i += 1
            if i == stop:
                break
            # by the deadline d of output x, output g comes by d - floor((x - g)/spread)
            due.deadline[place, points] = pairs[i, D] - (pairs[i, X] - grid[j, points]) // spread
            points += 1
        due.points[place] = points


@inner
def _asked(reach, due, m, before, r):  # type: ignore[no-untyped-def]
    """Smallest R_m >= r that meets all deadlines if output y comes `before` + ceil(y/R_m).

    NEVER where none does. A later output reaches no less: where the last that is due reaches
    nothing, none does.
    """
    for place in range(len(due.frontier)):
        j, count = due.frontier[place], due.points[place]
        if count == 0 or reach[m, j, count - 1] == 0:
            continue
        for point in range(count):
            asked, steps = reach[m, j, point], due.deadline[place, point] - before
            # ceil(asked/r) > steps
            if asked > max(0, steps) * r:
                if steps <= 0:
                    return NEVER
                r = -(-asked // steps)
    return r


@compiled
def least_spending(net, bounds, slack, due, wanted):  # type: ignore[no-untyped-def]
    """Crossbars that the layers which are left need beyond the low ends of their windows.

    More than `slack`, which is what there is, where no completion can do.

    Let F(R) be the least time of the first output of layer m. Output y of m comes ceil(y/R) - 1
    steps later at the earliest. The deadline d of an output x on the grid asks F(R) + ceil(y/R) - 1
    <= d of every layer m that it reaches, y being the least that x needs of m (`reach`); the
    deadline of a layer's last needed output, less the tails on the way, asks it of the last needed
    outputs of its ancestors. Each layer takes the smallest R that meets all, from the last layer to
    the first: what is spent by then is not there for m and its ancestors, so that F is taken at the
    slack that is left. A larger R needs more before its first output and leaves less slack for
    that, so F does not fall, and what is asked for by the F of a smaller R is asked for.
    Fills `wanted` with those R, and the low ends of layers that it does not come to; uses up `due`.
    """
    low, sets = bounds.windows.low, bounds.windows.sets
    for m in range(len(low)):
        wanted[m] = low[m]
    if not bounds.spending:
        return 0
    groups, ends, spent, shift = bounds.groups, due.end, 0, 0 if bounds.stalls else 1
    for m in range(len(ends) - 1, -1, -1):
        left, end = slack - spent, ends[m]
        level, highest = level_of(bounds, left), most(bounds.windows, m, left)
        group, r = -1, low[m]
        while groups[m, group + 1] <= r <= highest:
            while groups[m, group + 1] <= r:
                group += 1
            before = bounds.first[m, level, group] - 1
            if end < NEVER:
                steps = end - before - shift
                # ceil(needed/r) > steps
                if net.layer[m, NEEDED] > max(0, steps) * r:
                    if steps <= 0:
                        return slack + 1
                    r = -(-net.layer[m, NEEDED] // steps)
            r = _asked(bounds.reach, due, m, before, r)
        # the R that is asked for takes more than is left
        if r > highest:
            return slack + 1
        wanted[m] = r
        spent += (r - low[m]) * sets[m]
        if end < NEVER:
            for e in range(net.into[m], net.into[m + 1]):
                if net.edge[e, TAIL_END] != NO_TAIL:
                    p, tail = net.edge[e, PRODUCER], net.edge[e, TAIL_END] - net.edge[e, TAIL_BEGIN]
                    ends[p] = min(ends[p], end - tail // most(bounds.windows, m, slack))
    return spent


def least_windows(
    table: SearchTable, bounds: Bounds, slack: int, labels: Array, pairs: Array
) -> tuple[int, Array]:
    """`least_spending` before the first decision, and the least R of each layer."""
    due = make_due(table.layers, np.array(table.sinks))
    wanted = np.empty(table.layers, dtype=np.int64)
    collect(table.net, bounds, slack, labels[0], pairs, due)
    return least_spending(table.net, bounds, slack, due, wanted), wanted
