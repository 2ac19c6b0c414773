"""What one linear program leaves: a mixture, and paths and choices of R for the next to begin with.

A path rests on windows: what a step is sure to have made depends on them (`least_made`). Within
narrower windows it still holds. Within others the same entries are taken, and what they ask for is
found anew.
"""

from typing import NamedTuple

import numpy as np

from xbarmip.compiled import compiled
from xbarmip.network.window import Array
from xbarmip.solvers.dp.grid import least_made
from xbarmip.solvers.dp.path_kernel import Support
from xbarmip.solvers.dp.table import SearchTable
from xbarmip.timing.tables import need


class Seeds(NamedTuple):
    """What a linear program leaves.

    Attributes
    ----------
    paths : tuple of int64 array, shape (legs, 4)
    layer, r : int64 array
        Choices: R = r[c] of layer layer[c].
    low, high : int64 array, shape (layers,)
        The windows in which the paths hold.
    mixture : Support, optional
        The mixture of R that takes the fewest crossbars.
    """

    paths: tuple[Array, ...]
    layer: Array
    r: Array
    low: Array
    high: Array
    mixture: Support | None

    @property
    def rounded(self) -> Array | None:
        """Of each layer the R with the largest share of the mixture."""
        if self.mixture is None:
            return None
        ends = zip(self.mixture.start[:-1], self.mixture.start[1:], strict=True)
        return self.mixture.r[[a + int(self.mixture.w[a:b].argmax()) for a, b in ends]]

    def within(self, table: SearchTable, low: Array, high: Array) -> "Seeds":
        """Seeds that hold within other windows."""
        inside = (low[self.layer] <= self.r) & (self.r <= high[self.layer])
        paths = self.paths
        if not table.closed_form:
            cut = (_asked_anew(table, low, high, legs.copy()) for legs in paths)
            paths = tuple(legs for legs in cut if len(legs))
        elif paths and ((low < self.low).any() or (high > self.high).any()):
            paths = ()
        return Seeds(paths, self.layer[inside], self.r[inside], low.copy(), high.copy(), None)


def no_seeds() -> Seeds:
    """Nothing to begin with."""
    nothing = np.zeros(0, dtype=np.int64)
    return Seeds((), nothing, nothing, nothing, nothing, None)


@compiled
def _asked_anew(table, low, high, legs):  # type: ignore[no-untyped-def]
    """The path of the same entries within windows, for `cycles`; changes `legs`.

    It ends where nothing is asked for, or less than the entry of the next leg: the steps up to the
    output that is asked for are taken whole then.
    """
    needs = table.needs
    for leg in range(1, len(legs)):
        k, entry = legs[leg - 1, 0], legs[leg - 1, 1]
        made, asked = least_made(entry, low[k], high[k], table.outputs[k]), 0
        for e in range(needs.into[k], needs.into[k + 1]):
            if needs.producer[e] == legs[leg, 0]:
                asked = max(asked, need(needs, e, made))
        if asked == 0:
            legs[leg - 1, 1] = 0
            return legs[:leg]
        legs[leg, 2] = legs[leg, 3] = asked
        if asked < legs[leg, 1]:
            legs[leg, 1] = 0
            return legs[: leg + 1]
    return legs
