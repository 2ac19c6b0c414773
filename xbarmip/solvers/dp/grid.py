"""Where least times are kept: some outputs of every layer, and groups of its R.

Both only decide how sharp a bound is, never whether it holds.
"""

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.timing.tables import need

POINTS = 16  # outputs of a layer for which least times are kept
GROUPS = 64  # groups of R in a window; the first half are single values
EVEN = 4  # of the points, spread evenly over the outputs
ROOM = 512  # candidates for points of one layer


@compiled
def least_made(x, low, high, outputs):  # type: ignore[no-untyped-def]
    """Fewest outputs that exist after the step that makes output x, over low <= R <= high.

    With s = ceil(x/high) the step is number s or later, and a step s makes s*R >= s*low outputs.
    """
    return min(outputs, max(x, -(-x // high) * low))


@compiled
def outputs_grid(table, low, high):  # type: ignore[no-untyped-def]
    """Outputs worth a least time, int64 of shape (layers, POINTS), ascending from 1 to the last.

    Those that a point or the first step of a consumer needs, and a few in between; where there are
    too many, the one that lies closest between its neighbours, in proportion, is left out.
    """
    needs, layers = table.needs, len(low)
    grid = np.ones((layers, POINTS), np.int64)
    wanted = np.ones((layers, ROOM), np.int64)
    filled = np.ones(layers, np.int64)
    for k in range(layers - 1, -1, -1):
        last = max(1, table.outputs[k])
        for part in range(1, EVEN + 1):
            wanted[k, filled[k] - 1] = max(1, last * part // EVEN)
            filled[k] = min(ROOM - 1, filled[k] + 1)
        points = np.unique(np.minimum(wanted[k, : filled[k]], last))
        while len(points) > POINTS:
            closest, least = 1, np.inf
            for i in range(1, len(points) - 1):
                spread = (points[i + 1] - points[i - 1]) / points[i]
                if spread < least:
                    closest, least = i, spread
            points = np.delete(points, closest)
        grid[k] = points[-1]
        grid[k, : len(points)] = points
        for e in range(needs.into[k], needs.into[k + 1]):
            j = needs.producer[e]
            for i in range(len(points) + 1):
                x = points[i] if i < len(points) else low[k]
                made = least_made(x, low[k], high[k], table.cap[k])
                place = need(needs, e, made) if made > 0 else 0
                if place > 0:
                    wanted[j, filled[j] - 1] = place
                    filled[j] = min(ROOM - 1, filled[j] + 1)
    return grid


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
