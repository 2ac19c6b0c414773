"""A bound on the cost of every segment, by the pace of its layers alone.

In an allocation whose interval is v, layer l has R_l >= ceil(N*_l / v) copies. Its count is v or
more, so it costs at least

    batch * v + write_cycles * S(v),      S(v) = sum over l of set_l * ceil(N*_l / v) <= Total

and the least of that over all v is a bound. S falls in v; for v in (a, b] the pair (a + 1, S(b)) is
no more than either, so that a grid of v will do.
"""

import numpy as np

from xbarmip.network.window import Array
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.segment import Segment

Bounds = dict[tuple[int, int], int]
_FINE = 2**12  # the grid has every v up to this, and then _FINE more each time that v doubles


def pace_bounds(schedule: Schedule) -> Bounds:
    """A bound for each segment, by first unit and the unit behind the last, that fits the chip."""
    found: Bounds = {}
    for stop in range(1, len(schedule.units) + 1):
        prefix = Segment(schedule, 0, stop)
        needed = dict(zip((part.layer for part in prefix.parts), prefix.needed, strict=True))
        low, high = _grid(max(needed.values()))
        total = np.zeros(len(high), dtype=np.int64)
        for start in reversed(range(stop)):
            unit = schedule.units[start]
            each = unit.blocks * schedule.blocks[unit.layer][1]
            total += each * np.maximum(1, -(-needed[unit.layer] // high))
            first = int(np.searchsorted(-total, -schedule.crossbars))  # total falls along the grid
            if first == len(total):
                break
            found[start, stop] = _least(schedule, low[first:], total[first:])
    return found


def _least(schedule: Schedule, low: Array, total: Array) -> int:
    if schedule.write_cycles == 0:
        return schedule.batch * int(low[0])
    return int((schedule.batch * low + schedule.write_cycles * total).min())


def _grid(most: int) -> tuple[Array, Array]:
    """Consecutive ranges that cover 1..most: the first and the last v of each."""
    last = list(range(1, min(most, _FINE) + 1))
    while last[-1] < most:
        last.append(min(most, last[-1] + max(1, last[-1] // _FINE)))
    high = np.array(last, dtype=np.int64)
    return np.concatenate([[1], high[:-1] + 1]), high
