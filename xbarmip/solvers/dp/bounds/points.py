"""Where paths may enter and leave layers, where steps stall (`cycles`)."""

from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import EVENLY
from xbarmip.solvers.dp.state.bounds import Windows, least_made
from xbarmip.solvers.dp.table import OUTPUTS, SearchTable
from xbarmip.timing.tables import HEIGHT, PRODUCER, WIDTH, need


class Points(NamedTuple):
    """Where paths may enter and leave layers; int64 arrays.

    Attributes
    ----------
    entry, exit : flat arrays of outputs, ascending in each layer
    entry_start, exit_start : shape (layers + 1,)
    asked : flat, for each edge the entries of its consumer
        Number of the producer's exit that the entry asks for; -1 for none.
    asked_start, consumer : shape (edges,)
    """

    entry: Array
    entry_start: Array
    exit: Array
    exit_start: Array
    asked: Array
    asked_start: Array
    consumer: Array


def path_points(table: SearchTable, windows: Windows) -> Points:
    """Where paths may enter and leave layers, within windows."""
    net, layers = table.net, range(table.layers)
    entry = [_entries(table, k) for k in layers]
    edges = [(e, k) for k in layers for e in table.edges(k)]
    asked = []
    for e, k in edges:
        outputs = np.empty(len(entry[k]), dtype=np.int64)
        _asked_by(net, windows, (e, k), entry[k], outputs)
        asked.append(outputs)
    sinks = set(table.sinks)
    leave = [table.outputs[[k]] if k in sinks else np.zeros(0, dtype=np.int64) for k in layers]
    producers = net.edge[:, PRODUCER].tolist()
    for (e, _), outputs in zip(edges, asked, strict=True):
        leave[producers[e]] = np.union1d(leave[producers[e]], outputs[outputs > 0])
    first = _starts(leave)
    numbered = [
        np.where(
            outputs > 0,
            first[producers[e]] + np.searchsorted(leave[producers[e]], outputs),
            -1,
        )
        for (e, _), outputs in zip(edges, asked, strict=True)
    ]
    return Points(
        np.concatenate(entry),
        _starts(entry),
        np.concatenate(leave),
        first,
        np.concatenate([np.zeros(0, np.int64), *numbered]),
        _starts(numbered)[:-1],
        np.array([k for _, k in edges], dtype=np.int64),
    )


def _starts(parts: list[Array]) -> Array:
    return np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)


def _entries(table: SearchTable, k: int) -> Array:
    """Outputs of layer k where paths may enter it.

    Those where a row begins, or where what it needs is whole, and some in between, evenly.
    """
    count = max(1, int(table.outputs[k]))
    rows = 2 * int(table.net.edge[table.edges(k), HEIGHT].sum())
    whole = np.empty(rows, dtype=np.int64)
    found = _fill_entries(table.net, k, whole)
    even = 1 + np.arange(EVENLY + 1, dtype=np.int64) * (count - 1) // EVENLY
    return np.unique(np.concatenate((even, whole[:found])))


@compiled
def _fill_entries(net, k, points):  # type: ignore[no-untyped-def]
    """Fill `points` with the first output of each row, and the first that needs all it needs."""
    count, found = max(1, net.layer[k, OUTPUTS]), 0
    for e in range(net.into[k], net.into[k + 1]):
        width = net.edge[e, WIDTH]
        for row in range(net.edge[e, HEIGHT]):
            first, last = row * width + 1, min(count, (row + 1) * width)
            if first > count:
                break
            whole = need(net, e, last)
            below, above = first, last
            while below < above:
                middle = (below + above) // 2
                if need(net, e, middle) >= whole:
                    above = middle
                else:
                    below = middle + 1
            points[found], points[found + 1] = first, below
            found += 2
    return found


@compiled
def _asked_by(net, windows, edge, entry, asked):  # type: ignore[no-untyped-def]
    """What the step that makes each entry needs of the producer, at least.

    `edge` is the number of an edge and its consumer.
    """
    e, k = edge
    for i in range(len(entry)):
        made = least_made(entry[i], windows.low[k], windows.high[k], net.layer[k, OUTPUTS])
        asked[i] = need(net, e, made)
