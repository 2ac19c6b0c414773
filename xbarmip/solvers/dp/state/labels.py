"""Labels, one a row, and the buffers that go with them through a sweep.

A label stands for a choice of R for the layers decided so far. It holds the crossbars used, and for
every place of the frontier a staircase of deadlines (a run of pairs in the arena) and, where steps
do not stall, a latest end; besides what added constraints ask it to carry.

Columns of the int64 rows:

- USED, crossbars used; PRICE, lower bound on the crossbars of a completion, times `scale`, by
  paths;
- SPENT, LOWEST, what the undecided layers spend at least beyond the low ends of their windows, and
  the least R of the layer that comes next; found by the forward pass;
- PARENT, CHOICE, the label of the stage before that it came from, and the R just chosen;
- FIRST, LENGTH, END, each + PLACE times the place: the staircase, and the latest end (NEVER where
  there is none);
- then what is left of the limit of each open linear constraint, and the R of layers that a
  predicate still asks for (`constraints`).
"""

from typing import NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.table import NEVER, SearchTable

USED, PRICE, SPENT, LOWEST, PARENT, CHOICE, FIRST, LENGTH, END = range(9)
PLACE = 3  # columns of a place, from FIRST on
SPARE = 1024  # pairs that the first arena has to spare


class Handed(NamedTuple):
    """What one decision hands to producers.

    Attributes
    ----------
    pairs : int64 array, shape (edges, most pairs, 2)
        By descending x.
    counts, end : int64 array, shape (edges,)
        Pairs of each edge; the latest end that is left to its producer, or NEVER.
    """

    pairs: Array
    counts: Array
    end: Array


class Buffers(NamedTuple):
    """Labels before a decision and after, the arena, and what one decision hands on.

    Rows of `made` and pairs of the arena beyond those in use are free.
    """

    labels: Array
    made: Array
    pairs: Array
    handed: Handed


class Fill(NamedTuple):
    """Labels begin .. stop - 1 are decided next; so many rows and pairs of `Buffers` are in use."""

    begin: int
    stop: int
    made: int
    pairs: int


class Arena(NamedTuple):
    """Pairs (x, d) of all staircases, int64 of shape (capacity, 2); from `size` on free."""

    pairs: Array
    size: int


def columns(places: int, limits: int = 0, memory: int = 0) -> int:
    """Columns of labels with so many places, open linear constraints and remembered R."""
    return FIRST + PLACE * places + limits + memory


def make_handed(table: SearchTable) -> Handed:
    """Buffers for the largest layer of a network."""
    edges = max(1, int(np.diff(table.net.into).max(initial=1)))
    pairs = int(table.outputs.max()) + table.layers + 2
    return Handed(
        np.empty((edges, pairs, 2), dtype=np.int64),
        np.empty(edges, dtype=np.int64),
        np.full(edges, NEVER, dtype=np.int64),
    )


def first_labels(table: SearchTable, target: int, price: int = 0) -> tuple[Array, Arena]:
    """The one label before the first decision: every sink has to end by the target.

    `price` is the path bound of all allocations.
    """
    sinks = np.array(table.sinks)
    pairs = np.zeros((len(sinks) + SPARE, 2), dtype=np.int64)
    pairs[: len(sinks), 0], pairs[: len(sinks), 1] = table.outputs[sinks], target
    label = np.zeros((1, columns(len(sinks))), dtype=np.int64)
    label[0, PRICE] = price
    label[0, FIRST::PLACE] = np.arange(len(sinks))
    label[0, LENGTH::PLACE] = int(table.stalls)
    label[0, END::PLACE] = NEVER if table.stalls else target
    return label, Arena(pairs, len(sinks))


def grown(array: Array, size: int) -> Array:
    """A copy of an array with at least so many rows, and at least twice as many as before."""
    bigger = np.empty((max(size, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    bigger[: len(array)] = array
    return bigger
