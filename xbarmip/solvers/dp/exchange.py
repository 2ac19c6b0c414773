"""Good allocations found fast: copies are moved from layer to layer.

What is found is an allocation like any other, and evaluated anew; what is not found proves nothing.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, cycle, islice

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.exchange_kernel import exchanged
from xbarmip.solvers.dp.start import proportional
from xbarmip.solvers.dp.table import SearchTable
from xbarmip.solvers.dp.target import Answer

TRIES = 4  # from starts of its own


class Exchange:
    """Looks for allocations of one problem, of objective `cycles` and without added constraints.

    For others it finds nothing. Equal calls in equal order give equal answers.
    """

    def __init__(self, table: SearchTable, problem: Problem) -> None:
        start = np.array(proportional(problem), dtype=np.int64)
        self._table, self._starts = table, (start, np.maximum(1, start // 2))
        self._sets = np.array(problem.sets, dtype=np.int64)
        self._largest = np.array(problem.largest, dtype=np.int64)
        self._apt = not table.closed_form and not problem.constraints
        self._state = np.ones(1, dtype=np.int64)

    def look(
        self, target: int, budget: int, rounds: int, starts: Iterable[Sequence[int] | Array]
    ) -> Answer:
        """Look for an allocation that meets the target, by so many rounds from each start.

        Then from the proportional allocation and from half of it, in turn.
        """
        for start in chain(starts, islice(cycle(self._starts), TRIES)) if self._apt else ():
            r, crossbars = exchanged(
                self._table, self._sets, self._largest, np.array(start, dtype=np.int64), target,
                budget, rounds, self._state,
            )  # fmt: skip
            if crossbars <= budget:
                return Answer(tuple(r.tolist()), complete=False)
        return Answer(None, complete=False)
