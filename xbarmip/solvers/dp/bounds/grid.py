"""Where least times are kept: some outputs of every layer, and groups of its R.

Both only decide how sharp a bound is, never whether it holds.
"""

import numpy as np

from xbarmip.compiled import compiled, inner
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import EVEN, GRID_CANDIDATES, GROUPS, POINTS
from xbarmip.solvers.dp.state.bounds import Windows, least_made
from xbarmip.solvers.dp.table import CAP, OUTPUTS, SearchTable
from xbarmip.timing.tables import PRODUCER, need


def outputs_grid(table: SearchTable, windows: Windows) -> Array:
    """Outputs worth a least time, int64 of shape (layers, POINTS), ascending from 1 to the last.

    Those that a point or the first step of a consumer needs, and a few in between; where there are
    too many, the one that lies closest between its neighbours, in proportion, is left out.
    """
    grid = np.ones((table.layers, POINTS), dtype=np.int64)
    wanted = np.ones((table.layers, GRID_CANDIDATES), dtype=np.int64)
    _fill_grid(table.net, windows, grid, wanted, np.ones(table.layers, dtype=np.int64))
    return grid


@compiled
def _fill_grid(net, windows, grid, wanted, filled):  # type: ignore[no-untyped-def]
    """Fill `grid`, consumers first; `wanted` takes the candidates of each layer, `filled` many."""
    low, high = windows.low, windows.high
    for k in range(len(low) - 1, -1, -1):
        points = wanted[k]
        last = max(1, net.layer[k, OUTPUTS])
        for part in range(1, EVEN + 1):
            points[filled[k] - 1] = max(1, last * part // EVEN)
            filled[k] = min(GRID_CANDIDATES - 1, filled[k] + 1)
        count = _thin(points, _ascending(points, filled[k], last), grid.shape[1])
        for i in range(grid.shape[1]):
            grid[k, i] = points[min(i, count - 1)]
        for e in range(net.into[k], net.into[k + 1]):
            j = net.edge[e, PRODUCER]
            for i in range(count + 1):
                x = points[i] if i < count else low[k]
                made = least_made(x, low[k], high[k], net.layer[k, CAP])
                output = need(net, e, made) if made > 0 else 0
                if output > 0:
                    wanted[j, filled[j] - 1] = output
                    filled[j] = min(GRID_CANDIDATES - 1, filled[j] + 1)


@inner
def _ascending(points, count, last):  # type: ignore[no-untyped-def]
    """Sort points[:count] in place, none above `last`, each once; returns how many are left."""
    kept = 0
    for i in range(count):
        x = min(points[i], last)
        at = kept
        while at > 0 and points[at - 1] > x:
            at -= 1
        if at > 0 and points[at - 1] == x:
            continue
        for later in range(kept, at, -1):
            points[later] = points[later - 1]
        points[at] = x
        kept += 1
    return kept


@inner
def _thin(points, count, most):  # type: ignore[no-untyped-def]
    """Leave out points until `most` are left, in place; returns how many there are."""
    while count > most:
        closest, least = 1, np.inf
        for i in range(1, count - 1):
            apart = (points[i + 1] - points[i - 1]) / points[i]
            if apart < least:
                closest, least = i, apart
        count -= 1
        for i in range(closest, count):
            points[i] = points[i + 1]
    return count


def duplication_groups(low: Array, high: Array) -> Array:
    """First R of each group, int64 of shape (layers, GROUPS + 1); one beyond `high` at the end."""
    starts = np.empty((len(low), GROUPS + 1), dtype=np.int64)
    for k, (a, b) in enumerate(zip(low, high, strict=True)):
        if b - a < GROUPS:
            parts = np.arange(a, b + 1)
        else:
            single = np.arange(a, a + GROUPS // 2)
            parts = np.append(single, np.geomspace(single[-1] + 1, b + 1, GROUPS // 2 + 1)[:-1])
        parts = np.unique(parts.astype(np.int64))
        starts[k] = b + 1
        starts[k, : len(parts)] = parts
    return starts
