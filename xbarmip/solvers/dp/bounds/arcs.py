"""The linear program of the path bound where it is told from arcs, for deep networks (`cycles`).

A network of hundreds of layers has so many long paths that a program with a row for each does not
get far. Here a path is cut into its legs: leg (k, begin, end) that asks for output `asked` of a
producer j is one row,

    t(k, end)  >=  t(j, asked)  +  mixture of [ ceil(end/R_k) - ceil(begin/R_k) ]

with a variable t for each output at which paths meet, and t at most the target at a sink. Paths
that meet at an output exchange their parts: a few hundred of them stand for all that can be put
together of their legs. Each of those holds by itself, since what makes a path hold is said leg by
leg: it ends at an output that the next one's begin is sure to ask for (`prices`). The dual values
are a flow from sinks to sources, which is taken apart into paths with a multiplier each; where
rounding left too little flow to go on, a path ends, and the steps up to its last output are taken
whole. So nothing rests on the floats, as ever.

Interior points solve it: they are as fast as the simplex method on one such program, and a mixture
from the middle of all that are best leads to deeper cuts than a corner.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.legs import BEGIN, END, LAYER, Support
from xbarmip.solvers.dp.bounds.question import Question, some_choices
from xbarmip.solvers.dp.effort import FLOW_LEFT, HELD_INSIDE
from xbarmip.solvers.quiet import run_on_one_thread

TINY = 1e-12
_Node = tuple[int, int]  # a layer and an output of it
_Arc = tuple[int, int, int, _Node | None]  # layer, begin, end, and what the leg asks for


class ArcProgram:
    """The linear program of one set of windows, with some R of each layer and some arcs.

    The same questions are asked of it as of the program of paths. `solver` is taken for it alone.
    """

    def __init__(self, solver: Any, question: Question, dear: float, menu: int) -> None:
        self.target, self.windows = question.target, question.windows
        self.sets, self.low = self.windows.sets, self.windows.low
        self.layer, self.r = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.iterations = 0
        self._arcs: dict[_Arc, int] = {}
        self._nodes: dict[_Node, int] = {}  # by HiGHS's number of its column
        self._sinks: list[_Node] = []
        self._known: set[tuple[int, int]] = set()
        self._column = np.zeros(0, dtype=np.int64)  # of each choice
        self._columns, self._rows = 1, len(self.sets)
        self._of_layer: list[list[tuple[int, int, int]]] = [[] for _ in self.sets]
        self._row: list[int] = []  # of each arc
        self._solver = solver
        solver.clearModel()
        for name, value in (("solver", "ipm"), ("run_crossover", "off"), ("presolve", "choose")):
            solver.setOptionValue(name, value)
        none = np.zeros(0, dtype=np.int32)
        one = np.ones(len(self.sets))
        solver.addRows(len(one), one, one, 0, np.zeros(len(one), np.int32), none, np.zeros(0))
        # the first column is how much every path may be too long, which is dear
        solver.addCol(dear, 0, np.inf, 0, none, np.zeros(0))
        self.add_choices(*some_choices(self.windows, menu))

    def add_choices(self, layer: Array, r: Array) -> bool:
        """Add R of layers, those that are not there yet; whether there were any."""
        pairs = list(zip(layer.tolist(), r.tolist(), strict=True))
        new = [pair not in self._known for pair in pairs]
        if not any(new):
            return False
        self._known.update(pairs)
        layer, r = layer[new], r[new]
        starts: list[int] = []
        rows: list[int] = []
        values: list[float] = []
        for k, choice in zip(layer.tolist(), r.tolist(), strict=True):
            starts.append(len(rows))
            rows.append(k)
            values.append(1.0)
            for number, begin, end in self._of_layer[k]:
                steps = -(-end // choice) + (-begin // choice)
                if steps:
                    rows.append(self._row[number])
                    values.append(float(steps))
        count = len(r)
        self._solver.addCols(
            count, (self.sets[layer] * r).astype(float), np.zeros(count), np.full(count, np.inf),
            len(rows), np.array(starts, np.int32), np.array(rows, np.int32), np.array(values),
        )  # fmt: skip
        self._column = np.append(self._column, self._columns + np.arange(count))
        self._columns += count
        self.layer, self.r = np.append(self.layer, layer), np.append(self.r, r)
        return True

    def add_paths(self, paths: Iterable[Array]) -> bool:
        """Forbid that these paths are longer than the target; False where all were known before."""
        new: list[_Arc] = []
        for legs in paths:
            rows = legs.tolist()
            asked = [(leg[LAYER], leg[END]) for leg in rows[1:]]
            for number, (leg, node) in enumerate(zip(rows, [*asked, None], strict=True)):
                arc = (leg[LAYER], leg[BEGIN], leg[END], node)
                if arc not in self._arcs:
                    self._arcs[arc] = len(self._arcs)
                    new.append(arc)
                if number == 0 and (arc[0], arc[2]) not in self._sinks:
                    self._end_at((arc[0], arc[2]))
        if new:
            self._add_arcs(new)
        return bool(new)

    def _end_at(self, node: _Node) -> None:
        """Ask for an output of a sink by the target."""
        columns = np.array([0, self._column_of(node)], dtype=np.int32)
        self._solver.addRow(-np.inf, float(self.target), 2, columns, np.array([-1.0, 1.0]))
        self._rows += 1
        self._sinks.append(node)

    def _column_of(self, node: _Node) -> int:
        if node not in self._nodes:
            none = np.zeros(0, dtype=np.int32)
            self._solver.addCol(0.0, -np.inf, np.inf, 0, none, np.zeros(0))
            self._nodes[node] = self._columns
            self._columns += 1
        return self._nodes[node]

    def _add_arcs(self, arcs: list[_Arc]) -> None:
        """Add a row for each arc."""
        order = np.argsort(self.layer, kind="stable")
        start = np.searchsorted(self.layer[order], np.arange(len(self.sets) + 1))
        starts, columns, values = [], [np.zeros(0, np.int64)], [np.zeros(0)]
        made = 0
        for k, begin, end, node in arcs:
            starts.append(made)
            some = order[start[k] : start[k + 1]]
            steps = -(-end // self.r[some]) + (-begin // self.r[some])
            ends = [self._column_of((k, end))] + ([] if node is None else [self._column_of(node)])
            columns += [self._column[some[steps > 0]], np.array(ends)]
            values += [steps[steps > 0].astype(float), np.array([-1.0, 1.0][: len(ends)])]
            made += int((steps > 0).sum()) + len(ends)
            self._of_layer[k].append((len(self._row), begin, end))
            self._row.append(self._rows + len(starts) - 1)
        self._solver.addRows(
            len(arcs), np.full(len(arcs), -np.inf), np.zeros(len(arcs)), made,
            np.array(starts, np.int32), np.concatenate(columns).astype(np.int32),
            np.concatenate(values),
        )  # fmt: skip
        self._rows += len(arcs)

    def solve(self) -> tuple[float, NDArray[np.float64]]:
        """Crossbars of the best mixture, and the share of every choice in it."""
        run_on_one_thread(self._solver)
        solution = self._solver.getSolution()
        duals = np.array(solution.row_dual)
        self._flow = np.maximum(0.0, np.nan_to_num(-duals[np.array(self._row, dtype=np.int64)]))
        self._value = np.array(solution.col_dual)[self._column]
        # not 0, as a layer must have some choice even where the solver has none
        x = np.maximum(TINY, np.nan_to_num(np.array(solution.col_value)[self._column]))
        return self._solver.getInfo().objective_function_value, x

    def support(self, x: NDArray[np.float64]) -> Support:
        """A mixture by layers, without what interior points leave of the rest."""
        most = np.zeros(len(self.sets))
        np.maximum.at(most, self.layer, x)
        held = np.flatnonzero((x > HELD_INSIDE) | (x == most[self.layer]))
        held = held[np.argsort(self.layer[held], kind="stable")]
        start = np.searchsorted(self.layer[held], np.arange(len(self.sets) + 1)).astype(np.int64)
        share = x[held] / np.repeat(np.add.reduceat(x[held], start[:-1]), np.diff(start))
        return Support(start, self.r[held], share)

    def shares(self, mixture: Support) -> NDArray[np.float64]:
        """The share of every choice in a mixture, whose choices are added."""
        layer = np.repeat(np.arange(len(self.sets)), np.diff(mixture.start))
        self.add_choices(layer, mixture.r)
        share = dict(
            zip(zip(layer.tolist(), mixture.r.tolist(), strict=True), mixture.w, strict=True)
        )
        pairs = zip(self.layer.tolist(), self.r.tolist(), strict=True)
        return np.array([share.get(pair, 0.0) for pair in pairs])

    def good_choices(self, most: float) -> tuple[Array, Array]:
        """Layer and R of the choices that would cost little: at most `most` crossbars."""
        return self.layer[self._value <= most], self.r[self._value <= most]

    def priced(self) -> tuple[list[Array], NDArray[np.float64], NDArray[np.float64]]:
        """Paths, and the multipliers of charges, of which there are none, and of the paths.

        The flow is taken apart: each time along the arcs with the most left, and as much as the
        least of them has.
        """
        left: dict[_Node, dict[_Arc, float]] = {}
        most = float(self._flow.max(initial=0.0))
        for arc, number in self._arcs.items():
            if self._flow[number] > FLOW_LEFT * most:
                left.setdefault((arc[0], arc[2]), {})[arc] = float(self._flow[number])
        paths, multipliers = [], []
        for sink in self._sinks:
            while left.get(sink):
                way = _widest(left, sink)
                taken = min(left[arc[0], arc[2]][arc] for arc in way)
                for arc in way:
                    there = left[arc[0], arc[2]]
                    there[arc] -= taken
                    if there[arc] <= FLOW_LEFT * most:
                        del there[arc]
                legs = np.array([(k, begin, end, end) for k, begin, end, _ in way], dtype=np.int64)
                if way[-1][3] is not None:
                    legs[-1, BEGIN] = 0
                paths.append(legs)
                multipliers.append(taken)
        return paths, np.zeros(0), np.array(multipliers)

    def cheapest(self) -> Array:
        """For every layer the R that is cheapest at the dual values."""
        cheapest = self.low.copy()
        for k, arcs in enumerate(self._of_layer):
            some = np.array([arc for arc in arcs if self._flow[arc[0]] > 0], dtype=np.int64)
            if len(some):
                number, begin, end = some.T[:, :, None]
                r = np.arange(self.low[k], self.windows.high[k] + 1)
                steps = -(-end // r) + (-begin // r)
                price = self.sets[k] * r + (self._flow[number] * steps).sum(axis=0)
                cheapest[k] = r[price.argmin()]
        return cheapest


def _widest(left: dict[_Node, dict[_Arc, float]], node: _Node | None) -> list[_Arc]:
    """The arcs of a path from a node on, always that with the most left, as far as they go."""
    way: list[_Arc] = []
    while node is not None and left.get(node):
        arcs = left[node]
        way.append(max(arcs, key=arcs.__getitem__))
        node = way[-1][3]
    return way
