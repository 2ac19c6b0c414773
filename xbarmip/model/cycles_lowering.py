"""The pipeline (SPEC §4) as linear constraints, on graphs.

For a layer i, R_i = r and a step s let t be the cycle in which the step ends: one integer for each
r and s, written as thresholds "R_i = r and t >= k". The pipeline only ever compares such times,
t_i(s) >= t_i(s-1) + 1 and t_i(s) >= t_j(step of j that makes what s needs), so each comparison is
one constraint for every k in which it can fail. docs/model.md shows that the least solution is the
pipeline itself, stalls included.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyomo.environ as pyo

from xbarmip.model.cycles_windows import CyclesWindows, Pipeline, pipeline_of
from xbarmip.model.pause import Pause, paused
from xbarmip.model.thresholds import Thresholds, at_least, changes, declare, row, total
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.pipeline import schedule

_Ends = list[list[list[Thresholds]]]  # by layer, position in its menu, step from 0


def add(model: pyo.ConcreteModel, problem: Problem, windows: CyclesWindows, pause: Pause) -> None:
    """Add the block `timing`, which ties `model.value` to `model.choose`.

    Attributes of the block, with layers by name
    --------------------------------------------
    at_least[i, r, s, k] : R_i = r, and step s of i ends in cycle k or later
    order, step, data, end : the constraints of docs/model.md
    """
    _Lowering(model, problem, windows, pause).add()


def assign(model: pyo.ConcreteModel, problem: Problem, allocation: Sequence[int]) -> int:
    """Set every variable of `timing` to what `allocation` implies; return its value."""
    view, index = problem.view, problem.network.index
    ends = schedule(view, allocation)
    for (name, r, s, k), variable in model.timing.at_least.items():
        layer = index[name]
        late = allocation[layer] == r and int(ends[layer][s - 1]) >= k
        variable.set_value(int(late), skip_validation=True)
    return max(int(times[-1]) for times, end in zip(ends, view.ends, strict=True) if end)


class _Lowering:
    """One run of `add`: what its constraints share."""

    def __init__(
        self, model: pyo.ConcreteModel, problem: Problem, windows: CyclesWindows, pause: Pause
    ) -> None:
        self.model, self.windows, self.pause = model, windows, pause
        self.names = [layer.name for layer in problem.network.layers]
        self.pipeline: Pipeline = pipeline_of(problem)
        model.timing = self.block = pyo.Block()
        self.ends: _Ends = self._declare()

    def add(self) -> None:
        block = self.block
        block.step = pyo.Constraint(pyo.Any, doc="[layer, R, step, k]: a step after the one before")
        block.data = pyo.Constraint(pyo.Any, doc="[edge, outputs, k]: a step after its data")
        block.end = pyo.Constraint(pyo.Any, doc="[sink]: the value behind the last step")
        for i, name in enumerate(self.names):
            for r, ends in zip(self.windows.menus[i], self.ends[i], strict=True):
                self._steps(name, int(r), ends)
            for edge, j in self.pipeline.top.into[i]:
                self._data(edge, j, i)
            if self.pipeline.top.sink[i]:
                coefficients, variables = total(ends[-1] for ends in self.ends[i])
                end = row([1, *(-k for k in coefficients)], [self.model.value, *variables])
                block.end.add(name, end)

    def _declare(self) -> _Ends:
        spans, windows = {}, self.windows
        for name, menu, some in zip(self.names, windows.menus, windows.spans, strict=True):
            for r, span in zip(map(int, menu), some, strict=True):
                bounds = zip(*span.bounds(windows.at_most), strict=True)
                for s, (low, high) in enumerate(bounds, start=1):
                    spans[name, r, s] = (self.model.choose[name, r], int(low), int(high))
        found = declare(self.block, spans, self.pause)
        return [
            [
                [found[name, r, s] for s in range(1, len(span.earliest) + 1)]
                for r, span in zip(map(int, menu), some, strict=True)
            ]
            for name, menu, some in zip(self.names, windows.menus, windows.spans, strict=True)
        ]

    def _steps(self, name: str, r: int, ends: list[Thresholds]) -> None:
        for s, (before, end) in enumerate(paused(pairwise(ends), self.pause), start=2):
            for k in range(end.low + 1, end.high + 1):
                follows = at_least([end.at_least(k)], [before.at_least(k - 1)])
                if follows is not None:
                    self.block.step.add((name, r, s, k), follows)

    def _data(self, edge: int, j: int, i: int) -> None:
        """A step of i that needs v outputs of j or more ends no earlier than j has made v."""
        need = self.pipeline.need[edge]
        needs = [need[self.pipeline.made(i, int(r))] for r in self.windows.menus[i]]
        values = np.unique(np.concatenate(needs))
        values = values[values > 0]
        if not len(values):
            return
        makes = -(-values[:, None] // self.windows.menus[j]) - 1
        takes = np.stack([np.searchsorted(some, values) for some in needs], axis=1)
        keep = changes(makes, keep_last=False)
        keep = keep[changes(takes[keep], keep_last=True)]
        for number in paused(keep, self.pause):
            self._wait(edge, int(values[number]), (j, makes[number]), (i, takes[number]))

    def _wait(self, edge: int, v: int, makes: tuple[int, Array], takes: tuple[int, Array]) -> None:
        """[the step that first needs v ends >= k] >= [the step that makes output v ends >= k]."""
        too_late = self.windows.at_most + 1
        producer = [ends[s] for ends, s in zip(self.ends[makes[0]], makes[1], strict=True)]
        consumer = [
            ends[s] if s < len(ends) else Thresholds(ends[0].choice, too_late, too_late, ())
            for ends, s in zip(self.ends[takes[0]], takes[1], strict=True)
        ]
        first = min(end.low for end in consumer) + 1
        last = max(end.high for end in producer)
        for k in range(first, last + 1):
            waits = at_least(
                [end.at_least(k) for end in consumer], [end.at_least(k) for end in producer]
            )
            if waits is not None:
                self.block.data.add((edge, v, k), waits)
