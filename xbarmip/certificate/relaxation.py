"""Multipliers of path bounds, from the linear relaxation over paths.

    minimise  sum over layers of the mean of set*R,   R a mixture within its window
    subject to  the mean length of every path <= T,  the mean of every constraint <= its limit

Paths are added where they are violated. The duals are rounded to integers: a bound holds for any
multipliers, so that no float decides anything.

On purpose this is not the program of the dynamic program (`solvers.dp.bounds.multipliers`), whose
paths and multipliers hold for its own windows in 64-bit tables: a certificate's bound has to hold
for the checker's windows and needs, in integers of any size.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import highspy
import numpy as np

from xbarmip.certificate import check
from xbarmip.certificate.separation import CyclesPaths, StepsPaths, Weights
from xbarmip.solvers.dp.bounds.legs import Support, moments
from xbarmip.solvers.quiet import quiet_highs, run_on_one_thread

SCALE = 10**6  # of multipliers, to 1 crossbar
TOLERANCE = 1e-6
SMOOTH = 0.3  # share of the latest solution in the one at which paths are looked for
MOST_BITS = 24  # of weights in the relaxation
LARGE = 10**12  # a limit beyond it is none


class Relaxation:
    """The relaxation under the windows that a search has when it is made."""

    def __init__(self, search: check.Search, paths: Iterable[Any] = ()) -> None:
        self.search = search
        p = self.problem = search.problem
        self.paths: CyclesPaths | StepsPaths
        if isinstance(p.timing, check.ClosedForm):
            self.paths = StepsPaths(search, p.timing)
        else:
            self.paths = CyclesPaths(search)
        self.low, self.high = list(search.low), list(search.high)
        self.start = np.concatenate(([0], np.cumsum(np.array(self.high) - self.low + 1)))
        self.rows: list[Any] = []
        self.crossbar_unit = unit_for(max(p.sets))
        self.units = [unit_of(c) for c in p.constraints]
        self._fill()
        for path in paths:
            self.add_path(path)
        run_on_one_thread(self.lp)

    def _fill(self) -> None:
        p, search = self.problem, self.search
        self.lp = quiet_highs()
        count = int(self.start[-1])
        self.excess = count  # how much every path may exceed the target, at a price
        cost = [
            s / self.crossbar_unit * np.arange(a, b + 1)
            for s, a, b in zip(p.sets, search.low, search.high, strict=True)
        ]
        self.lp.addVars(count + 1, np.zeros(count + 1), np.full(count + 1, highspy.kHighsInf))
        price = 1000.0 * (1 + sum(each.max(initial=0) for each in cost))
        columns = np.arange(count + 1, dtype=np.int32)
        self.lp.changeColsCost(
            count + 1, columns, np.append(np.concatenate(cost), price).astype(float)
        )
        for k in p.layers:
            ids = columns[self.start[k] : self.start[k + 1]]
            self.lp.addRow(1.0, 1.0, len(ids), ids, np.ones(len(ids)))
        for c, unit in zip(p.constraints, self.units, strict=True):
            weights = {
                k: np.array([each // unit for each in w[search.low[k] - 1 : search.high[k]]], float)
                for k, w in c.weights.items()
            }
            self._add_row(weights, float(max(-LARGE, min(LARGE, c.limit // unit))))

    @property
    def _first_path(self) -> int:
        """The row of the first path, behind those of layers and constraints."""
        return len(self.problem.layers) + len(self.units)

    @property
    def _target(self) -> float:
        return float("inf") if self.search.target is None else float(self.search.target)

    def _add_row(self, weights: dict[int, Any], limit: float) -> None:
        ids = [np.arange(self.start[k], self.start[k + 1]) for k in weights]
        ids.append(np.array([self.excess]))
        values = [*weights.values(), np.array([-1.0])]
        self.lp.addRow(
            -highspy.kHighsInf, limit, sum(map(len, ids)),
            np.concatenate(ids).astype(np.int32), np.concatenate(values),
        )  # fmt: skip

    def add_path(self, path: Any) -> None:
        """Add the row of a path."""
        weights: dict[int, Any] = {}
        for k, a, b, _ in self.problem.timing.legs(path, self.search):
            r = np.arange(self.search.low[k], self.search.high[k] + 1)
            weights[k] = weights.get(k, 0.0) + (-(-b // r) + (-a // r)).astype(float)
        self.rows.append(path)
        self._add_row(weights, self._target)

    def solve(self, most: int = 100) -> None:
        """Add violated paths until there are none, or hardly anything changes.

        They are looked for at a running mean of the solutions, which takes fewer rounds, and at the
        latest one.
        """
        p = self.problem
        most_used = sum(s * high for s, high in zip(p.sets, self.high, strict=True))
        budget = min(p.crossbars, most_used) / self.crossbar_unit
        mean, before, idle = self._solution(), -np.inf, 0
        for _ in range(most):
            latest = self._solution()
            mean += SMOOTH * (latest - mean)
            if not any([self._add_violated(mean), self._add_violated(latest)]):
                return
            run_on_one_thread(self.lp)
            value = self.value()
            idle = 0 if value - before > budget / 50_000 else idle + 1
            if value > 1.01 * budget or idle > 2:
                return
            before = value

    def _add_violated(self, solution: Any) -> bool:
        """Add the longest path to each end that is too long in a mixture; whether there is one."""
        limit = self._target + solution[self.excess] + TOLERANCE
        found = self.paths.longest(self._shares(solution))
        new = [path for length, path in found if length > limit and path not in self.rows]
        for path in new:
            self.add_path(path)
        return bool(new)

    def _solution(self) -> Any:
        return np.array(self.lp.getSolution().col_value)

    def _shares(self, solution: Any) -> Weights:
        weights = []
        for k in self.problem.layers:
            part = solution[self.start[k] : self.start[k + 1]]
            used = np.flatnonzero(part > 1e-9)
            weights.append((used + self.low[k], part[used] / part[used].sum()))
        return weights

    def shares(self) -> Weights:
        """The mixture of R of every layer in the last solution."""
        return self._shares(self._solution())

    def value(self) -> float:
        """The least of crossbars and what a target that is exceeded costs, in its units."""
        return float(self.lp.getInfo().objective_function_value)

    def solve_within(self, k: int, low: int, high: int) -> None:
        """Solve again with R of layer k in a part of its window only."""
        ids = np.arange(self.start[k], self.start[k + 1], dtype=np.int32)
        r = np.arange(self.low[k], self.high[k] + 1)
        most = np.where((low <= r) & (r <= high), highspy.kHighsInf, 0.0)
        self.lp.changeColsBounds(len(ids), ids, np.zeros(len(ids)), most)
        run_on_one_thread(self.lp)
        self.solve()

    def used(self) -> list[int]:
        """The numbers of the paths that have multipliers, of which the least come first."""
        multipliers = -np.array(self.lp.getSolution().row_dual)[self._first_path :]
        return [int(row) for row in np.argsort(multipliers, kind="stable") if multipliers[row] > 0]

    def leave_out(self, rows: list[int], back: bool = False) -> None:
        """Solve again without some paths, or with them once more."""
        limit = self._target if back else highspy.kHighsInf
        for row in rows:
            self.lp.changeRowBounds(self._first_path + row, -highspy.kHighsInf, limit)
        run_on_one_thread(self.lp)

    def divisions(self) -> list[tuple[int, int]]:
        """Layers with more than one R, and the largest R up to the mean of the mixture; the widest
        mixture comes first.

        A spread counts at the price of crossbars and constraints, times in relation to the mean:
        bounds get sharp fast by either.
        """
        low, high, shares = self.low, self.high, self.shares()
        r, share = (np.concatenate(each) for each in zip(*shares, strict=True))
        start = np.cumsum([0, *(len(values) for values, _ in shares)])
        means, spreads = moments(Support(start, r, share))
        price = np.concatenate([self._prices(k, own) for k, (own, _) in enumerate(shares)])
        _, priced = moments(Support(start, price, share))
        undecided = [k for k in self.problem.layers if low[k] < high[k]]
        undecided.sort(key=lambda k: (-spreads[k] * priced[k] / means[k], -k))
        return [(k, min(max(int(means[k]), low[k]), high[k] - 1)) for k in undecided]

    def division(self) -> tuple[int, int] | None:
        """The first of `divisions`; None without any."""
        return next(iter(self.divisions()), None)

    def _prices(self, k: int, r: Any) -> Any:
        """What each of some R of a layer takes of budget and constraints, in crossbars."""
        first, dual = len(self.problem.layers), self.lp.getSolution().row_dual
        price = self.problem.sets[k] * r.astype(float)
        for number, (c, unit) in enumerate(zip(self.problem.constraints, self.units, strict=True)):
            if k in c.weights:
                weights = np.array([c.weights[k][each - 1] // unit for each in r], float)
                price -= dual[first + number] * self.crossbar_unit * weights
        return price

    def bound(self, scale: int = SCALE) -> dict[str, Any]:
        """The bound with the multipliers of the last solution, rounded to 1 / scale."""
        dual = -np.array(self.lp.getSolution().row_dual) * scale
        whole = [max(0, int(m)) for m in np.rint(dual)]
        first, split = len(self.problem.layers), self._first_path
        finest, unit = max(self.units, default=1), self.crossbar_unit
        return {
            "scale": scale * finest,
            "constraints": [
                m * unit * (finest // own)
                for m, own in zip(whole[first:split], self.units, strict=True)
            ],
            "paths": sorted(
                (
                    [m * unit * finest, path]
                    for m, path in zip(whole[split:], self.rows, strict=True)
                    if m
                ),
                key=itemgetter(1),
            ),
        }


def unit_of(constraint: check.Constraint) -> int:
    """A power of two in which the weights of a constraint are numbers that a float carries well."""
    most = max(max(map(abs, some)) for some in constraint.weights.values())
    return unit_for(most)


def unit_for(most: int) -> int:
    """A power of two in which numbers up to `most` have few bits."""
    return 1 << max(0, most.bit_length() - MOST_BITS)
