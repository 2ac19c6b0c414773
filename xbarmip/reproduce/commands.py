"""The commands that compute the numbers of a page again, as a reader types them."""

import shlex
from collections.abc import Sequence

from xbarmip.problem import Problem


def solve_command(problem: Problem, constraints: Sequence[str] = ()) -> str:
    """What answers a problem; its constraints in the words of the command line."""
    options = (word for each in constraints for word in ("--constraint", each))
    words = (*_problem("solve", problem), "--objective", problem.objective, *options)
    return shlex.join(words)


def score_command(problem: Problem, allocation: Sequence[int]) -> str:
    """What shows every measure of an allocation, and the optimum of the problem beside it."""
    chosen = ("--allocation", ",".join(map(str, allocation)))
    return shlex.join((*_problem("score", problem), "--objective", problem.objective, *chosen))


def _problem(command: str, problem: Problem) -> tuple[str, ...]:
    crossbar = problem.crossbar
    size = str(crossbar.rows)
    if crossbar.columns != crossbar.rows:
        size += f"x{crossbar.columns}"
    budget = ("--crossbars", str(problem.crossbars), "--size", size)
    hardware = ("--hardware", problem.hardware.name) if problem.hardware else ()
    return ("xbarmip", command, problem.network.name, *budget, *hardware)
