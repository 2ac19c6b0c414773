"""Linear constraints along a sweep, as rows: those that end alike become one (SPEC §8)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.state.step import AFTER, BEFORE, DIVIDED, LIMIT

Terms = dict[int, Array]
"""Weights at R = 1, 2, .. by layer."""


class Sums(NamedTuple):
    """The linear constraints that one decision meets; `sums` and `weights` of a `Step`."""

    sums: Array
    weights: Array


class Passage(NamedTuple):
    """How a decision takes a row, that is a linear constraint or several that became one, along.

    Attributes
    ----------
    row, to : int
        Its number before, and that of the row that it is afterwards; -1 where it ends.
    own : int64 array, optional
        Weights of the layer decided; None where it has none.
    divisor : int
        What divides all weights of the layers to come.
    """

    row: int
    to: int
    own: Array | None
    divisor: int


Decided = tuple[
    tuple[tuple[int, Terms], ...],
    tuple[Passage, ...],
    tuple[tuple[tuple[int, int], ...], ...],
    Sums,
]


class _Row(NamedTuple):
    """A row on its way: its number, undecided layers, column of labels (-1: none yet), limit (none
    once it has begun), and the constraints in it with what their weights were divided by.
    """

    number: int
    terms: Terms
    column: int
    limit: int
    inside: tuple[tuple[int, int], ...]


class Rows:
    """The rows of linear constraints, decision by decision.

    Parameters
    ----------
    linear : sequence of Terms
    limits : sequence of int
    order : sequence of int
        Layers in the order of decision.
    largest : int64 array
        Largest R of each layer.
    """

    def __init__(
        self, linear: Sequence[Terms], limits: Sequence[int], order: Sequence[int], largest: Array
    ) -> None:
        place = {k: at for at, k in enumerate(order)}
        self._first = [min((place[m] for m in terms), default=len(order)) for terms in linear]
        self._order, self._largest = order, largest
        self._waiting = [
            _Row(c, terms, -1, limit, ((c, 1),))
            for c, (terms, limit) in enumerate(zip(linear, limits, strict=True))
        ]
        self._open: list[_Row] = []
        self._made = len(linear)

    def coming(self, at: int) -> tuple[int, ...]:
        """Numbers of the constraints that begin after a decision."""
        return tuple(c for c, first in enumerate(self._first) if first > at)

    def decide(self, at: int) -> Decided:
        """Rows that begin with a decision, how it takes each along, and what is left to carry."""
        k = self._order[at]
        fresh = [row for row in self._waiting if self._first[row.number] == at]
        met = [*self._open, *fresh]
        sums = np.zeros((len(met), 6), dtype=np.int64)
        weights = np.zeros((len(met), int(self._largest[k])), dtype=np.int64)
        passages: list[Passage] = []
        merged: dict[object, _Row] = {}
        for n, row in enumerate(met):
            own = row.terms.get(k)
            if own is not None:
                weights[n] = own
            later = {m: w for m, w in row.terms.items() if m != k}
            divisor = int(np.gcd.reduce([np.gcd.reduce(w) for w in later.values()] or [0]))
            into = self._merge(merged, row, later, divisor) if divisor else None
            column, number = (-1, -1) if into is None else (into.column, into.number)
            passages.append(Passage(row.number, number, own, divisor or 1))
            sums[n, [BEFORE, AFTER, LIMIT, DIVIDED]] = row.column, column, row.limit, divisor or 1
        self._open = [*merged.values()]
        begins = tuple((row.number, row.terms) for row in fresh)
        inside = tuple(row.inside for row in self._open)
        return begins, tuple(passages), inside, Sums(sums, weights)

    def _merge(self, merged: dict[object, _Row], row: _Row, later: Terms, divisor: int) -> _Row:
        """The row that has these weights, divided, afterwards; `row` becomes a part of it."""
        terms = later if divisor == 1 else {m: w // divisor for m, w in later.items()}
        key = tuple((m, terms[m].tobytes()) for m in sorted(terms))
        inside = tuple((c, scale * divisor) for c, scale in row.inside)
        if key in merged:
            merged[key] = merged[key]._replace(inside=merged[key].inside + inside)
        else:
            merged[key] = _Row(self._made, terms, len(merged), 0, inside)
            self._made += 1
        return merged[key]
