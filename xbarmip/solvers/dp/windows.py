"""Windows of R for one target: narrowed until nothing moves."""

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.solvers.dp import pipeline_kernel, steps_kernel
from xbarmip.solvers.dp.bounds import Times
from xbarmip.solvers.dp.table import NEVER, SearchTable


def blank_times(table: SearchTable) -> Times:
    """Times that cut nothing."""
    layers = len(table.outputs)
    many = layers if table.closed_form else int(table.offset[-1]) + 1
    square = (layers, layers) if table.closed_form else (0, 0)
    return Times(
        early=np.zeros(many, dtype=np.int64),
        late=np.full(many, NEVER, dtype=np.int64),
        late_end=np.full(layers, NEVER, dtype=np.int64),
        demand=np.zeros(square, dtype=np.int64),
    )


@compiled
def _propagate(table, low, high, target, times):  # type: ignore[no-untyped-def]
    if table.closed_form:
        return steps_kernel.propagate(table, low, high, target, times)
    return pipeline_kernel.propagate(table, low, high, target, times)


@compiled
def _fits(table, k, r, high, times):  # type: ignore[no-untyped-def]
    if table.closed_form:
        return steps_kernel.fits(table, k, r, high, times)
    return pipeline_kernel.fits(table, k, r, high, times)


@compiled
def narrow(table, sets, budget, target, low, high, times):  # type: ignore[no-untyped-def]
    """Narrow the windows until nothing moves; False where the target cannot be met.

    An end of a window is dropped when it misses a latest time with the earliest inputs, or when the
    budget does not hold it beside the low ends of all others.
    """
    moved = True
    while moved:
        if not _propagate(table, low, high, target, times):
            return False
        moved = False
        for k in range(len(low)):
            while low[k] <= high[k] and not _fits(table, k, low[k], high, times):
                low[k] += 1
                moved = True
            if low[k] > high[k]:
                return False
        slack = budget - np.sum(low * sets)
        if slack < 0:
            return False
        for k in range(len(low)):
            before = high[k]
            high[k] = min(high[k], low[k] + slack // sets[k])
            while high[k] > low[k] and not _fits(table, k, high[k], high, times):
                high[k] -= 1
            moved = moved or high[k] < before
    return True
