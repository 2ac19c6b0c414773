"""Good allocations found fast: copies are moved from layer to layer.

What is found is an allocation like any other, and evaluated anew; what is not found proves nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.exchange_kernel import exchanged
from xbarmip.solvers.dp.start import proportional
from xbarmip.solvers.dp.table import SearchTable
from xbarmip.solvers.dp.target import Answer

AT_ONCE = 2**23  # outputs, summed over rounds, between two looks at the watch


class Exchange:
    """Looks for allocations of one problem, of objective `cycles` and without added constraints.

    For others it finds nothing. Equal calls in equal order give equal answers. `pause` is called
    between pieces of work, as by `TargetSearch`.

    Attributes
    ----------
    starts : tuple of int64 array
        To begin with: the proportional allocation, half of it, and the former anew.
    apt : bool
        Whether it looks at all.
    """

    def __init__(
        self,
        table: SearchTable,
        problem: Problem,
        pause: Callable[[int, dict[str, Any]], None],
    ) -> None:
        start = np.array(proportional(problem), dtype=np.int64)
        self._pause = pause
        self._table, self.starts = table, (start, np.maximum(1, start // 2), start)
        self._most = max(1, AT_ONCE // int(table.offset[-1]))
        self._sets = np.array(problem.sets, dtype=np.int64)
        self._largest = np.array(problem.largest, dtype=np.int64)
        self.apt = not table.closed_form and not problem.constraints
        self._state = np.ones(1, dtype=np.int64)

    def look(
        self, target: int, budget: int, rounds: int, starts: Iterable[Sequence[int] | Array]
    ) -> Answer:
        """Look for an allocation that meets a target, in some rounds from each start.

        In fewer rounds where each takes long.
        """
        for start in starts if self.apt else ():
            r, crossbars = exchanged(
                self._table, self._sets, self._largest, np.array(start, dtype=np.int64), target,
                budget, min(rounds, self._most), self._state,
            )  # fmt: skip
            self._pause(0, {"target": target})
            if crossbars <= budget:
                return Answer(tuple(r.tolist()), complete=False)
        return Answer(None, complete=False)
