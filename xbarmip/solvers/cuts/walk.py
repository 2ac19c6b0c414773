"""Allocations that no row of a master rules out, found by a walk and not by a tree search.

Each master that HiGHS solves finds one allocation, which its critical paths rule out from then
on. Others are found from there in milliseconds, and every one that is ruled out as well saves a
tree search. What a walk does not find proves nothing; what it finds is simulated like any other.
"""

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.cuts.master import Master

STEPS = 300  # of a walk; those that arrive take 1 to 163 in nine cases out of ten
REST = 3  # steps for which a layer keeps an R that it has just taken
MET = 1e-9  # excess, relative to a row's largest number, that counts as none


def walk(master: Master, most: int, columns: Array) -> Array | None:
    """Choices that meet the rows of the model and the cuts for values up to `most`, or None.

    Each step changes the R of one layer: of those changes that help the row with the largest
    weighted excess, the one that leaves the smallest weighted excess over all rows. Where that is
    no smaller than before, all rows that are exceeded gain weight.

    Parameters
    ----------
    master : Master
    most : int
    columns : array of int, shape (layers,)
        Where it begins: a column of the master for each layer.
    """
    rows, limits = master.inequalities(most)
    unit = 1 / np.maximum(1, np.abs(rows).max(axis=1))
    prices, weight = (rows * unit[:, None]).T.copy(), np.ones(len(rows))
    layer, chosen = master.layer, columns.copy()
    moved = np.full(len(chosen), -REST)
    excess = prices[chosen].sum(axis=0) - limits * unit
    for step in range(STEPS):
        exceeded = excess > MET
        if not exceeded.any():
            return chosen
        worst = int(np.argmax(weight * excess))
        helps = prices[:, worst] < prices[chosen[layer], worst]
        some = np.flatnonzero(helps & (step - moved >= REST)[layer])
        after = excess + prices[some] - prices[chosen[layer[some]]]
        costs = np.maximum(0, after) @ weight
        best = int(np.argmin(costs)) if len(some) else None
        if best is None or costs[best] >= np.maximum(0, excess) @ weight:
            weight[exceeded] += 1
        if best is not None:
            k = layer[some[best]]
            chosen[k], moved[k], excess = some[best], step, after[best]
    return None
