"""A good allocation to begin with: descent by trades between two layers."""

from collections.abc import Iterator

import numpy as np

from xbarmip.exact import ceil_div
from xbarmip.model.menus import counted_outputs, trivial_bound
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate, evaluate_many

Allocation = tuple[int, ...]

MOST_WORK = 100_000  # evaluations times layers: about a second on the largest networks


def descend(problem: Problem) -> Allocation:
    """An allocation within the budget of a feasible problem; no claim that it is the best.

    Begins where every layer's NormalOp is as small as the budget allows for all at once. Then the
    layers in turn take the best trade that they gain from, until a round brings nothing.
    """
    target = trivial_bound(problem)
    best = tuple(max(1, ceil_div(count, target)) for count in counted_outputs(problem))
    value = evaluate(problem, best)
    left = MOST_WORK // len(best)
    idle = layer = 0
    while idle < len(best) and left > 0:
        trades = list(_trades(problem, best, layer))
        values = evaluate_many(problem, np.array([best, *trades], dtype=np.int64))
        first = int(values.argmin())
        idle = idle + 1 if int(values[first]) >= value else 0
        if not idle:
            value, best = int(values[first]), trades[first - 1]
        left -= len(trades)
        layer = (layer + 1) % len(best)
    return best


def _trades(problem: Problem, allocation: Allocation, i: int) -> Iterator[Allocation]:
    """Layer i gains R, out of what is spare or what one other layer gives up for it.

    Gains: by 1, 2 or 3, up to the next smaller NormalOp, or all that the other's loss of 1, 2 or 3
    pays for.
    """
    outputs, sets = problem.network.layers[i].outputs, problem.sets
    spare = problem.crossbars - problem.crossbars_used(allocation)
    room = problem.largest[i] - allocation[i]
    steps = ceil_div(outputs, allocation[i])
    notch = ceil_div(outputs, steps - 1) - allocation[i] if steps > 1 else 1
    for gain in sorted({1, 2, 3, notch}):
        price = gain * sets[i] - spare
        if gain <= room and price <= 0:
            yield _moved(allocation, {i: gain})
        elif gain <= room:
            for j, other in enumerate(allocation):
                loss = ceil_div(price, sets[j])
                if j != i and loss < other:
                    yield _moved(allocation, {i: gain, j: -loss})
    for j, other in enumerate(allocation):
        for loss in (1, 2, 3):
            gain = min(room, (spare + loss * sets[j]) // sets[i])
            if j != i and loss < other and gain > 0:
                yield _moved(allocation, {i: gain, j: -loss})


def _moved(allocation: Allocation, change: dict[int, int]) -> Allocation:
    return tuple(r + change.get(i, 0) for i, r in enumerate(allocation))
