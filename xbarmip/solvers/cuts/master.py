"""The master problem: choices within menus, rows of the model, and path cuts; in HiGHS and exact.

    minimise value    subject to    one R for each layer,  rows a*x <= b,  value >= constant + g*x

x are the choices. With whole multipliers mu >= 0 of the cuts, M their sum, and nu >= 0 of the other
rows, every allocation within the menus satisfies

    M * value >= sum of mu*constant - sum of nu*b + sum over layers of (mu*g + nu*a)[R_l]

(Lagrange), so that the least price of every layer bounds the value, and the price of one choice
bounds every allocation that makes it. All of that is in integers: whatever the multipliers, which
are rounded dual values of the linear relaxation, bound and dropped choices rest on no float.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from xbarmip.errors import UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.model.master import build_master
from xbarmip.model.path_cuts import Path, path_cut
from xbarmip.model.pause import Pause
from xbarmip.model.rows import LARGEST_NUMBER, constraints, read_constraint
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.quiet import quiet_highs

SCALE = 2**20  # of multipliers
MOST = 2**60  # of any sum of prices
SHARE = 1e-9  # of a choice that counts in a mixture

Floats = NDArray[np.float64]


class Prices(NamedTuple):
    """A bound on the value, and which choices an allocation of at most a limit may make."""

    bound: int
    fits: Callable[[int], NDArray[np.bool_]]


class Master:
    """Columns are the choices of all layers in order, then the value."""

    def __init__(
        self, problem: Problem, menus: Sequence[Array], paths: Sequence[Path], pause: Pause
    ) -> None:
        self.problem, self.menus = problem, list(menus)
        sizes = [len(menu) for menu in menus]
        self.start = np.concatenate(([0], np.cumsum(sizes)))
        self.layer = np.repeat(np.arange(len(sizes)), sizes)
        self.r = np.concatenate(self.menus)
        self._rows, self._upper = self._model_rows(pause)
        self.paths: list[Path] = []
        self._cuts = np.zeros((0, len(self.r)), dtype=np.int64)
        self._constants = np.zeros(0, dtype=np.int64)
        self._known: set[bytes] = set()
        self._solver: Any = None
        for path in paths:
            self.add(path)

    def _model_rows(self, pause: Pause) -> tuple[Array, Array]:
        """The rows of the model but for `one_choice`, each as a*x <= b."""
        model = build_master(self.problem, self.menus, pause)
        column = {id(variable): i for i, variable in enumerate(model.choose.values())}
        found = [read_constraint(data) for data in constraints(model)][len(self.menus) :]
        rows = np.zeros((len(found), len(column)), dtype=np.int64)
        for row, read in zip(rows, found, strict=True):
            for number, variable in zip(read.coefficients, read.variables, strict=True):
                if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
                    raise UnsupportedError(
                        f"{read.component.name}: number {number} is beyond {LARGEST_NUMBER}, "
                        "up to which HiGHS tells units apart"
                    )
                row[column[id(variable)]] = int(number)
        assert all(row.upper is not None for row in found)
        reach = rows.max(axis=1) * len(self.menus)  # an upper bound beyond it binds nothing
        limits = [min(row.upper or 0, most) for row, most in zip(found, reach, strict=True)]
        return rows, np.array(limits, dtype=np.int64)

    def add(self, path: Path) -> bool:
        """Add the cut of a path; False where there is one like it."""
        cut = path_cut(self.problem.view, path, self.menus)
        row = np.zeros(len(self.r), dtype=np.int64)
        for k, steps in cut.steps.items():
            row[self.start[k] : self.start[k + 1]] += steps
        if np.abs(row).max() > LARGEST_NUMBER:
            raise UnsupportedError(
                f"a path cut with number {np.abs(row).max()}, beyond {LARGEST_NUMBER}, "
                "up to which HiGHS tells units apart"
            )
        if row.tobytes() in self._known:
            return False
        self._known.add(row.tobytes())
        self.paths.append(path)
        self._cuts = np.vstack((self._cuts, row))
        self._constants = np.append(self._constants, cut.constant)
        if self._solver is not None:
            held = np.append(np.flatnonzero(row), len(row)).astype(np.int32)
            numbers = np.append(-row[held[:-1]], 1).astype(float)
            self._solver.addRow(cut.constant, np.inf, len(held), held, numbers)
        return True

    def program(self, most: int | None = None) -> Any:
        """HiGHS with all rows: the linear relaxation or, for values up to `most`, in integers."""
        layers, columns = len(self.menus), len(self.r)
        lp, whole = highspy.HighsLp(), most is not None
        one = self.layer == np.arange(layers)[:, None]
        choices = np.concatenate((one, self._rows, -self._cuts))
        value = np.concatenate((np.zeros(layers + len(self._rows)), np.ones(len(self._cuts))))
        dense = np.column_stack((choices, value))
        row, column = np.nonzero(dense)
        lp.num_col_, lp.num_row_ = columns + 1, len(dense)
        lp.col_cost_ = np.append(np.zeros(columns), 1.0)
        lp.col_lower_ = np.append(np.zeros(columns), 1.0)
        lp.col_upper_ = np.append(np.ones(columns), np.inf if most is None else float(most))
        free = np.full(len(self._rows), -np.inf)
        lp.row_lower_ = np.concatenate((np.ones(layers), free, self._constants))
        above = np.full(len(self._cuts), np.inf)
        lp.row_upper_ = np.concatenate((np.ones(layers), self._upper, above))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.searchsorted(row, np.arange(len(dense) + 1)).astype(np.int32)
        lp.a_matrix_.index_ = column.astype(np.int32)
        lp.a_matrix_.value_ = dense[row, column].astype(float)
        if whole:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * (columns + 1)
        solver = quiet_highs()
        solver.passModel(lp)
        self._solver = None if whole else solver
        return solver

    def prices(self, duals: Floats) -> Prices | None:
        """The bound of dual values; None where they say nothing, or sums might leave 64 bits."""
        rows, cuts = np.split(np.rint(duals[len(self.menus) :] * SCALE), [len(self._rows)])
        nu, mu = np.maximum(0, -rows), np.maximum(0, cuts)
        reach = nu @ np.abs(self._rows).sum(axis=1) + mu @ np.abs(self._cuts).sum(axis=1)
        if not mu.any() or reach + nu @ np.abs(self._upper) + SCALE > MOST:
            return None
        nu, mu = nu.astype(np.int64), mu.astype(np.int64)
        total = int(mu.sum())
        price = nu @ self._rows + mu @ self._cuts
        least = np.minimum.reduceat(price, self.start[:-1])
        bound = int(least.sum()) + int(mu @ self._constants) - int(nu @ self._upper)
        through = bound - least[self.layer] + price
        return Prices(ceil_div(bound, total), lambda limit: through <= limit * total)

    def inequalities(self, most: int) -> tuple[Array, Array]:
        """The rows of the model and the cuts, for values up to `most`: a and b of a*x <= b."""
        rows = np.vstack((self._rows, self._cuts))
        return rows, np.concatenate((self._upper, most - self._constants))

    def columns(self, allocation: Sequence[int]) -> Array:
        """Of each layer the column of its R, else of the next larger one, else the last."""
        places = [np.searchsorted(m, r) for m, r in zip(self.menus, allocation, strict=True)]
        return np.minimum(self.start[:-1] + places, self.start[1:] - 1)

    def narrowed(self, fits: NDArray[np.bool_]) -> list[Array]:
        """The menus with the choices that fit alone."""
        return [menu[part] for menu, part in zip(self.menus, self.by_layer(fits), strict=True)]

    def by_layer(self, columns: NDArray[Any]) -> list[NDArray[Any]]:
        """Something of all choices, layer by layer."""
        return np.split(columns, self.start[1:-1])

    def rounded(self, shares: Floats) -> tuple[int, ...]:
        """Of each layer the R with the largest share."""
        return tuple(
            int(menu[np.argmax(part)])
            for menu, part in zip(self.menus, self.by_layer(shares), strict=True)
        )

    def near(self, values: Floats, slack: float) -> list[Path]:
        """The paths whose cuts a relaxed solution meets with at most so much to spare."""
        left = values[len(self.menus) + len(self._rows) :] - self._constants
        return [path for path, some in zip(self.paths, left, strict=True) if some <= slack]
