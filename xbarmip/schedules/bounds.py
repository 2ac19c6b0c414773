"""A bound on the cost of every segment, by the pace of its layers alone.

In an allocation whose interval is v, layer l has R_l >= ceil(N*_l / v) copies. Its count is v or
more, so it costs at least

    batch * v + write_cycles * S(v),      S(v) = sum over l of set_l * ceil(N*_l / v) <= Total

and what its maps take in memory; the least of that over all v is a bound. Of a latency the first
term is multiplied by T_C, the shortest that a step can be, and the second by the time of writing. S
falls in v; for v in (a, b] the pair (a + 1, S(b)) is no more than either, so that a grid of v will
do.
"""

from typing import Any

import numpy as np

from xbarmip.exact import INT64_MAX
from xbarmip.network.window import Array
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.segment import Segment, off_chip_cost, read_later, values_of

Bounds = dict[tuple[int, int], int]
_FINE = 2**12  # the grid has every v up to this, and then _FINE more each time that v doubles


def pace_bounds(schedule: Schedule) -> Bounds:
    """A bound for each segment, by first unit and the unit behind the last, that fits the chip."""
    found: Bounds = {}
    values = values_of(schedule)
    for stop in range(1, len(schedule.units) + 1):
        prefix = Segment(schedule, 0, stop)
        needed = dict(zip((part.layer for part in prefix.parts), prefix.needed, strict=True))
        low, high = _grid(max(needed.values()))
        total, read, kept = np.zeros(len(high), dtype=np.int64), read_later(schedule, stop), 0
        for start in reversed(range(stop)):
            unit = schedule.units[start]
            each = unit.blocks * schedule.blocks[unit.layer][1]
            total += each * np.maximum(1, -(-needed[unit.layer] // high))
            first = int(np.searchsorted(-total, -schedule.crossbars))  # total falls along the grid
            if first == len(total):
                break
            kept += values[start] * (unit.layer in read)
            least = _least(schedule, low[first:], total[first:])
            found[start, stop] = least + off_chip_cost(schedule, kept)
    return found


def _least(schedule: Schedule, low: Array, total: Array) -> int:
    run, write = schedule.batch * schedule.step, schedule.write
    reach = run * int(low.max()) + write * int(total.max())
    kind: Any = np.int64 if reach <= INT64_MAX else object
    return int((run * low.astype(kind) + write * total.astype(kind)).min())


def _grid(most: int) -> tuple[Array, Array]:
    """Consecutive ranges that cover 1..most: the first and the last v of each."""
    last = list(range(1, min(most, _FINE) + 1))
    while last[-1] < most:
        last.append(min(most, last[-1] + max(1, last[-1] // _FINE)))
    high = np.array(last, dtype=np.int64)
    return np.concatenate([[1], high[:-1] + 1]), high
