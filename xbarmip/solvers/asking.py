"""What every door does with a solver, whatever it solves: refuse in its words, ask, and time it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from xbarmip.clock import compile_seconds
from xbarmip.errors import UnsupportedError
from xbarmip.problem import Problem
from xbarmip.solvers.check import confirm
from xbarmip.solvers.interrupt import interruptions
from xbarmip.solvers.protocol import Hint, HintedSolver, Limits, Progress, Solver, Watch
from xbarmip.solvers.result import Result, Stop


def require_taken(solver: str, reasons: Iterable[str], what: str = "this") -> None:
    """Refuse what a solver has reasons not to take.

    Raises
    ------
    UnsupportedError
        With the solver's name and all reasons, if there are any.
    """
    if said := tuple(reasons):
        raise UnsupportedError(f"solver {solver!r} cannot take {what}: {'; '.join(said)}")


def answer_of(solver: Solver, problem: Problem, watch: Watch, hint: Hint) -> tuple[Result, bool]:
    """A confirmed answer, with the hint where the solver takes one; and whether Ctrl-C came.

    Raises
    ------
    VerificationError
        When the answer does not hold.
    """
    noted = interruptions()
    if isinstance(solver, HintedSolver):
        answer = solver.solve_from(problem, watch, hint)
    else:
        answer = solver.solve(problem, watch)
    confirm(problem, solver.name, answer)
    return answer, answer.stop is Stop.INTERRUPTED or interruptions() > noted


def timed(
    answer: Callable[[Watch], Any],
    time_limit: float | None,
    memory_limit: int | None,
    progress: Progress | None,
) -> Any:
    """What `answer` returns under a watch with these limits, with the seconds that it all took.

    Raises
    ------
    InputError
        On a bad limit.
    """
    watch, before = Watch(Limits(time_limit, memory_limit), progress), compile_seconds()
    result = answer(watch)
    return replace(result, seconds=watch.seconds, compile_seconds=compile_seconds() - before)
