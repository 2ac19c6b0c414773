"""Exhaustive search: every allocation within the budget, evaluated in blocks."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import ClassVar

import numpy as np

from xbarmip.constraint import allowed
from xbarmip.exact import as_int
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.known import Known, checked_known, usable
from xbarmip.solvers.latency.pareto import Pareto
from xbarmip.solvers.latency.result import latency_result
from xbarmip.solvers.protocol import Watch
from xbarmip.solvers.result import Result, Stop
from xbarmip.solvers.space import Integers, Space
from xbarmip.timing.evaluate import evaluate_many

_BLOCK_STEPS = 20_000_000  # steps simulated between two looks at the clock: about 0.1 s
_BLOCK_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True, order=True)
class _Best:
    """The best allocation so far; ties go to fewer crossbars, then to the smallest."""

    value: int
    used: int
    allocation: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exhaustive:
    """Enumerate every allocation within the budget: no idea that could be wrong.

    Among the optimal allocations it returns one with the fewest crossbars, of those the
    lexicographically smallest in layer order. It proves nothing before it has seen them all:
    stopped early, it has a value but no bound. Of a latency it evaluates the definition; it needs
    no walk, and sees the whole frontier.

    Attributes
    ----------
    limit : int
        Allocations that it is willing to enumerate; a problem with more is refused.
    known : sequence of allocations
        In layer order; those that the problem allows are looked at first.
    """

    name: ClassVar[str] = "exhaustive"
    limit: int = 20_000_000
    known: Known = ()

    def __post_init__(self) -> None:
        as_int(self.limit, "solver 'exhaustive': limit", 1)
        object.__setattr__(self, "known", checked_known(self.name, self.known))

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse a problem with more allocations than `limit`; they are counted exactly."""
        if not problem.feasible or Space.of(problem).count(self.limit) is not None:
            return ()
        return (
            f"more than {self.limit} allocations fit into {problem.crossbars} crossbars, "
            "which is the limit of exhaustive search",
        )

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Evaluate all allocations (see `Solver.solve`)."""
        if not problem.feasible:
            message = (
                f"{problem.crossbars} crossbars do not hold one copy of every layer: "
                f"the smallest budget is {problem.smallest_budget}"
            )
            return self._result(problem, None, Stop.FINISHED, 0, message)
        space = Space.of(problem)
        total = space.count(self.limit)
        rows = _block_rows(problem, space, watch)
        if rows < 1:
            return self._result(problem, None, Stop.MEMORY, 0, "no room for a single allocation")
        best, done, stop = None, 0, Stop.FINISHED
        frontier = Pareto(problem) if problem.is_latency else None
        try:
            known = usable(self.known, problem)
            for best, done in _search(problem, space, rows, frontier, known):
                value = best.value if best else None
                watch.tell(best=value, bound=None, allocations=done, of=total)
                if watch.expired and done != total:
                    stop = Stop.TIME
                    break
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        result = self._result(problem, best, stop, done)
        if frontier is None:
            return result
        whole = stop is Stop.FINISHED
        return latency_result(problem, result, frontier.points() if whole else (), whole)

    def _result(
        self, problem: Problem, best: _Best | None, stop: Stop, done: int, message: str = ""
    ) -> Result:
        whole = stop is Stop.FINISHED
        if best is None and whole and not message:
            message = "no allocation within the budget meets the constraints"
        return Result.of_known(
            self.name,
            stop,
            best.value if best else None,
            best.value if best and whole else None,
            dict(zip(problem.network.index, best.allocation, strict=True)) if best else None,
            infeasible=best is None and whole,
            statistics={"allocations": done},
            options=asdict(self),
            message=message,
        )


def _block_rows(problem: Problem, space: Space, watch: Watch) -> int:
    """Allocations per block, so that the clock is seen often and memory stays small.

    The listing keeps at most one block of prefixes per free layer.
    """
    memory = min(_BLOCK_BYTES, watch.limits.memory_bytes or _BLOCK_BYTES)
    row_bytes = 8 * (2 * space.layers + 4 * len(space.free) + 8)
    row_steps = sum(layer.outputs for layer in problem.network.layers) + space.layers**2
    return min(max(1, _BLOCK_STEPS // row_steps), memory // row_bytes)


def _search(
    problem: Problem, space: Space, rows: int, frontier: Pareto | None, known: Known
) -> Iterator[tuple[_Best | None, int]]:
    """After every block: the best so far, and how many allocations have been looked at."""
    best: _Best | None = None
    done = 0
    listed = ((*block, len(block[0])) for block in space.blocks(rows))
    for allocations, used, new in chain(_told(problem, known), listed):
        done += new
        meets = allowed(problem.constraints, problem.network.index, allocations)
        if not meets.any():
            yield best, done
            continue
        allocations, used = allocations[meets], used[meets]
        if frontier is None:
            values = evaluate_many(problem, allocations)
        else:
            values = frontier.latencies(allocations)
        found = _best_row(values, used, allocations)
        if best is None or found < best:
            best = found
        yield best, done


def _told(problem: Problem, known: Known) -> Iterator[tuple[Array, Integers, int]]:
    """The known allocations as a block that counts none, since they are listed again."""
    if known:
        spent = [problem.crossbars_used(one) - problem.smallest_budget for one in known]
        yield np.array(known, dtype=np.int64), np.array(spent, dtype=object), 0


def _best_row(values: Array, used: Array, allocations: Array) -> _Best:
    least = np.flatnonzero(values == values.min())
    row = least[np.argmin(used[least])]  # argmin takes the first of equals
    return _Best(int(values[row]), int(used[row]), tuple(int(r) for r in allocations[row]))
