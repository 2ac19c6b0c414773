"""The walk along the frontier of (count, step time) that proves the least latency (SPEC §6).

A latency is count * Tstep, where the count is that of cycles or steps. Tstep <= tau is a set of
constraints on the choices (`xbarmip.timing.step_limit`), so that a solver which minimises the count
subject to constraints can be asked about c(tau), the least count with Tstep <= tau.

*Down.* Let P be the smallest latency so far, and b <= c(tau) proven. Any allocation with Tstep in
(tau', tau] has a count of at least b, hence a latency of at least b * (tau' + 1), times being whole
ticks. So with

    tau' = floor((P - 1) / b)

nothing below P is left out, as b * (tau' + 1) > P - 1. Where b = c(tau), and the allocation found
has a step s <= tau, tau' = s - 1 does as well: b * s >= P. The walk is over when no step is as
short as tau'; P is then the least latency.

*Enough.* Let s be the longest step that there can be within tau (`longest_step`). tau' < s as soon
as b > (P - 1) / s. So the solver is not asked for c(tau), but for a bound of floor((P - 1) / s) + 1
or an allocation with a smaller count, which has a latency below P. Far from the least latency such
a bound is cheap.

*The foot.* The smaller P, the longer the strides. So the first question is for the shortest step
that there could be. If no allocation has it, the question is put again for twice the time, until
one has; the shortest step is then known to be longer than what was asked before. Then the walk goes
down from no limit at all. A tau in [s, t], where the answer c(t) had Tstep s, has that answer, too.

Where an answer is cut short, what has been proven bounds the latency of all allocations that are
left (`Facts.least_product`): the least of that and P is a valid bound.

For the whole frontier every question is for c(tau), and tau' = s - 1.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from xbarmip.errors import VerificationError
from xbarmip.model.menus import trivial_bound
from xbarmip.problem import Problem
from xbarmip.solvers.check import confirm
from xbarmip.solvers.interrupt import interruptions
from xbarmip.solvers.latency.answers import Answers
from xbarmip.solvers.latency.facts import Facts
from xbarmip.solvers.latency.result import LatencyResult, Point, Subproblem, latency_result
from xbarmip.solvers.protocol import Hint, HintedSolver, Solver, StoppedError, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate_count
from xbarmip.timing.step_limit import least_step, longest_step, step_limit
from xbarmip.timing.step_time import ticks_of

STRIDE = 32  # a question is to move tau by one part in so many, at least


def subproblem(problem: Problem, at_most: int | None) -> Problem:
    """The fewest cycles or steps subject to a Tstep of at most so many ticks."""
    limits = () if at_most is None else step_limit(problem, at_most)
    return replace(
        problem,
        objective=problem.count,
        constraints=(*problem.constraints, *limits),
        hardware=None,
    )


class Walk:
    """The state of a walk.

    Parameters
    ----------
    problem : Problem
    solver : Solver
        Minimises cycles or steps subject to constraints.
    refutes : Proof
        What its INFEASIBLE rests on.
    every : bool
        Whether to follow the whole frontier, not only the part that can hold the least latency.
    watch : Watch

    Attributes
    ----------
    at_most : int, optional
        tau, down to where the walk has come; None for no limit. No allocation with a longer step
        has a latency below that of the best.
    facts : Facts
        What is proven of counts and steps.
    best : (int, mapping), optional
        The smallest latency so far, in ticks, and its allocation.
    answers : Answers
        Each tau for which c(tau) is known, with the answer.
    asked : list of Subproblem
        All questions.
    """

    def __init__(
        self, problem: Problem, solver: Solver, refutes: Proof, every: bool, watch: Watch
    ) -> None:
        self.problem, self.watch = problem, watch
        self._solver, self._refutes, self._every = solver, refutes, every
        self.ticks = ticks_of(problem)
        shortest = least_step(problem) if problem.feasible else self.ticks.compute
        self.at_most: int | None = None
        self.facts = Facts(shortest, trivial_bound(problem))
        self.best: tuple[int, Mapping[str, int]] | None = None
        self.answers = Answers(self.ticks.tick)
        self.asked: list[Subproblem] = []
        self.message = ""

    @property
    def over(self) -> bool:
        """Whether nothing is left that could be better."""
        return self.at_most is not None and self.at_most < self.facts.shortest

    def run(self) -> Stop:
        """Ask until nothing is left, or an answer is cut short."""
        try:
            self._find_foot()
            while not self.over:
                self.at_most = self._next(self.at_most)
        except StoppedError as cut:
            self.message = cut.message
            return cut.stop
        return Stop.FINISHED

    def _find_foot(self) -> None:
        """A first allocation, with a step that is at most twice the shortest one."""
        longest = self.ticks.longest(self.problem.largest)
        at_most = self.facts.shortest
        while at_most < longest and self._ask(at_most, None) is None:
            at_most *= 2

    def _next(self, at_most: int | None) -> int:
        """The next tau after `at_most`."""
        point, enough = self.answers.known(at_most), self._enough(at_most)
        if point is None and (enough is None or self.facts.fewest(at_most) < enough):
            point = self._ask(at_most, enough)
        if self.best is None or (at_most is not None and at_most < self.facts.shortest):
            return self.facts.shortest - 1
        ways = [] if point is None else [self.answers.step(point) - 1]
        if not self._every:
            ways.append((self.best[0] - 1) // self.facts.fewest(at_most))
        return min(ways)

    def _enough(self, at_most: int | None) -> int | None:
        """A bound on the count that moves tau; None where only the least count will do."""
        if self.best is None or self._every:
            return None
        if at_most is None:
            return 1
        moved = max(1, STRIDE * longest_step(self.problem, at_most) // (STRIDE + 1))
        return (self.best[0] - 1) // moved + 1

    def _ask(self, at_most: int | None, enough: int | None) -> Point | None:
        """Solve a subproblem as far as is enough; the point of c(at_most), if it is found.

        Raises
        ------
        StoppedError
            When the solver stops before that.
        """
        problem, solver = subproblem(self.problem, at_most), self._solver
        where = self._where(at_most)
        reasons = solver.unsupported(problem)
        if reasons:
            raise StoppedError(Stop.ERROR, f"{where}: {'; '.join(reasons)}")
        began, noted = self.watch.seconds, interruptions()
        if isinstance(solver, HintedSolver):
            hint = Hint(self._allocations(), self.facts.fewest(at_most), enough)
            answer = solver.solve_from(problem, self.watch.part(self._tell), hint)
        else:
            answer = solver.solve(problem, self.watch.part(self._tell))
        confirm(problem, solver.name, answer)
        self._note(answer, at_most, enough, self.watch.seconds - began)
        point = None if answer.allocation is None else self._taken(answer.allocation, at_most)
        self.facts.add(at_most, answer.bound or 1)
        if answer.status is Status.INFEASIBLE:
            self._rule_out(at_most, answer.message)
        elif answer.status is Status.OPTIMAL and point is not None:
            self.answers.add(at_most, point)
        if answer.stop is Stop.INTERRUPTED or interruptions() > noted:
            raise StoppedError(Stop.INTERRUPTED, answer.message)
        if answer.status is Status.INFEASIBLE:
            return None
        if answer.status is Status.OPTIMAL and point is not None:
            return point
        if enough is None or self.facts.fewest(at_most) < enough:
            raise StoppedError(answer.stop, answer.message)
        return None

    def _rule_out(self, at_most: int | None, message: str) -> None:
        """Note that no allocation has a step of at most `at_most`."""
        for point in self.answers.points:
            if at_most is None or self.answers.step(point) <= at_most:
                raise VerificationError(
                    f"{self._solver.name}: claims that no allocation has {self._where(at_most)}, "
                    f"but {dict(point.allocation)} does"
                )
        self.message = message
        if at_most is not None:
            self.facts.shortest = at_most + 1

    def _allocations(self) -> tuple[tuple[int, ...], ...]:
        """All that are known, each a good one for some steps."""
        known = [point.allocation for point in self.answers.points]
        if self.best is not None:
            known.append(self.best[1])
        return tuple(tuple(allocation.values()) for allocation in known)

    def _taken(self, allocation: Mapping[str, int], at_most: int | None) -> Point:
        """The allocation of an answer, evaluated anew, and kept if it is the best."""
        step = self.ticks(tuple(allocation.values()))
        if at_most is not None and step > at_most:
            raise VerificationError(
                f"{self._solver.name}: a step of {step} ticks where {at_most} are the most"
            )
        count = evaluate_count(self.problem, allocation)
        if self.best is None or count * step < self.best[0]:
            self.best = (count * step, allocation)
            self._tell({})
        return Point(count, step * self.ticks.tick, allocation, tight=False)

    def result(self, stop: Stop) -> LatencyResult:
        """The answer as far as the walk came."""
        value, bound = self._pair()
        allocation = None if self.best is None else self.best[1]
        if value is None:
            status = Status.INFEASIBLE if self.over else Status.UNKNOWN
        else:
            status = Status.OPTIMAL if value == bound else Status.FEASIBLE
        settled = status in (Status.OPTIMAL, Status.INFEASIBLE)
        plain = Result(
            self._solver.name,
            status,
            Stop.FINISHED if settled else stop,
            value,
            bound,
            allocation,
            None if bound is None else self._proof(),
            statistics={"subproblems": len(self.asked)},
            message="" if status is Status.OPTIMAL else self.message,
        )
        points = self.answers.frontier(self.facts)
        whole = self.over and self.answers.whole(points, self.facts)
        return latency_result(self.problem, plain, points, whole, self.asked)

    def _proof(self) -> Proof:
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
        self.asked.append(
            Subproblem(
                limit,
                enough,
                answer.status,
                answer.stop,
                answer.value,
                answer.bound,
                answer.proof,
                seconds,
            )
        )

    def _where(self, at_most: int | None) -> str:
        limit = "any step time" if at_most is None else f"steps of at most {at_most} ticks"
        return f"subproblem {len(self.asked) + 1}, {limit}"

    def _tell(self, facts: Mapping[str, Any]) -> None:
        """Pass on what a subproblem reports: its best and bound are counts, those of the walk
        latencies.
        """
        value, bound = self._pair()
        told: dict[str, Any] = {**facts, "seconds": self.watch.seconds, "best": value}
        told |= {f"{key}_count": facts[key] for key in ("best", "bound") if key in facts}
        if value is not None:
            told["latency_us"] = _microseconds(value * self.ticks.tick)
        self.watch.tell(**{**told, "bound": bound, "subproblem": len(self.asked) + 1})

    def _pair(self) -> tuple[int | None, int | None]:
        """The smallest latency so far, and a bound."""
        value = None if self.best is None else self.best[0]
        bound = value if self.over else self.facts.least_product(self.at_most)
        return value, bound if value is None or bound is None else min(value, bound)


def _microseconds(seconds: Fraction) -> float:
    return round(float(seconds * 10**6), 3)
