"""What a linear program of the path bound is asked, and the R it begins with."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.constraints import Charge
from xbarmip.solvers.dp.effort import ARCS_FROM
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.table import SearchTable


class Question(NamedTuple):
    """What a linear program is asked.

    Attributes
    ----------
    table : SearchTable
    windows : Windows
    budget, target : int
    demand : int64 array, optional
        What first steps demand at least within the windows, where steps do not stall.
    charges : list of Charge
    """

    table: SearchTable
    windows: Windows
    budget: int
    target: int
    demand: Array | None
    charges: list[Charge]

    @property
    def deep(self) -> bool:
        """Whether a program of arcs gets farther than one of paths."""
        return is_deep(self.table) and not self.charges


def is_deep(table: SearchTable) -> bool:
    """Whether a network has so many layers that its paths are told from arcs."""
    return table.stalls and table.layers >= ARCS_FROM


def some_choices(windows: Windows, size: int) -> tuple[Array, Array]:
    """Layer and R of the choices that a program begins with: of each layer some of its window."""
    ends = zip(windows.low.tolist(), windows.high.tolist(), strict=True)
    menus = [_menu(low, high, size) for low, high in ends]
    return np.repeat(np.arange(len(menus)), [len(menu) for menu in menus]), np.concatenate(menus)


@lru_cache(maxsize=1 << 14)
def _menu(low: int, high: int, size: int) -> Array:
    """Some R of a window: all of a small one, otherwise ever farther apart."""
    if high - low < size:
        return np.arange(low, high + 1, dtype=np.int64)
    return np.unique(np.geomspace(low, high, size).round().astype(np.int64))
