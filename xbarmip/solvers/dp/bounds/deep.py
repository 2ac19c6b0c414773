"""Multipliers for the path bound of deep networks, by rows and columns of a program of arcs.

Each round solves the program to some duality gap. The entries of the longest paths under its
mixture are added, and of each layer the R that is cheapest at its flow; what it makes no use of is
left out, which keeps it small. Each flow is a bound by itself, in exact arithmetic, and the best
one counts. The gap shrinks where rounds get no further with a wider one.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from xbarmip.network.window import Array
from xbarmip.solvers.dp.bounds.arc_rows import Places, key, places_of
from xbarmip.solvers.dp.bounds.arcs import ArcProgram
from xbarmip.solvers.dp.bounds.cycle_paths import PathFinder
from xbarmip.solvers.dp.bounds.legs import BEGIN, LAYER, Longest, Support, no_paths
from xbarmip.solvers.dp.bounds.prices import MOST, NOTHING, Relaxation, price_table, reach_of
from xbarmip.solvers.dp.bounds.question import Question, some_choices
from xbarmip.solvers.dp.bounds.seeds import Seeds
from xbarmip.solvers.dp.effort import (
    ENTRIES,
    GAPS,
    GOOD,
    LITTLE,
    MENU,
    MENU_SEEDED,
    NEARBY,
    PATH_TOLERANCE,
    PROGRAM_ROUNDS,
    SCALE,
)
from xbarmip.solvers.dp.state.bounds import Windows


def arc_multipliers(
    question: Question, seeds: Seeds, effort: int, check: Callable[[], None]
) -> tuple[Relaxation, Seeds]:
    """A flow that makes the path bound large, and what the next program may begin with.

    See `find_multipliers`. `check` is called in each iteration of a program.
    """
    search = _Search(question, seeds)
    best, most = NOTHING, -np.inf
    gap, idle = GAPS[0], 0
    for _ in range(PROGRAM_ROUNDS[effort]):
        search.program.solve(gap, check)
        relaxation = search.relaxation()
        bound, cheapest = _bound_of(question, relaxation)
        idle = 0 if bound > most + LITTLE[effort] * question.budget else idle + 1
        if bound > most:
            best, most = relaxation, bound
        if most > question.budget:
            break
        more = search.grow(cheapest)
        if not more or idle > 1:
            if gap <= GAPS[effort]:
                break
            gap, idle = GAPS[effort], 0
    return best, search.seeds()


def _bound_of(question: Question, relaxation: Relaxation) -> tuple[float, Array]:
    """Crossbars that a relaxation proves, and of each layer the cheapest R."""
    windows, flow = question.windows, relaxation.flow
    if flow is None:
        return -np.inf, windows.low
    start, price = price_table(windows, relaxation.scale, flow)
    least = np.minimum.reduceat(price, start[:-1])
    ends = pairwise(start)
    cheapest = windows.low + np.array([int(price[a:b].argmin()) for a, b in ends])
    return (int(least.sum()) - question.target * flow.weight) / relaxation.scale, cheapest


class _Search:
    """A program of arcs and what it grows by."""

    def __init__(self, question: Question, seeds: Seeds) -> None:
        windows = question.windows
        self._question, self._layers = question, np.arange(len(windows.low))
        self._finder = PathFinder(question.table, windows, None)
        self._longest: Longest = no_paths(len(windows.low))
        sinks = np.array(sorted(question.table.sinks), dtype=np.int64)
        self._places: Places = places_of(self._finder.points, question.table.outputs, sinks)
        self.program = ArcProgram(
            self._places, windows.sets, question.target, 4.0 * question.budget
        )
        if seeds.entries is None:
            self.program.add_entries(_spread(self._places))
            self.program.add_choices(*some_choices(windows, MENU_SEEDED if seeds.mixture else MENU))
        else:
            self.program.add_entries(seeds.entries)
            self.program.add_choices(seeds.layer, seeds.r)
        if seeds.mixture is not None:
            parts = NEARBY if seeds.entries is None else (1.0,)
            self.program.add_choices(*_around(seeds.mixture, parts, windows))
            self._add_late(seeds.mixture)

    def relaxation(self) -> Relaxation:
        """The flow of the latest solution, on a scale that fits 64 bits."""
        scale, question = SCALE, self._question
        while scale:
            flow = self.program.whole_flow(scale)
            if flow is not None:
                reach = reach_of(flow, question.target) + scale * question.windows.most
                if 2 * reach < MOST:
                    return Relaxation(scale, [], [], flow)
            scale //= 2
        return NOTHING

    def grow(self, cheapest: Array) -> bool:
        """Leave out what is of no use, add what is missing; whether there was any."""
        mixture = self.program.support()
        self.program.leave_out(GOOD * self._question.budget)
        more_entries = self._add_late(mixture)
        more_choices = self.program.add_choices(self._layers, cheapest)
        return more_entries or more_choices

    def seeds(self) -> Seeds:
        """What the next program may begin with."""
        program, windows = self.program, self._question.windows.copy()
        return Seeds((), program.layer, program.r, windows, program.support(), program.entries)

    def _add_late(self, mixture: Support) -> bool:
        """Add the entries of the longest path through each layer that is too long."""
        self._finder.fill(mixture, self._longest)
        length, count, legs = self._longest
        late = length > self._question.target * (1 + PATH_TOLERANCE)
        number = np.arange(legs.shape[1]) < count[:, None]
        found = legs[number & late[:, None]]
        found = found[found[:, BEGIN] > 0]
        places = self._places
        wanted = np.unique(key(found[:, LAYER], found[:, BEGIN]))
        known = key(places.entry_layer, places.points.entry)
        return self.program.add_entries(np.searchsorted(known, wanted))


def _spread(places: Places) -> Array:
    """Some entries of each layer, evenly."""
    start = places.points.entry_start.tolist()
    return np.concatenate(
        [np.linspace(a, b - 1, ENTRIES).round().astype(np.int64) for a, b in pairwise(start)]
    )


def _around(mixture: Support, parts: Sequence[float], windows: Windows) -> tuple[Array, Array]:
    """Layers and R that are some parts of those of a mixture, within the windows."""
    layer = np.repeat(np.arange(len(mixture.start) - 1), np.diff(mixture.start))
    r = np.concatenate([(mixture.r * part).round().astype(np.int64) for part in parts])
    layers = np.tile(layer, len(parts))
    return layers, np.clip(r, windows.low[layers], windows.high[layers])
