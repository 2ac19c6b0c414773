"""Linear programs by interior points, against HiGHS."""

import highspy
import numpy as np
import pytest

from xbarmip.solvers.dp.bounds.interior import Rows, minimise
from xbarmip.solvers.quiet import quiet_highs


def programs(count):
    """Random programs that have a solution, dual ones too: rows, limit, cost."""
    random = np.random.default_rng(5)
    for _ in range(count):
        m, n = random.integers(1, 30, 2)
        dense = random.integers(-3, 6, (m, n)) * (random.random((m, n)) < 0.4)
        dense[np.abs(dense).sum(axis=1) == 0, 0] = 1
        limit = dense @ random.random(n) - random.random(m)
        yield dense.astype(float), limit, dense.T @ random.random(m) + random.random(n)


def by_rows(dense):
    row, column = np.nonzero(dense)
    start = np.searchsorted(row, np.arange(len(dense) + 1))
    return Rows(start, column.astype(np.int64), dense[row, column])


def test_programs_have_the_value_that_highs_finds():
    solver = quiet_highs()
    for dense, limit, cost in programs(150):
        at = minimise((by_rows(dense), limit, cost), np.ones(len(cost)), 1e-7, lambda: None)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(cost), len(limit)
        model.col_cost_, model.row_lower_ = cost, limit
        model.col_lower_, model.col_upper_ = np.zeros(len(cost)), np.full(len(cost), np.inf)
        model.row_upper_ = np.full(len(limit), np.inf)
        rows = by_rows(dense)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = rows.start
        model.a_matrix_.index_, model.a_matrix_.value_ = rows.column, rows.value
        solver.passModel(model)
        solver.run()
        value = solver.getInfo().objective_function_value
        assert cost @ at.x == pytest.approx(value, rel=1e-4, abs=1e-4)
        assert limit @ at.y == pytest.approx(value, rel=1e-4, abs=1e-4)
        assert (dense @ at.x >= limit - 1e-4).all()
        assert (at.y @ dense <= cost + 1e-4 * np.abs(cost).max()).all()


def test_a_column_that_no_row_touches_is_survived():
    dense = np.array([[1.0, 0.0]])
    at = minimise(
        (by_rows(dense), np.ones(1), np.array([1.0, 0.5])), np.ones(2), 1e-6, lambda: None
    )
    assert at.x == pytest.approx([1.0, 0.0], abs=1e-4)


def test_programs_without_a_best_point_leave_finite_numbers():
    """Rows that exclude each other, and a cost without a bound."""
    apart, free = np.array([[1.0], [-1.0]]), np.array([[1.0]])
    for dense, limit, cost in (
        (apart, np.array([2.0, -1.0]), np.ones(1)),
        (free, np.ones(1), np.array([-1.0])),
    ):
        at = minimise((by_rows(dense), limit, cost), np.ones(1), 1e-6, lambda: None)
        assert all(np.isfinite(part).all() for part in at)
