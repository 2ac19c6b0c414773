"""The longest path for fractional choices of R: which path bound is violated most."""

from typing import Any

import numpy as np

from xbarmip.certificate import check
from xbarmip.network.window import Array
from xbarmip.timing.implied import listed_needs

Path = Any
Weights = list[tuple[Array, Array]]  # by layer: values of R, and their shares, which sum to 1


def mean_steps(weights: tuple[Array, Array], x: Array) -> Array:
    """The mean of ceil(x/R)."""
    r, share = weights
    return -(-x[:, None] // r[None, :]) @ share


def mean_steps_up_to(weights: tuple[Array, Array], outputs: int) -> Array:
    """The mean of ceil(x/R) for x = 1..outputs; by R it grows by 1 at 1, R + 1, 2R + 1, ..."""
    growth = np.zeros(outputs)
    for r, share in zip(*weights, strict=True):
        growth[::r] += share
    return np.cumsum(growth)


class CyclesPaths:
    """Longest paths for `cycles` under the windows of a search.

    Output b of layer k comes at

        W_k(b) = S_k(b) + max over a <= b of ( W_j(need(made(a))) - S_k(a) ),

    S_k the mean of ceil(x/R); a = 0 begins a path. One array over the outputs of each layer.
    """

    def __init__(self, search: check.Search) -> None:
        self.search, p = search, search.problem
        self.x = [np.arange(1, n + 1, dtype=np.int64) for n in p.outputs]
        self.asked: list[list[tuple[int, int, Array]]] = []
        for k in p.layers:
            low, high, x = search.low[k], search.high[k], self.x[k]
            made = np.minimum(p.outputs[k], np.maximum(x, -(-x // high) * low))
            self.asked.append([(e, j, _needs(need, made)) for e, j, need in search.into[k]])

    def longest(self, weights: Weights) -> list[tuple[float, Path]]:
        """For every sink the longest path to its end, with its length."""
        p = self.search.problem
        times: list[Array] = []
        begins: list[tuple[Array, Array]] = []
        for k in p.layers:
            own = mean_steps_up_to(weights[k], p.outputs[k])
            best, edge = np.zeros(len(own)), np.full(len(own), -1, dtype=np.int64)
            for e, j, wanted in self.asked[k]:
                time = np.where(wanted > 0, times[j][np.maximum(wanted, 1) - 1] - own, 0.0)
                edge = np.where(time > best, e, edge)
                best = np.maximum(best, time)
            at = np.maximum.accumulate(
                np.where(best == np.maximum.accumulate(best), self.x[k], 1)
            ).astype(np.int64)
            begins.append((at, edge))
            times.append(own + np.maximum.accumulate(best))
        return [
            (float(times[k][p.made[k] - 1]), self._trace(k, begins))
            for k in p.layers
            if p.ends[k] and p.made[k]
        ]

    def _trace(self, k: int, begins: list[tuple[Array, Array]]) -> Path:
        p, sink, moves = self.search.problem, k, list[list[int]]()
        b = p.made[k]
        while True:
            at, edge = begins[k]
            a = int(at[b - 1])
            e = int(edge[a - 1])
            if e < 0:
                return [sink, moves]
            moves.append([a, e])
            need = p.edges[e]
            k, b = need.producer, need(self.search.least_made(k, a))


class StepsPaths:
    """Longest paths for `steps`: ends, tails and waits of the closed form, in the mean."""

    def __init__(self, search: check.Search, form: check.ClosedForm) -> None:
        self.search, self.form, p = search, form, search.problem
        self.waits = [self._waits(i) for i in p.layers]

    def _waits(self, i: int) -> list[tuple[int, int, list[int]]]:
        """Where the first step of layer i waits: (layer, output, edges on the way)."""
        search, form = self.search, self.form
        demand: dict[int, tuple[int, list[int]]] = {i: (0, [])}
        for c in range(i, -1, -1):
            if c not in demand:
                continue
            x, way = demand[c]
            made = search.least_made(c, x) if x else form.cap(c, search.low[c])
            for e, j, need in search.into[c]:
                wanted = need(made)
                if wanted > demand.get(j, (0, []))[0]:
                    demand[j] = (wanted, [*way, e])
        return [(k, x, way) for k, (x, way) in demand.items() if x]

    def longest(self, weights: Weights) -> list[tuple[float, Path]]:
        """For every sink the longest path to its end, with its length."""
        search, p = self.search, self.search.problem
        pre: list[tuple[float, list[list[int]]]] = []
        op: list[tuple[float, list[int], list[list[int]]]] = []
        for i in p.layers:
            best: tuple[float, list[list[int]]] = (0.0, [])
            for k, x, way in self.waits[i]:
                first, last = mean_steps(weights[k], np.array([1, x]))
                time = last - first + pre[k][0]
                if time > best[0]:
                    best = (time, [way, *pre[k][1]])
            pre.append(best)
            own = float(mean_steps(weights[i], np.array([p.made[i]]))[0])
            end: tuple[float, list[int], list[list[int]]] = (best[0] + own, [], best[1])
            for e, j, need in search.into[i]:
                if tail := need.tail:
                    begin, stop = mean_steps(weights[i], np.array(tail))
                    if op[j][0] + stop - begin > end[0]:
                        end = (op[j][0] + stop - begin, [e, *op[j][1]], op[j][2])
            op.append(end)
        return [(op[k][0], [k, op[k][1], op[k][2]]) for k in p.layers if p.ends[k]]


def _needs(need: check.Need, x: Array) -> Array:
    """`need` of every entry of x, each in 1..outputs of the consumer."""
    rows, above, columns = (np.array(each) for each in (need.rows, need.above, need.columns))
    return listed_needs(rows, above, columns, need.width, x)
