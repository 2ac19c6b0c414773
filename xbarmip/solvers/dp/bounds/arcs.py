"""The linear program of the path bound where it is told from arcs, for deep networks (`cycles`).

A network of hundreds of layers has so many long paths that a program with a row for each does not
get far. Here the paths that enter a layer at an output share a variable M, such that because of
them output y of layer k exists at time

    M(k, last entry <= y) + S_k(y),    S_k(y) = mixture of ceil(y/R_k)

at the earliest. For some entries x of each layer, and each edge to a producer j of which the step
that makes x needs output `asked` at least (`points`), the rows are

    M(k, x)  >=  M(k, entry before x)
    M(k, x)  >=  M(j, last entry <= asked) + S_j(asked) - S_k(x)

with M >= 0, and the last output of a sink comes by the target. So a few entries of each layer stand
for all paths that can be put together of them, with legs (k, x, y), x <= y. Shares of a layer's R
sum to 1 at least: to have more is dearer and makes no path shorter.

The dual values are a flow from sinks to sources, which is made whole: what comes to an entry is
divided among the rows that lead on from there, in integers of which none is lost; where next to
nothing leads on it ends, and the steps of the layer until then are taken whole. So it is a sum of
paths with multipliers as `prices` asks for, whatever the floats were. Of those all that counts is
how much of them leaves a layer at each output, and how much enters at each.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.arc_rows import Layout, Places, key, laid_out, rows_of
from xbarmip.solvers.dp.bounds.interior import Rows, minimise
from xbarmip.solvers.dp.bounds.legs import Support
from xbarmip.solvers.dp.bounds.prices import MOST, Flow
from xbarmip.solvers.dp.effort import HELD, HELD_INSIDE, UNUSED, UNUSED_ROUNDS

Floats = NDArray[np.float64]
TINY = 1e-12  # share of a choice of which nothing is known
AHEAD = 0.3  # cycles by which each M begins above what its rows ask for
LATE = 10.0  # cycles by which the end may be later than that


class _Duals(NamedTuple):
    """The dual values of a solved program: of rows to entries before, arcs, sinks, and M >= 0."""

    layout: Layout
    prior: Floats
    arcs: Floats
    sinks: Floats
    ends: Floats


class ArcProgram:
    """The linear program of some R and some entries of each layer.

    Attributes
    ----------
    layer, r : int64 array
        Choices, ascending: R = r[c] of layer layer[c].
    share : float64 array
        Of each choice in the latest mixture.
    """

    def __init__(self, places: Places, sets: Array, target: int, dear: float) -> None:
        self._places, self._sets, self._target, self._dear = places, sets, target, dear
        self._on = np.zeros(len(places.points.entry), dtype=np.bool_)
        self._rounds = np.zeros(len(self._on), dtype=np.int64)
        self._duals: _Duals | None = None
        self.layer, self.r = np.zeros((2, 0), dtype=np.int64)
        self.share, self._reduced = np.zeros((2, 0))

    @property
    def entries(self) -> Array:
        """The numbers of the entries in use."""
        return np.flatnonzero(self._on)

    def add_choices(self, layer: Array, r: Array) -> bool:
        """Add R of layers, those that are not there yet; whether there were any."""
        old = key(self.layer, self.r)
        new = np.union1d(old, key(layer, r))
        share = np.full(len(new), TINY)
        share[np.searchsorted(new, old)] = self.share
        self.layer, self.r, self.share = new // 2**40, new % 2**40, share
        return len(new) > len(old)

    def add_entries(self, numbers: Array) -> bool:
        """Add entries, those that are not there yet; whether there were any."""
        new = bool((~self._on[numbers]).any())
        self._on[numbers] = True
        return new

    def leave_out(self, most: float) -> None:
        """Leave out what the latest solution makes no use of.

        Choices that would cost more than `most` crossbars, and entries that have been there for
        some rounds.
        """
        duals = self._duals
        assert duals is not None
        keep = (self._reduced <= most) | (self.share > HELD)
        self.layer, self.r, self.share = self.layer[keep], self.r[keep], self.share[keep]
        chosen = duals.layout.chosen
        self._rounds[chosen] += 1
        used = np.bincount(duals.layout.here, duals.arcs, len(chosen))
        idle = (used < UNUSED * duals.sinks.sum()) & (self._rounds[chosen] > UNUSED_ROUNDS)
        self._on[chosen[idle]], self._rounds[chosen[idle]] = False, 0

    def solve(self, gap: float, check: Callable[[], None]) -> None:
        """Find the best mixture, as good as a relative duality gap says; `check` may end it."""
        places = self._places
        layout = laid_out(places, self._on, self.layer)
        rows, limit = rows_of(places, layout, (self.layer, self.r), self._target)
        cost = np.zeros(len(self.r) + len(layout.chosen) + 1)
        cost[layout.choice], cost[-1] = self._sets[self.layer] * self.r, self._dear
        at = minimise((rows, limit, cost), self._begin(layout, rows, limit), gap, check)
        self.share, self._reduced = at.x[layout.choice], at.z[layout.choice]
        _, prior, arcs, sinks = self._by_kind(layout, at.y)
        self._duals = _Duals(layout, prior, arcs, sinks, at.z[layout.entry])

    def _begin(self, layout: Layout, rows: Rows, limit: Floats) -> Floats:
        """A point that meets all rows with something to spare: all choices alike, and M in turn."""
        x = np.zeros(len(self.r) + len(layout.chosen) + 1)
        x[layout.choice] = 1.1 / np.bincount(self.layer)[self.layer]
        # what each row asks for beside M
        asked = limit - np.add.reduceat(rows.value * x[rows.column], rows.start[:-1])
        _, _, arcs, sinks = self._by_kind(layout, asked)
        order = np.argsort(layout.here, kind="stable")
        there, more = layout.there[order].tolist(), arcs[order].tolist()
        first = np.searchsorted(layout.here[order], np.arange(len(layout.chosen) + 1)).tolist()
        follows = np.isin(np.arange(len(layout.chosen)), layout.prior).tolist()
        times = [0.0] * (len(layout.chosen) + 1)  # the last for -1
        for i in range(len(layout.chosen)):
            ways = range(first[i], first[i + 1])
            latest = max((times[there[a]] + more[a] for a in ways), default=0.0)
            times[i] = AHEAD + max(latest, times[i - 1] if follows[i] else 0.0)
        x[layout.entry] = times[:-1]
        x[-1] = LATE + max(0.0, *(np.array(times)[layout.last] + sinks))
        return x

    def _by_kind(self, layout: Layout, of_rows: Floats) -> list[Floats]:
        """Numbers of rows, by what they are of: layers, entries before, arcs, sinks."""
        kinds = (len(self._sets), len(layout.prior), len(layout.arcs))
        return np.split(of_rows, np.cumsum(kinds))

    def support(self) -> Support:
        """The latest mixture by layers, without what interior points leave of the rest."""
        layers = np.arange(len(self._sets) + 1)
        most = np.zeros(len(self._sets))
        np.maximum.at(most, self.layer, self.share)
        held = np.flatnonzero((self.share > HELD_INSIDE) | (self.share == most[self.layer]))
        start = np.searchsorted(self.layer[held], layers).astype(np.int64)
        total = np.add.reduceat(self.share[held], start[:-1])
        return Support(start, self.r[held], self.share[held] / np.repeat(total, np.diff(start)))

    def whole_flow(self, scale: float) -> Flow | None:
        """The dual values, times `scale`, as a flow of integers; None where these are too large."""
        duals, places = self._duals, self._places
        assert duals is not None
        layout, points = duals.layout, places.points
        ways: list[list[tuple[float, int, int]]] = [[] for _ in layout.chosen]
        for at, some in zip(layout.prior.tolist(), duals.prior.tolist(), strict=True):
            ways[at].append((some, -1, at - 1))
        arcs = (layout.here, duals.arcs, points.asked[layout.arcs], layout.there)
        for here, some, q, there in zip(*(column.tolist() for column in arcs), strict=True):
            ways[here].append((some, q, there))
        coming = [0] * (len(ways) + 1)  # the last for -1
        legs: list[tuple[int, int, int, int, int, int]] = []
        sinks = (places.sinks, duals.sinks, layout.last)
        for k, some, there in zip(*(column.tolist() for column in sinks), strict=True):
            whole, x = int(some * scale), int(places.outputs[k])
            legs.append((k, 0, x, x, whole, -1))
            coming[there] += whole
        weight = sum(coming)  # no leg has more
        if weight >= MOST:
            return None
        layer, x = places.entry_layer[layout.chosen].tolist(), points.entry[layout.chosen].tolist()
        leaves, at_exit = places.exit_layer.tolist(), points.exit.tolist()
        for here in range(len(ways) - 1, -1, -1):
            for whole, q, there in _divided(coming[here], ways[here], float(duals.ends[here])):
                if q >= 0:
                    legs.append((layer[here], x[here], 0, -1, whole, -1))
                    legs.append((leaves[q], 0, at_exit[q], at_exit[q], whole, layer[here]))
                coming[there] += whole
        table = np.array(legs, dtype=np.int64).reshape(-1, 6)
        return Flow(table[:, :4].copy(), table[:, 4].copy(), table[:, 5].copy(), weight)


def _divided(
    whole: int, ways: list[tuple[float, int, int]], ends: float
) -> list[tuple[int, int, int]]:
    """A whole divided in proportion among ways on; among none where more of it `ends`."""
    total = sum(some for some, _, _ in ways)
    if not whole or total <= ends:
        return []
    parts = [(int(whole * (some / total)), q, there) for some, q, there in sorted(ways)]
    rest, q, there = parts.pop()
    rest = whole - sum(some for some, _, _ in parts)
    return [part for part in (*parts, (rest, q, there)) if part[0]]
