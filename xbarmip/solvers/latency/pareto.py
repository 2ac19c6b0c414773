"""The frontier of (count, step time) out of allocations that are all looked at."""

from typing import Any

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.latency.result import Point
from xbarmip.timing.evaluate import count_many, product_many
from xbarmip.timing.step_time import ticks_of


class Pareto:
    """The shortest step of every count, among the allocations seen so far."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._shortest: dict[int, tuple[int, Array]] = {}

    def latencies(self, allocations: Array) -> Any:
        """Latency of each row of `allocations`, in ticks, after taking note of them all."""
        counts = count_many(self._problem.view, allocations)
        steps = ticks_of(self._problem).many(allocations)
        for count in np.unique(counts):
            rows = np.flatnonzero(counts == count)
            row = rows[np.argmin(steps[rows])]  # argmin takes the first of equals
            known = self._shortest.get(int(count))
            if known is None or steps[row] < known[0]:
                self._shortest[int(count)] = int(steps[row]), allocations[row].copy()
        return product_many(counts, steps)

    def points(self) -> list[Point]:
        """The points that none of those seen beats, by growing count."""
        names, tick = list(self._problem.network.index), ticks_of(self._problem).tick
        found: list[Point] = []
        for count, (step, allocation) in sorted(self._shortest.items()):
            if not found or step * tick < found[-1].step:
                chosen = {name: int(r) for name, r in zip(names, allocation, strict=True)}
                found.append(Point(count, step * tick, chosen, tight=True))
        return found
