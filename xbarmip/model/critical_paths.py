"""The paths that decide the value of one allocation, for cuts that are tight at it."""

from collections.abc import Iterator, Sequence

import numpy as np

from xbarmip.exact import ceil_div
from xbarmip.measures.view import View
from xbarmip.model.path_cuts import Entry, Leg, Path
from xbarmip.network.window import Array
from xbarmip.timing.implied import independent_edges
from xbarmip.timing.pipeline import schedule
from xbarmip.timing.reference import ClosedForm, closed_form


def critical_paths(view: View, allocation: Sequence[int]) -> tuple[int, list[Path]]:
    """The value of an allocation, and paths whose cuts reach it or, for other ends, their time.

    Where steps stall there are up to two for each end: output a of a layer waits for need(a), which
    its producer makes in some step; any a that waits for an output of that step is as good at this
    allocation. One path has the first a that waits for as much, the other the first that waits for
    that step at all.
    """
    if not view.stalls:
        form = closed_form(view, allocation)
        ends = [k for k, end in enumerate(view.ends) if end]
        return form.value, [_Steps(view, allocation, form).path(k) for k in ends]
    times = schedule(view, allocation)
    ends = [k for k, end in enumerate(view.ends) if end]
    walk = _Cycles(view, allocation, times)
    paths = dict.fromkeys(walk.path(k, early) for k in ends for early in (False, True))
    return max(int(times[k][-1]) for k in ends), list(paths)


class _Cycles:
    """Walks back through the steps of a pipeline."""

    def __init__(self, view: View, allocation: Sequence[int], times: list[Array]) -> None:
        self._view, self._r, self._times = view, allocation, times
        self._into: list[list[int]] = [[] for _ in allocation]
        for edge in independent_edges(view):
            self._into[view.edges[edge][1]].append(edge)

    def path(self, k: int, early: bool) -> Path:
        """The path that decides when the last output of layer k is made."""
        legs: list[Leg] = []
        b = self._view.outputs[k]
        while True:
            end = ceil_div(b, self._r[k])
            lag = self._times[k][:end] - np.arange(1, end + 1)
            if lag[-1] == 0:
                return Path((), (*legs, Leg(k, Entry.OUTPUT, None, 0)))
            step = 1 + int(np.searchsorted(lag, lag[-1]))
            edge, asked = self._waits_for(k, step)
            producer, need = self._view.edges[edge][0], self._view.need[edge]
            if early:
                asked = (ceil_div(asked, self._r[producer]) - 1) * self._r[producer] + 1
            a = need.first(asked, self._view.outputs[k])
            legs.append(Leg(k, Entry.OUTPUT if a <= b else Entry.SAME, edge, a))
            k, b = producer, need(a)

    def _waits_for(self, k: int, step: int) -> tuple[int, int]:
        """The edge by which a step waited last, and the output that it waited for."""
        made = min(step * self._r[k], self._view.outputs[k])
        for edge in self._into[k]:
            j, asked = self._view.edges[edge][0], self._view.need[edge](made)
            if (
                asked
                and self._times[j][ceil_div(asked, self._r[j]) - 1] == self._times[k][step - 1]
            ):
                return edge, asked
        raise AssertionError("a late step waits for something")


class _Steps:
    """Walks back through the terms of a closed form."""

    def __init__(self, view: View, allocation: Sequence[int], form: ClosedForm) -> None:
        self._view, self._r, self._form = view, allocation, form

    def path(self, k: int) -> Path:
        """The path that decides Op of layer k."""
        tails, form = [], self._form
        while form.op[k] > form.pre[k] + ceil_div(self._view.outputs[k], self._r[k]):
            edge = next(e for e in self._view.into[k] if self._op(e) == form.op[k])
            tails.append(edge)
            k = self._view.edges[edge][0]
        legs: list[Leg] = []
        while form.pre[k]:
            waits = (j for j in range(k) if self._wait(k, j) == form.pre[k])
            j = next(waits)
            legs += self._ways(k, j)
            k = j
        return Path(tuple(tails), (*legs, Leg(k, Entry.FIRST)))

    def _op(self, edge: int) -> int | None:
        """Op by the tail of an edge; None where it has none."""
        (j, k), tail = self._view.edges[edge], self._view.tails[edge]
        if tail is None:
            return None
        return self._form.op[j] + ceil_div(tail[0], self._r[k]) - ceil_div(tail[1], self._r[k])

    def _wait(self, k: int, j: int) -> int | None:
        """PreOp of k by what it demands of j; None where that is nothing."""
        demand = self._form.demand[k][j]
        return ceil_div(demand, self._r[j]) - 1 + self._form.pre[j] if demand else None

    def _ways(self, k: int, j: int) -> Iterator[Leg]:
        """The legs from the first step of k to the layer by which it demands outputs of j."""
        view, demand, found, at = self._view, self._form.demand[k], [], j
        while at != k:
            for edge, (producer, consumer) in enumerate(view.edges):
                if producer != at or consumer > k or not demand[consumer]:
                    continue
                r = self._r[consumer]
                made = view.cap(consumer, ceil_div(demand[consumer], r) * r)
                if view.need[edge](made) == demand[at]:
                    entry = Entry.FIRST if consumer == k else Entry.SAME
                    target = view.need[edge].first(demand[at], made)
                    found.append(Leg(consumer, entry, edge, target))
                    at = consumer
                    break
        return reversed(found)
