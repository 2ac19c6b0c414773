"""Windows of the pipeline: when each step can end in an inference of at most so many cycles.

For every R of a menu, a forward sweep bounds from below when its steps end, a backward sweep
bounds from below what must follow them; an R for which the two do not fit into the target leaves
its menu, until nothing moves (docs/model.md). Everything is an integer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xbarmip.exact import ceil_div
from xbarmip.model.menus import full_menus, within_limits
from xbarmip.model.steps_windows import steps_windows
from xbarmip.model.topology import Topology, topology
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.implied import independent_edges, needs

_NOTHING = -(2**40)  # follows an output that some R of the consumers do not need

MAYBE, NEVER = -1, -2


class Span(NamedTuple):
    """For one R of a layer, by step: int64 arrays of shape (steps,).

    Attributes
    ----------
    earliest
        The cycle before which the step cannot end.
    after
        Cycles that must follow the end of the step, whatever the other layers choose; MAYBE where
        nothing waits for it under some of their choices, NEVER where nothing ever does.
    """

    earliest: Array
    after: Array

    def fits(self, target: int) -> bool:
        """Whether no step rules this R out for inferences of at most `target` cycles."""
        return bool(np.all((self.after < 0) | (self.earliest + self.after <= target)))

    def bounds(self, target: int) -> tuple[Array, Array]:
        """Bounds on the end of every step, as far as it matters: target + 1 means "too late"."""
        too_late = target + 1
        low = np.where(self.after == NEVER, too_late, np.minimum(self.earliest, too_late))
        return low, np.where(self.after < 0, too_late, target - self.after)


@dataclass(frozen=True, eq=False)
class CyclesWindows:
    """What remains possible for inferences of at most `at_most` cycles; tuples by layer number.

    Attributes
    ----------
    at_most : int
    menus : tuple of int64 array
        The R that remain, ascending.
    spans : tuple of tuple of Span
        One for each R of the menu.
    """

    at_most: int
    menus: tuple[Array, ...]
    spans: tuple[tuple[Span, ...], ...]

    @property
    def size(self) -> int:
        """Auxiliary 0/1 variables of the lowering."""
        bounds = (span.bounds(self.at_most) for some in self.spans for span in some)
        return sum(int((high - low).sum()) for low, high in bounds)


class Pipeline(NamedTuple):
    """A view that stalls, without implied edges.

    Attributes
    ----------
    top : Topology
    outputs : tuple of int
    need : mapping of edge number to int64 array
        need(x) for x = 0..outputs of the consumer; need(0) = 0.
    """

    top: Topology
    outputs: tuple[int, ...]
    need: dict[int, Array]

    def made(self, layer: int, r: int) -> Array:
        """Outputs that exist after each step of the layer under R = r."""
        count = self.outputs[layer]
        return np.minimum(np.arange(1, ceil_div(count, r) + 1, dtype=np.int64) * r, count)


@lru_cache(maxsize=16)
def pipeline_of(problem: Problem) -> Pipeline:
    """The pipeline of the problem's view."""
    view = problem.view
    edges = independent_edges(view)
    need = {}
    for edge in edges:
        count = view.outputs[view.edges[edge][1]]
        need[edge] = needs(view.need[edge], np.arange(count + 1, dtype=np.int64))
    return Pipeline(topology(view, edges), view.outputs, need)


@lru_cache(maxsize=16)
def cycles_windows(problem: Problem, at_most: int | None = None) -> CyclesWindows | None:
    """Windows of `problem` for at most `at_most` cycles; None when no allocation can reach it.

    Without `at_most`, the total number of outputs stands for it, which no allocation exceeds: some
    step ends in every cycle.
    """
    pipeline = pipeline_of(problem)
    target = sum(pipeline.outputs) if at_most is None else at_most
    menus = _first_menus(problem, at_most)
    while menus is not None:
        spans = _spans(pipeline, menus)
        pruned = [
            menu[[span.fits(target) for span in some]]
            for menu, some in zip(menus, spans, strict=True)
        ]
        within = within_limits(problem, pruned) if all(map(len, pruned)) else None
        if within is not None and sum(map(len, within)) == sum(map(len, menus)):
            return CyclesWindows(target, tuple(menus), spans)
        menus = within
    return None


def sweep_pairs(problem: Problem, at_most: int | None = None) -> int:
    """What one sweep of `cycles_windows` goes over; cheap to count.

    Pairs of a consumer's R and a producer's output, over all edges that are not implied.
    """
    menus = _first_menus(problem, at_most)
    if menus is None:
        return 0
    pipeline = pipeline_of(problem)
    return sum(
        len(menu) * pipeline.outputs[j]
        for menu, links in zip(menus, pipeline.top.into, strict=True)
        for _, j in links
    )


def _first_menus(problem: Problem, at_most: int | None) -> Sequence[Array] | None:
    """What the windows of the closed form leave of the menus; None for nothing."""
    if at_most is None:
        return full_menus(problem)
    first = steps_windows(problem, at_most)
    return None if first is None else first.menus


def _spans(pipeline: Pipeline, menus: Sequence[Array]) -> tuple[tuple[Span, ...], ...]:
    earliest = _forward(pipeline, menus)
    after = _backward(pipeline, menus)
    return tuple(tuple(map(Span, early, late)) for early, late in zip(earliest, after, strict=True))


def _forward(pipeline: Pipeline, menus: Sequence[Array]) -> list[list[Array]]:
    """Earliest end of every step, by layer and R."""
    exists: list[Array] = []  # by layer: the cycle before which output x cannot exist
    ends: list[list[Array]] = []
    for i, menu in enumerate(menus):
        count = pipeline.outputs[i]
        first = np.full(count + 1, np.iinfo(np.int64).max)
        first[0] = 0
        found = []
        for r in map(int, menu):
            made = pipeline.made(i, r)
            step = np.arange(1, len(made) + 1, dtype=np.int64)
            wait = np.zeros(len(made), dtype=np.int64)
            for edge, j in pipeline.top.into[i]:
                np.maximum(wait, exists[j][pipeline.need[edge][made]], out=wait)
            end = np.maximum(np.maximum.accumulate(wait - step), 0) + step
            found.append(end)
            np.minimum(first[1:], np.repeat(end, r)[:count], out=first[1:])
        exists.append(first)
        ends.append(found)
    return ends


def _backward(pipeline: Pipeline, menus: Sequence[Array]) -> list[list[Array]]:
    """Cycles that must follow every step, by layer and R."""
    follows = [np.full(count, _NOTHING) for count in pipeline.outputs]  # output x + 1 of a layer
    wanted = _wanted(pipeline, menus)
    after: list[list[Array]] = []
    for i in reversed(range(len(menus))):
        found, sure = [], []
        for r in map(int, menus[i]):
            due = follows[i][::r].copy()
            if pipeline.top.sink[i]:
                due[-1] = max(due[-1], 0)
            step = np.arange(len(due), dtype=np.int64)
            rest = np.maximum.accumulate((due + step)[::-1])[::-1] - step
            sure.append(np.append(np.where(rest < 0, _NOTHING, rest), _NOTHING))
            found.append(np.where(rest >= 0, rest, np.where(step * r < wanted[i], MAYBE, NEVER)))
        after.append(found)
        for edge, j in pipeline.top.into[i]:
            reach = np.arange(1, pipeline.outputs[j] + 1, dtype=np.int64)
            least = np.full(len(reach), np.iinfo(np.int64).max)
            for r, rest in zip(map(int, menus[i]), sure, strict=True):
                step = np.searchsorted(pipeline.need[edge][pipeline.made(i, r)], reach)
                np.minimum(least, rest[step], out=least)
            np.maximum(follows[j], least, out=follows[j])
    return after[::-1]


def _wanted(pipeline: Pipeline, menus: Sequence[Array]) -> list[int]:
    """Outputs of each layer that something may wait for."""
    wanted = [n if sink else 0 for n, sink in zip(pipeline.outputs, pipeline.top.sink, strict=True)]
    for i in reversed(range(len(menus))):
        made = np.minimum(-(-wanted[i] // menus[i]) * menus[i], pipeline.outputs[i])
        for edge, j in pipeline.top.into[i]:
            wanted[j] = max(wanted[j], int(pipeline.need[edge][made].max()))
    return wanted
