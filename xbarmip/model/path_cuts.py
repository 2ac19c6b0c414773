"""Path cuts: rows over the choices alone that bound the value from below (docs/model.md).

A path runs from the end of inference back to its start, leg by leg. A leg stays in layer l until
its output b, and says where it entered the layer: with which step, and what that step asks of the
next leg's layer. Whatever the allocation, the step that makes output b comes after the entering
one, and that one not before what it asks for. With R_l = r a leg therefore contributes a whole
number g_l(r), and for every allocation

    value >= sum over legs of g_l(R_l)  (+ 1 in a closed form)                            (cut)

How a leg with the steps s = ceil(b/r) enters (`Entry`):

- OUTPUT: at the step ceil(a/r) that makes output a <= b. g(r) = ceil(b/r) - ceil(a/r). That step
  makes at least output a, so that the next leg's b may be need(a).
- FIRST: with the first step of the layer, in a closed form. g(r) = ceil(b/r) - 1. It makes r.
- SAME: with the step that makes b. g(r) = 0. It makes ceil(b/r)*r.

Of the last two, what is made and asked for depends on r. The next leg's b is what a `target` of
outputs asks for. An r that makes less than that asks for less, say x < b, and its g(r) is lowered
by `loss(x)`, by which the rest of the path can be too long at most if it begins at x instead of b:

- 0 for x >= b; all that the rest is worth at most for x = 0, of which nothing is asked;
- ceil((b - x)/least r) >= ceil(b/r) - ceil(x/r), where the leg still begins at or after its entry;
- otherwise the leg is left out: all it is worth at most, and the loss of the leg behind it for
  need(x), since the step that makes x needs at least that.

Need maps are monotone, which is all that this rests on. At an allocation whose steps enter as the
path says and make the targets, nothing is lost: the cut of its own critical path is tight there
(`critical_paths`). A cut holds for every allocation within the menus that it was made for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from xbarmip.exact import ceil_div
from xbarmip.measures.view import View
from xbarmip.model.menus import ceil_divs
from xbarmip.network.window import Array
from xbarmip.timing.implied import needs


class Entry(Enum):
    """Where a leg enters its layer."""

    OUTPUT = "at the step that makes the target"
    FIRST = "with the first step"
    SAME = "with the step that makes what is asked for"


class Leg(NamedTuple):
    """One layer on a path.

    Attributes
    ----------
    layer : int
    entry : Entry
    edge : int, optional
        By which the entering step asks for output b of the next leg's layer; None for the last leg.
    target : int, optional
        Outputs of the layer from which that b follows. None: what every R of the menu makes.
    """

    layer: int
    entry: Entry
    edge: int | None = None
    target: int | None = None


class Path(NamedTuple):
    """From an end of the view to a start.

    Attributes
    ----------
    tails : tuple of int
        Edges of a closed form whose tails come last, from the end on.
    legs : tuple of Leg
    """

    tails: tuple[int, ...]
    legs: tuple[Leg, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Cut:
    """value >= constant + sum of steps[l][number of R_l in the menu] over the layers of a path."""

    constant: int
    steps: dict[int, Array]

    def least(self, allocation: Sequence[int], menus: Sequence[Array]) -> int:
        """What it says of an allocation within the menus."""
        found = (some[np.searchsorted(menus[k], allocation[k])] for k, some in self.steps.items())
        return self.constant + int(sum(found))


def path_cut(view: View, path: Path, menus: Sequence[Array]) -> Cut:
    """The cut of a path, for allocations within the menus."""
    steps = {}
    for edge in path.tails:
        layer, tail = view.edges[edge][1], view.tails[edge]
        assert tail is not None
        steps[layer] = ceil_divs(tail[0], menus[layer]) - ceil_divs(tail[1], menus[layer])
    behind: _Rest | None = None
    for leg, b in reversed(list(_asked(view, path, menus))):
        behind = _Rest(view, leg, b, menus[leg.layer], behind)
        steps[leg.layer] = behind.steps
    return Cut(0 if view.stalls else 1, steps)


def _asked(view: View, path: Path, menus: Sequence[Array]) -> Iterator[tuple[Leg, int]]:
    """The legs with their targets, and the b of each."""
    b = view.outputs[path.legs[0].layer]
    for leg in path.legs:
        target = leg.target
        if leg.edge is not None and (target is None or leg.entry is Entry.OUTPUT):
            least = int(_made(view, leg._replace(target=target or 0), b, menus[leg.layer]).min())
            made = max(least, target or 0)
        else:
            made = target or 0
        if target is None:
            leg = leg._replace(target=made)
        yield leg, b
        if leg.edge is not None:
            b = _need(view, leg.edge, np.array([made]))[0]


def _made(view: View, leg: Leg, b: int, menu: Array) -> Array:
    """Outputs behind the step with which a leg enters, for each R."""
    if leg.entry is Entry.FIRST:
        made = menu
    else:
        x = leg.target if leg.entry is Entry.OUTPUT else b
        assert x is not None
        made = ceil_divs(x, menu) * menu
    return np.minimum(made, view.outputs[leg.layer]) if view.capped else made


def _need(view: View, edge: int, made: Array) -> Array:
    if view.capped:
        return needs(view.need[edge], made)
    return np.array([view.need[edge](x) if x else 0 for x in made.tolist()], dtype=np.int64)


class _Rest:
    """A leg with all that are behind it: what they contribute, and what is lost from x < b."""

    def __init__(self, view: View, leg: Leg, b: int, menu: Array, behind: "_Rest | None") -> None:
        self._view, self._leg, self._b, self._behind = view, leg, b, behind
        self._least = int(menu[0])
        if leg.entry is Entry.OUTPUT:
            self.steps = ceil_divs(b, menu) - ceil_divs(leg.target or 0, menu)
        elif leg.entry is Entry.FIRST:
            self.steps = ceil_divs(b, menu) - 1
        else:
            self.steps = np.zeros_like(menu)
        if leg.entry is not Entry.OUTPUT and behind is not None:
            asked, where = np.unique(self._asked(_made(view, leg, b, menu)), return_inverse=True)
            lost = np.array([behind.loss(x) for x in asked.tolist()], dtype=np.int64)
            self.steps = self.steps - lost[where]
        self._worth = int(self.steps.max())
        self.worth: int = max(0, self._worth + (0 if behind is None else behind.worth))

    def _asked(self, made: Array) -> Array:
        assert self._leg.edge is not None
        return _need(self._view, self._leg.edge, made)

    def loss(self, x: int) -> int:
        """By how much the contributions can exceed the time of output x."""
        if x >= self._b:
            return 0
        if x == 0:
            return self.worth
        if self._leg.entry is Entry.FIRST or (
            self._leg.entry is Entry.OUTPUT and x >= (self._leg.target or 0)
        ):
            return min(self.worth, ceil_div(self._b - x, self._least))
        assert self._behind is not None
        asked = int(self._asked(np.array([x]))[0])
        return max(0, min(self.worth, self._worth + self._behind.loss(asked)))
