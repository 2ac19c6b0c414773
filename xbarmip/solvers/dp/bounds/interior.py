"""Interior points for linear programs whose rows touch few neighbouring columns.

Minimise c x where A x >= b and x >= 0, by the predictor-corrector method of S. Mehrotra (SIAM J.
Optim. 2(4), 1992). Each iteration solves (A' D A + E) dx = f, with diagonal D and E, by Cholesky's
method within an envelope: of each row what lies between its first entry and the diagonal. Columns
of a chain, in the order of its layers, have a narrow one, so that an iteration takes milliseconds
for ten thousand columns. It can be left after any iteration.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.effort import INTERIOR_STEPS

Floats = NDArray[np.float64]
FEASIBLE, NEARLY_ALL = 1e-6, 0.99  # relative error of a dual row; part of the way to the boundary
NO_PIVOT = 1e128  # of a column that rounding made dependent: it stays as it is


class Rows(NamedTuple):
    """A matrix: row i has value[a] in column[a], ascending, for start[i] <= a < start[i + 1]."""

    start: Array
    column: Array
    value: Floats


class Inside(NamedTuple):
    """x, the slack of the rows, and the dual values of rows and of x >= 0; or a step of all four.

    All are positive in a point.
    """

    x: Floats
    slack: Floats
    y: Floats
    z: Floats

    def moved(self, step: "Inside", part: float) -> "Inside":
        """The point after a step, or a part of the way to where it would leave the inside."""
        first = min(1.0, part * min(_most(self.x, step.x), _most(self.slack, step.slack)))
        second = min(1.0, part * min(_most(self.y, step.y), _most(self.z, step.z)))
        return Inside(
            self.x + first * step.x, self.slack + first * step.slack,
            self.y + second * step.y, self.z + second * step.z,
        )  # fmt: skip

    @property
    def gap(self) -> float:
        """What is between the values of x and of y, where neither breaks a row."""
        return _sum(self.slack, self.y) + _sum(self.x, self.z)


def _sum(v: Floats, w: Floats) -> float:
    """Their product; not by `@`, whose threads cost more than the sum."""
    return float((v * w).sum())


def _most(v: Floats, dv: Floats) -> float:
    """How many steps lead to the boundary."""
    return 1 / max(1e-12, float((-dv / v).max()))


class _Envelope(NamedTuple):
    """A symmetric matrix: of row i the columns from first[i] to i, from at[i] on in `entry`."""

    first: Array
    at: Array
    entry: Floats


def _envelope(rows: Rows, size: int) -> _Envelope:
    first = np.arange(size)
    np.minimum.at(first, rows.column, np.repeat(rows.column[rows.start[:-1]], np.diff(rows.start)))
    end = np.cumsum(np.arange(size) - first + 1)
    return _Envelope(first, end - (np.arange(size) - first + 1), np.empty(int(end[-1])))


class _Program:
    """The rows and costs of one program, and the room to solve it."""

    def __init__(self, rows: Rows, limit: Floats, cost: Floats) -> None:
        self._rows, self._limit, self._cost = rows, limit, cost
        self._envelope = _envelope(rows, len(cost))

    def start(self, x: Floats) -> Inside:
        """A point to begin at."""
        slack = np.maximum(self._times(x) - self._limit, FEASIBLE)
        return Inside(x, slack, 1 / slack, np.maximum(1 / x, self._cost / 2))

    def solved(self, at: Inside, gap: float) -> bool:
        """Whether a point is as good as a relative gap says."""
        off = np.abs(self._cost - self._transposed(at.y) - at.z).max()
        good = at.gap <= gap * (1 + abs(_sum(self._cost, at.x)))
        return bool(good and off <= FEASIBLE * (1 + self._cost.max()))

    def moved(self, at: Inside) -> Inside:
        """The next point."""
        _factor(self._rows, at.y / at.slack, at.z / at.x, self._envelope)
        many = len(at.x) + len(at.slack)
        step = self._step(at, -at.slack * at.y, -at.x * at.z)
        aim = at.gap / many * (at.moved(step, 1.0).gap / at.gap) ** 3
        both, own = step.slack * step.y, step.x * step.z
        step = self._step(at, aim - at.slack * at.y - both, aim - at.x * at.z - own)
        return at.moved(step, NEARLY_ALL)

    def _step(self, at: Inside, both: Floats, own: Floats) -> Inside:
        """The step that changes slack * y by `both` and x * z by `own`, in the first order."""
        short = self._limit - self._times(at.x) + at.slack
        dear = self._cost - self._transposed(at.y) - at.z
        dx = self._transposed((both + at.y * short) / at.slack) + own / at.x - dear
        _solve(self._envelope, dx)
        slack = self._times(dx) - short
        return Inside(dx, slack, (both - at.y * slack) / at.slack, (own - at.z * dx) / at.x)

    def _times(self, x: Floats) -> Floats:
        out = np.empty(len(self._limit))
        _times(self._rows, x, out)
        return out

    def _transposed(self, y: Floats) -> Floats:
        out = np.empty(len(self._cost))
        _transposed(self._rows, y, out)
        return out


def minimise(
    program: tuple[Rows, Floats, Floats], x: Floats, gap: float, check: Callable[[], None]
) -> Inside:
    """The least cost x where rows @ x >= limit, x >= 0, as good as a relative duality gap says.

    Parameters
    ----------
    program : rows, limit and cost
    x : float64 array
        To begin at: positive, and better if it meets all rows with something to spare.
    gap : float
    check : callable
        Called before each iteration.

    Returns
    -------
    Inside
        Finite numbers in any case, of no use where there is no best point.
    """
    work = _Program(*program)
    at = work.start(x)
    for _ in range(INTERIOR_STEPS):
        check()
        if work.solved(at, gap):
            break
        with np.errstate(all="ignore"):
            moved = work.moved(at)
        if not all(np.isfinite(part).all() for part in moved):
            break
        at = moved
    return at


@compiled
def _times(rows, x, out):  # type: ignore[no-untyped-def]
    """Fill `out` with rows @ x."""
    for i in range(len(out)):
        total = 0.0
        for a in range(rows.start[i], rows.start[i + 1]):
            total += rows.value[a] * x[rows.column[a]]
        out[i] = total


@compiled
def _transposed(rows, y, out):  # type: ignore[no-untyped-def]
    """Fill `out` with y @ rows."""
    for j in range(len(out)):
        out[j] = 0.0
    for i in range(len(y)):
        for a in range(rows.start[i], rows.start[i + 1]):
            out[rows.column[a]] += rows.value[a] * y[i]


@compiled
def _factor(rows, weight, own, envelope):  # type: ignore[no-untyped-def]
    """Fill the envelope with L, where L L' = rows' diag(weight) rows + diag(own)."""
    first, at, entry = envelope
    for a in range(len(entry)):
        entry[a] = 0.0
    for i in range(len(own)):
        entry[at[i] + i - first[i]] = own[i]
    for i in range(len(weight)):
        for a in range(rows.start[i], rows.start[i + 1]):
            line = at[rows.column[a]] - first[rows.column[a]]
            value = weight[i] * rows.value[a]
            for b in range(rows.start[i], a + 1):
                entry[line + rows.column[b]] += value * rows.value[b]
    for i in range(len(own)):
        line = at[i] - first[i]
        for j in range(first[i], i + 1):
            other, k = at[j] - first[j], max(first[i], first[j])
            # two sums, as each addition waits for the one before
            even, odd = 0.0, 0.0
            while k + 1 < j:
                even += entry[line + k] * entry[other + k]
                odd += entry[line + k + 1] * entry[other + k + 1]
                k += 2
            if k < j:
                even += entry[line + k] * entry[other + k]
            left = entry[line + j] - even - odd
            if j < i:
                entry[line + j] = left / entry[other + j]
            else:
                entry[line + j] = np.sqrt(left) if left > 0 else NO_PIVOT


@compiled
def _solve(envelope, x):  # type: ignore[no-untyped-def]
    """Put the solution of L L' x = b in the place of b."""
    first, at, entry = envelope
    for i in range(len(x)):
        line = at[i] - first[i]
        for k in range(first[i], i):
            x[i] -= entry[line + k] * x[k]
        x[i] /= entry[line + i]
    for i in range(len(x) - 1, -1, -1):
        line = at[i] - first[i]
        x[i] /= entry[line + i]
        for k in range(first[i], i):
            x[k] -= entry[line + k] * x[i]
