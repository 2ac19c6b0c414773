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
from xbarmip.solvers.dp.bounds.legs import ASK, BEGIN, END, LAYER
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


class Flow(NamedTuple):
    """Legs of many paths: of each of them all its legs are there, in any order, parts added up.

    A leg may come in two parts, as all that counts of it is a difference: (layer, 0, end, ask),
    which leaves the layer at `end`, and (layer, begin, 0, -1), which enters it.

    Attributes
    ----------
    legs : int64 array, shape (legs, 4)
    multiplier : int64 array
        Sum of the multipliers of the paths with the leg.
    after : int64 array
        The layer of the leg before it, -1 where it is the first.
    weight : int
        Sum of the multipliers of all paths.
    """

    legs: Array
    multiplier: Array
    after: Array
    weight: int


def flow_of(paths: Sequence[Path]) -> Flow:
    """Paths with their multipliers as a flow."""
    legs = np.concatenate([np.zeros((0, 4), np.int64), *(path.legs for path in paths)])
    counts = np.array([len(path.legs) for path in paths], dtype=np.int64)
    each = np.array([path.multiplier for path in paths], dtype=np.int64)
    after = np.append(-1, legs[:-1, LAYER])[: len(legs)]
    after[(np.cumsum(counts) - counts)[counts > 0]] = -1
    return Flow(legs, np.repeat(each, counts), after, int(each.sum()))


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
    flow : Flow
    """

    scale: int
    low: Array
    start: Array
    price: Array
    least: Array
    bound: int
    rest: tuple[int, ...]
    limits: tuple[Array, ...]
    flow: Flow

    def refuted_up_to(self, target: int, budget: int) -> int:
        """The highest target, at most `target`, that is refuted within a budget; 0 for none.

        These prices are of `target`. One cycle less makes `bound` larger by all multipliers, as its
        windows hold what meets a lower target, too; what is over the budget is refuted.
        """
        over, weights = self.bound - self.scale * budget, self.flow.weight
        if over > 0:
            return target
        return max(0, target - (-over // weights + 1)) if weights else 0


class Relaxation(NamedTuple):
    """What a path bound is made of: paths and charges with their multipliers, and the scale.

    Where there is a flow it takes the place of the paths.
    """

    scale: int
    paths: list[Path]
    charges: list[tuple[Charge, int]]
    flow: Flow | None = None


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
    scale, paths, charges, flow = relaxation
    flow = flow or flow_of(paths)
    paid = sum(nu * charge.reach for charge, nu in charges)
    if scale * windows.most + reach_of(flow, target) + paid >= MOST:
        raise OverflowError("prices beyond 64 bits")
    start, price = price_table(windows, scale, flow)
    for charge, nu in charges:
        for k, some in charge.weights.items():
            price[start[k] : start[k + 1]] += nu * some
    least = np.minimum.reduceat(price, start[:-1])
    worth = {charge.number: (charge, nu) for charge, nu in charges}
    bound = int(least.sum()) - target * flow.weight - sum(nu * c.limit for c, nu in charges)
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
        flow,
    )


def reach_of(flow: Flow, target: int) -> int:
    """What no sum over a flow exceeds, whatever the R."""
    ends = zip(flow.multiplier.tolist(), flow.legs.tolist(), strict=True)
    return sum(m * max(leg[BEGIN], leg[END]) for m, leg in ends) + flow.weight * target


def price_table(windows: Windows, scale: int, flow: Flow) -> tuple[Array, Array]:
    """Where the prices of each layer begin, and `Prices.price` without charges."""
    start = np.concatenate(([0], np.cumsum(windows.high - windows.low + 1))).astype(np.int64)
    price = np.zeros(start[-1], dtype=np.int64)
    _fill(start, price, windows, scale, flow.legs, flow.multiplier)
    return start, price


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
    stages: Sequence[Stage], table: SearchTable, times: Times, target: int, flow: Flow
) -> tuple[Array, ...]:
    """Where each path enters the layers undecided after each stage: at its first leg in them.

    For each stage as `Step.deadline_prices`.
    """
    at = {stage.layer: number for number, stage in enumerate(stages)}
    places = [{layer: place for place, layer in enumerate(stage.frontier)} for stage in stages]
    found: list[Counter[tuple[int, int, int]]] = [Counter() for _ in stages]
    out = flow.legs[:, ASK] >= 0
    deadlines = paths_of(table).deadlines(table, times, target, flow.legs[out])
    columns = (flow.legs[out], flow.multiplier[out], flow.after[out])
    legs = zip(*(column.tolist() for column in columns), deadlines, strict=True)
    for (layer, _, _, ask), multiplier, after, latest in legs:
        for number in range(0 if after < 0 else at[after], at[layer]):
            found[number][places[number][layer], ask, latest] += multiplier
    return tuple(
        np.array([(*key, weight) for key, weight in sorted(some.items())], dtype=np.int64).reshape(
            -1, 4
        )
        for some in found
    )
