"""Fast allocations to come down from."""

from collections.abc import Sequence

from xbarmip.exact import ceil_div
from xbarmip.model.menus import affordable_steps
from xbarmip.problem import Problem
from xbarmip.solvers.dp.effort import LONGER


def proportional(problem: Problem) -> tuple[int, ...]:
    """R_l = ceil(N_l / t) for the smallest t that the budget pays for.

    Every layer then takes about t steps of its own. The budget must hold one copy of each layer.
    """
    counts = [layer.outputs for layer in problem.network.layers]
    return _in_steps(counts, affordable_steps(problem, counts))


def starts(problem: Problem) -> list[tuple[int, ...]]:
    """The proportional allocation, and under constraints those of longer and longer times.

    Fewer copies break fewer of most constraints. The last has one copy of each layer.
    """
    if not problem.constraints:
        return [proportional(problem)]
    counts = [layer.outputs for layer in problem.network.layers]
    t, most, found = affordable_steps(problem, counts), max(counts), []
    while t < most:
        found.append(_in_steps(counts, t))
        t += 1 + t // LONGER
    return [*found, _in_steps(counts, most)]


def _in_steps(counts: Sequence[int], t: int) -> tuple[int, ...]:
    return tuple(ceil_div(count, t) for count in counts)
