"""The walk along the frontier of (count, step time) that proves the least latency (SPEC §6).

A latency is count * Tstep, where the count is that of cycles or steps. Tstep <= tau is a set of
constraints on the choices (`xbarmip.timing.step_limit`), so that a solver which minimises the count
subject to constraints can be asked for c(tau), the least count with Tstep <= tau.

*Down.* Let P be the smallest latency so far. An answer for tau gives an allocation with the count
c = c(tau) and some Tstep s <= tau. Any allocation with Tstep in (tau', tau] has a count of at least
c, hence a latency of at least c * (tau' + 1), times being whole ticks. So the next question,

    tau' = min(s - 1, floor((P - 1) / c))

leaves nothing out: if tau' = s - 1, then c * (tau' + 1) = c * s >= P, and otherwise
c * (tau' + 1) > P - 1. The walk is over when no step is as short as tau'; P is then the least
latency. It ends, because tau falls with every answer.

*The foot.* The smaller P, the longer the strides. So the first question is for the shortest step
that there could be. If no allocation has it, the question is put again for twice the time, until
one has; the shortest step is then known to be longer than what was asked before. Then the walk goes
down from no limit at all. A tau in [s, t], where an answer for t had Tstep s, has that answer, too.

Where an answer is cut short, its bound b <= c(tau) holds for all shorter steps, too, and no
allocation that is left has a latency below b times the shortest step: the least of that and P is a
valid bound.

For the whole frontier tau' = s - 1 throughout. Points of one count then come with falling Tstep,
and the last one of them is *tight*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from xbarmip.errors import VerificationError
from xbarmip.model.menus import trivial_bound
from xbarmip.problem import Problem
from xbarmip.solvers.latency.result import LatencyResult, Point, Subproblem, latency_result
from xbarmip.solvers.protocol import Hint, HintedSolver, Solver, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate_count
from xbarmip.timing.step_limit import least_step, step_limit
from xbarmip.timing.step_time import ticks_of


@dataclass(frozen=True, slots=True)
class LatencyWalk:
    """A solver of counts made into a solver of latencies.

    Attributes
    ----------
    solver : Solver
        Minimises cycles or steps subject to constraints.
    refutes : Proof
        What its INFEASIBLE rests on.
    whole : bool
        Whether to follow the whole frontier, not only the part that can hold the least latency.
    """

    solver: Solver
    refutes: Proof = Proof.EXACT
    whole: bool = False

    @property
    def name(self) -> str:
        """Name of the solver that walks."""
        return self.solver.name

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Reasons why the solver cannot take the subproblem with the shortest steps or without a
        limit.
        """
        if not problem.feasible:
            return ()
        reasons = (
            *self.solver.unsupported(subproblem(problem, None)),
            *self.solver.unsupported(subproblem(problem, least_step(problem))),
        )
        return tuple(dict.fromkeys(reasons))

    def solve(self, problem: Problem, watch: Watch) -> Result:
        """Prove the least latency (see `Solver.solve`)."""
        walk = _Walk(problem, self, watch)
        try:
            stop = walk.run()
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        return walk.result(stop)


def subproblem(problem: Problem, at_most: int | None) -> Problem:
    """The fewest cycles or steps subject to a Tstep of at most so many ticks."""
    limits = () if at_most is None else step_limit(problem, at_most)
    return replace(
        problem,
        objective=problem.count,
        constraints=(*problem.constraints, *limits),
        hardware=None,
    )


class _CutShortError(Exception):
    """A subproblem without a final answer ends the walk."""

    def __init__(self, stop: Stop, message: str) -> None:
        self.stop, self.message = stop, message


class _Walk:
    """The state of a walk.

    Attributes
    ----------
    shortest : int
        No allocation has a shorter step.
    at_most : int, optional
        tau, down to where the walk has come; None for no limit.
    fewest : int
        No allocation with Tstep <= tau has a smaller count.
    over : bool
        Whether nothing is left that could be better.
    gapless : bool
        Whether tau went from the step of the last point to just below it.
    foot : (int, Point), optional
        The first question that had an answer, and the answer.
    """

    def __init__(self, problem: Problem, options: LatencyWalk, watch: Watch) -> None:
        self.problem, self.options, self.watch = problem, options, watch
        self.ticks = ticks_of(problem)
        self.shortest = least_step(problem) if problem.feasible else self.ticks.compute
        self.at_most: int | None = None
        self.fewest = trivial_bound(problem)
        self.over = self.gapless = False
        self.foot: tuple[int, Point] | None = None
        self.best: tuple[int, Mapping[str, int]] | None = None
        self.points: list[Point] = []
        self.asked: list[Subproblem] = []
        self.message = ""

    def run(self) -> Stop:
        """Ask until nothing is left, or an answer is cut short."""
        try:
            self._find_foot()
            while not self.over:
                point = self._answer(self.at_most)
                if point is None:
                    self._end()
                else:
                    self._go_on(point)
        except _CutShortError as cut:
            self.message = cut.message
            return cut.stop
        return Stop.FINISHED

    def _find_foot(self) -> None:
        """A first allocation, with a step that is at most twice the shortest one."""
        longest = self.ticks.longest(self.problem.largest)
        at_most = self.shortest
        while self.foot is None and at_most < longest:
            point = self._ask(at_most)
            if point is None:
                self.shortest, at_most = at_most + 1, 2 * at_most
            else:
                self.foot = (at_most, point)

    def _answer(self, at_most: int | None) -> Point | None:
        """The point with the least count for a Tstep of at most `at_most`; None: there is none."""
        if self.foot is not None and at_most is not None:
            limit, point = self.foot
            if self._step(point) <= at_most <= limit:
                self.fewest = max(self.fewest, point.count)
                return point
        return self._ask(at_most, walking=True)

    def _ask(self, at_most: int | None, walking: bool = False) -> Point | None:
        """Solve a subproblem; its bound holds from here on if the walk has come to it.

        Raises
        ------
        _CutShortError
            When the answer is neither an optimum nor that there is none.
        """
        problem, solver = subproblem(self.problem, at_most), self.options.solver
        where = self._where(at_most)
        reasons = solver.unsupported(problem)
        if reasons:
            raise _CutShortError(Stop.ERROR, f"{where}: {'; '.join(reasons)}")
        began = self.watch.seconds
        if isinstance(solver, HintedSolver):
            answer = solver.solve_from(problem, self.watch.part(self._tell), self._hint())
        else:
            answer = solver.solve(problem, self.watch.part(self._tell))
        self._note(answer, at_most, self.watch.seconds - began)
        if walking:
            self.fewest = max(self.fewest, answer.bound or 1)
        point = None if answer.allocation is None else self._taken(answer.allocation, at_most)
        if answer.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            raise _CutShortError(answer.stop, answer.message)
        if point is None:
            self.message = answer.message
        return point

    def _hint(self) -> Hint:
        """All allocations so far, and the count that no allocation with such short steps goes
        below.

        At the foot `fewest` is still that of all allocations.
        """
        known = [self.foot[1]] if self.foot is not None else []
        chosen = (tuple(point.allocation.values()) for point in (*known, *self.points))
        return Hint(tuple(chosen), self.fewest)

    def _taken(self, allocation: Mapping[str, int], at_most: int | None) -> Point:
        """The allocation of an answer, evaluated anew, and kept if it is the best."""
        step = self.ticks(tuple(allocation.values()))
        if at_most is not None and step > at_most:
            raise VerificationError(
                f"{self.options.name}: a step of {step} ticks where {at_most} are the most"
            )
        count = evaluate_count(self.problem, allocation)
        if self.best is None or count * step < self.best[0]:
            self.best = (count * step, allocation)
            self._tell({})
        return Point(count, step * self.ticks.tick, allocation, tight=False)

    def _go_on(self, point: Point) -> None:
        """Add a point, and move tau past all that it settles."""
        if self.points and self.points[-1].count == point.count:
            self.points.pop()  # the new one has the shorter step
        else:
            self._close()
        self.points.append(point)
        assert self.best is not None
        step = self._step(point)
        self.at_most = step - 1
        if not self.options.whole:
            self.at_most = min(self.at_most, (self.best[0] - 1) // self.fewest)
        self.gapless = self.at_most == step - 1
        if self.at_most < self.shortest:
            self.gapless = step == self.shortest
            self._end()

    def _close(self) -> None:
        """The last point has the shortest step of its count, if tau has skipped nothing since."""
        if self.points:
            self.points[-1] = replace(self.points[-1], tight=self.gapless)

    def _end(self) -> None:
        self._close()
        self.over = True

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
            self.options.name,
            status,
            Stop.FINISHED if settled else stop,
            value,
            bound,
            allocation,
            None if bound is None else self._proof(),
            statistics={"subproblems": len(self.asked)},
            message="" if status is Status.OPTIMAL else self.message,
        )
        points = self._frontier()
        whole = self.over and all(point.tight for point in points)
        return latency_result(self.problem, plain, points, whole, self.asked)

    def _frontier(self) -> list[Point]:
        """The points, and the foot where the walk ended before it came there."""
        points = list(self.points)
        if self.foot is not None:
            foot = self.foot[1]
            points.append(replace(foot, tight=self._step(foot) == self.shortest))
        found: list[Point] = []
        for point in sorted(points, key=lambda point: (point.count, point.step)):
            if not found or point.step < found[-1].step:
                found.append(point)
        return found

    def _proof(self) -> Proof:
        for asked in self.asked:
            if asked.proof is Proof.NUMERICAL:
                return Proof.NUMERICAL
            if asked.status is Status.INFEASIBLE and self.options.refutes is Proof.NUMERICAL:
                return Proof.NUMERICAL
        return Proof.EXACT

    def _note(self, answer: Result, at_most: int | None, seconds: float) -> None:
        limit = None if at_most is None else at_most * self.ticks.tick
        self.asked.append(
            Subproblem(
                limit, answer.status, answer.stop, answer.value, answer.bound, answer.proof, seconds
            )
        )

    def _step(self, point: Point) -> int:
        return int(point.step / self.ticks.tick)

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
        bound = value if self.over else self.fewest * self.shortest
        return value, bound if value is None or bound is None else min(value, bound)


def _microseconds(seconds: Fraction) -> float:
    return round(float(seconds * 10**6), 3)
