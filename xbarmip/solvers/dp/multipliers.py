"""Multipliers for the path bound, by row generation over a linear program in HiGHS.

The program chooses a mixture of R for every layer that takes the fewest crossbars while no path
that has been found is longer than the target; the longest paths under the mixture are added until
none is too long. Its dual values are the multipliers. All of this is in floats: they only decide
how sharp the bound is, never whether it holds (see `paths`).
"""

from collections.abc import Iterable, Sequence

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds import Times
from xbarmip.solvers.dp.path_kernel import (
    Points,
    Support,
    asked_by,
    entries,
    longest_cycles,
    longest_steps,
)
from xbarmip.solvers.dp.paths import END, MOST, Path, latest_of
from xbarmip.solvers.dp.table import SearchTable
from xbarmip.solvers.quiet import quiet_highs

MENU = 48  # R of each layer in the program
ROUNDS = 12  # of row generation
PATHS = 64  # that are added in a round
LITTLE = 1 / 500  # of the budget: a gain after which row generation ends
SCALE = 2**20  # price of a crossbar, where that fits


def path_points(table: SearchTable, low: Array, high: Array) -> Points:
    """Where paths may enter and leave layers, within windows, for `cycles`."""
    needs, layers = table.needs, len(low)
    entry = [entries(table, k) for k in range(layers)]
    edges = [(e, k) for k in range(layers) for e in range(needs.into[k], needs.into[k + 1])]
    asked = [asked_by(table, e, k, entry[k], low, high) for e, k in edges]
    leave = [
        np.array([table.outputs[k]] if table.sink[k] else [], dtype=np.int64) for k in range(layers)
    ]
    for (e, _), outputs in zip(edges, asked, strict=True):
        j = needs.producer[e]
        leave[j] = np.union1d(leave[j], outputs[outputs > 0])
    first = _starts(leave)
    numbered = [
        np.where(
            outputs > 0,
            first[needs.producer[e]] + np.searchsorted(leave[needs.producer[e]], outputs),
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


def _menu(low: int, high: int) -> Array:
    """Some R of a window: all of a small one, otherwise ever farther apart."""
    if high - low < MENU:
        return np.arange(low, high + 1, dtype=np.int64)
    return np.unique(np.geomspace(low, high, MENU).round().astype(np.int64))


class _Program:
    """The linear program of one set of windows."""

    def __init__(self, sets: Array, low: Array, high: Array, target: int, dear: float) -> None:
        self.target = target
        self.menus = [_menu(int(a), int(b)) for a, b in zip(low, high, strict=True)]
        self.start = _starts(self.menus)
        self.paths: list[Array] = []
        self._seen: set[bytes] = set()
        self._solver = quiet_highs()
        self._solver.setOptionValue("threads", 1)
        count = int(self.start[-1])
        costs = np.concatenate([s * menu for s, menu in zip(sets, self.menus, strict=True)])
        self._late = count  # a column: how much every path may be too long, which is dear
        self._solver.addVars(count + 1, np.zeros(count + 1), np.full(count + 1, np.inf))
        self._solver.changeColsCost(
            count + 1, np.arange(count + 1, dtype=np.int32), np.append(costs, dear)
        )
        for a, b in zip(self.start[:-1], self.start[1:], strict=True):
            self._solver.addRow(1, 1, int(b - a), np.arange(a, b, dtype=np.int32), np.ones(b - a))

    def add(self, paths: Iterable[Array]) -> bool:
        """Forbid that these paths are longer than the target; False where all were known before."""
        new = list(
            {legs.tobytes(): legs for legs in paths if legs.tobytes() not in self._seen}.values()
        )
        self._seen.update(legs.tobytes() for legs in new)
        columns, steps = zip(*(self._row(legs) for legs in new), strict=True) if new else ((), ())
        count = len(new)
        self._solver.addRows(
            count,
            np.full(count, -np.inf),
            np.full(count, float(self.target)),
            sum(map(len, columns)),
            _starts(list(columns))[:-1].astype(np.int32),
            np.concatenate([np.zeros(0), *columns]).astype(np.int32),
            np.concatenate([np.zeros(0), *steps]).astype(float),
        )
        self.paths += new
        return bool(new)

    def _row(self, legs: Array) -> tuple[Array, Array]:
        columns, steps = [np.array([self._late])], [np.array([-1])]
        for layer, begin, end, _ in legs.tolist():
            if end > 0:
                menu = self.menus[layer]
                columns.append(np.arange(self.start[layer], self.start[layer + 1]))
                steps.append(-(-end // menu) + (-begin // menu))
        return np.concatenate(columns), np.concatenate(steps)

    def solve(self) -> tuple[float, Support]:
        """Crossbars of the best mixture, and the mixture."""
        self._solver.run()
        x = np.array(self._solver.getSolution().col_value[:-1])
        held = np.flatnonzero(x > 1e-9)
        start = np.searchsorted(held, self.start).astype(np.int64)
        support = Support(start, np.concatenate(self.menus)[held], x[held])
        return self._solver.getInfo().objective_function_value, support

    def multipliers(self) -> Array:
        """The dual values of the paths, as they stand."""
        duals = np.array(self._solver.getSolution().row_dual[len(self.menus) :])
        return np.maximum(0.0, -duals)


def find_paths(
    table: SearchTable,
    sets: Array,
    low: Array,
    high: Array,
    budget: int,
    target: int,
    times: Times,
    demand: Array,
    known: Sequence[Path],
) -> tuple[int, list[Path]]:
    """Paths and multipliers that make the path bound large, and the scale of the prices.

    `demand` is what first steps demand at least within the windows (`steps`, see `Times`). `known`
    are paths to begin with, which hold within these windows.
    """
    program = _Program(sets, low, high, target, 4.0 * budget)
    program.add(path.legs for path in known)
    layers = len(low)
    legs = np.zeros((layers, 2 * layers + 2, 4), dtype=np.int64)
    points = None if table.closed_form else path_points(table, low, high)
    before = -np.inf
    for _ in range(ROUNDS):
        value, support = program.solve()
        if value > 1.01 * budget or value < before + LITTLE * budget:
            break
        before = value
        if points is None:
            length, count = longest_steps(table, demand, low, high, support, legs)
        else:
            length, count = longest_cycles(table, points, support, legs)
        late = np.argsort(-length, kind="stable")[:PATHS]
        late = late[length[late] > target * (1 + 1e-9)]
        if not program.add(legs[k, : count[k]].copy() for k in late):
            break
    else:
        program.solve()
    return _whole(table, program, sets, high, target, times)


def _whole(
    table: SearchTable, program: _Program, sets: Array, high: Array, target: int, times: Times
) -> tuple[int, list[Path]]:
    """The paths that count, with multipliers as integers, on a scale that fits 64 bits."""
    wanted = program.multipliers()
    reach = float(sets @ high) + sum(
        m * (target + int(legs[:, END].sum()))
        for m, legs in zip(wanted, program.paths, strict=True)
    )
    scale = SCALE
    while scale > 1 and 4 * scale * reach >= MOST:
        scale //= 2
    return scale, [
        Path(legs, latest_of(table, times, target, legs), int(m * scale))
        for m, legs in zip(wanted, program.paths, strict=True)
        if int(m * scale) > 0
    ]
