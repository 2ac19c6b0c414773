"""Windows of the closed form: what an allocation of at most so many steps can look like.

All by intervals (docs/model.md): the least and the largest R of every menu give bounds on demands,
first steps, PreOp and Op; an R that no value up to the target allows leaves its menu; and so on
until nothing moves. Everything is an integer, and every cut is a proof that value > `at_most`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xbarmip.exact import ceil_div, least_where
from xbarmip.measures.view import View
from xbarmip.model.menus import ceil_divs, full_menus, trivial_bound, within_limits
from xbarmip.model.topology import Topology, topology
from xbarmip.network.window import Array
from xbarmip.problem import Problem

_Demands = dict[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, eq=False)
class StepsWindows:
    """What remains possible for allocations of value at most `at_most`; tuples by layer number.

    Attributes
    ----------
    at_most : int
    menus : tuple of int64 array
        The R that remain, ascending.
    earliest, latest : tuple of int
        Bounds on PreOp.
    demand : mapping of (starting layer, ancestor) to (int, int)
        Bounds on the ancestor's outputs that the first step needs; no entry where none ever are.
    """

    at_most: int
    menus: tuple[Array, ...]
    earliest: tuple[int, ...]
    latest: tuple[int, ...]
    demand: _Demands

    def first_steps(self, i: int, j: int) -> tuple[Array, Array]:
        """Bounds, for every R in j's menu, on the step of j that ends i's wait (0: no wait)."""
        if i == j:
            return np.ones_like(self.menus[j]), np.ones_like(self.menus[j])
        low, high = (ceil_divs(bound, self.menus[j]) for bound in self.demand[i, j])
        most = max(0, self.latest[i] - self.earliest[j] + 1)
        return low, np.maximum(low, np.minimum(high, most))

    @property
    def size(self) -> int:
        """Auxiliary 0/1 variables of the lowering."""
        spans = (self.first_steps(i, j) for i, j in self.demand)
        return sum(int((high - low).sum()) for low, high in spans)


@lru_cache(maxsize=16)
def steps_windows(problem: Problem, at_most: int | None = None) -> StepsWindows | None:
    """Windows of `problem` for values up to `at_most`; None when no allocation can reach it.

    By the closed form of its view, which a pipeline never falls below.

    Parameters
    ----------
    problem : Problem
    at_most : int, optional
        Without it, a value that no allocation exceeds: nothing is cut off.
    """
    view = problem.view.closed_form
    menus = full_menus(problem)
    target = at_most
    while menus is not None:
        state = _Intervals(view, menus)
        if target is None:
            target = state.worst_value
        pruned = _prune(state, target)
        within = None if pruned is None else within_limits(problem, pruned)
        if within is not None and sum(map(len, within)) == sum(map(len, menus)):
            latest = state.latest(target)
            return StepsWindows(target, tuple(menus), state.earliest, latest, state.demand)
        menus = within
    return None


def window_bound(problem: Problem) -> int:
    """A lower bound on the objective: no window is left for any smaller value.

    Found by bisection from `trivial_bound` on. No more than that where constraints leave no window
    at all.
    """
    low = high = trivial_bound(problem)
    if steps_windows(problem) is None:
        return low
    while steps_windows(problem, high) is None:
        low, high = high + 1, 2 * high
    return least_where(low, high, lambda value: steps_windows(problem, value) is not None)


class _Intervals:
    """Bounds on every quantity of the closed form that hold for all R of the menus."""

    def __init__(self, view: View, menus: Sequence[Array]) -> None:
        self.view, self.menus = view, menus
        self.top: Topology = topology(view)
        self.normal = [ceil_divs(n, m) for n, m in zip(view.outputs, menus, strict=True)]
        self.demand: _Demands = {}
        for i in range(len(menus)):
            self._demands(i)
        self.tails = self._tails()
        self.earliest, self._worst_pre = self._waits()
        self._after = self._afters()

    def _demands(self, i: int) -> None:
        view, made = self.view, {}
        ends = int(self.menus[i][0]), int(self.menus[i][-1])
        made[i] = (view.cap(i, ends[0]), view.cap(i, ends[1]))
        for j in self.top.ancestors[i]:
            links = [link for link in self.top.out_of[j] if link.layer in made]
            low, high = (
                max((view.need[e](made[c][k]) for e, c in links if made[c][k]), default=0)
                for k in (0, 1)
            )
            if high:
                self.demand[i, j] = low, high
                menu = self.menus[j]
                least = int((ceil_divs(low, menu) * menu).min())
                most = int((ceil_divs(high, menu) * menu).max())
                made[j] = (view.cap(j, least), view.cap(j, most))

    def _tails(self) -> dict[int, Array]:
        tails = {}
        for i, links in enumerate(self.top.into):
            for edge, _ in links:
                tail = self.view.tails[edge]
                if tail is not None:
                    menu = self.menus[i]
                    tails[edge] = ceil_divs(tail[0], menu) - ceil_divs(tail[1], menu)
        return tails

    def _waits(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        least: list[int] = []
        worst: list[int] = []
        for i in range(len(self.menus)):
            early = late = 0
            for j in self.top.ancestors[i]:
                low, high = self.demand.get((i, j), (0, 0))
                if low:
                    early = max(early, ceil_div(low, int(self.menus[j][-1])) - 1 + least[j])
                if high:
                    late = max(late, ceil_div(high, int(self.menus[j][0])) - 1 + worst[j])
            least.append(early)
            worst.append(late)
        return tuple(least), tuple(worst)

    def _afters(self) -> list[int | None]:
        """Tails that follow a layer's Op up to a sink, at least; None where none lead to one."""
        after: list[int | None] = []
        for j in reversed(range(len(self.menus))):
            ways = [0] if self.top.sink[j] else []
            for edge, c in self.top.out_of[j]:
                behind = after[len(self.menus) - 1 - c]
                if edge in self.tails and behind is not None:
                    ways.append(int(self.tails[edge].min()) + behind)
            after.append(max(ways, default=None))
        return after[::-1]

    def ends(self, pre: Sequence[int], worst: bool) -> list[int]:
        """Bounds on Op: the least, or the largest where `worst`."""
        pick = np.max if worst else np.min
        ends: list[int] = []
        for i, links in enumerate(self.top.into):
            end = pre[i] + int(pick(self.normal[i]))
            for edge, j in links:
                if edge in self.tails:
                    end = max(end, ends[j] + int(pick(self.tails[edge])))
            ends.append(end)
        return ends

    @property
    def worst_value(self) -> int:
        """No allocation from the menus has a larger value."""
        ends = self.ends(self._worst_pre, worst=True)
        return max(end for end, sink in zip(ends, self.top.sink, strict=True) if sink)

    def latest(self, target: int) -> tuple[int, ...]:
        """Upper bounds on PreOp for values up to `target`."""
        latest = list(self._worst_pre)
        for i, after in enumerate(self._after):
            if after is not None:
                latest[i] = min(latest[i], target - after - int(self.normal[i].min()))
        for k in reversed(range(len(latest))):
            for j in self.top.ancestors[k]:
                low, _ = self.demand.get((k, j), (0, 0))
                if low:
                    wait = ceil_div(low, int(self.menus[j][-1])) - 1
                    latest[j] = min(latest[j], latest[k] - wait)
        return tuple(latest)

    def fits(self, i: int, target: int, latest: Sequence[int], ends: Sequence[int]) -> Array:
        """Which R of layer i's menu no bound rules out for values up to `target`."""
        fits = np.full(len(self.menus[i]), latest[i] >= self.earliest[i])
        after = self._after[i]
        if after is not None:
            fits &= self.earliest[i] + self.normal[i] + after <= target
            for edge, j in self.top.into[i]:
                if edge in self.tails:
                    fits &= ends[j] + self.tails[edge] + after <= target
        for k in range(i + 1, len(self.menus)):
            low, _ = self.demand.get((k, i), (0, 0))
            if low:
                fits &= ceil_divs(low, self.menus[i]) - 1 + self.earliest[i] <= latest[k]
        return fits


def _prune(state: _Intervals, target: int) -> list[Array] | None:
    latest = state.latest(target)
    ends = state.ends(state.earliest, worst=False)
    menus = [menu[state.fits(i, target, latest, ends)] for i, menu in enumerate(state.menus)]
    return menus if all(map(len, menus)) else None
