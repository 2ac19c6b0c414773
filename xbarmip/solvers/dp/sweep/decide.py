"""One decision, applied to labels: every R that may still lead to the target makes a successor."""

from xbarmip.compiled import compiled, inlined, inner
from xbarmip.solvers.dp.state.bounds import level_of, most, spread_of
from xbarmip.solvers.dp.state.labels import (
    CHOICE,
    END,
    FIRST,
    LENGTH,
    LOWEST,
    PARENT,
    PLACE,
    PRICE,
    SPENT,
    USED,
)
from xbarmip.solvers.dp.state.stairs import D, X, merge
from xbarmip.solvers.dp.state.step import (
    AFTER,
    ASK,
    ASK_AT,
    BEFORE,
    COLUMN,
    DIVIDED,
    DIVISOR,
    LATEST,
    LAYER,
    LEAD,
    LEAST,
    LIMIT,
    MOST,
    MULTIPLIER,
    SCALE,
    SOURCE,
    WEIGHT,
    joint_spread,
)
from xbarmip.solvers.dp.table import NEVER
from xbarmip.solvers.dp.timing import cycles, steps


@inner
def _beyond(pairs, edge, count, ask):  # type: ignore[no-untyped-def]
    """Number of the last pair at or beyond `ask` of those handed on by an edge; -1 for none."""
    below, above = 0, count
    while below < above:
        middle = (below + above) // 2
        if pairs[edge, middle, X] >= ask:
            below = middle + 1
        else:
            above = middle
    return below - 1


@inner
def _price(bounds, step, buffers, at, slack):  # type: ignore[no-untyped-def]
    """The path bound of a successor: what it used and the rest, less the worth of what is left.

    `at` is its parent and its row. What is left is what deadlines are worth, those that were there
    and those that are handed on, and what is left of limits.
    """
    q, row = at
    label, made, pairs, handed = buffers.labels[q], buffers.made[row], buffers.pairs, buffers.handed
    price = step.scale * made[USED] + step.rest
    before, old, i, stop, spread = -1, -1, 0, 0, 0
    for number in range(len(step.deadline_prices)):
        place, ask = step.deadline_prices[number, ASK_AT], step.deadline_prices[number, ASK]
        deadline = step.deadline_prices[number, LATEST]
        if place != before:
            before, old, i, stop = place, step.places[place, SOURCE], 0, 0
            if old >= 0:
                i = label[FIRST + PLACE * old]
                stop = i + label[LENGTH + PLACE * old]
            spread = spread_of(bounds, step.places[place, LAYER], slack)
        while i < stop and pairs[i, X] < ask:
            i += 1
        if ask == 0 and old >= 0:
            deadline = min(deadline, label[END + PLACE * old])
        elif i < stop:
            deadline = min(deadline, pairs[i, D] - (pairs[i, X] - ask) // spread)
        for e in range(len(step.producers)):
            if step.producers[e] == step.places[place, LEAD]:
                if ask == 0:
                    deadline = min(deadline, handed.end[e])
                else:
                    j = _beyond(handed.pairs, e, handed.counts[e], ask)
                    if j >= 0:
                        apart = handed.pairs[e, j, X] - ask
                        deadline = min(deadline, handed.pairs[e, j, D] - apart // spread)
        price -= step.deadline_prices[number, WEIGHT] * deadline
    first = FIRST + PLACE * len(step.places)
    for number in range(len(step.limit_prices)):
        left = made[first + step.limit_prices[number, COLUMN]] * step.limit_prices[number, SCALE]
        worth = left // step.limit_prices[number, DIVISOR]
        price -= step.limit_prices[number, MULTIPLIER] * worth
    return price


@inner
def _left_after(step, label, row, r):  # type: ignore[no-untyped-def]
    """What `label` leaves of a limit when it decides r; negative where no completion meets it.

    That is the limit, or what was left of it, less the weight of r and the least that the layers to
    come weigh.
    """
    before = step.sums[row, BEFORE]
    left = step.sums[row, LIMIT] if before < 0 else label[before]
    return left - step.weights[row, r - 1] - step.sums[row, LEAST]


@inlined
def _meets_limits(step, label, r):  # type: ignore[no-untyped-def]
    for row in range(len(step.sums)):  # noqa: SIM110 (numba takes no generators)
        if _left_after(step, label, row, r) < 0:
            return False
    return True


@inner
def _carry(step, label, r, made):  # type: ignore[no-untyped-def]
    """Write what a successor has left of limits, and the R that it remembers."""
    for row in range(len(step.sums)):
        if step.sums[row, AFTER] >= 0:
            made[step.sums[row, AFTER]] = step.sums[row, MOST]
    for row in range(len(step.sums)):
        after = step.sums[row, AFTER]
        if after >= 0:
            left = _left_after(step, label, row, r) + step.sums[row, LEAST]
            made[after] = min(made[after], left // step.sums[row, DIVIDED])
    memory = len(made) - len(step.recalled)
    for at in range(len(step.recalled)):
        before = step.recalled[at]
        made[memory + at] = r if before < 0 else label[before]


@inner
def _most_pairs(step, label, handed):  # type: ignore[no-untyped-def]
    """The most pairs that the staircases of a successor can take, and those they are made of."""
    edges, pairs = len(step.producers), 0
    for e in range(edges):
        pairs += handed.counts[e]
    for place in range(len(step.places)):
        old = step.places[place, SOURCE]
        if old >= 0 and step.places[place, LEAD] == place:
            pairs += label[LENGTH + PLACE * old]
    return (edges + 1) * pairs


@inner
def _gather(net, bounds, step, buffers, at, slack, reach):  # type: ignore[no-untyped-def]
    """Staircases of a successor: what was there, with what the decision hands on.

    `at` is the parent, the row, and how many pairs are in use. Those that change are written behind
    them; returns how many are in use then.
    """
    q, row, size = at
    label, made, pairs, handed = buffers.labels[q], buffers.made[row], buffers.pairs, buffers.handed
    for place in range(len(step.places)):
        column, lead = PLACE * place, step.places[place, LEAD]
        if lead < place:
            for field in range(FIRST, FIRST + PLACE):
                made[field + column] = made[field + PLACE * lead]
            continue
        first, count, end, old = 0, 0, NEVER, step.places[place, SOURCE]
        if old >= 0:
            first = label[FIRST + PLACE * old]
            count, end = label[LENGTH + PLACE * old], label[END + PLACE * old]
        merged, spread = 0, joint_spread(bounds, step, place, slack)
        for e in range(len(step.producers)):
            if step.producers[e] == place:
                end = min(end, handed.end[e])
                more = handed.counts[e]
                if more > 0:
                    behind = size + merged * count + count + more
                    run = (first, count)
                    count = merge(pairs, run, handed.pairs, (e, more), spread, behind)
                    for i in range(count):
                        pairs[size + i, X] = pairs[behind - count + i, X]
                        pairs[size + i, D] = pairs[behind - count + i, D]
                    first, merged = size, 1
        if reach is not None and merged > 0:
            run, layer = (first, count), step.places[place, LAYER]
            count = steps.drop_slack(net, bounds.windows, slack, layer, pairs, run, reach)
        made[FIRST + column], made[LENGTH + column], made[END + column] = first, count, end
        size += merged * count
    return size


@compiled
def decide(net, bounds, step, buffers, fill, tries, reach):  # type: ignore[no-untyped-def]
    """Decide the step's layer in labels, by every R of its window.

    `fill` is a `Fill`. Of each label only the `tries` cheapest successors are made. `reach`, of two
    rows, is None where steps stall; the compiler leaves out the kind of view that it is not.
    Returns the first label that is not decided, as a buffer is full; how many rows and pairs are in
    use then; how many labels had more successors than `tries`; and how many pairs must fit for more
    (0: it is rows that are full).
    """
    k, windows, new = step.layer, bounds.windows, buffers.made
    begin, stop, made, size = fill
    low, crossbars, unfinished = windows.low[k], windows.sets[k], 0
    for q in range(begin, stop):
        label, made_before, size_before = buffers.labels[q], made, size
        start, count, end = 0, 0, NEVER
        if step.slot >= 0:
            column = PLACE * step.slot
            start, count, end = label[FIRST + column], label[LENGTH + column], label[END + column]
        lowest = label[LOWEST]
        others = label[SPENT] - (lowest - low) * crossbars
        left = step.budget - label[USED] - low * crossbars
        for r in range(lowest, most(windows, k, left - others) + 1):
            if made == made_before + tries:
                unfinished += 1
                break
            price = label[PRICE] - step.least + step.price[r - low]
            # the crossbars of every completion, or the weight of one, are over their limit
            if price > step.limit or not _meets_limits(step, label, r):
                continue
            used = label[USED] + r * crossbars
            slack = step.budget - used
            if reach is None:
                run = (start, count)
                possible = cycles.expand(
                    net, bounds.early, (k, r), buffers.pairs, run, buffers.handed
                )
            else:
                choice, ended = (k, r, level_of(bounds, slack)), (start, count, end)
                possible = steps.expand(net, bounds, choice, buffers.pairs, ended, buffers.handed)
            if not possible:
                continue
            if made == len(new):
                return q, made_before, size_before, unfinished, 0
            capacity = size + _most_pairs(step, label, buffers.handed)
            if capacity > len(buffers.pairs):
                return q, made_before, size_before, unfinished, capacity
            new[made, USED], new[made, PARENT], new[made, CHOICE] = used, q, r
            _carry(step, label, r, new[made])
            price = max(price, _price(bounds, step, buffers, (q, made), slack))
            # the crossbars of every completion are over the limit
            if price > step.limit:
                continue
            size = _gather(net, bounds, step, buffers, (q, made, size), slack, reach)
            new[made, PRICE], new[made, SPENT] = price, 0
            made += 1
            if step.alone:
                break
    return stop, made, size, unfinished, 0
