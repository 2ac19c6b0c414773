"""A good allocation to begin with: descent by trades between two layers."""

from collections.abc import Iterator

import numpy as np

from xbarmip.constraint import LinearConstraint
from xbarmip.exact import ceil_div
from xbarmip.model.menus import trivial_bound
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate, evaluate_many

Allocation = tuple[int, ...]

MOST_WORK = 100_000  # evaluations times layers: about a second on the largest networks


def descend(problem: Problem) -> Allocation | None:
    """An allocation within all limits of a feasible problem; no claim that it is the best.

    Begins where every layer's NormalOp is as small as the budget allows for all at once. Then the
    layers in turn take the best trade that they gain from, until a round brings nothing. What
    breaks the problem's constraints least comes first, and a second descent begins at one copy of
    every layer; None when neither ends within them.
    """
    target = trivial_bound(problem)
    fast = tuple(max(1, ceil_div(count, target)) for count in problem.view.counted)
    starts = [fast, (1,) * len(fast)] if problem.constraints else [fast]
    found = [_descend(problem, start) for start in starts]
    allowed = [(value, allocation) for (broken, value), allocation in found if not broken]
    return min(allowed)[1] if allowed else None


def _descend(problem: Problem, best: Allocation) -> tuple[tuple[int, int], Allocation]:
    """The end of the descent from `best`, and its (excess over constraints, value)."""
    key = (_excess(problem, best), evaluate(problem, best))
    left = MOST_WORK // len(best)
    idle = layer = 0
    while idle < len(best) and left > 0:
        trades = list(_trades(problem, best, layer))
        values = evaluate_many(problem, np.array([best, *trades], dtype=np.int64)).tolist()[1:]
        keys = ((_excess(problem, a), v) for a, v in zip(trades, values, strict=True))
        first, trade = min(zip(keys, trades, strict=True), default=(key, best))
        idle = idle + 1 if first >= key else 0
        if not idle:
            key, best = first, trade
        left -= len(trades) + 1
        layer = (layer + 1) % len(best)
    return key, best


def _excess(problem: Problem, allocation: Allocation) -> int:
    """By how much the constraints are exceeded together; a predicate that fails counts 1."""
    excess = 0
    for constraint in problem.constraints:
        chosen = tuple(allocation[problem.network.index[name]] for name in constraint.layers)
        if isinstance(constraint, LinearConstraint):
            excess += max(0, constraint.total(chosen) - constraint.limit)
        else:
            excess += not constraint.holds(chosen)
    return excess


def _trades(problem: Problem, allocation: Allocation, i: int) -> Iterator[Allocation]:
    """Layer i gains R, out of what is spare or what one other layer gives up for it.

    Gains: by 1, 2 or 3, up to the next smaller NormalOp, or all that the other's loss of 1, 2 or 3
    pays for. Under constraints a loss of its own may be a gain, too: by 1, or down to a half or 1.
    """
    outputs, sets = problem.network.layers[i].outputs, problem.sets
    if problem.constraints:
        for left in sorted({1, allocation[i] // 2, allocation[i] - 1} - {0, allocation[i]}):
            yield _moved(allocation, {i: left - allocation[i]})
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
