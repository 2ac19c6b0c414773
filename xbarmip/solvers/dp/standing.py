"""What is known of a problem while it is solved: the best allocation and the bound."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from xbarmip.constraint import allowed
from xbarmip.errors import VerificationError
from xbarmip.problem import Problem
from xbarmip.solvers.dp.primal.start import starts
from xbarmip.solvers.protocol import Hint
from xbarmip.timing.evaluate import evaluate, evaluate_many

ANY = 2**50  # a target that every allocation meets


class Standing:
    """The best allocation and the bound; several threads may move them.

    Attributes
    ----------
    budget : int
        Crossbars that an allocation may take; those that no allocation can use are left out.
    bound, value : int
        No allocation within the budget is better than `bound`; `allocation` has `value`.
    allocation : tuple of int, optional
        None as long as none is known that meets the constraints; `value` is then ANY.
    statistics : dict
        What was done so far, for the result.
    """

    def __init__(self, problem: Problem, hint: Hint) -> None:
        self.problem = problem
        self._lock = Lock()
        self.bound, self.value = hint.at_least, ANY
        self._enough = hint.enough
        self.allocation: tuple[int, ...] | None = None
        self.try_each([*starts(problem), *hint.allocations])
        start = None if self.allocation is None else self.value
        self.statistics: dict[str, Any] = {"start": start, "searches": 0, "labels": 0}
        self.budget = min(problem.crossbars, problem.ample)

    @property
    def goal(self) -> int:
        """The bound with which the solve is over."""
        return self.value if self._enough is None else min(self.value, self._enough)

    @property
    def best(self) -> tuple[int, ...]:
        """The allocation, where one is known."""
        if self.allocation is None:
            raise VerificationError("dp: no allocation is known yet")
        return self.allocation

    def try_each(self, candidates: Sequence[tuple[int, ...]]) -> None:
        """Take the best of some allocations within the budget, if it is better than what there is.

        Those that break a constraint are left out.
        """
        rows = np.array(candidates, dtype=np.int64).reshape(-1, len(self.problem.sets))
        rows = rows[allowed(self.problem.constraints, self.problem.network.index, rows)]
        if not len(rows):
            return
        values = evaluate_many(self.problem, rows)
        best = int(values.argmin())
        if values[best] < self.value:
            self._take(int(values[best]), tuple(rows[best].tolist()))

    def accept(self, allocation: tuple[int, ...], target: int) -> None:
        """Take an allocation that a search found for `target`, unless there is a better one."""
        self._take(self.verified(allocation, target), allocation)

    def verified(self, allocation: tuple[int, ...], target: int) -> int:
        """The value of an allocation that a search found for `target`, evaluated anew."""
        value, used = evaluate(self.problem, allocation), self.problem.crossbars_used(allocation)
        if used > self.budget:
            raise VerificationError(
                f"dp: allocation {allocation} takes {used} crossbars, the budget is {self.budget}"
            )
        if broken := self.problem.broken(allocation):
            raise VerificationError(
                f"dp: allocation {allocation} breaks the constraint {broken[0].name!r}"
            )
        if value > target:
            raise VerificationError(
                f"dp: allocation {allocation} for target {target} has value {value}"
            )
        return value

    def refuted(self, target: int) -> None:
        """Move the bound above a target that no allocation within the budget meets."""
        with self._lock:
            self.bound = max(self.bound, target + 1)

    def searched(self) -> None:
        """Count a search."""
        with self._lock:
            self.statistics["searches"] += 1

    def _take(self, value: int, allocation: tuple[int, ...]) -> None:
        """Take an allocation unless a better one has come meanwhile."""
        with self._lock:
            if value <= self.value:
                self.value, self.allocation = value, allocation
