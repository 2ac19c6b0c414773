"""The solver `milp`: the Pyomo statement, solved by HiGHS (SPEC §9)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import UnsupportedError
from xbarmip.model.rows import LARGEST_NUMBER
from xbarmip.model.statement import build_model, linear_obstacle
from xbarmip.model.steps_windows import window_bound
from xbarmip.model.verify import verify
from xbarmip.problem import Problem
from xbarmip.solvers.descent import Allocation, descend
from xbarmip.solvers.highs import End, HighsError, Run, check_options, run_highs
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch, refused_latency
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

BOUND_MARGIN = 1e-6  # relative; HiGHS's dual bound is lowered by it before it is rounded up

_STOPS = {
    End.OPTIMAL: Stop.FINISHED,
    End.INFEASIBLE: Stop.FINISHED,
    End.TIME: Stop.TIME,
    End.MEMORY: Stop.MEMORY,
    End.INTERRUPTED: Stop.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Milp:
    """The linear statement handed to HiGHS; its choices rounded, everything else recomputed.

    With `start`, a descent by trades finds an allocation first, and the statement goes no further
    than its value (`at_most`): much smaller, the same optimum. Where constraints keep the descent
    from finding one, statements up to larger and larger values follow each other. For `cycles` on
    large maps the statement is still too large; there, solving `steps` with the rule "pipeline"
    bounds cycles from below.

    Attributes
    ----------
    threads : int
        Threads of HiGHS.
    seed : int
        Random seed of HiGHS.
    start : bool
        Whether to begin from an allocation.
    """

    threads: int = 1
    seed: int = 0
    start: bool = True

    def __post_init__(self) -> None:
        check_options(self.threads, self.seed, self.start)

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "milp"

    @property
    def refutes(self) -> Proof:
        """What its INFEASIBLE rests on."""
        return Proof.NUMERICAL

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """What is too large: a layer's crossbars for floats, or the statement as a whole."""
        if problem.is_latency:
            return refused_latency(problem)
        if not problem.feasible:
            return ()
        reasons = [
            f"layer {layer.name!r} may take {s * most} crossbars, which HiGHS resolves "
            f"exactly up to {LARGEST_NUMBER} only"
            for layer, s, most in zip(
                problem.network.layers, problem.sets, problem.largest, strict=True
            )
            if s * most > LARGEST_NUMBER
        ]
        if reasons:
            return tuple(reasons)
        obstacle = linear_obstacle(_ample(problem), next(self._targets(problem)))
        return (obstacle,) if obstacle else ()

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Solve `problem` (see `Solver`); a bound of HiGHS rests on floating-point numbers."""
        if not problem.feasible:
            message = f"the smallest budget is {problem.smallest_budget} crossbars"
            return Result(self.name, Status.INFEASIBLE, Stop.FINISHED, message=message)
        answer = _Answer(problem)
        answer.offer(self._known(problem))
        try:
            watch.tell(best=answer.value, bound=answer.bound)
            self._search(problem, answer, watch)
        except StoppedError as stopped:
            answer.stop = stopped.stop
        except KeyboardInterrupt:
            answer.stop = Stop.INTERRUPTED
        except HighsError as error:
            answer.fail(str(error))
        except UnsupportedError as error:  # a target after the first one
            answer.stop, answer.message = Stop.MEMORY, str(error)
        return answer.result(self.name)

    def _known(self, problem: Problem) -> Allocation | None:
        return _descend(problem) if self.start else None

    def _targets(self, problem: Problem) -> Iterator[int | None]:
        """Values up to which the problem is stated, in turn, until one is reached.

        The value of a known allocation is enough. Where constraints keep the descent from finding
        one, the values double from what it finds without them; None states the whole problem.
        """
        known = self._known(problem)
        if known is not None:
            yield evaluate(problem, known)
        elif self.start:
            free = replace(problem, constraints=())
            target = evaluate(free, _descend(free) or ())
            worst = sum(layer.outputs for layer in problem.network.layers)
            while target < worst:
                yield target
                target *= 2
        yield None

    def _search(self, problem: Problem, answer: "_Answer", watch: Watch) -> None:
        memory = Memory(watch.limits.memory_bytes)
        for target in self._targets(problem):
            watch.check()
            model = build_model(_ample(problem), "linear", at_most=target, pause=watch.check)
            start = answer.allocation is not None
            if answer.allocation is not None:
                verify(model, answer.allocation, claimed=answer.value, pause=watch.check)
            if memory.exceeded:
                answer.stop = Stop.MEMORY
                return
            run = run_highs(model, watch, memory, self.threads, self.seed, start)
            if run.end is not End.INFEASIBLE or start or not problem.constraints:
                answer.take(run, model)
                return
            answer.nothing_up_to(target)


class _Answer:
    """The best allocation and bound so far, and what is wrong with them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.value: int | None = None
        self.allocation: Allocation | None = None
        self.bound, self.proof = window_bound(problem), Proof.EXACT
        self.stop = Stop.FINISHED
        self.infeasible = False
        self.message = ""
        self.statistics: dict[str, Any] = {}

    def offer(self, allocation: Allocation | None) -> None:
        """Take an allocation if it is better than the one at hand."""
        if allocation is not None:
            value = evaluate(self.problem, allocation)
            if self.value is None or value < self.value:
                self.value, self.allocation = value, allocation

    def fail(self, message: str) -> None:
        """Note an error of HiGHS: what was found by other means remains."""
        self.stop, self.message = Stop.ERROR, message

    def take(self, run: Run, model: pyo.ConcreteModel) -> None:
        """Take what HiGHS says, as far as exact arithmetic confirms it."""
        self.statistics = {"start": self.value, **run.statistics}
        self.stop = _STOPS[run.end]
        if run.values is not None:
            self.offer(self._rounded(run.values, model))
        if run.bound is not None:
            self._raise_bound(math.ceil(run.bound - BOUND_MARGIN * max(1.0, abs(run.bound))))
        if run.end is End.INFEASIBLE:
            self.fail("HiGHS calls a problem infeasible that is not")
        elif self.stop is Stop.FINISHED and self.value != self.bound:
            self.fail(f"HiGHS calls {run.bound} optimal, the exact value found is {self.value}")

    def nothing_up_to(self, target: int | None) -> None:
        """Take HiGHS's word that no allocation of value up to `target`, or none at all, exists."""
        if target is not None:
            self._raise_bound(target + 1)
        else:
            self.infeasible = True
            self.message = "HiGHS finds no allocation that meets the constraints (numerical)"

    def _raise_bound(self, bound: int) -> None:
        if self.value is not None and bound > self.value:
            self.fail(f"HiGHS claims a bound of {bound} above the exact value {self.value}")
        elif bound > self.bound:
            self.bound, self.proof = bound, Proof.NUMERICAL

    def _rounded(self, values: Mapping[Any, float], model: pyo.ConcreteModel) -> Allocation | None:
        """The allocation nearest to HiGHS's choices; None if they are not one within all limits."""
        chosen = [pair for pair, choice in model.choose.items() if round(values[choice]) == 1]
        if [name for name, _ in chosen] == list(model.LAYERS):
            allocation = tuple(r for _, r in chosen)
            if self.problem.meets(allocation):
                return allocation
        self.message = "HiGHS's choices, rounded, are not an allocation within the limits"
        return None

    def result(self, solver: str) -> Result:
        """The answer as a Result: OPTIMAL exactly where the bound meets the value."""
        if self.infeasible:
            return Result(solver, Status.INFEASIBLE, self.stop, message=self.message)
        allocation = None
        if self.allocation is not None:
            names = (layer.name for layer in self.problem.network.layers)
            allocation = dict(zip(names, self.allocation, strict=True))
        solved = Status.OPTIMAL if self.value == self.bound else Status.FEASIBLE
        return Result(
            solver,
            solved if allocation is not None else Status.UNKNOWN,
            self.stop,
            self.value,
            self.bound,
            allocation,
            self.proof,
            statistics=self.statistics,
            message=self.message,
        )


def _ample(problem: Problem) -> Problem:
    """The same problem without crossbars that no allocation can use."""
    most = sum(
        layer.outputs * s for layer, s in zip(problem.network.layers, problem.sets, strict=True)
    )
    return replace(problem, crossbars=min(problem.crossbars, most))


_descend = lru_cache(maxsize=16)(descend)
