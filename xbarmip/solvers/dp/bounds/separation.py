"""Separation for the path bound: which paths are too long under a mixture of R."""

from types import ModuleType

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds import cycle_paths, step_paths
from xbarmip.solvers.dp.bounds.legs import Support, no_paths
from xbarmip.solvers.dp.effort import PATH_TOLERANCE
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.table import SearchTable


def paths_of(table: SearchTable) -> ModuleType:
    """The file of paths of a table's kind of view; both have the same functions."""
    return cycle_paths if table.stalls else step_paths


class Separation:
    """Finds paths that are longer than a target, within windows.

    `demand` is what first steps demand at least within them, where steps do not stall.
    """

    def __init__(
        self, table: SearchTable, windows: Windows, target: int, demand: Array | None
    ) -> None:
        self._most = target * (1 + PATH_TOLERANCE)
        self._finder = paths_of(table).PathFinder(table, windows, demand)
        self._longest = no_paths(table.layers)

    def too_late(self, support: Support, most: int) -> list[Array]:
        """Of each layer the longest path through it, if that is too long; the `most` longest."""
        self._finder.fill(support, self._longest)
        length, count, legs = self._longest
        latest = np.argsort(-length, kind="stable")[:most]
        return [legs[k, : count[k]].copy() for k in latest if length[k] > self._most]
