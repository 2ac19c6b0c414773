"""Which kept label of a stage dominates another: `check.Stage.dominates` of all of them at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xbarmip.certificate import check

LARGE = 2**62  # numbers below are compared in 64 bits
STRIDES = 32, 4, 1  # a few rows tell most labels apart


class Kept:
    """Kept labels of a stage, each a column of what a label may have at most that it dominates.

    A row stands for a constraint, a latest end or the deadline of an output; where a label asks for
    none, any will do. Labels come in the order of the crossbars that they use.
    """

    def __init__(self, stage: check.Stage) -> None:
        p = self.problem = stage.problem
        sums = (sum(max(map(abs, w)) for w in c.weights.values()) for c in p.constraints)
        numbers = (stage.search.target or 0, *sums, *(c.limit for c in p.constraints))
        fits = all(abs(each) < LARGE // 2 for each in numbers)
        self.stage, self.any = stage, np.iinfo(np.int64).max if fits else float("inf")
        self.most = np.full((64, 64), self.any, np.int64 if fits else object)
        self.count, self.rows = 0, len(p.constraints)
        self.ends: dict[int, int] = {}  # row of a layer
        self.outputs: dict[int, dict[int, int]] = {}  # row of an output of a layer
        self.listed: dict[int, tuple[Any, Any]] = {}  # of a layer, all outputs and their rows

    def add(self, label: check.Label) -> None:
        """Keep a label."""
        found = [*enumerate(-done for done in label.sums)]
        found += [(self._row(self.ends, j), end) for j, end in label.ends.items()]
        for j, due in label.due.items():
            rows = self.outputs.setdefault(j, {})
            before = len(rows)
            found += [(self._row(rows, x), d) for x, d in due]
            if len(rows) > before:
                outputs, places = (np.fromiter(each, np.int64) for each in (rows, rows.values()))
                self.listed[j] = outputs, places
        while self.rows > len(self.most) or self.count == self.most.shape[1]:
            more = [(0, len(self.most) * (self.rows > len(self.most))), (0, self.count)]
            self.most = np.pad(self.most, more, constant_values=self.any)
        for row, number in found:
            self.most[row, self.count] = number
        self.count += 1

    def _row(self, rows: dict[int, int], key: int) -> int:
        if key not in rows:
            rows[key], self.rows = self.rows, self.rows + 1
        return rows[key]

    def rival(self, label: check.Label) -> int | None:
        """The number of the first kept label that dominates another; numbers begin at 1."""
        has = np.full(self.rows, self.any, self.most.dtype)
        for rows, numbers in self._has(label):
            has[rows] = numbers
        left = np.arange(self.count)
        for stride in STRIDES:
            if not len(left):
                return None
            some = left if len(left) < self.count else slice(self.count)  # all are not copied
            most = self.most[: self.rows : stride, some]
            left = left[(has[::stride, None] <= most).all(axis=0)]
        return int(left[0]) + 1 if len(left) else None

    def _has(self, label: check.Label) -> Iterator[tuple[Any, Any]]:
        """What a label has in some rows. What nothing can bring over a limit is as good as less."""
        stage = self.stage
        limits = zip(self.problem.constraints, stage.mosts, label.sums, strict=True)
        for number, (c, most, done) in enumerate(limits):
            yield number, -max(done, c.limit - most)
        for j, number in self.ends.items():
            if j in label.ends:
                yield number, label.ends[j]
        for j, (asked, row) in self.listed.items():
            if due := label.due.get(j):
                x, d = np.array(due, self.most.dtype).T
                at = np.searchsorted(x, asked)
                is_set = at < len(x)
                at, asked = at[is_set], asked[is_set]
                spread = stage.spread(label, j)
                yield row[is_set], d[at] - ((x[at] - asked) // spread if spread else 0)
