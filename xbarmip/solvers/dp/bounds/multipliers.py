"""Multipliers for the path bound, by row and column generation over a linear program in HiGHS.

The program chooses a mixture of R for every layer that takes the fewest crossbars while no path
that has been found is longer than the target. The longest paths under the mixture are added, and
of each layer the R that is cheapest at the dual values, until there is nothing to add. Its dual
values are the multipliers. Paths are looked for at a running mean of the mixtures, which takes
fewer rounds, and at the latest mixture where that has none too long. All of this is in
floats: they only decide how sharp the bound is, never whether it holds (see `paths`).
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.choices import Charged, Rated, cheapest_choices
from xbarmip.solvers.dp.bounds.deep import arc_multipliers
from xbarmip.solvers.dp.bounds.legs import BEGIN, END, LAYER, Support
from xbarmip.solvers.dp.bounds.prices import MOST, NOTHING, Path, Relaxation
from xbarmip.solvers.dp.bounds.question import Question, some_choices
from xbarmip.solvers.dp.bounds.seeds import Seeds
from xbarmip.solvers.dp.bounds.separation import Separation
from xbarmip.solvers.dp.effort import (
    BY_LAYER,
    GOOD,
    ITERATIONS,
    LITTLE,
    MENU,
    MENU_SEEDED,
    PATHS,
    PATHS_APART,
    PROGRAM_ROUNDS,
    SCALE,
    SMOOTH,
)
from xbarmip.solvers.quiet import quiet_highs, run_on_one_thread


class _Program:
    """The linear program of one set of windows, with some R of each layer and some paths.

    Choice c is R = r[c] of layer layer[c]. Path p takes ceil(end/R) - ceil(begin/R) steps in each
    layer; `begin` and `end` have the shape (paths, layers), and are 0 off the path. Its rows are
    one for each layer, then one for each charge, then the paths. `solver` is taken for it alone.
    """

    def __init__(self, solver: Any, question: Question, dear: float, menu: int) -> None:
        charges = question.charges
        self.target, self.charges, self.windows = question.target, charges, question.windows
        self.sets, self.low = self.windows.sets, self.windows.low
        layers = len(self.sets)
        self.paths: list[Array] = []
        self.begin = np.zeros((0, layers), dtype=np.int64)
        self.end = np.zeros((0, layers), dtype=np.int64)
        self.layer, self.r = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.iterations = 0
        self._seen: set[bytes] = set()
        self._known: set[tuple[int, int]] = set()
        self._solver = solver
        solver.clearModel()
        # presolve is dearer than it saves: the programs are small
        for name, value in (("solver", "choose"), ("run_crossover", "on"), ("presolve", "off")):
            solver.setOptionValue(name, value)
        limits = np.array([charge.limit for charge in charges], dtype=float)
        none = np.zeros(0, dtype=np.int32)
        self._solver.addRows(
            layers + len(charges),
            np.append(np.ones(layers), np.full(len(charges), -np.inf)),
            np.append(np.ones(layers), limits),
            0, np.zeros(layers + len(charges), dtype=np.int32), none, np.zeros(0),
        )  # fmt: skip
        # the first column is how much every path and charge may be too much, which is dear
        charged = np.arange(layers, layers + len(charges), dtype=np.int32)
        excess = np.array([-float(charge.reach) for charge in charges])
        self._solver.addCol(dear, 0, np.inf, len(charges), charged, excess)
        self.add_choices(*some_choices(self.windows, menu))

    def add_choices(self, layer: Array, r: Array) -> bool:
        """Add R of layers, those that are not there yet; whether there were any."""
        pairs = list(zip(layer.tolist(), r.tolist(), strict=True))
        new = [pair not in self._known for pair in pairs]
        if not any(new):
            return False
        self._known.update(pairs)
        layer, r = layer[new], r[new]
        one = np.arange(len(self.sets))[:, None] == layer
        charged = np.zeros((len(self.charges), len(r)), dtype=np.int64)
        for number, charge in enumerate(self.charges):
            for k, weights in charge.weights.items():
                charged[number, layer == k] = weights[r[layer == k] - self.low[k]]
        dense = np.concatenate((one, charged, self._steps(self.begin, self.end, layer, r)))
        start, row, value = _sparse(dense.T)
        self._solver.addCols(
            len(r), (self.sets[layer] * r).astype(float), np.zeros(len(r)),
            np.full(len(r), np.inf), len(row), start, row, value,
        )  # fmt: skip
        self.layer, self.r = np.append(self.layer, layer), np.append(self.r, r)
        return True

    def add_paths(self, paths: Iterable[Array]) -> bool:
        """Forbid that these paths are longer than the target; False where all were known before."""
        new = {legs.tobytes(): legs for legs in paths if legs.tobytes() not in self._seen}
        if not new:
            return False
        self._seen.update(new)
        begin, end = np.zeros((2, len(new), len(self.sets)), dtype=np.int64)
        for number, legs in enumerate(new.values()):
            begin[number, legs[:, LAYER]] = legs[:, BEGIN]
            end[number, legs[:, LAYER]] = legs[:, END]
        late = np.full((len(new), 1), -1)
        dense = np.concatenate((late, self._steps(begin, end, self.layer, self.r)), axis=1)
        start, column, value = _sparse(dense)
        self._solver.addRows(
            len(new), np.full(len(new), -np.inf), np.full(len(new), float(self.target)),
            len(column), start, column, value,
        )  # fmt: skip
        self.paths += new.values()
        self.begin, self.end = np.append(self.begin, begin, 0), np.append(self.end, end, 0)
        return True

    @staticmethod
    def _steps(begin: Array, end: Array, layer: Array, r: Array) -> Array:
        """Steps that each path, by rows, takes in each R of a layer, by columns."""
        return -(-end[:, layer] // r) + (-begin[:, layer] // r)

    def solve(self) -> tuple[float, NDArray[np.float64]]:
        """Crossbars of the best mixture, and the share of every choice in it."""
        run_on_one_thread(self._solver)
        info = self._solver.getInfo()
        self.iterations += info.simplex_iteration_count
        x = np.array(self._solver.getSolution().col_value[1:])
        return info.objective_function_value, x

    def support(self, x: NDArray[np.float64]) -> Support:
        """A mixture by layers."""
        held = np.flatnonzero(x > 1e-9)
        held = held[np.argsort(self.layer[held], kind="stable")]
        start = np.searchsorted(self.layer[held], np.arange(len(self.sets) + 1)).astype(np.int64)
        return Support(start, self.r[held], x[held])

    def good_choices(self, most: float) -> tuple[Array, Array]:
        """Layer and R of the choices that would cost little: at most `most` crossbars."""
        good = np.array(self._solver.getSolution().col_dual[1:]) <= most
        return self.layer[good], self.r[good]

    def priced(self) -> tuple[list[Array], NDArray[np.float64], NDArray[np.float64]]:
        """The paths, and the multipliers of charges and of paths."""
        return self.paths, *self.multipliers

    @property
    def multipliers(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The dual values of the charges and of the paths, as they stand."""
        duals = np.array(self._solver.getSolution().row_dual[len(self.sets) :])
        whole = np.maximum(0.0, -duals)
        return whole[: len(self.charges)], whole[len(self.charges) :]

    def cheapest(self) -> Array:
        """For every layer the R that is cheapest at the dual values."""
        nu, mu = self.multipliers
        start = np.concatenate(([0], np.cumsum(self.windows.high - self.low + 1))).astype(np.int64)
        extra, charged = np.zeros(start[-1]), np.zeros(len(self.low), dtype=np.bool_)
        for multiplier, charge in zip(nu, self.charges, strict=True):
            for k, weights in charge.weights.items():
                extra[start[k] : start[k + 1]] += multiplier * weights
                charged[k] = True
        rated = Rated(mu, self.begin, self.end)
        return cheapest_choices(self.windows, rated, Charged(charged, start, extra))


def _sparse(dense: Array) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Where each row begins, and the columns and values that are not 0."""
    row, column = np.nonzero(dense)
    start = np.searchsorted(row, np.arange(len(dense)))
    return start.astype(np.int32), column.astype(np.int32), dense[row, column].astype(np.float64)


def linear_solver() -> Any:
    """HiGHS for `find_multipliers`; one may serve many calls, one after another."""
    return quiet_highs()


def find_multipliers(
    solver: Any, question: Question, seeds: Seeds, effort: int, check: Callable[[], None]
) -> tuple[Relaxation, Seeds]:
    """Paths and multipliers that make the path bound large.

    The larger the `effort`, the longer rows and columns are generated. `seeds` are to begin with,
    and hold within the windows; also returns those for the next time. `check` is called in each
    round.
    """
    if question.deep:
        return arc_multipliers(question, seeds, effort, check)
    windows, budget = question.windows, question.budget
    menu = MENU_SEEDED if len(seeds.layer) else MENU
    mean, many = np.zeros(0), max(PATHS, len(windows.low) // PATHS_APART)
    program = _Program(solver, question, 4.0 * budget, menu)
    program.add_choices(seeds.layer, seeds.r)
    program.add_paths(seeds.paths)
    separation = Separation(question.table, windows, question.target, question.demand)
    layers = np.arange(len(windows.low))
    before, idle, smooth = -np.inf, 0, 1.0
    most = max(ITERATIONS, BY_LAYER * len(layers))
    for _ in range(PROGRAM_ROUNDS[effort]):
        check()
        value, mixture = program.solve()
        idle = 0 if abs(value - before) > LITTLE[effort] * budget else idle + 1
        if value > 1.01 * budget or idle > effort or program.iterations > most:
            break
        before = value
        mean = np.append(mean, np.zeros(len(mixture) - len(mean)))
        mean += smooth * (mixture - mean)
        smooth = SMOOTH
        late = separation.too_late(program.support(mean), many)
        late = late or separation.too_late(program.support(mixture), many)
        more_r = program.add_choices(layers, program.cheapest())
        more_paths = program.add_paths(late)
        if not more_r and not more_paths:
            break
    else:
        _, mixture = program.solve()
    relaxation = _whole(program, question)
    layer, r = program.good_choices(GOOD * budget)
    paths = tuple(path.legs for path in relaxation.paths)
    mixed = program.support(mixture)
    return relaxation, Seeds(paths, layer, r, windows.copy(), mixed)


def _whole(program: _Program, question: Question) -> Relaxation:
    """The multipliers that count as integers, on a scale that fits 64 bits."""
    legs_of, nu, mu = program.priced()
    reach = float(question.windows.most)
    reach += sum(m * charge.reach for m, charge in zip(nu, question.charges, strict=True))
    reach += sum(
        m * (question.target + int(legs[:, END].sum())) for m, legs in zip(mu, legs_of, strict=True)
    )
    scale = SCALE
    while 4 * scale * reach >= MOST:
        scale //= 2
    if not scale:
        return NOTHING
    paths = [
        Path(legs, int(m * scale))
        for m, legs in zip(mu, legs_of, strict=True)
        if int(m * scale) > 0
    ]
    charges = [
        (charge, int(m * scale))
        for m, charge in zip(nu, question.charges, strict=True)
        if int(m * scale) > 0
    ]
    return Relaxation(scale, paths, charges)
