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
from fractions import Fraction
from math import isqrt
from typing import Any

from xbarmip.problem import Problem
from xbarmip.solvers.latency.facts import Span, Spans
from xbarmip.solvers.latency.questions import Questions
from xbarmip.solvers.latency.result import LatencyResult, latency_result
from xbarmip.solvers.protocol import Hint, HintedSolver, Solver, Watch
from xbarmip.solvers.result import Proof, Result, Stop
from xbarmip.timing.step_limit import longest_step

STRIDE = 32  # a question is to move tau by one part in so many, at least
WIDE = 8  # a span is wide if its ends differ by more than one part in so many


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
    known : Questions
        What was asked, and what is known since.
    spans : Spans
        Steps with which a latency below that of the best may be found.
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
        self._hint, self._cut, self._every = hint, None if every else hint.enough, every
        self._quick = isinstance(solver, HintedSolver) and not every
        self.known = Questions(problem, solver, refutes, watch, self._tell)
        self.spans = Spans(self.known.facts)
        self._rounds = 2  # of a question that is not a quick one

    @property
    def over(self) -> bool:
        """Whether nothing is left that could be better."""
        return not self.spans

    def run(self) -> None:
        """Ask until nothing is left.

        Raises
        ------
        StoppedError
            When an answer is cut short, or the time limit has passed.
        """
        for known in self._hint.allocations:
            if self.problem.meets(known):
                self.known.take(dict(zip(self.problem.network.index, known, strict=True)), None)
        if self._quick and self.known.ask(None, rounds=0) is None:
            self.spans.close()
            return
        self._find_foot()
        self._trim()
        while self.spans:
            self.watch.check()
            self._narrow(self.spans.weakest)
            self._trim()

    @property
    def _below(self) -> int | None:
        """Latencies below this are of use; None for all."""
        ends = [self._cut] if self._cut is not None and not self.known.none else []
        ends += [self.known.best[0]] if self.known.best is not None else []
        return min(ends, default=None)

    def _trim(self) -> None:
        self.spans.trim(None if self._every else self._below)

    def _find_foot(self) -> None:
        """A first allocation, with a step that is at most twice the shortest one."""
        longest = self.known.ticks.longest(self.problem.largest)
        at_most, first = self.known.facts.shortest, 0 if self._quick else None
        while at_most < longest and self.known.ask(at_most, rounds=first) is None:
            at_most *= 2

    def _narrow(self, span: Span) -> None:
        """Make a span smaller."""
        low, high = span
        if high is not None and not self._every:
            longest = longest_step(self.problem, high)
            if longest < high:
                self.spans.cut(span, longest)
                return
        point = self.known.answers.known(high)
        if point is None and self._quick and high is not None:
            if high > low + low // WIDE:
                middle = isqrt(low * high)
                self.known.ask(middle, rounds=0)
                self.spans.split(span, middle)
                return
            self._dig(span)
            point = self.known.answers.known(high)
        elif point is None:
            point = self.known.ask(high, self._enough(span))
        if point is not None:
            self.spans.cut(span, self.known.answers.step(point) - 1)
        elif high is None:
            self.spans.close()

    def _dig(self, span: Span) -> None:
        """Ask for c(high), and if that takes more than the rounds so far, for c(low)."""
        low, high = span
        if self._asked_enough(high, self._enough(span)) or self._below is None:
            return
        below = (self._below - 1) // low + 1
        if (
            low == high
            or self.known.facts.settled(low, below)
            or not self._asked_enough(low, below)
        ):
            self._rounds += 1

    def _asked_enough(self, at_most: int | None, enough: int | None) -> bool:
        """Whether a question is answered in the rounds so far."""
        self.known.ask(at_most, enough, self._rounds)
        known = self.known.answers.known(at_most) is not None
        return known or (enough is not None and self.known.facts.settled(at_most, enough))

    def _enough(self, span: Span) -> int | None:
        """A bound on the count that makes a span smaller; None where only the least will do."""
        if self._below is None or span.high is None or self._every:
            return None
        return (self._below - 1) // max(span.low, STRIDE * span.high // (STRIDE + 1)) + 1

    def result(self, stop: Stop, message: str) -> LatencyResult:
        """The answer as far as the walk came."""
        value, bound = self._pair()
        proven, infeasible = value is not None and value == bound, value is None and bound is None
        plain = Result.of_known(
            self.known.solver.name,
            Stop.FINISHED if proven or infeasible else stop,
            value,
            bound,
            None if self.known.best is None else self.known.best[1],
            self.known.proof,
            infeasible,
            statistics={"subproblems": len(self.known.asked)},
            message="" if proven else message or self.known.message,
        )
        points = self.known.answers.frontier(self.known.facts)
        whole = self.over and self.known.answers.whole(points, self.known.facts)
        return latency_result(self.problem, plain, points, whole, self.known.asked)

    def _tell(self, facts: Mapping[str, Any]) -> None:
        """Pass on what a subproblem reports: its best and bound are counts, those of the walk
        latencies.
        """
        value, bound = self._pair()
        told: dict[str, Any] = {**facts, "seconds": self.watch.seconds, "best": value}
        told |= {f"{key}_count": facts[key] for key in ("best", "bound") if key in facts}
        if value is not None:
            told["latency_us"] = _microseconds(value * self.known.ticks.tick)
        self.watch.tell(**{**told, "bound": bound, "subproblem": len(self.known.asked) + 1})

    def _pair(self) -> tuple[int | None, int | None]:
        """The smallest latency so far, and a bound."""
        value = None if self.known.best is None else self.known.best[0]
        ends = [] if self._below is None else [self._below]
        ends += [] if self.over else [max(self.spans.least, self._hint.at_least)]
        return value, min(ends, default=None)


def _microseconds(seconds: Fraction) -> float:
    return round(float(seconds * 10**6), 3)
