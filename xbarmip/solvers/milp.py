"""The solver `milp`: HiGHS, on the linear statement or by path cuts (SPEC §9)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

from xbarmip.errors import UnsupportedError
from xbarmip.model.menus import trivial_bound
from xbarmip.model.rows import LARGEST_NUMBER
from xbarmip.model.statement import build_model, linear_obstacle
from xbarmip.model.steps_windows import window_bound
from xbarmip.model.verify import verify
from xbarmip.problem import Problem
from xbarmip.solvers.answer import Answer
from xbarmip.solvers.cuts.search import CutSearch, cuts_obstacle
from xbarmip.solvers.descent import Allocation, descend
from xbarmip.solvers.highs import End, HighsError, check_options, run_highs
from xbarmip.solvers.known import Known, checked_known, usable
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch, refused_latency
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

STATED = 1_000  # auxiliary variables of a closed form that is stated; beyond, path cuts are faster


@dataclass(frozen=True, slots=True)
class Milp:
    """The problem handed to HiGHS; its choices rounded, everything else recomputed.

    Where steps stall (`cycles`), by path cuts: a statement of all times would be far larger than
    what decides. A closed form is stated whole where that is small, else solved by path cuts, too.

    With `start`, a descent by trades finds an allocation first, and the search goes no further than
    its value: much smaller, the same optimum. Where constraints keep the descent from finding one,
    searches up to larger and larger values follow each other.

    Attributes
    ----------
    threads : int
        Threads of HiGHS.
    seed : int
        Random seed of HiGHS, and of walks between path cuts.
    start : bool
        Whether to begin from an allocation.
    known : sequence of allocations
        In layer order; the search begins with the best of those that the problem allows.
    """

    name: ClassVar[str] = "milp"
    refutes: ClassVar[Proof] = Proof.NUMERICAL  # what its INFEASIBLE rests on
    threads: int = 1
    seed: int = 0
    start: bool = True
    known: Known = ()

    def __post_init__(self) -> None:
        check_options(self.threads, self.seed, self.start)
        object.__setattr__(self, "known", checked_known(self.name, self.known))

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
        if not self._needs_cuts(problem):
            return ()
        obstacle = cuts_obstacle(_ample(problem), next(self._targets(problem)))
        return (obstacle,) if obstacle else ()

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Solve `problem` (see `Solver`); a bound of HiGHS rests on floating-point numbers."""
        if not problem.feasible:
            message = f"the smallest budget is {problem.smallest_budget} crossbars"
            return Result(self.name, Status.INFEASIBLE, Stop.FINISHED, message=message)
        answer = Answer(problem, _least(problem))
        answer.offer(self._known(problem))
        try:
            watch.tell(best=answer.value, bound=answer.bound)
            search = self._by_cuts if self._needs_cuts(problem) else self._by_statement
            search(problem, answer, watch)
        except StoppedError as stopped:
            answer.stop = stopped.stop
        except KeyboardInterrupt:
            answer.stop = Stop.INTERRUPTED
        except HighsError as error:
            answer.fail(str(error))
        except UnsupportedError as error:  # a target after the first one
            answer.stop, answer.message = Stop.MEMORY, str(error)
        return answer.result(self.name)

    def _needs_cuts(self, problem: Problem) -> bool:
        """Whether steps stall, or the closed form takes much to be stated."""
        target = next(self._targets(problem))
        return problem.view.stalls or (linear_obstacle(_ample(problem), target, STATED) is not None)

    def _known(self, problem: Problem) -> Allocation | None:
        found = _descend(problem) if self.start else None
        known = [*usable(self.known, problem), *([found] if found else [])]
        return min(known, key=lambda one: evaluate(problem, one), default=None)

    def _targets(self, problem: Problem) -> Iterator[int | None]:
        """Values up to which the problem is stated, in turn, until one is reached.

        The value of a known allocation is enough. Where constraints keep the descent from finding
        one, the values rise from the windows' bound, each time by twice as much: what is stated is
        small, and the bound grows with each that is not reached. None states the whole problem.
        """
        known = self._known(problem)
        if known is not None:
            yield evaluate(problem, known)
        elif self.start:
            target, rise = _least(problem), 1
            worst = sum(layer.outputs for layer in problem.network.layers)
            while target < worst:
                yield target
                target, rise = target + rise, 2 * rise
        yield None

    def _by_statement(self, problem: Problem, answer: Answer, watch: Watch) -> None:
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

    def _by_cuts(self, problem: Problem, answer: Answer, watch: Watch) -> None:
        memory = Memory(watch.limits.memory_bytes)
        search = CutSearch(_ample(problem), answer, watch, memory, self.threads, self.seed)
        for target in self._targets(problem):
            if search.up_to(target):
                return
            answer.nothing_up_to(target)


def _least(problem: Problem) -> int:
    """A bound to begin with: of a pipeline one that takes no time, as the cuts soon say more."""
    return (trivial_bound if problem.view.stalls else window_bound)(problem)


def _ample(problem: Problem) -> Problem:
    """The same problem without crossbars that no allocation can use."""
    return replace(problem, crossbars=min(problem.crossbars, problem.ample))


_descend = lru_cache(maxsize=16)(descend)
