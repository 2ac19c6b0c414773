"""A closed form (SPEC §5) as linear constraints, on graphs.

For a starting layer i and an ancestor j let f be the step of j that ends the wait of i's first
step. It is one integer for each R of j, written as thresholds: "R_j = r and f >= k". A demand of v
outputs means f >= ceil(v / r), so "the consumer's step makes enough to need v outputs of j" on one
side and "f >= ceil(v / R_j)" on the other are sums of such 0/1 variables, and the need map enters
through its values alone. docs/model.md shows that the least solution is the closed form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from xbarmip.exact import ceil_div
from xbarmip.measures.view import View
from xbarmip.model.pause import Pause, paused
from xbarmip.model.steps_windows import StepsWindows
from xbarmip.model.thresholds import Thresholds, at_least, changes, declare, row, total
from xbarmip.model.topology import Link, Topology, topology
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing import reference

_Steps = Mapping[tuple[int, int], list[Thresholds]]


def add(model: pyo.ConcreteModel, problem: Problem, windows: StepsWindows, pause: Pause) -> None:
    """Add the block `timing`, which ties `model.value` to `model.choose`.

    Attributes of the block, with layers by name
    --------------------------------------------
    at_least[i, j, r, k] : R_j = r, and the first step of i waits for step k of j or a later one
    pre[i], op[i] : PreOp and Op, in steps
    order, demand, wait, run, tail, end : the constraints of docs/model.md
    """
    _Lowering(model, problem, windows, pause).add()


def assign(model: pyo.ConcreteModel, problem: Problem, allocation: Sequence[int]) -> int:
    """Set every variable of `timing` to what `allocation` implies; return its value."""
    form = reference.closed_form(problem.view, allocation)
    index, timing = problem.network.index, model.timing
    for (i, j, r, k), variable in timing.at_least.items():
        i, j = index[i], index[j]
        reached = allocation[j] == r and ceil_div(form.demand[i][j], r) >= k
        variable.set_value(int(reached), skip_validation=True)
    for name, number in index.items():
        timing.pre[name].set_value(form.pre[number], skip_validation=True)
        timing.op[name].set_value(form.op[number], skip_validation=True)
    return form.value


class _Lowering:
    """One run of `add`: what its constraints share."""

    def __init__(
        self, model: pyo.ConcreteModel, problem: Problem, windows: StepsWindows, pause: Pause
    ) -> None:
        self.model, self.windows, self.pause = model, windows, pause
        self.names = [layer.name for layer in problem.network.layers]
        self.view: View = problem.view
        self.top: Topology = topology(self.view)
        model.timing = self.block = pyo.Block()
        self.steps: _Steps = self._declare()

    def add(self) -> None:
        block, names, windows = self.block, self.names, self.windows
        block.pre = pyo.Var(names)
        for name, low, high in zip(names, windows.earliest, windows.latest, strict=True):
            block.pre[name].setlb(low)
            block.pre[name].setub(high)
        block.op = pyo.Var(names, bounds=(0, None))
        block.demand = pyo.Constraint(pyo.Any, doc="[start, edge, outputs]: f covers the demand")
        block.wait = pyo.Constraint(pyo.Any, doc="[start, ancestor]: PreOp counts the wait")
        block.run = pyo.Constraint(pyo.Any, doc="[layer]: Op behind PreOp")
        block.tail = pyo.Constraint(pyo.Any, doc="[edge]: Op behind the producer's Op")
        block.end = pyo.Constraint(pyo.Any, doc="[sink]: the value behind its Op")
        for i, j in paused(windows.demand, self.pause):
            for link in self.top.towards(j, i):
                if (i, link.layer) in self.steps:
                    self._demand(i, j, link)
            block.wait.add((names[i], names[j]), self._wait(i, j))
        for c, links in enumerate(self.top.into):
            block.run.add(names[c], self._run(c))
            for edge, j in links:
                if self.view.tails[edge] is not None:
                    block.tail.add(edge, self._tail(edge, j, c))
            if self.top.sink[c]:
                block.end.add(names[c], row([1, -1], [self.model.value, block.op[names[c]]]))

    def _choice(self, layer: int) -> list[Any]:
        name = self.names[layer]
        return [self.model.choose[name, int(r)] for r in self.windows.menus[layer]]

    def _declare(self) -> _Steps:
        windows, names = self.windows, self.names
        spans = {}
        for i, j in windows.demand:
            low, high = windows.first_steps(i, j)
            menu = windows.menus[j]
            for r, choice, a, b in zip(menu, self._choice(j), low, high, strict=True):
                spans[names[i], names[j], int(r)] = (choice, int(a), int(b))
        found = declare(self.block, spans, self.pause)
        steps = {
            (i, j): [found[names[i], names[j], int(r)] for r in windows.menus[j]]
            for i, j in windows.demand
        }
        for i in range(len(names)):
            steps[i, i] = [Thresholds(choice, 1, 1, ()) for choice in self._choice(i)]
        return steps

    def _demand(self, i: int, j: int, link: Link) -> None:
        """Wherever the demand on j over one edge is at least v, f is at least ceil(v / R_j)."""
        windows, (edge, c) = self.windows, link
        needs = [self._needs(i, c, edge, position) for position in range(len(windows.menus[c]))]
        values = np.unique(np.concatenate([values for _, values in needs]))
        values = values[values > windows.demand[i, j][0]]
        if not len(values):
            return
        low, high = windows.first_steps(i, j)
        reach = np.clip(-(-values[:, None] // windows.menus[j]), low, high + 1)
        cause = np.stack([np.searchsorted(found, values) for _, found in needs], axis=1)
        keep = changes(reach, keep_last=False)
        keep = keep[changes(cause[keep], keep_last=True)]
        for number in paused(keep, self.pause):
            left = [
                f.at_least(int(k)) for f, k in zip(self.steps[i, j], reach[number], strict=True)
            ]
            right = [
                f.at_least(first + int(k)) if k < len(found) else None
                for f, k, (first, found) in zip(self.steps[i, c], cause[number], needs, strict=True)
            ]
            demand = at_least(left, right)
            if demand is not None and np.any(reach[number] > low):
                key = (self.names[i], edge, int(values[number]))
                self.block.demand.add(key, demand)

    def _needs(self, i: int, c: int, edge: int, position: int) -> tuple[int, Array]:
        """First step k >= 1 of c that may be waited for under its R, and the need from each on."""
        steps, r = self.steps[i, c][position], int(self.windows.menus[c][position])
        first = max(1, steps.low)
        made = [self.view.cap(c, r * k) for k in range(first, steps.high + 1)]
        needs = [self.view.need[edge](x) if x else 0 for x in made]
        return first, np.array(needs, dtype=np.int64)

    def _wait(self, i: int, j: int) -> tuple[Any, ...]:
        """PreOp_i >= f - 1 + PreOp_j, if f >= 1 at all."""
        coefficients, variables = total(self.steps[i, j])
        coefficients = [-k for k in coefficients]
        lower, pre = -1, self.block.pre
        if not self.windows.demand[i, j][0]:
            lead = max(0, self.windows.latest[j] - 1)
            some = [f.at_least(1) for f in self.steps[i, j] if f.high]
            coefficients += [-lead] * len(some)
            variables += some
            lower -= lead
        return row(
            [1, -1, *coefficients], [pre[self.names[i]], pre[self.names[j]], *variables], lower
        )

    def _run(self, i: int) -> tuple[Any, ...]:
        """Op_i >= PreOp_i + NormalOp_i."""
        name, menu = self.names[i], self.windows.menus[i]
        normal = [-ceil_div(self.view.outputs[i], int(r)) for r in menu]
        return row([1, -1, *normal], [self.block.op[name], self.block.pre[name], *self._choice(i)])

    def _tail(self, edge: int, j: int, c: int) -> tuple[Any, ...]:
        """Op_c >= Op_j + tail of the edge."""
        tail = self.view.tails[edge] or (0, 0)
        menu = [int(r) for r in self.windows.menus[c]]
        steps = [ceil_div(tail[1], r) - ceil_div(tail[0], r) for r in menu]
        op = self.block.op
        return row([1, -1, *steps], [op[self.names[c]], op[self.names[j]], *self._choice(c)])
