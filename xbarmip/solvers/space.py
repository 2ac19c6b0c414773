"""The allocations within a budget: counted exactly, and listed block by block (SPEC §1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xbarmip.exact import INT64_MAX
from xbarmip.network.window import Array
from xbarmip.problem import Problem

Integers = NDArray[Any]  # int64, or Python integers in an object array beyond 64 bits


@dataclass(frozen=True, slots=True)
class Space:
    """The allocations that a feasible problem allows, seen from R = 1 everywhere.

    Only `free` layers, those with more than one possible R, are counted and listed.

    Attributes
    ----------
    layers : int
        Number of layers of the network.
    free : tuple of int
        Positions of the free layers.
    most : tuple of int
        Largest R of each free layer.
    sets : tuple of int
        Crossbars of one more copy of each free layer.
    spare : int
        Crossbars beyond the smallest budget, as far as all layers together could use them.
    """

    layers: int
    free: tuple[int, ...]
    most: tuple[int, ...]
    sets: tuple[int, ...]
    spare: int

    @classmethod
    def of(cls, problem: Problem) -> "Space":
        """The space of a problem whose budget is not too small."""
        free = tuple(layer for layer, most in enumerate(problem.largest) if most > 1)
        most = tuple(problem.largest[layer] for layer in free)
        sets = tuple(problem.sets[layer] for layer in free)
        usable = sum((r - 1) * s for r, s in zip(most, sets, strict=True))
        spare = min(problem.crossbars - problem.smallest_budget, usable)
        return cls(len(problem.largest), free, most, sets, spare)

    def _integers(self, values: list[int], *also: int) -> Integers:
        wide = max((self.spare, *also)) > INT64_MAX
        return np.array(values, dtype=object if wide else np.int64)

    def count(self, limit: int) -> int | None:
        """Number of allocations, exact; None as soon as it is known to exceed `limit`.

        A forward program over (layer, crossbars used): the distinct sums of a prefix of the layers,
        and in how many ways each comes about. Every prefix can be completed, so that no partial
        count exceeds the whole. The layer with the most choices comes last, where they need only be
        counted.
        """
        order = sorted(range(len(self.free)), key=lambda at: self.most[at])
        largest = (limit + 1) ** 2
        used, ways, total = self._integers([0], largest), self._integers([1], largest), 1
        for at in order:
            choices = np.minimum(self.most[at], (self.spare - used) // self.sets[at] + 1)
            total = int((np.minimum(choices, limit + 1) * ways).sum())
            if total > limit:
                return None
            if at == order[-1]:
                break
            row, extra = _spread(choices.astype(np.int64))
            sums = used[row] + extra.astype(used.dtype) * self.sets[at]
            used, ways = _merged(sums, ways[row])
        return total

    def blocks(self, rows: int) -> Iterator[tuple[Array, Integers]]:
        """Every allocation once, in lexicographic order, at most `rows` of them at a time.

        Yields
        ------
        allocations : int64 array, shape (count, layers)
        used : integer array, shape (count,)
            Crossbars of each beyond the smallest budget.
        """
        zero = np.zeros(1, dtype=np.int64)
        todo = [_Prefixes(0, None, zero, zero, self._integers([0]))]
        while todo:
            at = todo.pop()
            if at.depth == len(self.free):
                yield self._allocations(at), at.used
                continue
            choices = np.minimum(
                self.most[at.depth], (self.spare - at.used) // self.sets[at.depth] + 1
            )
            counts = choices.astype(np.int64) - at.first
            some = max(1, int(np.searchsorted(np.cumsum(counts), rows, side="right")))
            if some < len(counts):
                todo.append(at.part(slice(some, None), 0))
            if counts[0] > rows:  # one prefix fills a block: the rest of its choices come next
                todo.append(at.part(slice(0, 1), at.first + rows))
            row, extra = _spread(np.minimum(counts[:some], rows))
            extra += at.first
            used = at.used[row] + extra.astype(at.used.dtype) * self.sets[at.depth]
            todo.append(_Prefixes(at.depth + 1, at, row, extra, used))

    def _allocations(self, leaf: "_Prefixes") -> Array:
        """R of every layer, collected along the parents of complete allocations."""
        allocations = np.ones((len(leaf.used), self.layers), dtype=np.int64)
        index = np.arange(len(leaf.used))
        node = leaf
        while node.parent is not None:
            allocations[:, self.free[node.depth - 1]] += node.extra[index]
            index, node = node.row[index], node.parent
        return allocations


@dataclass(frozen=True, slots=True)
class _Prefixes:
    """Choices for the first `depth` free layers, each pointing at the shorter one it extends.

    `row` is that one's place in `parent`, `extra` the chosen R - 1 of the last layer and `used` the
    crossbars of all of them; choices of the next layer below `first` have been listed before.
    """

    depth: int
    parent: "_Prefixes | None"
    row: Array
    extra: Array
    used: Integers
    first: int = 0

    def part(self, which: slice, first: int) -> "_Prefixes":
        cut = self.row[which], self.extra[which], self.used[which]
        return _Prefixes(self.depth, self.parent, *cut, first)


def _spread(counts: Array) -> tuple[Array, Array]:
    """Row numbers, each `counts[row]` times, and beside them 0 .. counts[row] - 1."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)


def _merged(sums: Integers, ways: Integers) -> tuple[Integers, Integers]:
    """The distinct `sums`, and the total of `ways` over each."""
    distinct, where = np.unique(sums, return_inverse=True)
    total = np.zeros(len(distinct), dtype=ways.dtype)
    np.add.at(total, where, ways)
    return distinct, total
