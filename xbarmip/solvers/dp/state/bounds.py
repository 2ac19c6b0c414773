"""What is known of one target, as kernels read it: windows of R, times, and bounds within them."""

from typing import NamedTuple

from xbarmip.compiled import compiled, inlined
from xbarmip.network.window import Array
from xbarmip.solvers.dp.table import NEVER, OFFSET


class Windows(NamedTuple):
    """Crossbar set, and window of R, of every layer: int64 arrays, shape (layers,)."""

    sets: Array
    low: Array
    high: Array

    def copy(self) -> "Windows":
        """The same windows, to be narrowed."""
        return Windows(self.sets, self.low.copy(), self.high.copy())

    @property
    def least(self) -> int:
        """Crossbars at the low ends."""
        return int(self.low @ self.sets)

    @property
    def most(self) -> int:
        """Crossbars at the high ends."""
        return int(self.high @ self.sets)


class Times(NamedTuple):
    """Earliest and latest times within windows of R; int64 arrays.

    Where steps stall, `early` and `late` have an entry for every output (see `Net`): the cycle in
    which it can exist at the earliest and must exist at the latest. Elsewhere they have an entry
    for every layer and bound its PreOp, and `late_end` bounds its Op. There the `demand[i, k]` of
    first steps goes with them: a lower bound on the outputs of k that the first step of i needs.
    """

    early: Array
    late: Array
    late_end: Array


class Bounds(NamedTuple):
    """Lower bounds for one target; int64 arrays.

    Attributes
    ----------
    windows : Windows
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
        The same for Op; 0 where steps stall.
    unit : int
        Crossbars per level.
    spending, stalls : bool
        Whether `least_spending` is in use; the kind of view (`SearchTable`).
    """

    windows: Windows
    early: Array
    grid: Array
    reach: Array
    least: Array
    groups: Array
    first: Array
    least_end: Array
    unit: int
    spending: bool
    stalls: bool


@compiled
def most(windows, layer, slack):  # type: ignore[no-untyped-def]
    """Largest R of `layer` when `slack` crossbars are left beyond the low ends of the windows."""
    return min(windows.high[layer], windows.low[layer] + slack // windows.sets[layer])


@inlined
def spread_of(bounds, layer, slack):  # type: ignore[no-untyped-def]
    """What `stairs` calls `spread`, for the completions that `slack` allows."""
    return most(bounds.windows, layer, slack) if bounds.stalls else NEVER


@compiled
def level_of(bounds, slack):  # type: ignore[no-untyped-def]
    """The level that holds `slack`, rounded up."""
    return min(bounds.least.shape[1] - 1, (slack + bounds.unit - 1) // bounds.unit)


@compiled
def point_below(grid, layer, x):  # type: ignore[no-untyped-def]
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
def least_made(x, low, high, outputs):  # type: ignore[no-untyped-def]
    """Fewest outputs that exist after the step that makes output x, over low <= R <= high.

    With s = ceil(x/high) the step is number s or later, and a step s makes s*R >= s*low outputs.
    """
    return min(outputs, max(x, -(-x // high) * low))


@compiled
def earliest(net, early, high, layer, x):  # type: ignore[no-untyped-def]
    """Earliest time of output x; where `high` is given, least PreOp plus the steps before x.

    Steps that do not stall follow one another: ceil(x/R) - 1 >= floor((x - 1)/high) come before.
    """
    if high is None:
        return early[net.layer[layer, OFFSET] + x]
    return early[layer] + (x - 1) // high[layer]
