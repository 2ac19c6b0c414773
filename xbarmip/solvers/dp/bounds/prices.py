"""The path bound: crossbars that an allocation takes at least if it is to meet a target.

Along a path from a sink back to a source the steps of its layers follow one another. For `cycles`,
let outputs a <= b of layer l be made in the steps ceil(a/R) and ceil(b/R); the second comes at
least ceil(b/R) - ceil(a/R) cycles after the first, and the first not before the producers have what
it needs, at least need(m) for every m that the step is sure to have made (`least_made`). For
`steps` the same holds of NormalOp (SPEC §5), of a tail, and of a first step that waits for the
output `demand` of an ancestor, which exists ceil(demand/R) - 1 steps after the ancestor's own first
step. So every allocation within the windows satisfies, for every path p,

    sum over its legs of g(R_l) <= T,   g(R) = ceil(end/R) - ceil(begin/R)

whenever its value is at most T. With multipliers mu_p >= 0 this gives, for the crossbars,

    sum set_l*R_l >= sum over l of min over R [ set_l*R + sum of mu_p*g(R) ] - T * sum of mu_p

(Lagrange). The minimum is taken over whole numbers, layer by layer, in exact arithmetic: whatever
the multipliers, the bound holds. Multiplied by `scale` everything is an integer.

Linear constraints on the R are taken up in the same way: with a multiplier nu >= 0, nu times the
weight of R is added in the bracket, and nu times the limit is subtracted (`Charge`).

In the sweep the sum runs over the layers not yet decided. A path enters them at one leg, whose
output (or end) has a deadline in the label; that deadline takes the place of T. What a label has
left of a limit takes the place of the limit.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.legs import BEGIN, END, LAYER
from xbarmip.solvers.dp.bounds.separation import paths_of
from xbarmip.solvers.dp.constraints import Carry, Charge
from xbarmip.solvers.dp.state.bounds import Times, Windows
from xbarmip.solvers.dp.state.stages import Stage
from xbarmip.solvers.dp.table import SearchTable

MOST = 2**60  # of any sum of prices


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """One path: int64 legs of shape (count, 4), from a sink to a source, and its multiplier."""

    legs: Array
    multiplier: int


@dataclass(frozen=True, eq=False, slots=True)
class Prices:
    """The path bound for one target.

    Attributes
    ----------
    scale : int
        Price of one crossbar.
    low : int64 array, shape (layers,)
        Low ends of the windows.
    start : int64 array, shape (layers + 1,)
    price : int64 array
        price[start[l] + R - low_l] = scale*set_l*R + sum of mu_p*g(R) + sum of nu_c*weight_c(R).
    least : int64 array, shape (layers,)
        The smallest price of each layer.
    bound : int
        scale * crossbars of every allocation that meets the target is at least this.
    rest : tuple of int
        Sum of `least` over the layers undecided after each stage, less what the limits of the
        constraints are worth that begin later.
    limits : tuple of int64 array, shape (prices, 4)
        For each stage, see `Step.limit_prices`.
    paths : list of Path
    """

    scale: int
    low: Array
    start: Array
    price: Array
    least: Array
    bound: int
    rest: tuple[int, ...]
    limits: tuple[Array, ...]
    paths: list[Path]

    def refuted_up_to(self, target: int, budget: int) -> int:
        """The highest target, at most `target`, that is refuted within a budget; 0 for none.

        These prices are of `target`. One cycle less makes `bound` larger by all multipliers, as its
        windows hold what meets a lower target, too; what is over the budget is refuted.
        """
        over, weights = self.bound - self.scale * budget, sum(p.multiplier for p in self.paths)
        if over > 0:
            return target
        return max(0, target - (-over // weights + 1)) if weights else 0


class Relaxation(NamedTuple):
    """What a path bound is made of: paths and charges with their multipliers, and the scale."""

    scale: int
    paths: list[Path]
    charges: list[tuple[Charge, int]]


NOTHING = Relaxation(1, [], [])


@compiled
def _fill(start, price, windows, scale, legs, multiplier):  # type: ignore[no-untyped-def]
    """Add to `price` what the crossbars of each R cost, and its steps on the paths."""
    low, sets = windows.low, windows.sets
    for k in range(len(low)):
        for i in range(start[k], start[k + 1]):
            price[i] += scale * sets[k] * (low[k] + i - start[k])
    for leg in range(len(legs)):
        k, begin, end = legs[leg, LAYER], legs[leg, BEGIN], legs[leg, END]
        for i in range(start[k], start[k + 1]):
            r = low[k] + i - start[k]
            steps = (end - 1) // r + 1 - ((begin - 1) // r + 1)
            price[i] += multiplier[leg] * steps


def prices(
    stages: Sequence[Stage],
    carries: Sequence[Carry],
    windows: Windows,
    target: int,
    relaxation: Relaxation,
) -> Prices:
    """The path bound of some paths and charges within windows.

    Raises
    ------
    OverflowError
        Where a sum might leave 64 bits.
    """
    scale, paths, charges = relaxation
    legs = np.concatenate([np.zeros((0, 4), np.int64), *(path.legs for path in paths)])
    multiplier = np.repeat(
        np.array([path.multiplier for path in paths], dtype=np.int64),
        np.array([len(path.legs) for path in paths], dtype=np.int64),
    )
    spent = sum(int(m) * int(end) for m, end in zip(multiplier, legs[:, END], strict=True))
    paid = sum(nu * charge.reach for charge, nu in charges)
    weights = sum(path.multiplier for path in paths)
    if scale * windows.most + spent + paid + weights * target >= MOST:
        raise OverflowError("prices beyond 64 bits")
    start = np.concatenate(([0], np.cumsum(windows.high - windows.low + 1))).astype(np.int64)
    price = np.zeros(start[-1], dtype=np.int64)
    for charge, nu in charges:
        for k, some in charge.weights.items():
            price[start[k] : start[k + 1]] += nu * some
    _fill(start, price, windows, scale, legs, multiplier)
    least = np.minimum.reduceat(price, start[:-1])
    worth = {charge.number: (charge, nu) for charge, nu in charges}
    bound = int(least.sum()) - target * weights - sum(nu * c.limit for c, nu in charges)
    rest, left = [], int(least.sum())
    for stage, carry in zip(stages, carries, strict=True):
        left -= int(least[stage.layer])
        limits = (worth[c] for c in carry.coming if c in worth)
        rest.append(left - sum(nu * charge.limit for charge, nu in limits))
    return Prices(
        scale,
        windows.low.copy(),
        start,
        price,
        least,
        bound,
        tuple(rest),
        tuple(_limit_prices(carry, worth) for carry in carries),
        paths,
    )


def _limit_prices(carry: Carry, worth: dict[int, tuple[Charge, int]]) -> Array:
    """What is left of each open constraint counts multiplier * floor(left/divisor)."""
    found = [
        (column, worth[c][1], scale, worth[c][0].divisor)
        for column, inside in enumerate(carry.limits)
        for c, scale in inside
        if c in worth
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 4)


def deadline_prices(
    stages: Sequence[Stage], table: SearchTable, times: Times, target: int, paths: Sequence[Path]
) -> tuple[Array, ...]:
    """Where each path enters the layers undecided after each stage: at its first leg in them.

    For each stage as `Step.deadline_prices`.
    """
    at = {stage.layer: number for number, stage in enumerate(stages)}
    places = [{layer: place for place, layer in enumerate(stage.frontier)} for stage in stages]
    found: list[Counter[tuple[int, int, int]]] = [Counter() for _ in stages]
    for path in paths:
        since = 0
        deadlines = paths_of(table).deadlines(table, times, target, path.legs)
        for (layer, _, _, ask), latest in zip(path.legs.tolist(), deadlines, strict=True):
            for number in range(since, at[layer]):
                found[number][places[number][layer], ask, latest] += path.multiplier
            since = at[layer]
    return tuple(
        np.array([(*key, weight) for key, weight in sorted(some.items())], dtype=np.int64).reshape(
            -1, 4
        )
        for some in found
    )
