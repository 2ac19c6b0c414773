"""The rows of the program of arcs (`arcs`), over some choices and some entries of each layer."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.interior import Rows
from xbarmip.solvers.dp.bounds.points import Points

Floats = NDArray[np.float64]


def key(layer: Array, x: Array) -> Array:
    """Numbers that ascend with the layer, and within it with x."""
    return layer * 2**40 + x


class Places(NamedTuple):
    """Where paths may enter and leave layers, with what follows from it; int64 arrays.

    Attributes
    ----------
    points : Points
    outputs, sinks : of each layer its outputs; the layers whose end counts
    entry_layer, exit_layer : layers of entries and exits
    until : of each exit, how many entries there are up to it, counted through all layers
    arc_entry : for each of `points.asked` its entry
    """

    points: Points
    outputs: Array
    sinks: Array
    entry_layer: Array
    exit_layer: Array
    until: Array
    arc_entry: Array


def places_of(points: Points, outputs: Array, sinks: Array) -> Places:
    """Places with what follows from the points."""
    layers = np.arange(len(outputs))
    entry_layer = np.repeat(layers, np.diff(points.entry_start))
    exit_layer = np.repeat(layers, np.diff(points.exit_start))
    entries, exits = key(entry_layer, points.entry), key(exit_layer, points.exit)
    until = np.searchsorted(entries, exits, side="right")
    counts = np.diff(np.append(points.asked_start, len(points.asked)))
    first = np.repeat(points.entry_start[points.consumer] - points.asked_start, counts)
    arc_entry = np.arange(len(points.asked)) + first
    return Places(points, outputs, sinks, entry_layer, exit_layer, until, arc_entry)


class Layout(NamedTuple):
    """What the columns and rows of one program are of; entries are numbered as in `chosen`.

    Attributes
    ----------
    chosen : numbers of the entries in use, ascending
    prior : entries with one before in the same layer
    arcs : numbers of arcs
    here, there : the entries where each arc begins, and where it leads; -1 for none
    last : the last entry of each sink, or -1
    choice, entry : columns of choices and of entries
    """

    chosen: Array
    prior: Array
    arcs: Array
    here: Array
    there: Array
    last: Array
    choice: Array
    entry: Array


def laid_out(places: Places, on: NDArray[np.bool_], choice_layer: Array) -> Layout:
    """Columns by layers, choices before entries, so that rows touch few neighbours."""
    points, chosen = places.points, np.flatnonzero(on)
    layer, choices = places.entry_layer[chosen], len(choice_layer)
    before = np.concatenate(([0], np.cumsum(on)))

    def last(k: Array, until: Array) -> Array:
        at = before[until] - 1
        return np.where(at >= before[points.entry_start[k]], at, -1)

    arcs = np.flatnonzero(on[places.arc_entry] & (points.asked >= 0))
    exits, sinks = points.asked[arcs], places.sinks
    order = np.argsort(np.append(choice_layer, layer), kind="stable")
    column = np.empty(len(order), dtype=np.int64)
    column[order] = np.arange(len(order))
    return Layout(
        chosen,
        1 + np.flatnonzero(layer[1:] == layer[:-1]),
        arcs,
        before[places.arc_entry[arcs]],
        last(places.exit_layer[exits], places.until[exits]),
        last(sinks, points.entry_start[sinks + 1]),
        column[:choices],
        column[choices:],
    )


def rows_of(
    places: Places, layout: Layout, choices: tuple[Array, Array], target: int
) -> tuple[Rows, Floats]:
    """A row for each layer, each entry with one before, each arc and each sink; and their limits.

    `choices` are layers and R, by ascending layer. The last column is how much too late the end is.
    """
    # the last for entry -1
    points, entry = places.points, np.append(layout.entry, -1)
    parts = (len(places.outputs), len(layout.prior), len(layout.arcs), len(places.sinks))
    layers, prior, arcs, ends = np.split(np.arange(sum(parts)), np.cumsum(parts)[:-1])
    made = _Made(*choices, layout.choice)
    made.put(choices[0], layout.choice, 1.0)
    made.put(prior, entry[layout.prior], 1.0)
    made.put(prior, entry[layout.prior - 1], -1.0)
    made.put(arcs, entry[layout.here], 1.0)
    made.put(arcs, entry[layout.there], -1.0, layout.there >= 0)
    here, exits = layout.chosen[layout.here], points.asked[layout.arcs]
    made.put_steps(arcs, places.entry_layer[here], points.entry[here], 1.0)
    made.put_steps(arcs, places.exit_layer[exits], points.exit[exits], -1.0)
    made.put(ends, np.full(len(ends), len(layout.choice) + len(entry) - 1), 1.0)
    made.put(ends, entry[layout.last], -1.0, layout.last >= 0)
    made.put_steps(ends, places.sinks, places.outputs[places.sinks], -1.0)
    limit = np.zeros(sum(parts))
    limit[layers], limit[ends] = 1.0, -float(target)
    return made.rows(sum(parts)), limit


class _Made:
    """The entries of a matrix while it is made."""

    def __init__(self, layer: Array, r: Array, column: Array) -> None:
        self._r, self._column = r, column
        self._start = np.searchsorted(layer, np.arange(layer[-1] + 2))
        self._parts: list[tuple[Array, Array, Floats]] = []

    def put(
        self, row: Array, column: Array, value: float, where: NDArray[np.bool_] | None = None
    ) -> None:
        """Put a value into each row, or into some."""
        if where is not None:
            row, column = row[where], column[where]
        self._parts.append((row, column, np.full(len(row), value)))

    def put_steps(self, row: Array, layer: Array, x: Array, value: float) -> None:
        """Put value * ceil(x/R) into each row for each choice of a layer."""
        start = self._start[layer]
        count = self._start[layer + 1] - start
        which = np.arange(count.sum()) + np.repeat(start - np.cumsum(count) + count, count)
        steps = (np.repeat(x, count) - 1) // self._r[which] + 1
        self._parts.append((np.repeat(row, count), self._column[which], value * steps))

    def rows(self, count: int) -> Rows:
        """All of them, by rows and columns."""
        row, column, value = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        order = np.lexsort((column, row))
        start = np.searchsorted(row[order], np.arange(count + 1))
        return Rows(start, column[order].astype(np.int64), value[order])
