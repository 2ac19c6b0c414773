"""Windows of R for one target: narrowed until nothing moves."""

from xbarmip.compiled import compiled, inner
from xbarmip.solvers.dp.timing import cycles, steps


@compiled
def narrow(net, windows, budget, target, times, demand):  # type: ignore[no-untyped-def]
    """Narrow the windows until nothing moves; False where the target cannot be met.

    An end of a window is dropped when it misses a latest time with the earliest inputs, or when the
    budget does not hold it beside the low ends of all others. Where `demand` is None steps stall;
    the compiler leaves out the kind of view that it is not.
    """
    sets, low, high = windows
    moved = True
    while moved:
        if demand is None:
            possible = cycles.propagate(net, windows, target, times)
        else:
            possible = steps.propagate(net, windows, target, times, demand)
        if not possible:
            return False
        moved, slack = False, budget
        for k in range(len(low)):
            before = low[k]
            while low[k] <= high[k] and not _fits(net, k, low[k], high, times, demand):
                low[k] += 1
            moved = moved or low[k] > before
            # an empty window
            if low[k] > high[k]:
                return False
            slack -= low[k] * sets[k]
        # the low ends take more than the budget
        if slack < 0:
            return False
        for k in range(len(low)):
            before = high[k]
            high[k] = min(high[k], low[k] + slack // sets[k])
            while high[k] > low[k] and not _fits(net, k, high[k], high, times, demand):
                high[k] -= 1
            moved = moved or high[k] < before
    return True


@inner
def _fits(net, k, r, high, times, demand):  # type: ignore[no-untyped-def]
    """Whether R_k = r meets the latest times."""
    if demand is None:
        return cycles.fits(net, k, r, high, times)
    return steps.fits(net, k, r, high, times, demand)
