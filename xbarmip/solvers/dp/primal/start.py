"""A fast feasible allocation to come down from."""

from xbarmip.exact import ceil_div
from xbarmip.problem import Problem


def proportional(problem: Problem) -> tuple[int, ...]:
    """R_l = ceil(N_l / t) for the smallest t that the budget pays for.

    Every layer then takes about t steps of its own. The budget must hold one copy of each layer.
    """
    counts = [layer.outputs for layer in problem.network.layers]

    def allocation(t: int) -> tuple[int, ...]:
        return tuple(ceil_div(count, t) for count in counts)

    low, high = 1, max(counts)
    while low < high:
        middle = (low + high) // 2
        if problem.crossbars_used(allocation(middle)) <= problem.crossbars:
            high = middle
        else:
            low = middle + 1
    return allocation(low)
