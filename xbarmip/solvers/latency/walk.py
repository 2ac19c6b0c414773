"""The walk along the frontier of (count, step time) that proves the least latency (SPEC §6).

A latency is count * Tstep, where the count is that of cycles or steps. Tstep <= tau is a set of
constraints on the choices (`xbarmip.timing.step_limit`), so that a solver which minimises the count
subject to constraints can be asked about c(tau), the least count with Tstep <= tau.

What is known are bounds b <= c(tau), and the smallest latency so far, P. An allocation with a step
in [low, high] has a count of at least c(high), so a latency of at least low * b with b <= c(high).
The walk keeps the *spans* of steps in which a latency below P may still lie. Above (P - 1) / b
there is none, times being whole ticks. Where b = c(high), and the allocation found has a step s <=
high, there is none from s on either: b * s >= P. The walk is over when no span is left; P is then
the least latency.

*The weakest span first.* What is proven of all latencies is the least low * b of the open spans, or
P. So the next question is always about the span where that is least. If it is wide, the solver is
asked for what it knows of its middle at once (no `Hint.rounds`), which makes two of it. If it is
narrow, c(high) is asked for, in some rounds of growing effort; where these do not bring enough,
c(low) in as many, since an allocation with the shortest step of a span is likely to have its
shortest latency; where both stay open, one round more is asked for from then on. Cut short
anywhere, the walk has a bound, and a best, as even as the questions so far allow.

*Enough.* All above h = high * STRIDE / (STRIDE + 1) is left out as soon as b > (P - 1) / h, and all
of the span when b > (P - 1) / low. So the solver is not asked for c(high), but for the lower of
these bounds, or for the optimum where it is less, which has a latency below P. Far from the least
latency such a bound is cheap. No `high` is more than the longest step that there can be up to it
(`longest_step`).

*At first* the walk asks for what is known at once of the count without a limit: from then on its
bound is that times T_C. Then, since less is open the smaller P is, it asks for an allocation with
the shortest step that there could be. If there is none, the question is put again for twice the
time, until one has; the shortest step is then known to be longer than what was asked before. A tau
in [s, t], where the answer c(t) had Tstep s, has that answer, too.

A solver that takes no hints is asked in full each time, from the longest steps downwards: there is
one span only. So it is for the whole frontier, where every question is for c(tau).
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import Any

from xbarmip.errors import VerificationError
from xbarmip.model.menus import trivial_bound
from xbarmip.problem import Problem
from xbarmip.solvers.check import confirm
from xbarmip.solvers.interrupt import interruptions
from xbarmip.solvers.latency.answers import Answers
from xbarmip.solvers.latency.facts import Facts, Span, Spans
from xbarmip.solvers.latency.result import LatencyResult, Point, Subproblem, latency_result
from xbarmip.solvers.protocol import Hint, HintedSolver, Solver, StoppedError, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate_count
from xbarmip.timing.step_limit import least_step, longest_step, step_limit
from xbarmip.timing.step_time import ticks_of

STRIDE = 32  # a question is to move tau by one part in so many, at least
WIDE = 8  # a span is wide if its ends differ by more than one part in so many


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
    hint : Hint
        Of latencies, in ticks. One of `enough` or more is of no use, as if the best so far took it.

    Attributes
    ----------
    facts : Facts
        What is proven of counts and steps.
    spans : Spans
        Steps with which a latency below that of the best may be found.
    best : (int, mapping), optional
        The smallest latency so far, in ticks, and its allocation.
    answers : Answers
        Each tau for which c(tau) is known, with the answer.
    asked : list of Subproblem
        All questions.
    """

    def __init__(
        self,
        problem: Problem,
        solver: Solver,
        refutes: Proof,
        every: bool,
        watch: Watch,
        hint: Hint,
    ) -> None:
        self.problem, self.watch = problem, watch
        self._hint, self._cut = hint, None if every else hint.enough
        self._solver, self._refutes, self._every = solver, refutes, every
        self._quick = isinstance(solver, HintedSolver) and not every
        self.ticks = ticks_of(problem)
        shortest = least_step(problem) if problem.feasible else self.ticks.compute
        self.facts = Facts(shortest, trivial_bound(problem))
        self.spans = Spans(self.facts)
        self.best: tuple[int, Mapping[str, int]] | None = None
        self.answers = Answers(self.ticks.tick)
        self.asked: list[Subproblem] = []
        self.message = ""
        self._rounds = 2  # of a question that is not a quick one

    @property
    def over(self) -> bool:
        """Whether nothing is left that could be better."""
        return not self.spans

    def run(self) -> Stop:
        """Ask until nothing is left, or an answer is cut short."""
        for known in self._hint.allocations:
            if self.problem.meets(known):
                self._taken(dict(zip(self.problem.network.index, known, strict=True)), None)
        try:
            if self._quick and self._ask(None, rounds=0) is None:
                self.spans.close()
                return Stop.FINISHED
            self._find_foot()
            self._trim()
            while self.spans and not self.watch.expired:
                self._narrow(self.spans.weakest)
                self._trim()
        except StoppedError as cut:
            self.message = cut.message
            return cut.stop
        return self.watch.stop

    @property
    def _below(self) -> int | None:
        """Latencies below this are of use; None for all."""
        ends = [self._cut] if self._cut is not None else []
        ends += [self.best[0]] if self.best is not None else []
        return min(ends, default=None)

    def _trim(self) -> None:
        self.spans.trim(None if self._every else self._below)

    def _find_foot(self) -> None:
        """A first allocation, with a step that is at most twice the shortest one."""
        longest = self.ticks.longest(self.problem.largest)
        at_most, first = self.facts.shortest, 0 if self._quick else None
        while at_most < longest and self._ask(at_most, rounds=first) is None:
            at_most *= 2

    def _narrow(self, span: Span) -> None:
        """Make a span smaller."""
        low, high = span
        if high is not None and not self._every:
            longest = longest_step(self.problem, high)
            if longest < high:
                self.spans.cut(span, longest)
                return
        point = self.answers.known(high)
        if point is None and self._quick and high is not None:
            if high > low + low // WIDE:
                middle = isqrt(low * high)
                self._ask(middle, rounds=0)
                self.spans.split(span, middle)
                return
            self._dig(span)
            point = self.answers.known(high)
        elif point is None:
            point = self._ask(high, self._enough(span))
        if point is not None:
            self.spans.cut(span, self.answers.step(point) - 1)
        elif high is None:
            self.spans.close()

    def _dig(self, span: Span) -> None:
        """Ask for c(high), and if that takes more than the rounds so far, for c(low)."""
        low, high = span
        if self._asked_enough(high, self._enough(span)) or self._below is None:
            return
        below = (self._below - 1) // low + 1
        if low == high or self.facts.settled(low, below) or not self._asked_enough(low, below):
            self._rounds += 1

    def _asked_enough(self, at_most: int | None, enough: int | None) -> bool:
        """Whether a question is answered in the rounds so far."""
        self._ask(at_most, enough, self._rounds)
        known = self.answers.known(at_most) is not None
        return known or (enough is not None and self.facts.settled(at_most, enough))

    def _enough(self, span: Span) -> int | None:
        """A bound on the count that makes a span smaller; None where only the least will do."""
        if self._below is None or span.high is None or self._every:
            return None
        return (self._below - 1) // max(span.low, STRIDE * span.high // (STRIDE + 1)) + 1

    def _ask(
        self, at_most: int | None, enough: int | None = None, rounds: int | None = None
    ) -> Point | None:
        """Solve a subproblem as far as is enough; the point of c(at_most), if it is found.

        In so many rounds at most; then any point, and None says that there is none.

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
            hint = Hint(self._allocations(), self.facts.fewest(at_most), enough, rounds)
            answer = solver.solve_from(problem, self.watch.part(self._tell), hint)
        else:
            answer = solver.solve(problem, self.watch.part(self._tell))
        confirm(problem, solver.name, answer)
        seconds = self.watch.seconds - began
        point = None if answer.allocation is None else self._taken(answer.allocation, at_most)
        self._note(answer, at_most, enough, seconds)
        self.facts.add(at_most, answer.bound or 1)
        if answer.status is Status.INFEASIBLE:
            self._rule_out(at_most, answer.message)
        elif answer.status is Status.OPTIMAL and point is not None:
            self.answers.add(at_most, point)
        if answer.stop is Stop.INTERRUPTED or interruptions() > noted:
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
                    f"{self._solver.name}: claims that no allocation has {self._where(at_most)}, "
                    f"but {dict(point.allocation)} does"
                )
        self.message = message
        if at_most is None:
            self._cut = None
        else:
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
        proven, infeasible = value is not None and value == bound, value is None and bound is None
        plain = Result.of_known(
            self._solver.name,
            Stop.FINISHED if proven or infeasible else stop,
            value,
            bound,
            None if self.best is None else self.best[1],
            self._proof(),
            infeasible,
            statistics={"subproblems": len(self.asked)},
            message="" if proven else self.message,
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
        ends = [] if self._below is None else [self._below]
        ends += [] if self.over else [max(self.spans.least, self._hint.at_least)]
        return value, min(ends, default=None)


def _microseconds(seconds: Fraction) -> float:
    return round(float(seconds * 10**6), 3)
