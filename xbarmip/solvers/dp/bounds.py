"""What the search knows of a target value before it starts, and how a pair is cut by it."""

from typing import NamedTuple

from xbarmip.compiled import compiled, inlined
from xbarmip.network.window import Array
from xbarmip.solvers.dp.table import NEVER, SearchTable
from xbarmip.timing.tables import need


class Times(NamedTuple):
    """Earliest and latest times under windows of R; int64 arrays.

    For `cycles`, `early` and `late` have an entry for every output (see `SearchTable.offset`): the
    cycle in which it can exist at the earliest and must exist at the latest. For `steps` they have
    an entry for every layer and bound its PreOp; `late_end` bounds its Op, and `demand[i, k]` is a
    lower bound on the outputs of k that the first step of i needs.
    """

    early: Array
    late: Array
    late_end: Array
    demand: Array


class Bounds(NamedTuple):
    """Lower bounds for one target; int64 arrays.

    Attributes
    ----------
    sets, low, high : shape (layers,)
        Crossbar set, and window of R, of every layer.
    early : array
        See `Times`.
    grid : shape (layers, points)
        Outputs of each layer, ascending, for which least times are kept.
    reach : int32, shape (layers, layers, points)
        What each of them asks at least of the layer that comes first; 0 where nothing.
    least : shape (layers, levels + 1, points)
        Least time of an output of the grid when the layer and its ancestors together spend at most
        level * unit crossbars beyond the low end of their windows.
    groups : shape (layers, groups + 1)
        First R of each group of R, see `duplication_groups`.
    first : shape (layers, levels + 1, groups)
        Least time of the first output for an R of the group, paid from the same slack; NEVER
        beyond it.
    least_end : shape (layers, levels + 1)
        The same for Op; 0 for `cycles`.
    unit : int
        Crossbars per level.
    spending : bool
        Whether `least_spending` is in use.
    """

    sets: Array
    low: Array
    high: Array
    early: Array
    grid: Array
    reach: Array
    least: Array
    groups: Array
    first: Array
    least_end: Array
    unit: int
    spending: bool


@compiled
def most(bounds: Bounds, layer: int, slack: int) -> int:
    """Largest R of `layer` when `slack` crossbars are left beyond the low ends of the windows."""
    return min(bounds.high[layer], bounds.low[layer] + slack // bounds.sets[layer])


@compiled
def spread_of(table, bounds, layer, slack):  # type: ignore[no-untyped-def]
    """What `stairs` calls `most`, for the completions that `slack` allows."""
    return NEVER if table.closed_form else most(bounds, layer, slack)


@inlined
def joint_spread(table, bounds, step, place, slack):  # type: ignore[no-untyped-def]
    """`spread_of` the layer at a place and its twins at later ones: the largest of them.

    A pair that another implies for the largest R of all is implied for each of them.
    """
    spread = spread_of(table, bounds, step.frontier[place], slack)
    for other in range(place + 1, len(step.lead)):
        if step.lead[other] == place:
            spread = max(spread, spread_of(table, bounds, step.frontier[other], slack))
    return spread


@compiled
def level_of(bounds: Bounds, slack: int) -> int:
    """The level that holds `slack`, rounded up."""
    return min(bounds.least.shape[1] - 1, (slack + bounds.unit - 1) // bounds.unit)


@compiled
def point_below(grid: Array, layer: int, x: int) -> int:
    """Number of the last grid point at or below output x, x >= 1; every grid begins with 1."""
    below, above = 0, grid.shape[1]
    while below < above:
        middle = (below + above) // 2
        if grid[layer, middle] <= x:
            below = middle + 1
        else:
            above = middle
    return below - 1


@compiled
def least_time(bounds: Bounds, layer: int, level: int, x: int) -> int:
    """Least time of output x, by the grid point at or below it."""
    return bounds.least[layer, level, point_below(bounds.grid, layer, x)]


@compiled
def earliest(table: SearchTable, bounds: Bounds, layer: int, x: int) -> int:
    """Earliest time of output x; for `steps`, least PreOp plus the steps before x."""
    if table.closed_form:
        return bounds.early[layer] + (x - 1) // bounds.high[layer]
    return bounds.early[table.offset[layer] + x]


@compiled
def hand_on(table, bounds, k, made, deadline, out):  # type: ignore[no-untyped-def]
    """Ask the producers of k for what its first `made` outputs need; False where that is too late.

    One pair for each edge goes to `out`, which takes them in descending order; of equal x the last,
    which has the earliest deadline, stays. Of twins (see `SearchTable`) only the first is asked.
    """
    needs = table.needs
    begin = needs.into[k]
    for e in range(begin, needs.into[k + 1]):
        j = needs.producer[e]
        wanted = need(needs, e, made) if table.twin[j] == j else 0
        if wanted > 0:
            if earliest(table, bounds, j, wanted) > deadline:
                return False
            at = out.length[e - begin]
            if at == 0 or out.x[e - begin, at - 1] != wanted:
                at += 1
                out.length[e - begin] = at
            out.x[e - begin, at - 1] = wanted
            out.d[e - begin, at - 1] = deadline
    return True
