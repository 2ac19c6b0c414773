"""What one linear program leaves: a mixture, and paths and choices of R for the next to begin with.

A path rests on windows: what a step is sure to have made depends on them (`least_made`). Within
narrower windows it still holds. Within others, where steps stall, the same entries are taken, and
what they ask for is found anew.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.legs import Support
from xbarmip.solvers.dp.bounds.separation import paths_of
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.table import SearchTable


class Seeds(NamedTuple):
    """What a linear program leaves.

    Attributes
    ----------
    paths : tuple of int64 array, shape (legs, 4)
    layer, r : int64 array
        Choices: R = r[c] of layer layer[c].
    windows : Windows, optional
        Those in which the paths hold; None where there are none.
    mixture : Support, optional
        The mixture of R that takes the fewest crossbars.
    entries : int64 array, optional
        Numbers of the entries of a program of arcs, which are those of any windows.
    """

    paths: tuple[Array, ...]
    layer: Array
    r: Array
    windows: Windows | None
    mixture: Support | None
    entries: Array | None = None

    @property
    def rounded(self) -> Array | None:
        """Of each layer the R with the largest share of the mixture.

        Boxes and beams begin with it. `rounded_within` in its place gave the same labels in 27 of
        29 cases, 0.8 times as many in one and 2.1 times as many in another.
        """
        if self.mixture is None:
            return None
        ends = zip(self.mixture.start[:-1], self.mixture.start[1:], strict=True)
        return self.mixture.r[[a + int(self.mixture.w[a:b].argmax()) for a, b in ends]]

    def rounded_within(self, sets: Array, budget: int) -> Array | None:
        """Of each layer the largest R such that some share of the mixture has as many, or more.

        The share is the same for all layers, and the smallest with which the budget holds them. If
        it holds the mixture it holds some such R, as their crossbars, over all shares from 0 to 1,
        are on average those of the mixture.
        """
        if self.mixture is None:
            return None
        start, first = self.mixture.start, self.mixture.start[:-1]
        layer = np.repeat(np.arange(len(first)), np.diff(start))
        order = np.lexsort((-self.mixture.r, layer))
        r, w = self.mixture.r[order], self.mixture.w[order]
        share = np.cumsum(w)
        share -= np.repeat(share[first] - w[first], np.diff(start))
        share[start[1:] - 1] = 1.0  # whatever the sum in floats is

        def rounded(least: float) -> Array:
            return r[first + np.add.reduceat(share < least, first, dtype=np.int64)]

        shares = np.unique(share[share <= 1.0])
        at = bisect_left(shares, True, key=lambda least: bool(rounded(least) @ sets <= budget))
        return rounded(shares[min(at, len(shares) - 1)])

    def within(self, table: SearchTable, windows: Windows) -> "Seeds":
        """Seeds that hold within other windows."""
        low, high = windows.low[self.layer], windows.high[self.layer]
        inside = (low <= self.r) & (self.r <= high)
        paths = self.paths
        if self.windows is not None:
            paths = paths_of(table).hold_within(table, paths, windows, self.windows)
        paths = tuple(legs for legs in paths if len(legs))
        mixture = None if self.mixture is None else _inside(self.mixture, windows)
        return Seeds(
            paths, self.layer[inside], self.r[inside], windows.copy(), mixture, self.entries
        )


def _inside(mixture: Support, windows: Windows) -> Support:
    """A mixture with every R moved into the windows."""
    layer = np.repeat(np.arange(len(windows.low)), np.diff(mixture.start))
    r = np.clip(mixture.r, windows.low[layer], windows.high[layer])
    return Support(mixture.start, r, mixture.w)


def no_seeds() -> Seeds:
    """Nothing to begin with."""
    nothing = np.zeros(0, dtype=np.int64)
    return Seeds((), nothing, nothing, None, None)


def seeds_at(allocation: Sequence[int]) -> Seeds:
    """An allocation to begin with, as a mixture."""
    layers = np.arange(len(allocation) + 1)
    one = Support(layers, np.array(allocation, dtype=np.int64), np.ones(len(allocation)))
    return no_seeds()._replace(mixture=one)
