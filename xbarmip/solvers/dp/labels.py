"""Labels, kept as a structure of arrays, and what goes with them through a sweep.

A label stands for a choice of R for the layers decided so far. It holds the crossbars used, and for
every place of the frontier a staircase of deadlines (a slice of the arena) and, for `steps`, a
latest end; besides what added constraints ask it to carry.
"""

from typing import NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.carried import Sums
from xbarmip.solvers.dp.grid import POINTS
from xbarmip.solvers.dp.order import first_frontier
from xbarmip.solvers.dp.paths import Dues, Exits
from xbarmip.solvers.dp.table import NEVER, SearchTable


class Labels(NamedTuple):
    """Labels of one stage; int64 arrays.

    Attributes
    ----------
    used : shape (labels,)
        Crossbars used.
    price : shape (labels,)
        Lower bound on the crossbars of a completion, times `scale`, by paths.
    spent, lowest : shape (labels,)
        What the undecided layers spend at least beyond the low ends of their windows; the least R
        of the layer that comes next. Filled by `survey`.
    parent, choice : shape (labels,)
        The label of the stage before that it came from; the R just chosen.
    first, length, end : shape (labels, places)
        Staircase in the arena, and latest end (NEVER for `cycles`), for each place of the frontier.
    room : shape (labels, open linear constraints)
    memory : shape (labels, layers)
        R of layers that a predicate still asks for; see `carried`.
    """

    used: Array
    price: Array
    spent: Array
    lowest: Array
    parent: Array
    choice: Array
    first: Array
    length: Array
    end: Array
    room: Array
    memory: Array


class Arena(NamedTuple):
    """Pairs (x, d) of all staircases; those at `size` and beyond are free."""

    x: Array
    d: Array
    size: int


class Step(NamedTuple):
    """A `Stage` with its budget.

    `frontier` is the one that the stage leaves; `budget` is what remains when all layers after it
    take the low ends of their windows, `limit` the whole of it times `scale`. `price`, `least`,
    `rest`, `exits` and `dues` are those of the layer and the stage in `Cuts`, `price` from the
    low end of the window on; `sums` and `recalled` are those of a `Carry`; `alone` says that
    nothing but the crossbars hangs on the layer's R.
    """

    number: int
    layer: int
    slot: int
    frontier: Array
    source: Array
    target: Array
    lead: Array
    budget: int
    limit: int
    scale: int
    price: Array
    least: int
    rest: int
    exits: Exits
    dues: Dues
    sums: Sums
    recalled: Array
    alone: bool


class Out(NamedTuple):
    """Room for the pairs that one decision hands to producers; rows by edge."""

    x: Array
    d: Array
    length: Array
    end: Array


class Scratch(NamedTuple):
    """Working room of the kernels, made once for a search."""

    out: Out
    reach: Array
    least: Array
    ends: Array
    wanted: Array
    points: Array
    deadline: Array


def make_scratch(table: SearchTable) -> Scratch:
    """Room for the largest layer of a network."""
    edges = max(1, int(np.diff(table.needs.into).max(initial=1)))
    pairs = int(table.outputs.max()) + len(table.outputs) + 2
    rows = np.empty((2, edges, pairs), dtype=np.int64)
    counts = np.empty((2, edges), dtype=np.int64)
    layers = len(table.outputs)
    reach, least, ends, wanted, points = np.empty((5, layers), dtype=np.int64)
    deadlines = np.empty((layers, POINTS), dtype=np.int64)
    return Scratch(Out(*rows, *counts), reach, least, ends, wanted, points, deadlines)


def first_labels(table: SearchTable, target: int, price: int = 0) -> tuple[Labels, Arena]:
    """The one label before the first decision: every sink has to end by the target.

    `price` is the path bound of all allocations.
    """
    sinks = first_frontier(table)
    count = len(sinks)
    arena = Arena(
        np.concatenate((table.outputs[sinks], np.zeros(1024, dtype=np.int64))),
        np.full(count + 1024, target, dtype=np.int64),
        count,
    )
    none = np.zeros(1, dtype=np.int64)
    closed = table.closed_form
    labels = Labels(
        none,
        np.full(1, price, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        none,
        none,
        np.arange(count, dtype=np.int64).reshape(1, count),
        np.full((1, count), 0 if closed else 1, dtype=np.int64),
        np.full((1, count), target if closed else NEVER, dtype=np.int64),
        np.zeros((1, 0), dtype=np.int64),
        np.zeros((1, 0), dtype=np.int64),
    )
    return labels, arena
