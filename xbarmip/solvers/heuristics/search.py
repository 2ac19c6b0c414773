"""Heuristics that search at random: a seed, a number of evaluations, the best allocation so far."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xbarmip.exact import as_int
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation, feasible, infeasible
from xbarmip.solvers.interrupt import interrupts_held
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch, refused_constraints, until_stopped
from xbarmip.solvers.result import Result, Stop
from xbarmip.timing.evaluate import evaluate_many

_BLOCK_STEPS = 5_000_000  # steps simulated between two looks at the clock: some 0.05 s


class Incumbent:
    """The best allocation of a search, every value that it asks for, and its limits.

    Attributes
    ----------
    allocation : tuple of int
        One copy of every layer to begin with, so that there is an answer at any moment.
    value : Any
        Its objective value.
    evaluations : int
        Allocations evaluated so far, the first one not counted.
    """

    def __init__(
        self, problem: Problem, watch: Watch, let_through: Callable[[], None], most: int
    ) -> None:
        self._problem, self._watch, self._let_through, self._most = (
            problem, watch, let_through, most,
        )  # fmt: skip
        self._memory = Memory(watch.limits.memory_bytes)
        self._used = problem.smallest_budget
        self.allocation: Allocation = (1,) * len(problem.sets)
        self.value: Any = self._evaluated([self.allocation])[0]
        self.evaluations = 0
        row_steps = sum(layer.outputs for layer in problem.network.layers)
        self._block = max(1, _BLOCK_STEPS // row_steps)

    def values(self, allocations: Sequence[Allocation]) -> list[Any]:
        """Objective value of each; the best is kept, of equals the one with fewer crossbars.

        Does not return where a limit ends the search, or the last evaluation is used up.
        """
        values: list[Any] = []
        while len(values) < len(allocations):
            self.pause()
            count = min(self._block, self._most - self.evaluations)
            block = allocations[len(values) : len(values) + count]
            found = self._evaluated(block)
            self.evaluations += len(block)
            values += found
            for allocation, value in zip(block, found, strict=True):
                self._offer(allocation, value)
        return values

    def pause(self) -> None:
        """Report; end the search at a limit or at Ctrl-C."""
        self._let_through()
        self._watch.tell(best=self.value, bound=None, evaluations=self.evaluations, of=self._most)
        if self.evaluations >= self._most:
            raise StoppedError(Stop.FINISHED)
        self._watch.check()
        if self._memory.exceeded:
            raise StoppedError(Stop.MEMORY)

    def _evaluated(self, allocations: Sequence[Allocation]) -> list[Any]:
        return evaluate_many(self._problem, np.array(allocations, dtype=np.int64)).tolist()

    def _offer(self, allocation: Allocation, value: Any) -> None:
        used = self._problem.crossbars_used(allocation)
        if (value, used) < (self.value, self._used):
            self.value, self._used, self.allocation = value, used, allocation


@dataclass(frozen=True, slots=True)
class Search(ABC):
    """A seeded search: it claims FEASIBLE, and never a bound.

    Attributes
    ----------
    evaluations : int
        Allocations that it may evaluate.
    seed : int
        Where its draws begin: without a time or memory limit, the same seed gives the same answer.
    """

    name: ClassVar[str]
    evaluations: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        as_int(self.evaluations, f"{self.name} option evaluations", 1)
        as_int(self.seed, f"{self.name} option seed", 0, 2**32 - 1)

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse constraints; every network and objective is taken."""
        return refused_constraints(problem)

    @abstractmethod
    def explore(self, problem: Problem, best: Incumbent) -> None:
        """Ask `best` for values; return when there is nothing left to ask, which may be never."""

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Search until the evaluations are used up (see `Solver.solve`)."""
        if not problem.feasible:
            return infeasible(self, problem)
        with interrupts_held() as let_through:
            best = Incumbent(problem, watch, let_through, self.evaluations)
            stop = until_stopped(lambda: self.explore(problem, best))
        statistics = {"evaluations": best.evaluations}
        return feasible(self, problem, best.allocation, stop, statistics)
