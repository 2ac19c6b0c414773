"""The pipeline, cycle by cycle: the objective `cycles` (SPEC §4)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import making
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.network.window import Array
from xbarmip.problem import checked_allocation
from xbarmip.timing.implied import independent_edges
from xbarmip.timing.tables import PRODUCER, NeedTable, need, need_table


class PipelineTable(NamedTuple):
    """What the pipeline's kernel reads: outputs N_l, 1 for ends, and the need maps."""

    outputs: Array
    sink: Array
    needs: NeedTable


@lru_cache(maxsize=64)
def pipeline_table(view: View) -> PipelineTable:
    """A view that stalls for the pipeline's kernel, without implied edges."""
    return PipelineTable(
        np.array(view.outputs, dtype=np.int64),
        np.array(view.ends, dtype=np.int64),
        need_table(view, independent_edges(view)),
    )


def cycles(network: Network, allocation: Mapping[str, int] | Sequence[int]) -> int:
    """Cycles of one inference under an allocation, by simulation (SPEC §4).

    Parameters
    ----------
    network : Network
    allocation : mapping by layer name, or sequence in layer order, of int
        Duplication R_l, in 1..N_l.

    Raises
    ------
    InputError
        On an allocation that does not fit the network.
    """
    chosen = np.array([checked_allocation(network, allocation)], dtype=np.int64)
    return int(cycles_many(CYCLES.view(network), chosen)[0])


def cycles_many(view: View, allocations: Array) -> Array:
    """Cycles of each row of `allocations`, int64 of shape (count, layers), every R in 1..N_l."""
    return _cycles_many(pipeline_table(view), allocations)


def schedule(view: View, allocation: Sequence[int]) -> list[Array]:
    """End of every step of every layer, t_l(1), t_l(2), ..., in cycles from 1."""
    chosen = np.array(allocation, dtype=np.int64)
    start, finish = _simulate(pipeline_table(view), chosen)
    return [finish[start[i] : start[i + 1]] for i in range(len(chosen))]


@making
def _simulate(table, r):  # type: ignore[no-untyped-def]
    layers = len(r)
    start = np.zeros(layers + 1, np.int64)
    for i in range(layers):
        start[i + 1] = start[i] + (table.outputs[i] - 1) // r[i] + 1
    finish = np.empty(start[layers], np.int64)
    needs = table.needs
    for i in range(layers):
        last = 0
        for at in range(start[i], start[i + 1]):
            made = min((at - start[i] + 1) * r[i], table.outputs[i])
            last += 1
            for e in range(needs.into[i], needs.into[i + 1]):
                wanted = need(needs, e, made)
                if wanted > 0:
                    j = needs.edge[e, PRODUCER]
                    last = max(last, finish[start[j] + (wanted - 1) // r[j]])
            finish[at] = last
    return start, finish


@making
def _cycles_many(table, allocations):  # type: ignore[no-untyped-def]
    value = np.zeros(len(allocations), np.int64)
    for row in range(len(allocations)):
        start, finish = _simulate(table, allocations[row])
        for i in range(len(start) - 1):
            if table.sink[i] > 0:
                value[row] = max(value[row], finish[start[i + 1] - 1])
    return value
