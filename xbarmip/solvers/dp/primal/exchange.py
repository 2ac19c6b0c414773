"""Good allocations found fast: copies are moved from layer to layer.

What is found is an allocation like any other, and evaluated anew; what is not found proves nothing.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.bounds.question import is_deep
from xbarmip.solvers.dp.check import Check
from xbarmip.solvers.dp.effort import OUTPUTS_AT_ONCE
from xbarmip.solvers.dp.primal.exchange_kernel import Menu, exchanged, make_desk
from xbarmip.solvers.dp.primal.nearby_kernel import exchanged_nearby
from xbarmip.solvers.dp.primal.start import proportional
from xbarmip.solvers.dp.sweep.search import Answer
from xbarmip.solvers.dp.table import NEVER, SearchTable


class Exchange:
    """Looks for allocations of one problem whose steps stall, and without added constraints.

    For others it finds nothing. Equal calls in equal order give equal answers. `check` is called
    between pieces of work.

    Attributes
    ----------
    starts : tuple of int64 array
        To begin with: the proportional allocation, half of it, and the former anew.
    apt : bool
        Whether it looks at all.
    deep : bool
        Whether only neighbouring layers exchange copies.
    """

    def __init__(self, table: SearchTable, problem: Problem, check: Check) -> None:
        start = np.array(proportional(problem), dtype=np.int64)
        self._check = check
        self._net, self.starts = table.net, (start, np.maximum(1, start // 2), start)
        self._most = max(1, OUTPUTS_AT_ONCE // int(table.offset[-1]))
        self._menu = Menu(
            np.array(problem.sets, dtype=np.int64), np.array(problem.largest, dtype=np.int64)
        )
        self.deep = is_deep(table)
        self.apt = table.stalls and not problem.constraints
        self._desk = make_desk(table)

    def look(self, goal: Goal, rounds: int, starts: Iterable[Sequence[int] | Array]) -> Answer:
        """Look for an allocation that meets a goal, in some rounds from each start.

        In fewer rounds where each takes long; in deep networks between neighbouring layers.
        """
        net, menu, desk, most = self._net, self._menu, self._desk, min(rounds, self._most)
        for start in starts if self.apt else ():
            r = np.array(start, dtype=np.int64)
            crossbars = exchanged(net, menu, r, goal, 0 if self.deep else most, desk)
            if self.deep and goal.budget < crossbars < NEVER:
                crossbars = exchanged_nearby(net, menu, r, goal, most, desk)
            self._check(target=goal.target)
            if crossbars <= goal.budget:
                return Answer(tuple(r.tolist()), complete=False)
        return Answer(None, complete=False)
