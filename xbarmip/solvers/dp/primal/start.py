"""A fast feasible allocation to come down from."""

from xbarmip.exact import ceil_div
from xbarmip.model.menus import affordable_steps
from xbarmip.problem import Problem


def proportional(problem: Problem) -> tuple[int, ...]:
    """R_l = ceil(N_l / t) for the smallest t that the budget pays for.

    Every layer then takes about t steps of its own. The budget must hold one copy of each layer.
    """
    counts = [layer.outputs for layer in problem.network.layers]
    t = affordable_steps(problem, counts)
    return tuple(ceil_div(count, t) for count in counts)
