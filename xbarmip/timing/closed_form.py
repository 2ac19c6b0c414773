"""The closed form that approximates the pipeline: the objective `steps` (SPEC §5)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import inner, making
from xbarmip.exact import INT64_MAX
from xbarmip.measures.steps import rule_view
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.network.window import Array
from xbarmip.problem import checked_allocation
from xbarmip.timing import reference
from xbarmip.timing.tables import PRODUCER, NeedTable, by_consumer, need, need_table

NO_TAIL = -1


class ClosedFormTable(NamedTuple):
    """What the kernel of the closed form reads; int64 arrays by layer or by edge of `needs`.

    `cap` bounds what a step makes, `tail_end` is NO_TAIL where an edge has no tail.
    """

    outputs: Array
    cap: Array
    sink: Array
    needs: NeedTable
    tail_end: Array
    tail_begin: Array


@lru_cache(maxsize=64)
def closed_form_table(view: View) -> ClosedFormTable | None:
    """A closed form for the kernel; None where 64 bits might not hold a value."""
    if not view.fits_int64:
        return None
    order = by_consumer(view, range(len(view.edges)))
    tails = [view.tails[e] or (NO_TAIL, 0) for e in order]
    outputs = np.array(view.outputs, dtype=np.int64)
    return ClosedFormTable(
        outputs,
        outputs if view.capped else np.full_like(outputs, INT64_MAX),
        np.array(view.ends, dtype=np.int64),
        need_table(view, order),
        np.array([end for end, _ in tails], dtype=np.int64),
        np.array([begin for _, begin in tails], dtype=np.int64),
    )


def steps(
    network: Network, allocation: Mapping[str, int] | Sequence[int], rule: str = "pipeline"
) -> int:
    """Steps of one inference under an allocation, by the closed form (SPEC §5).

    Parameters
    ----------
    network : Network
    allocation : mapping by layer name, or sequence in layer order, of int
        Duplication R_l, in 1..N_l.
    rule : str
        "pipeline", never above `cycles`, or "published", as the paper prints it.

    Raises
    ------
    InputError
        On an allocation that does not fit the network.
    """
    chosen = np.array([checked_allocation(network, allocation)], dtype=np.int64)
    return int(steps_many(rule_view(network, rule), chosen)[0])


def steps_many(view: View, allocations: Array) -> Array:
    """Steps of each row of `allocations`, int64 of shape (count, layers), every R in 1..N_l."""
    table = closed_form_table(view)
    if table is None:
        values = [reference.steps(view, [int(r) for r in row]) for row in allocations]
        return np.array(values, dtype=object)
    return _steps_many(table, allocations)


@inner
def _demand(table, r, i, demand):  # type: ignore[no-untyped-def]
    """Fill `demand` with the outputs of each layer up to i that the first step of i needs."""
    needs = table.needs
    for k in range(i + 1):
        demand[k] = 0
    demand[i] = r[i]
    for c in range(i, -1, -1):
        made = min(((demand[c] - 1) // r[c] + 1) * r[c], table.cap[c])
        if made > 0:
            for e in range(needs.into[c], needs.into[c + 1]):
                j = needs.edge[e, PRODUCER]
                demand[j] = max(demand[j], need(needs, e, made))


@inner
def _steps(table, r, demand, pre, op):  # type: ignore[no-untyped-def]
    needs = table.needs
    value = 0
    for i in range(len(r)):
        _demand(table, r, i, demand)
        pre[i] = 0
        for k in range(i):
            if demand[k] > 0:
                pre[i] = max(pre[i], (demand[k] - 1) // r[k] + pre[k])
        op[i] = pre[i] + (table.outputs[i] - 1) // r[i] + 1
        for e in range(needs.into[i], needs.into[i + 1]):
            if table.tail_end[e] >= 0:
                tail = (table.tail_end[e] - 1) // r[i] - (table.tail_begin[e] - 1) // r[i]
                op[i] = max(op[i], op[needs.edge[e, PRODUCER]] + tail)
        if table.sink[i] > 0:
            value = max(value, op[i])
    return value


@making
def _steps_many(table, allocations):  # type: ignore[no-untyped-def]
    count, layers = allocations.shape
    demand, pre, op = (
        np.zeros(layers, np.int64),
        np.zeros(layers, np.int64),
        np.zeros(layers, np.int64),
    )
    value = np.zeros(count, np.int64)
    for row in range(count):
        value[row] = _steps(table, allocations[row], demand, pre, op)
    return value
