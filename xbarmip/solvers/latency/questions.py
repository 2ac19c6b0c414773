"""The questions of a walk, and what is known from the answers of the solver that it asks (SPEC §6).

An allocation that comes back is evaluated anew, and what is claimed is held against all that is
known.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from xbarmip.errors import VerificationError
from xbarmip.model.menus import trivial_bound
from xbarmip.problem import Problem
from xbarmip.solvers.asking import answer_of
from xbarmip.solvers.latency.answers import Answers
from xbarmip.solvers.latency.facts import Facts
from xbarmip.solvers.latency.result import Point, Subproblem
from xbarmip.solvers.protocol import Hint, Solver, StoppedError, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate_count
from xbarmip.timing.step_limit import least_step, step_limit
from xbarmip.timing.step_time import ticks_of


def subproblem(problem: Problem, at_most: int | None) -> Problem:
    """The fewest cycles or steps subject to a Tstep of at most so many ticks."""
    limits = () if at_most is None else step_limit(problem, at_most)
    return replace(
        problem,
        objective=problem.count,
        constraints=(*problem.constraints, *limits),
        hardware=None,
    )


class Questions:
    """What was asked of a solver, and what is known since.

    Parameters
    ----------
    problem : Problem
    solver : Solver
        Minimises cycles or steps subject to constraints.
    refutes : Proof
        What its INFEASIBLE rests on.
    watch : Watch
    tell : callable
        Called with what a subproblem reports, and when a better latency is found.

    Attributes
    ----------
    facts : Facts
        What is proven of counts and steps.
    answers : Answers
        Each tau for which c(tau) is known, with the answer.
    best : (int, mapping), optional
        The smallest latency so far, in ticks, and its allocation.
    asked : list of Subproblem
        All questions.
    none : bool
        Whether no allocation has any step time.
    message : str
        Of the latest question that no allocation answers.
    """

    def __init__(
        self,
        problem: Problem,
        solver: Solver,
        refutes: Proof,
        watch: Watch,
        tell: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.problem, self.solver = problem, solver
        self._refutes, self._watch, self._tell = refutes, watch, tell
        self.ticks = ticks_of(problem)
        shortest = least_step(problem) if problem.feasible else self.ticks.compute
        self.facts = Facts(shortest, trivial_bound(problem))
        self.answers = Answers(self.ticks.tick)
        self.best: tuple[int, Mapping[str, int]] | None = None
        self.asked: list[Subproblem] = []
        self.none, self.message = False, ""

    def ask(
        self, at_most: int | None, enough: int | None = None, rounds: int | None = None
    ) -> Point | None:
        """Solve a subproblem as far as is enough; the point of c(at_most), if it is found.

        In so many rounds at most; then any point, and None says that there is none.

        Raises
        ------
        StoppedError
            When the solver stops before that.
        """
        problem, solver = subproblem(self.problem, at_most), self.solver
        where = self._where(at_most)
        reasons = solver.unsupported(problem)
        if reasons:
            raise StoppedError(Stop.ERROR, f"{where}: {'; '.join(reasons)}")
        began = self._watch.seconds
        hint = Hint(self._allocations(), self.facts.fewest(at_most), enough, rounds)
        answer, interrupted = answer_of(solver, problem, self._watch.part(self._tell), hint)
        seconds = self._watch.seconds - began
        point = None if answer.allocation is None else self.take(answer.allocation, at_most)
        self._note(answer, at_most, enough, seconds)
        self.facts.add(at_most, answer.bound or 1)
        if answer.status is Status.INFEASIBLE:
            self._rule_out(at_most, answer.message)
        elif answer.status is Status.OPTIMAL and point is not None:
            self.answers.add(at_most, point)
        if interrupted:
            raise StoppedError(Stop.INTERRUPTED, answer.message)
        if answer.status is Status.INFEASIBLE:
            return None
        if point is not None and (
            answer.status is Status.OPTIMAL or (rounds is not None and answer.stop is Stop.FINISHED)
        ):
            return point
        if enough is None or self.facts.fewest(at_most) < enough:
            raise StoppedError(answer.stop, answer.message)
        return None

    def _rule_out(self, at_most: int | None, message: str) -> None:
        """Note that no allocation has a step of at most `at_most`."""
        for point in self.answers.points:
            if at_most is None or self.answers.step(point) <= at_most:
                raise VerificationError(
                    f"{self.solver.name}: claims that no allocation has {self._where(at_most)}, "
                    f"but {dict(point.allocation)} does"
                )
        self.message = message
        if at_most is None:
            self.none = True
        else:
            self.facts.shortest = at_most + 1

    def _allocations(self) -> tuple[tuple[int, ...], ...]:
        """All that are known, each a good one for some steps."""
        known = [point.allocation for point in self.answers.points]
        if self.best is not None:
            known.append(self.best[1])
        return tuple(tuple(allocation.values()) for allocation in known)

    def take(self, allocation: Mapping[str, int], at_most: int | None) -> Point:
        """The allocation of an answer, evaluated anew, and kept if it is the best."""
        step = self.ticks(tuple(allocation.values()))
        if at_most is not None and step > at_most:
            raise VerificationError(
                f"{self.solver.name}: a step of {step} ticks where {at_most} are the most"
            )
        count = evaluate_count(self.problem, allocation)
        if self.best is None or count * step < self.best[0]:
            self.best = (count * step, allocation)
            self._tell({})
        return Point(count, step * self.ticks.tick, allocation, tight=False)

    @property
    def proof(self) -> Proof:
        """What all that is known rests on."""
        for asked in self.asked:
            if asked.proof is Proof.NUMERICAL:
                return Proof.NUMERICAL
            if asked.status is Status.INFEASIBLE and self._refutes is Proof.NUMERICAL:
                return Proof.NUMERICAL
        return Proof.EXACT

    def _note(
        self, answer: Result, at_most: int | None, enough: int | None, seconds: float
    ) -> None:
        limit = None if at_most is None else at_most * self.ticks.tick
        facts = answer.status, answer.stop, answer.value, answer.bound, answer.proof
        self.asked.append(Subproblem(limit, enough, *facts, seconds))

    def _where(self, at_most: int | None) -> str:
        limit = "any step time" if at_most is None else f"steps of at most {at_most} ticks"
        return f"subproblem {len(self.asked) + 1}, {limit}"
