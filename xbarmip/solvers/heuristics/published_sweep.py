"""The table of the paper's dynamic program: the best prefix of every number of crossbars."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import inner, making
from xbarmip.exact import INT64_MAX
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Watch
from xbarmip.timing.closed_form import NO_TAIL, closed_form_table
from xbarmip.timing.step_time import ticks_of
from xbarmip.timing.tables import need

UNREACHABLE = -1
_BLOCK_WORK = 5_000_000  # need maps evaluated between two looks at the clock: about 0.1 s


class Prefixes(NamedTuple):
    """The best prefix that takes exactly b crossbars, by b.

    `value` is what is minimised, at most 2^63 - 1; UNREACHABLE where no prefix takes b. `op` is its
    Op in steps, `step` its step time in ticks; `r` and `pre` are R and PreOp of its layers, shape
    (crossbars + 1, layers). All arrays are int64.
    """

    value: Array
    op: Array
    step: Array
    r: Array
    pre: Array


class Access(NamedTuple):
    """T_A of layer l in ticks: own[l, R] + copies[l, R] * R of the layer before; all 0 and
    `compute` 1 where the step time does not matter.
    """

    own: Array
    copies: Array
    compute: int


def budget_of(problem: Problem) -> int:
    """Crossbars that can be spent."""
    return min(problem.crossbars, problem.ample)


def bytes_needed(problem: Problem) -> int:
    """Memory of the two tables that are held at once."""
    return 2 * 8 * (budget_of(problem) + 1) * (2 * len(problem.network.layers) + 3)


def access(problem: Problem) -> Access:
    """Step times of a chain whose rules are all separable."""
    shape = (len(problem.sets), max(problem.largest) + 1)
    own, copies = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    if not problem.is_latency:
        return Access(own, copies, 1)
    ticks = ticks_of(problem)
    for i, layer in enumerate(ticks.layers):
        for r in range(1, problem.largest[i] + 1):
            own[i, r] = layer.coefficients(r).own
            copies[i, r] = sum(layer.copies(r) or ())  # one producer, or none
    return Access(own, copies, ticks.compute)


def sweep(problem: Problem, watch: Watch, let_through: Callable[[], None], anew: bool) -> Prefixes:
    """Best prefixes of the whole network.

    With `anew` the PreOp and Op of a prefix are found again for each of its extensions.

    Raises
    ------
    StoppedError, KeyboardInterrupt
        Between two blocks of work, when the time is over or on Ctrl-C.
    """
    table = closed_form_table(problem.view)
    times = access(problem)
    layers, budget = len(problem.sets), budget_of(problem)
    before, behind = _empty(budget, layers), problem.smallest_budget
    before.value[0], before.step[0] = 0, times.compute
    for layer, each in enumerate(problem.sets):
        behind -= each
        after = _empty(budget, layers)
        walks = layer + 1 if anew else 1
        block = max(1, _BLOCK_WORK // (walks * (layer + 1) * problem.largest[layer]))
        for first in range(0, budget - behind + 1, block):
            let_through()
            watch.check(layer=layer + 1, layers=layers)
            last = min(first + block, budget - behind + 1)
            largest = problem.largest[layer]
            _extend(table, times, before, after, layer, each, largest, first, last, anew)
        before = after
    return before


def _empty(budget: int, layers: int) -> Prefixes:
    shape = (budget + 1, layers)
    return Prefixes(
        np.full(budget + 1, UNREACHABLE, np.int64),
        np.zeros(budget + 1, np.int64),
        np.zeros(budget + 1, np.int64),
        np.ones(shape, np.int64),
        np.zeros(shape, np.int64),
    )


@making
def _extend(table, times, before, after, layer, each, largest, first, last, anew):  # type: ignore[no-untyped-def]
    """Fill `after` for first <= b < last from `before`, the prefixes that end before `layer`."""
    found = np.empty(layer, np.int64)
    for b in range(first, last):
        for r in range(1, min(largest, b // each) + 1):
            rest = b - r * each
            if before.value[rest] < 0:
                continue
            known, op = before.pre[rest], before.op[rest]
            if anew:
                known, op = found, 0
                for c in range(layer):
                    found[c] = _pre(table, before.r[rest], found, c, before.r[rest, c])
                    op = _op(table, c, before.r[rest, c], found[c], op)
            pre = _pre(table, before.r[rest], known, layer, r)
            op = _op(table, layer, r, pre, op)
            step = times.own[layer, r]
            if layer > 0:
                step += times.copies[layer, r] * before.r[rest, layer - 1]
            step = max(step, before.step[rest])
            value = op * step if step <= INT64_MAX // max(op, 1) else INT64_MAX  # op may be 0
            if after.value[b] < 0 or value < after.value[b]:
                after.value[b], after.op[b], after.step[b] = value, op, step
                after.r[b, :layer] = before.r[rest, :layer]
                after.pre[b, :layer] = before.pre[rest, :layer]
                after.r[b, layer] = r
                after.pre[b, layer] = pre


@inner
def _op(table, layer, r, pre, before):  # type: ignore[no-untyped-def]
    """Op of `layer` with R = r and its PreOp, behind a prefix of Op `before`."""
    op, e = pre + (table.outputs[layer] - 1) // r + 1, table.needs.into[layer]
    if layer > 0 and table.tail_end[e] != NO_TAIL:
        op = max(op, before + (table.tail_end[e] - 1) // r - (table.tail_begin[e] - 1) // r)
    return op


@inner
def _pre(table, r_before, pre_before, layer, r):  # type: ignore[no-untyped-def]
    """PreOp of `layer` with R = r behind a prefix: what its first step demands, back to layer 0."""
    demand, pre = r, 0
    for c in range(layer, 0, -1):
        made = min(((demand - 1) // r + 1) * r, table.cap[c])
        demand = need(table.needs, table.needs.into[c], made) if made > 0 else 0
        if demand <= 0:
            break
        r = r_before[c - 1]
        pre = max(pre, (demand - 1) // r + pre_before[c - 1])
    return pre
