"""One measure subject to bounds on others, and ties broken in order (SPEC §12).

The first measure's optimum becomes a bound, the next is minimised, and so on. With v_1, .., v_k for
the optima, an allocation that is lexicographically smaller would have m_1 <= v_1, ..,
m_(i-1) <= v_(i-1) and m_i <= v_i - 1 for some i: level i has proven that there is none.

Which core question answers a level depends on its measure alone:

- a count or time is asked for its least value, with the bounds on the others as constraints;
- so are `interval` and `serial`, as long as no other count or time is bounded;
- all else is the least W for which a count or time stays within its bound (`fewest`): that which is
  bounded, or where none is, the interval, within its bound or any.

Bounds are linear constraints (`amounts`), but for that of a second count or time, as in "fewest
steps with at most 300 cycles". That is a Predicate over all layers, exact like any other, but for
exhaustive search only.
"""

from dataclasses import dataclass
from typing import Any

from xbarmip.problem import Problem
from xbarmip.questions.amounts import amount_of, amounts, bounds_of, limited
from xbarmip.questions.ask import Asker
from xbarmip.questions.fewest import Level, fewest
from xbarmip.questions.result import GoalResult, Minimum
from xbarmip.questions.staircase import ANY
from xbarmip.solvers.protocol import Limits, Solver, StoppedError, Watch, ended
from xbarmip.solvers.registry import EXACT, solver_for
from xbarmip.solvers.result import Proof, Status, Stop

INTERVAL = "interval"


def counted(problem: Problem) -> tuple[str, ...]:
    """The counts and times of a goal that no linear constraint bounds, each once."""
    labels = dict.fromkeys((problem.label, *problem.then, *bounds_of(problem)))
    return tuple(each for each in labels if amount_of(problem, each).over_layers is None)


@dataclass(frozen=True, slots=True)
class GoalWalk:
    """A solver of core questions made into one that takes any goal.

    Attributes
    ----------
    solver : Solver
    """

    solver: Solver

    @property
    def name(self) -> str:
        """Name of the solver that is asked."""
        return self.solver.name

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Why the solver cannot be asked what the goal needs."""
        if self.name not in EXACT:
            return (f"bounds, ties and sums need an exact solver: {', '.join(EXACT)}",)
        several = counted(problem)
        if len(several) > 1 and self.name != "exhaustive":
            listed = ", ".join(several)
            return (f"it takes one of the measures {listed} in a goal (exhaustive takes several)",)
        if not problem.feasible:
            return ()
        first = Walk(problem, self.solver, Watch(Limits())).first
        return solver_for(first, self.solver).unsupported(first)

    def solve(self, problem: Problem, watch: Watch) -> GoalResult:
        """Prove the goal (see `Solver.solve`)."""
        return Walk(problem, self.solver, watch).answer()


class Walk:
    """The state of a walk: the levels one after another, each with what those before it bound.

    Parameters
    ----------
    problem : Problem
    solver : Solver
    watch : Watch
    """

    def __init__(self, problem: Problem, solver: Solver, watch: Watch) -> None:
        self.problem, self.watch = problem, watch
        self._asker = Asker(solver, watch, self._tell)
        self._counted, self._bounds = counted(problem), bounds_of(problem)
        self._begin()

    def _begin(self) -> None:
        labels = (self.problem.label, *self.problem.then)
        self._levels = [Level(amount_of(self.problem, label)) for label in labels]
        self._at = 0

    def begin_again(self, label: str, most: int, at_least: int) -> None:
        """Have one measure at most `most`, where the first is known to be at least `at_least`.

        Allocations that were found are not forgotten.
        """
        self._begin()
        self._bounds = {**bounds_of(self.problem), label: most}
        self._levels[0].bound = max(self._levels[0].bound, at_least)

    def answer(self) -> GoalResult:
        """Prove the goal, or say how far it came and what stopped it."""
        return self.result(*ended(self.run))

    @property
    def first(self) -> Problem:
        """The core problem of the first level, without a limit on its own measure."""
        level = self._levels[0]
        pivot, _, others = self._core(level)
        return limited(self.problem, pivot, others)

    @property
    def proof(self) -> Proof:
        """What all refutations so far rest on."""
        return self._asker.proof

    def run(self) -> None:
        """Minimise level by level, until all are proven or nothing is allowed.

        Raises
        ------
        StoppedError
            When the solver stops before that.
        """
        if not self.problem.feasible:
            self._levels[0].infeasible = True
            return
        for at, level in enumerate(self._levels):
            self._at = at
            self._minimise(level)
            if level.infeasible or level.value is None:
                return
            self._bounds[level.amount.label] = level.value

    def _core(self, level: Level) -> tuple[str, int, dict[str, int]]:
        """The count or time to ask about, its bound, and the bounds on all others."""
        own, others = level.amount.label, dict(self._bounds)
        bounded = next((each for each in self._counted if each in others), None)
        if own in self._counted or (level.amount.measure is not None and bounded is None):
            pivot = own
        else:
            pivot = bounded or INTERVAL
        return pivot, others.pop(pivot, ANY), others

    def _minimise(self, level: Level) -> None:
        own = level.amount.label
        for known in self._asker.known:
            if self.problem.meets(known) and self._within_bounds(known):
                level.take(known)
        pivot, target, others = self._core(level)
        if pivot == own:
            self._ask_least(level, limited(self.problem, own, others), target)
            return

        def question(most: int | None) -> Problem:
            return limited(self.problem, pivot, others if most is None else {**others, own: most})

        fewest(self._asker, level, question, target)

    def _ask_least(self, level: Level, core: Problem, target: int) -> None:
        answer = self._asker.least(core, level.bound)
        level.bound = max(level.bound, answer.bound or level.bound)
        if answer.value is not None and answer.value <= target and answer.allocation is not None:
            level.take(tuple(answer.allocation.values()))
        level.infeasible = answer.status is Status.INFEASIBLE or level.bound > target
        if not level.infeasible and level.value != level.bound:
            raise StoppedError(answer.stop, answer.message)

    def _within_bounds(self, allocation: tuple[int, ...]) -> bool:
        return all(
            amount_of(self.problem, label)(allocation) <= most
            for label, most in self._bounds.items()
        )

    def _tell(self, facts: dict[str, Any]) -> None:
        level = self._levels[self._at]
        told = {**facts, "minimised": level.amount.label, "value": level.value}
        self.watch.tell(**{**told, "questions": len(self._asker.asked) + 1})

    def result(self, stop: Stop, message: str) -> GoalResult:
        """The answer as far as the walk came."""
        first, reached = self._levels[0], self._levels[: self._at + 1]
        allocation = next((e.allocation for e in reached[::-1] if e.allocation is not None), None)
        minima = tuple(Minimum(each.amount.label, each.value, each.bound) for each in reached)
        known: dict[str, Any] = {
            "statistics": {"questions": len(self._asker.asked)},
            "message": message,
            "asked": tuple(self._asker.asked),
        }
        if first.infeasible:
            return GoalResult(self._asker.solver.name, Status.INFEASIBLE, Stop.FINISHED, **known)
        proof = self._asker.proof if first.bound > first.amount.least else Proof.EXACT
        if allocation is None:
            return GoalResult(
                self._asker.solver.name,
                Status.UNKNOWN,
                stop,
                bound=first.bound,
                proof=proof,
                minima=minima,
                **known,
            )
        proven = len(minima) == len(self._levels) and all(each.proven for each in minima)
        return GoalResult(
            self._asker.solver.name,
            Status.OPTIMAL if proven else Status.FEASIBLE,
            Stop.FINISHED if proven else stop,
            first.value,
            first.bound,
            dict(zip(self.problem.network.index, allocation, strict=True)),
            self._asker.proof if proven else proof,
            minima=minima,
            measures=amounts(self.problem, allocation),
            **known,
        )
