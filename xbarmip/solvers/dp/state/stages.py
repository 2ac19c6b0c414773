"""The order in which layers are decided, and the frontier that each decision leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.state.step import LAYER
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
    places : int64 array, shape (frontier, 3)
        The frontier afterwards: the undecided layers with a decided consumer, and the undecided
        sinks. Of each the LAYER; its place in the frontier before, SOURCE, or -1 if it enters; and
        LEAD, the first place with an interchangeable layer (see `Net`), or its own. Such layers
        enter a frontier together, the first of them first, and until one of them is decided they
        are asked for the same: they share one staircase.
    producers : int64 array, one for each edge into `layer`
        Place of the edge's producer.
    """

    layer: int
    slot: int
    before: Array
    places: Array
    producers: Array

    @property
    def frontier(self) -> list[int]:
        """The layers of the frontier afterwards, by place."""
        return self.places[:, LAYER].tolist()


def elimination_order(table: SearchTable, sets: Sequence[int]) -> tuple[int, ...]:
    """Layers from the last to the first, consumers always before their producers.

    Among the layers that may come next, the one that leaves the smallest frontier is taken, where
    interchangeable ones, which share a staircase, count once; of equal ones that which is already
    waited for, then the one with the largest crossbar set, then the last in the network. For what a
    layer with a large set is given is soon told apart by what it costs, and leaves little choice to
    those with small ones; the other way about, every choice of those has to be kept. The order
    decides how large the search gets, never its answer: the sweep is exact for every order in which
    consumers precede producers.
    """
    producers = [list(dict.fromkeys(table.producers(k))) for k in range(table.layers)]
    waiting = np.zeros(len(producers), dtype=np.int64)
    for ends in producers:
        for j in ends:
            waiting[j] += 1
    leader = table.leader.tolist()
    frontier = set(table.sinks)

    def left(k: int) -> int:
        return len({leader[j] for j in frontier.union(producers[k]) - {k}})

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


def stages(table: SearchTable, order: Sequence[int]) -> tuple[Stage, ...]:
    """The decisions of a sweep in `order`."""
    frontier, leader = table.sinks, table.leader.tolist()
    sweep = []
    for k in order:
        producers = table.producers(k)
        after = [j for j in frontier if j != k]
        after += sorted(set(producers) - set(after))
        leaders = [leader[j] for j in after]
        places = [
            (j, frontier.index(j) if j in frontier else -1, leaders.index(leader[j])) for j in after
        ]
        sweep.append(
            Stage(
                layer=k,
                slot=frontier.index(k) if k in frontier else -1,
                before=np.array(frontier, dtype=np.int64),
                places=np.array(places, dtype=np.int64).reshape(-1, 3),
                producers=np.array([after.index(j) for j in producers], dtype=np.int64),
            )
        )
        frontier = after
    return tuple(sweep)
