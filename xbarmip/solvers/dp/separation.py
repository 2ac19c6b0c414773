"""Separation for the path bound: which paths are too long under a mixture of R."""

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.path_kernel import (
    Points,
    Support,
    asked_by,
    entries,
    longest_cycles,
    longest_steps,
)
from xbarmip.solvers.dp.table import SearchTable

PATHS, APART = 6, 10  # that are returned at once, or one for so many layers
TOLERANCE = 1e-9  # of the target: a path that is longer by this is not too long


class Separation:
    """Finds paths that are longer than a target, within windows.

    `demand` is what first steps demand at least within the windows (`steps`, see `Times`).
    """

    def __init__(
        self, table: SearchTable, low: Array, high: Array, target: int, demand: Array
    ) -> None:
        self.table, self.low, self.high, self.target = table, low, high, target
        self.demand = demand
        self._points = None if table.closed_form else path_points(table, low, high)
        self._legs = np.zeros((len(low), 2 * len(low) + 2, 4), dtype=np.int64)

    def too_late(self, support: Support) -> list[Array]:
        """Of each layer the longest path through it, if that is too long; the longest of them."""
        table, legs = self.table, self._legs
        if self._points is None:
            length, count = longest_steps(table, self.demand, self.low, self.high, support, legs)
        else:
            length, count = longest_cycles(table, self._points, support, legs)
        latest = np.argsort(-length, kind="stable")[: max(PATHS, len(length) // APART)]
        most = self.target * (1 + TOLERANCE)
        return [legs[k, : count[k]].copy() for k in latest if length[k] > most]


def path_points(table: SearchTable, low: Array, high: Array) -> Points:
    """Where paths may enter and leave layers, within windows, for `cycles`."""
    needs, layers = table.needs, len(low)
    entry = [entries(table, k) for k in range(layers)]
    edges = [(e, k) for k in range(layers) for e in range(needs.into[k], needs.into[k + 1])]
    asked = [asked_by(table, e, k, entry[k], low, high) for e, k in edges]
    leave = [
        np.array([table.outputs[k]] if table.sink[k] else [], dtype=np.int64) for k in range(layers)
    ]
    for (e, _), outputs in zip(edges, asked, strict=True):
        j = needs.producer[e]
        leave[j] = np.union1d(leave[j], outputs[outputs > 0])
    first = _starts(leave)
    numbered = [
        np.where(
            outputs > 0,
            first[needs.producer[e]] + np.searchsorted(leave[needs.producer[e]], outputs),
            -1,
        )
        for (e, _), outputs in zip(edges, asked, strict=True)
    ]
    return Points(
        np.concatenate(entry),
        _starts(entry),
        np.concatenate(leave),
        first,
        np.concatenate([np.zeros(0, np.int64), *numbered]),
        _starts(numbered)[:-1],
        np.array([k for _, k in edges], dtype=np.int64),
    )


def _starts(parts: list[Array]) -> Array:
    return np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
