"""The order in which layers are decided, and the frontier that each decision leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.table import SearchTable


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """One decision of the sweep.

    Attributes
    ----------
    layer : int
        The layer that is decided.
    slot : int
        Its place in the frontier before; -1 where nothing waits for it.
    before : int64 array
        The frontier that the decision meets.
    frontier : int64 array
        The undecided layers with a decided consumer afterwards (and the undecided sinks).
    source : int64 array, as long as `frontier`
        Place of each of them in the frontier before; -1 for those that enter.
    target : int64 array, one for each edge into `layer`
        Place of the edge's producer in `frontier`.
    lead : int64 array, as long as `frontier`
        The first place that has a twin of the layer (see `SearchTable`), or the layer itself. Twins
        enter a frontier together, the first of them first, and until one of them is decided they
        are asked for the same: they share one staircase.
    """

    layer: int
    slot: int
    before: Array
    frontier: Array
    source: Array
    target: Array
    lead: Array


def elimination_order(table: SearchTable, sets: Sequence[int]) -> tuple[int, ...]:
    """Layers from the last to the first, consumers always before their producers.

    Among the layers that may come next, the one that leaves the smallest frontier is taken, where
    twins, which share a staircase, count once; of equal ones that which is already waited for, then
    the one with the largest crossbar set, then the last in the network. For what a layer with a
    large set is given is soon told apart by what it costs, and leaves little choice to those with
    small ones; the other way about, every choice of those has to be kept. The order decides how
    large the search gets, never its answer: the sweep is exact for every order in which consumers
    precede producers.
    """
    producers = _producers(table)
    waiting = np.zeros(len(producers), dtype=np.int64)
    for ends in producers:
        for j in ends:
            waiting[j] += 1
    frontier = {k for k in range(len(producers)) if table.sink[k]}

    def left(k: int) -> int:
        return len({int(table.twin[j]) for j in frontier.union(producers[k]) - {k}})

    ready = {k for k in range(len(producers)) if not waiting[k]}
    order = []
    while ready:
        k = min(ready, key=lambda k: (left(k), k not in frontier, -sets[k], -k))
        order.append(k)
        ready.remove(k)
        frontier = frontier.union(producers[k]) - {k}
        for j in producers[k]:
            waiting[j] -= 1
            if not waiting[j]:
                ready.add(j)
    return tuple(order)


def _producers(table: SearchTable) -> list[list[int]]:
    into, producer = table.needs.into, table.needs.producer
    return [
        [int(j) for j in dict.fromkeys(producer[into[k] : into[k + 1]])]
        for k in range(len(into) - 1)
    ]


def stages(table: SearchTable, order: Sequence[int]) -> tuple[Stage, ...]:
    """The decisions of a sweep in `order`."""
    frontier = first_frontier(table)
    sweep = []
    for k in order:
        edges = slice(table.needs.into[k], table.needs.into[k + 1])
        producers = [int(j) for j in table.needs.producer[edges]]
        after = [j for j in frontier if j != k]
        after += sorted(set(producers) - set(after))
        twins = [int(table.twin[j]) for j in after]
        sweep.append(
            Stage(
                layer=k,
                slot=frontier.index(k) if k in frontier else -1,
                before=np.array(frontier, dtype=np.int64),
                frontier=np.array(after, dtype=np.int64),
                source=np.array(
                    [frontier.index(j) if j in frontier else -1 for j in after], dtype=np.int64
                ),
                target=np.array([after.index(j) for j in producers], dtype=np.int64),
                lead=np.array([twins.index(twin) for twin in twins], dtype=np.int64),
            )
        )
        frontier = after
    return tuple(sweep)


def first_frontier(table: SearchTable) -> list[int]:
    """The frontier before the first decision: the sinks, whose last output ends inference."""
    return [k for k in range(len(table.sink)) if table.sink[k]]
