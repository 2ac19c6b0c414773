"""Asking a solver core questions, one after another, under one watch."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from xbarmip.errors import VerificationError
from xbarmip.plain import plain
from xbarmip.problem import Problem
from xbarmip.solvers.asking import answer_of
from xbarmip.solvers.protocol import Hint, Solver, StoppedError, UntilFound, Watch
from xbarmip.solvers.registry import solver_for
from xbarmip.solvers.result import Proof, Result, Status, Stop

Allocation = tuple[int, ...]
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A core question, and what was answered.

    Attributes
    ----------
    question : str
    status : Status
    stop : Stop
    value, bound : int, optional
    seconds : float
        Wall-clock time.
    """

    question: str
    status: Status
    stop: Stop
    value: int | None
    bound: int | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The question for JSON."""
        facts: dict[str, Any] = plain(asdict(self))
        return facts


class Asker:
    """A solver, the watch over it, and what it was asked so far.

    Parameters
    ----------
    solver : Solver
        Takes core questions.
    watch : Watch
    tell : callable
        Called with the facts that the solver reports.

    Attributes
    ----------
    asked : list of Asked
    known : list of tuple of int
        Allocations that were found, which later questions may begin with.
    proof : Proof
        What all refutations so far rest on.
    """

    def __init__(self, solver: Solver, watch: Watch, tell: Tell) -> None:
        self.solver, self.watch, self._tell = solver, watch, tell
        self.asked: list[Asked] = []
        self.known: list[Allocation] = []
        self.proof = Proof.EXACT

    def least(self, problem: Problem, at_least: int = 1) -> Result:
        """The optimum of a core question, or as far as the solver came."""
        answer = self._ask(problem, self.watch.part(self._tell), Hint((), at_least))
        if answer.status in (Status.OPTIMAL, Status.INFEASIBLE):
            self._lean_on(answer)
        return answer

    def within(self, problem: Problem, target: int) -> Allocation | None:
        """An allocation of a core question with a value up to `target`; None if there is none.

        Raises
        ------
        StoppedError
            When the solver stops before it knows.
        """
        whole = self.watch
        limits = whole.part(self._tell).limits
        watch = UntilFound(limits, self._tell, lambda: whole.seconds, target)
        answer = self._ask(problem, watch, Hint(enough=target + 1))
        if answer.value is not None and answer.value <= target and answer.allocation is not None:
            return tuple(answer.allocation.values())
        refuted = answer.bound is not None and answer.bound > target
        if not refuted and answer.status is not Status.INFEASIBLE:
            raise StoppedError(answer.stop, answer.message)
        self._lean_on(answer)
        return None

    def note(self, question: str, answer: Result, seconds: float) -> None:
        """Keep what was asked, and the allocation."""
        facts = answer.status, answer.stop, answer.value, answer.bound
        self.asked.append(Asked(question, *facts, seconds))
        if answer.allocation is not None:
            self.known.append(tuple(answer.allocation.values()))

    def _ask(self, problem: Problem, watch: Watch, hint: Hint) -> Result:
        solver = solver_for(problem, self.solver)
        if reasons := solver.unsupported(problem):
            raise StoppedError(Stop.ERROR, f"{problem}: {'; '.join(reasons)}")
        began = self.watch.seconds
        known = [r for r in self.known if problem.crossbars_used(r) <= problem.crossbars]
        hint = hint._replace(allocations=tuple(known))
        answer, interrupted = answer_of(solver, problem, watch, hint)
        self.note(str(problem), answer, self.watch.seconds - began)
        if interrupted:
            raise StoppedError(Stop.INTERRUPTED, answer.message)
        if answer.status is Status.INFEASIBLE:
            self._contradicted(problem)
        return answer

    def _contradicted(self, problem: Problem) -> None:
        for allocation in self.known:
            if problem.meets(allocation):
                raise VerificationError(
                    f"{self.solver.name}: claims that nothing is allowed of {problem}, "
                    f"but {allocation} is"
                )

    def _lean_on(self, answer: Result) -> None:
        refutes = getattr(self.solver, "refutes", Proof.EXACT)
        own = refutes if answer.status is Status.INFEASIBLE else answer.proof
        if Proof.NUMERICAL in (own, self.proof):
            self.proof = Proof.NUMERICAL
