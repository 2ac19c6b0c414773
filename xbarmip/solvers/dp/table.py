"""What the search reads of a problem, as flat integer arrays.

Kernels read few arrays, by named columns: an array more for each thing that a network says of its
layers would cost the compiler more time than all that is done with it (see `xbarmip.compiled`).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from xbarmip.compiled import compiled
from xbarmip.measures.view import View
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.closed_form import NO_TAIL, closed_form_table
from xbarmip.timing.implied import independent_edges
from xbarmip.timing.pipeline import pipeline_table
from xbarmip.timing.tables import BASE, PRODUCER, START, NeedTable, by_consumer, need

NEVER = 2**60  # a deadline that binds nothing
TAIL_END, TAIL_BEGIN = BASE + 1, BASE + 2  # columns of `edge`, after those of a NeedTable
OUTPUTS, NEEDED, CAP, SINK, OFFSET, LEADER = range(6)  # columns of `layer`


class Net(NamedTuple):
    """A network under one measure, for kernels; int64 arrays.

    Attributes
    ----------
    into, edge, maps
        As in `NeedTable`, whose `need` reads them. `edge` has two columns more, the tail of the
        edge; TAIL_END is NO_TAIL where there is none (`View`). Where steps stall, tails are
        those of the pipeline rule, as the pipeline takes at least as long, and all maps are listed:
        as entries (see OFFSET), so that BASE is the producer's offset.
    layer : shape (layers + 1, 6)
        OUTPUTS, N as the measure counts it. NEEDED, those that the end waits for (N*, but N under
        the published rule). CAP, the most outputs that a step counts as made. SINK, 1 or 0.
        OFFSET, behind which output x has its entry, OFFSET + x, in an array over all outputs;
        entry 0 is free. LEADER, where steps stall, the first of its interchangeable layers, which
        are asked for the same, as the inputs of a concatenation are: by the same consumers, through
        the same need maps. Else the layer itself.
    """

    into: Array
    edge: Array
    maps: Array
    layer: Array


@dataclass(frozen=True, eq=False, slots=True)
class SearchTable:
    """A network under one measure.

    Attributes
    ----------
    stalls : bool
        Whether each step waits for its own inputs, so that outputs have times of their own
        (`cycles`); else a layer waits for its first step alone (`steps`).
    net : Net
        For kernels; the other attributes show its columns.
    """

    stalls: bool
    net: Net

    @property
    def layers(self) -> int:
        """Number of layers."""
        return len(self.net.layer) - 1

    @property
    def outputs(self) -> Array:
        """N of each layer, as the measure counts it."""
        return self.net.layer[:-1, OUTPUTS]

    @property
    def offset(self) -> Array:
        """OFFSET of each layer, and how many entries there are besides entry 0."""
        return self.net.layer[:, OFFSET]

    @property
    def leader(self) -> Array:
        """The first of the layers that each is interchangeable with."""
        return self.net.layer[:-1, LEADER]

    @property
    def sinks(self) -> list[int]:
        """Layers whose last output ends inference."""
        return np.flatnonzero(self.net.layer[:-1, SINK]).tolist()

    def edges(self, layer: int) -> range:
        """Numbers of the edges into a layer."""
        return range(int(self.net.into[layer]), int(self.net.into[layer + 1]))

    def producers(self, layer: int) -> list[int]:
        """Producer of each edge into a layer."""
        return self.net.edge[self.edges(layer), PRODUCER].tolist()


def search_table(problem: Problem) -> SearchTable | None:
    """The table of a problem; None where 64 bits might not hold a value of the objective."""
    return _search_table(problem.view)


@lru_cache(maxsize=64)
def _search_table(view: View) -> SearchTable | None:
    if view.stalls:
        pipeline = pipeline_table(view)
        kept = by_consumer(view, independent_edges(view))
        layer = _layers(pipeline.outputs, view.counted, pipeline.outputs, pipeline.sink)
        needs = _listed(pipeline.needs, layer)
        layer[:-1, LEADER] = _leaders(needs, layer)
        tails = [view.closed_form.tails[e] or (NO_TAIL, 0) for e in kept]
        return SearchTable(True, _net(needs, tails, layer))
    closed = closed_form_table(view)
    if closed is None:
        return None
    tails = list(zip(closed.tail_end, closed.tail_begin, strict=True))
    layer = _layers(closed.outputs, closed.outputs, closed.cap, closed.sink)
    return SearchTable(False, _net(closed.needs, tails, layer))


def _layers(outputs: Array, needed: ArrayLike, cap: Array, sink: Array) -> Array:
    """`layer` of a net in which each layer leads itself."""
    layer = np.zeros((len(outputs) + 1, 6), dtype=np.int64)
    for column, values in ((OUTPUTS, outputs), (NEEDED, needed), (CAP, cap), (SINK, sink)):
        layer[:-1, column] = values
    layer[1:, OFFSET] = np.cumsum(outputs)
    layer[:, LEADER] = np.arange(len(layer))
    return layer


def _net(needs: NeedTable, tails: list[tuple[int, int]], layer: Array) -> Net:
    behind = np.array(tails, dtype=np.int64).reshape(-1, 2)
    return Net(needs.into, np.hstack((needs.edge, behind)), needs.maps, layer)


def _listed(needs: NeedTable, layer: Array) -> NeedTable:
    """The same need maps, listed."""
    edge, consumer = needs.edge.copy(), np.repeat(np.arange(len(layer) - 1), np.diff(needs.into))
    sizes = layer[consumer, OUTPUTS] + 1
    ends = np.cumsum(sizes)
    edge[:, START] = ends - sizes
    edge[:, BASE] = layer[edge[:, PRODUCER], OFFSET]
    maps = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.int64)
    for e, size in enumerate(sizes.tolist()):
        _list(needs, e, maps[edge[e, START] :][:size], edge[e, BASE])
    return NeedTable(needs.into, edge, maps)


@compiled
def _list(needs, e, listed, base):  # type: ignore[no-untyped-def]
    """Fill `listed` with the entries of what the first 0, 1, 2, ... outputs need by edge e."""
    for x in range(1, len(listed)):
        wanted = need(needs, e, x)
        if wanted > 0:
            listed[x] = base + wanted


def _leaders(needs: NeedTable, layer: Array) -> Array:
    """LEADER of each layer; sinks are interchangeable with none."""
    uses: list[list[tuple[int, bytes]]] = [[] for _ in layer[:-1]]
    for k in range(len(uses)):
        for e in range(needs.into[k], needs.into[k + 1]):
            listed = needs.maps[needs.edge[e, START] :][: layer[k, OUTPUTS] + 1]
            wanted = np.maximum(0, listed - needs.edge[e, BASE])
            uses[needs.edge[e, PRODUCER]].append((k, wanted.tobytes()))
    leader, first = np.arange(len(uses)), dict[tuple[tuple[int, bytes], ...], int]()
    for j in np.flatnonzero(layer[:-1, SINK] == 0).tolist():
        leader[j] = first.setdefault(tuple(uses[j]), j)
    return leader
