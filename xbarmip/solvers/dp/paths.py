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
output (or end) has a deadline in the label; that deadline takes the place of T. The room that a
label has left takes the place of a limit.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds import Times
from xbarmip.solvers.dp.carried import Carry, Charge
from xbarmip.solvers.dp.order import Stage
from xbarmip.solvers.dp.table import SearchTable

MOST = 2**60  # of any sum of prices
LAYER, BEGIN, END, ASK = range(4)  # columns of a leg


class Dues(NamedTuple):
    """What the rooms of labels are worth after a stage, by column; int64 arrays.

    A room counts multiplier * floor(room/divisor).
    """

    multiplier: Array
    divisor: Array


class Exits(NamedTuple):
    """Where paths enter the layers that are undecided after a stage; int64 arrays, sorted.

    Attributes
    ----------
    place : place in the frontier
    ask : the output that is asked for, 0 for the end
    latest : a deadline that holds in every label
    weight : sum of the multipliers
    """

    place: Array
    ask: Array
    latest: Array
    weight: Array


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
    dues : tuple of Dues
        For each stage.
    paths : list of Path
    """

    scale: int
    low: Array
    start: Array
    price: Array
    least: Array
    bound: int
    rest: tuple[int, ...]
    dues: tuple[Dues, ...]
    paths: list[Path]


class Relaxation(NamedTuple):
    """What a path bound is made of: paths and charges with their multipliers, and the scale."""

    scale: int
    paths: list[Path]
    charges: list[tuple[Charge, int]]


NOTHING = Relaxation(1, [], [])


@compiled
def _fill(start, price, least, low, sets, scale, legs, multiplier):  # type: ignore[no-untyped-def]
    for k in range(len(low)):
        for i in range(start[k], start[k + 1]):
            price[i] += scale * sets[k] * (low[k] + i - start[k])
    for leg in range(len(legs)):
        k, begin, end = legs[leg, 0], legs[leg, 1], legs[leg, 2]
        for i in range(start[k], start[k + 1]):
            r = low[k] + i - start[k]
            steps = (end - 1) // r + 1 - ((begin - 1) // r + 1)
            price[i] += multiplier[leg] * steps
    for k in range(len(low)):
        least[k] = price[start[k] : start[k + 1]].min()


def prices(
    stages: Sequence[Stage],
    carries: Sequence[Carry],
    sets: Array,
    low: Array,
    high: Array,
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
    if scale * int(sets @ high) + spent + paid + weights * target >= MOST:
        raise OverflowError("prices beyond 64 bits")
    start = np.concatenate(([0], np.cumsum(high - low + 1))).astype(np.int64)
    price, least = np.zeros(start[-1], dtype=np.int64), np.empty(len(low), dtype=np.int64)
    for charge, nu in charges:
        for k, some in charge.weights.items():
            price[start[k] : start[k + 1]] += nu * some
    _fill(start, price, least, low, sets, scale, legs, multiplier)
    worth = {charge.number: (charge, nu) for charge, nu in charges}
    bound = int(least.sum()) - target * weights - sum(nu * c.limit for c, nu in charges)
    rest, left = [], int(least.sum())
    for stage, carry in zip(stages, carries, strict=True):
        left -= int(least[stage.layer])
        limits = (worth[c] for c in carry.coming if c in worth)
        rest.append(left - sum(nu * charge.limit for charge, nu in limits))
    dues = tuple(
        Dues(
            np.array([worth[c][1] if c in worth else 0 for c in carry.rooms], dtype=np.int64),
            np.array([worth[c][0].divisor if c in worth else 1 for c in carry.rooms], np.int64),
        )
        for carry in carries
    )
    return Prices(scale, low.copy(), start, price, least, bound, tuple(rest), dues, paths)


def exits(
    stages: Sequence[Stage], table: SearchTable, times: Times, target: int, paths: Sequence[Path]
) -> tuple[Exits, ...]:
    """Where each path enters the layers undecided after each stage: at its first leg in them."""
    at = {stage.layer: number for number, stage in enumerate(stages)}
    places = [
        {layer: place for place, layer in enumerate(stage.frontier.tolist())} for stage in stages
    ]
    found: list[Counter[tuple[int, int, int]]] = [Counter() for _ in stages]
    for path in paths:
        since = 0
        deadlines = _deadlines(table, times, target, path.legs)
        for (layer, _, _, ask), latest in zip(path.legs.tolist(), deadlines, strict=True):
            for number in range(since, at[layer]):
                found[number][places[number][layer], ask, latest] += path.multiplier
            since = at[layer]
    columns = [
        np.array([(*key, weight) for key, weight in sorted(some.items())], dtype=np.int64)
        for some in found
    ]
    return tuple(
        Exits(*(np.ascontiguousarray(column) for column in some.reshape(-1, 4).T))
        for some in columns
    )


def _deadlines(table: SearchTable, times: Times, target: int, legs: Array) -> list[int]:
    """For each leg of a path a deadline of what it asks for that every label keeps."""
    latest, owner = [], -1
    for layer, begin, end, ask in legs.tolist():
        if not table.closed_form:
            bound = times.late[table.offset[layer] + ask]
        else:
            bound = times.late[owner] if ask else times.late_end[layer]
            if end > 0 and begin == int(ask > 0):
                owner = layer
        latest.append(min(target, int(bound)))
    return latest
