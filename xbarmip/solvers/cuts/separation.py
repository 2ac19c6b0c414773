"""Long paths under a mixture of R, for cuts of the linear relaxation.

Where to look is taken from the dynamic program's path bound. What a cut says is not: `path_cut`
works out from the network, for the layers and entries of a path, what it is worth.
"""

import numpy as np

from xbarmip.model.path_cuts import Entry, Leg, Path
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.solvers.cuts.master import SHARE, Floats, Master
from xbarmip.solvers.dp.bounds.cycle_paths import PathFinder
from xbarmip.solvers.dp.bounds.legs import BEGIN, LAYER, Support, no_paths
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.table import search_table

PATHS, APART = 6, 10  # paths at once, or one for so many layers
LONGER = 1e-6  # relative: a path that is longer by this is not


class Separation:
    """Finds paths of a pipeline within the menus of a master."""

    def __init__(self, master: Master) -> None:
        problem, menus = master.problem, master.menus
        table = search_table(problem)
        assert table is not None, "a pipeline has a table"
        self._problem, self._master = problem, master
        low = np.array([menu[0] for menu in menus], dtype=np.int64)
        high = np.array([menu[-1] for menu in menus], dtype=np.int64)
        windows = Windows(np.array(problem.sets, dtype=np.int64), low, high)
        self._finder, self._longest = PathFinder(table, windows, None), no_paths(len(menus))

    def longer(self, than: float, shares: Floats) -> list[Path]:
        """For some layers the longest path through each, those that are longer."""
        master = self._master
        held = np.flatnonzero(shares > SHARE)
        start = np.searchsorted(master.layer[held], np.arange(len(master.menus) + 1))
        support = Support(start.astype(np.int64), master.r[held], shares[held])
        self._finder.fill(support, self._longest)
        length, count, legs = self._longest
        some = np.argsort(-length, kind="stable")[: max(PATHS, len(length) // APART)]
        least = than * (1 + LONGER)
        return [path_of(self._problem, legs[k, : count[k]]) for k in some if length[k] > least]


def path_of(problem: Problem, legs: Array) -> Path:
    """A path of the dynamic program, of which layers and entries are taken alone."""
    view, found = problem.view, []
    layers, entries = legs[:, LAYER].tolist(), legs[:, BEGIN].tolist()
    for k, j, a in zip(layers, layers[1:], entries, strict=False):
        between = [e for e in view.into[k] if view.edges[e][0] == j]
        edge = max(between, key=lambda e: view.need[e](a))
        found.append(Leg(k, Entry.OUTPUT, edge, a))
    return Path((), (*found, Leg(layers[-1], Entry.OUTPUT, None, 0)))
