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

In the sweep the sum runs over the layers not yet decided. A path enters them at one leg, whose
output (or end) has a deadline in the label; that deadline takes the place of T.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds import Times
from xbarmip.solvers.dp.order import Stage
from xbarmip.solvers.dp.table import SearchTable

MOST = 2**60  # of any sum of prices
LAYER, BEGIN, END, ASK = range(4)  # columns of a leg


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
class Prices:
    """The path bound for one target.

    Attributes
    ----------
    scale : int
        Price of one crossbar.
    start : int64 array, shape (layers + 1,)
    price : int64 array
        price[start[l] + R - low_l] = scale*set_l*R + sum of mu_p*g(R).
    least : int64 array, shape (layers,)
        The smallest price of each layer.
    bound : int
        scale * crossbars of every allocation that meets the target is at least this.
    rest : tuple of int
        Sum of `least` over the layers undecided after each stage.
    exits : tuple of Exits
        For each stage.
    """

    scale: int
    start: Array
    price: Array
    least: Array
    bound: int
    rest: tuple[int, ...]
    exits: tuple[Exits, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """One path: int64 legs of shape (count, 4), from a sink to a source, and its multiplier.

    `latest` has, for each leg, a deadline of what it asks for (see `latest_of`).
    """

    legs: Array
    latest: Sequence[int]
    multiplier: int


@compiled
def _fill(start, price, least, low, sets, scale, legs, multiplier):  # type: ignore[no-untyped-def]
    for k in range(len(low)):
        for i in range(start[k], start[k + 1]):
            price[i] = scale * sets[k] * (low[k] + i - start[k])
    for leg in range(len(legs)):
        k, begin, end = legs[leg, 0], legs[leg, 1], legs[leg, 2]
        for i in range(start[k], start[k + 1]):
            r = low[k] + i - start[k]
            steps = (end - 1) // r + 1 - ((begin - 1) // r + 1)
            price[i] += multiplier[leg] * steps
    for k in range(len(low)):
        least[k] = price[start[k] : start[k + 1]].min()


def latest_of(table: SearchTable, times: Times, target: int, legs: Array) -> list[int]:
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


def prices(
    table: SearchTable,
    stages: Sequence[Stage],
    sets: Array,
    low: Array,
    high: Array,
    target: int,
    scale: int,
    paths: Sequence[Path],
) -> Prices:
    """The path bound of some paths within windows.

    Raises
    ------
    OverflowError
        Where a sum might leave 64 bits.
    """
    legs = np.concatenate([np.zeros((0, 4), np.int64), *(path.legs for path in paths)])
    multiplier = np.repeat(
        np.array([path.multiplier for path in paths], dtype=np.int64),
        np.array([len(path.legs) for path in paths], dtype=np.int64),
    )
    spent = sum(int(m) * int(end) for m, end in zip(multiplier, legs[:, END], strict=True))
    weights = sum(path.multiplier for path in paths)
    if scale * int(sets @ high) + spent + weights * target >= MOST:
        raise OverflowError("prices beyond 64 bits")
    start = np.concatenate(([0], np.cumsum(high - low + 1))).astype(np.int64)
    price, least = np.empty(start[-1], dtype=np.int64), np.empty(len(low), dtype=np.int64)
    _fill(start, price, least, low, sets, scale, legs, multiplier)
    rest, left = [], int(least.sum())
    for stage in stages:
        left -= int(least[stage.layer])
        rest.append(left)
    bound = int(least.sum()) - target * weights
    return Prices(scale, start, price, least, bound, tuple(rest), _exits(stages, paths))


def _exits(stages: Sequence[Stage], paths: Sequence[Path]) -> tuple[Exits, ...]:
    """Where each path enters the undecided layers: at its first leg in one of them."""
    at = {stage.layer: number for number, stage in enumerate(stages)}
    places = [
        {layer: place for place, layer in enumerate(stage.frontier.tolist())} for stage in stages
    ]
    found: list[Counter[tuple[int, int, int]]] = [Counter() for _ in stages]
    for path in paths:
        since = 0
        for (layer, _, _, ask), latest in zip(path.legs.tolist(), path.latest, strict=True):
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
