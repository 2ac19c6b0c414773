"""The least of a sum, or of a greatest, subject to a bound on a count or time (SPEC §12).

Let w(R) be the measure that is minimised, c(W) the least count of an allocation with w(R) <= W. It
never grows with W, as more allocations are allowed. So the answer W* is where c(W*) <= T and
c(W* - 1) > T. Each core question "is there an allocation with w(R) <= W and a count of at most T?"
moves one end of the interval that holds W*: an allocation that answers yes has some w(R) <= W,
which is the new upper end; no proves that W* > W.

Where the solver can be asked for the fewest crossbars directly, it is: among the labels that meet a
target the dynamic program keeps those with the fewest crossbars anyway. Where its sweeps become too
long for that, the core questions go on from what they have proven.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from xbarmip.errors import VerificationError
from xbarmip.goal import CROSSBARS
from xbarmip.problem import Problem
from xbarmip.questions.amounts import Amount
from xbarmip.questions.ask import Allocation, Asker
from xbarmip.solvers.protocol import Hint, Solver, StoppedError, Watch
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

UNBOUNDED = 2**50  # a count that every allocation has at most: solvers have 64 bits for it


@runtime_checkable
class Frugal(Solver, Protocol):
    """A solver that can be asked for the fewest crossbars directly."""

    def fewest_crossbars(self, problem: Problem, target: int, watch: Watch, hint: Hint) -> Result:
        """The fewest crossbars of an allocation with a value up to `target`.

        Value and bound of the Result are crossbars, and so is `at_least` of the hint.
        """


class Level:
    """A measure that is being minimised: the least so far, and what is proven.

    Attributes
    ----------
    amount : Amount
    bound : int
        No allocation that the level may take has less.
    value, allocation
        The least so far, None as long as there is none.
    infeasible : bool
        Whether it is proven that there is no allocation at all.
    """

    def __init__(self, amount: Amount) -> None:
        self.amount, self.bound = amount, amount.least
        self.value: int | None = None
        self.allocation: Allocation | None = None
        self.infeasible = False

    def take(self, allocation: Allocation) -> None:
        """Take an allocation if it has less."""
        value = self.amount(allocation)
        if value < self.bound:
            raise VerificationError(
                f"{allocation} has {self.amount.label} {value}, below the proven bound {self.bound}"
            )
        if self.value is None or value < self.value:
            self.value, self.allocation = value, allocation


def fewest(
    asker: Asker, level: Level, question: Callable[[int | None], Problem], target: int
) -> None:
    """Move the value and bound of a level until they meet.

    Parameters
    ----------
    asker : Asker
    level : Level
    question : callable
        The core problem with the level's measure at most a given number; None for no such limit.
    target : int
        What the core problem's value is to be at most.

    Raises
    ------
    StoppedError
        When the solver stops before that.
    """
    problem = question(None)
    if not problem.is_latency:
        target = min(target, UNBOUNDED)
        if level.amount.label == CROSSBARS and isinstance(asker.solver, Frugal):
            _ask_directly(asker, level, problem, target)
    while not level.infeasible and level.value != level.bound:
        most = None if level.value is None else (level.bound + level.value) // 2
        found = asker.within(question(most), target)
        if found is not None:
            level.take(found)
        elif most is None:
            level.infeasible = True
        else:
            level.bound = most + 1


def _ask_directly(asker: Asker, level: Level, problem: Problem, target: int) -> None:
    solver, began = asker.solver, asker.watch.seconds
    assert isinstance(solver, Frugal)
    hint = Hint(() if level.allocation is None else (level.allocation,), level.bound)
    answer = solver.fewest_crossbars(problem, target, asker.watch, hint)
    asker.note(f"{problem}: fewest crossbars for {target}", answer, asker.watch.seconds - began)
    if answer.allocation is not None:
        chosen = tuple(answer.allocation.values())
        value = evaluate(problem, chosen)
        if not problem.meets(chosen) or value > target:
            raise VerificationError(
                f"{solver.name}: {chosen} is not allowed, or takes more than {target}: {value}"
            )
        level.take(chosen)
    if answer.status is Status.INFEASIBLE:
        if any(problem.meets(r) and evaluate(problem, r) <= target for r in asker.known):
            raise VerificationError(f"{solver.name}: claims INFEASIBLE, but an allocation is known")
        level.infeasible = True
    elif answer.bound is not None:
        level.bound = max(level.bound, answer.bound)
    if answer.stop is not Stop.FINISHED:
        raise StoppedError(answer.stop, answer.message)
