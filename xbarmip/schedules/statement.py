"""A schedule for `cycles` as one Pyomo model: cuts, copies and the time of every output (SPEC §13).

Times run from the start of the schedule and leave writing out, which only the objective adds. A
segment begins at `base` and cannot begin before all before it has ended, so that what it reads from
earlier segments is there by itself.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.schedules.bounds import pace_bounds
from xbarmip.schedules.cuts import sizes
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import Plan, Written
from xbarmip.schedules.segment import Segment, ends

MOST_ROWS = 200_000
_SCHEDULE = "_xbarmip_schedule"


def statement_rows(schedule: Schedule) -> int:
    """Rows of the model, near enough: one for each output, R and edge."""
    into = [1 for _ in schedule.network.layers]
    for _, consumer in schedule.network.links:
        into[consumer] += 1
    layers, total = schedule.network.layers, 0
    for unit, size in zip(schedule.units, sizes(schedule), strict=True):
        outputs = layers[unit.layer].outputs
        total += outputs * min(outputs, schedule.crossbars // size) * into[unit.layer]
    return total


def build_schedule_model(schedule: Schedule) -> pyo.ConcreteModel:
    """State a schedule in Pyomo.

    Returns
    -------
    pyomo ConcreteModel
        With the components

        segment[i, j] : binary
            1 if units i .. j-1 are a segment.
        choose[u, r] : binary
            1 if unit u has R = r; column blocks of one layer in one segment have the same.
        time[u, x], base[u] : when unit u has made output x; when its segment begins.
        interval[u] : that of its segment.
        cut[u], crossbars[u] : expressions
            1 if a segment begins with unit u; what unit u takes.
        end : when the last image is through.
        objective : minimise end + write_cycles * crossbars

    Raises
    ------
    UnsupportedError
        On another objective than `cycles`, a chip too small, or a model that would be too large.
    """
    if schedule.objective != "cycles":
        raise UnsupportedError(f"the statement is of 'cycles', not {schedule.objective!r}")
    if schedule.obstacle:
        raise UnsupportedError(schedule.obstacle)
    if statement_rows(schedule) > MOST_ROWS:
        raise UnsupportedError(
            f"a model with {statement_rows(schedule)} rows, the limit is {MOST_ROWS}"
        )
    model = pyo.ConcreteModel(name=f"{schedule.network.name} in segments")
    setattr(model, _SCHEDULE, schedule)
    _Statement(model, schedule).add()
    return model


def read_plan(model: pyo.ConcreteModel) -> Plan:
    """The plan of a model whose binaries have values 0 and 1."""
    schedule: Schedule = getattr(model, _SCHEDULE)
    chosen = {u: r for (u, r), one in model.choose.items() if round(pyo.value(one))}
    plan = []
    for (start, stop), one in sorted(model.segment.items()):
        if round(pyo.value(one)):
            copies = {schedule.units[u].layer: chosen[u] for u in range(start, stop)}
            plan.append(Written(start, stop, tuple(copies.values())))
    return tuple(plan)


class _Statement:
    """The rows of a model, by what they speak of."""

    def __init__(self, model: pyo.ConcreteModel, schedule: Schedule) -> None:
        self.model, self.schedule = model, schedule
        self.units, self.sizes = range(len(schedule.units)), sizes(schedule)
        layers = schedule.network.layers
        self.outputs = [layers[unit.layer].outputs for unit in schedule.units]
        self.most = [
            min(n, schedule.crossbars // size)
            for n, size in zip(self.outputs, self.sizes, strict=True)
        ]
        self.horizon = schedule.batch * sum(self.outputs)  # every image, every output by itself

    def add(self) -> None:
        """All components."""
        model, schedule = self.model, self.schedule
        model.segment = pyo.Var(sorted(pace_bounds(schedule)), domain=pyo.Binary)
        pairs = [(u, r) for u in self.units for r in range(1, self.most[u] + 1)]
        model.choose = pyo.Var(pairs, domain=pyo.Binary)
        within = (0, self.horizon)
        outputs = [(u, x) for u in self.units for x in range(1, self.outputs[u] + 1)]
        model.time = pyo.Var(outputs, bounds=within)
        model.base = pyo.Var(self.units, bounds=within)
        model.interval = pyo.Var(self.units, bounds=(1, max(self.outputs)))
        model.end = pyo.Var(bounds=within)
        model.cut = pyo.Expression(
            self.units, rule=lambda m, u: sum(m.segment[e] for e in m.segment if e[0] == u)
        )
        model.crossbars = pyo.Expression(
            self.units, rule=lambda m, u: self.sizes[u] * self._sum(u, lambda r: r)
        )
        model.rows = pyo.ConstraintList()
        self._cuts()
        self._copies()
        for unit in self.units:
            self._times(unit)
        self._segments_follow()
        self._intervals()
        model.objective = pyo.Objective(
            expr=model.end + schedule.write_cycles * sum(model.crossbars[u] for u in self.units)
        )

    def _sum(self, unit: int, weight: Any) -> Any:
        """A function of R of a unit."""
        choose = self.model.choose
        return sum(weight(r) * choose[unit, r] for r in range(1, self.most[unit] + 1))

    def _row(self, row: Any) -> None:
        self.model.rows.add(row)

    def _cuts(self) -> None:
        """The segments are a path from the first unit to the end, and each fits the chip."""
        segment, length = self.model.segment, len(self.units)
        for at in range(length + 1):
            out = sum(segment[edge] for edge in segment if edge[0] == at)
            into = sum(segment[edge] for edge in segment if edge[1] == at)
            self._row(out - into == (at == 0) - (at == length))
        chip = self.schedule.crossbars
        for start, stop in segment:
            used = sum(self.model.crossbars[u] for u in range(start, stop))
            slack = chip * (stop - start - 1)  # each unit alone fits
            self._row(used <= chip + slack * (1 - segment[start, stop]))

    def _copies(self) -> None:
        """One R a unit; column blocks of one layer differ in it only behind a cut."""
        for unit in self.units:
            self._row(self._sum(unit, lambda _: 1) == 1)
        for before, unit in pairwise(self.units):
            if self.schedule.units[before].layer == self.schedule.units[unit].layer:
                for r in range(1, self.most[unit] + 1):
                    difference = self.model.choose[before, r] - self.model.choose[unit, r]
                    self._row(difference <= self.model.cut[unit])
                    self._row(-difference <= self.model.cut[unit])

    def _times(self, unit: int) -> None:
        """SPEC §4, as rows that R switches on; all outputs of a step are made with its last."""
        time, outputs = self.model.time, self.outputs[unit]
        network = self.schedule.network
        reads = [
            (producer, need)
            for (layer, consumer), need in zip(network.links, network.clamped, strict=True)
            if consumer == self.schedule.units[unit].layer
            for producer in self.units
            if self.schedule.units[producer].layer == layer
        ]
        for x in range(1, outputs + 1):
            self._row(time[unit, x] >= self.model.base[unit] + 1)
            for r in range(1, self.most[unit] + 1):
                off = self.horizon * (1 - self.model.choose[unit, r])
                if x > r:
                    self._row(time[unit, x] >= time[unit, x - r] + 1 - off)
                made = min(ceil_div(x, r) * r, outputs)
                for producer, need in reads:
                    if need(made):
                        self._row(time[unit, x] >= time[producer, need(made)] - off)

    def _segments_follow(self) -> None:
        """A segment begins when every image is through the one before it."""
        model, more = self.model, self.schedule.batch - 1
        for before, unit in pairwise(self.units):
            self._row(model.base[unit] >= model.base[before])
            off = self.horizon * (1 - model.cut[unit])
            for producer in self._ends(unit):
                done = model.time[producer, self.outputs[producer]] + more * model.interval[before]
                self._row(model.base[unit] >= done - off)
        for producer in self._ends(len(self.units)):
            done = model.time[producer, self.outputs[producer]]
            self._row(model.end >= done + more * model.interval[self.units[-1]])

    def _ends(self, stop: int) -> Sequence[int]:
        """Units before `stop` that are ends of a segment which ends there."""
        layers = set(ends(self.schedule, stop))
        return [unit for unit in range(stop) if self.schedule.units[unit].layer in layers]

    def _intervals(self) -> None:
        """One interval a segment, long enough for each of its units."""
        model, longest = self.model, max(self.outputs)
        for before, unit in pairwise(self.units):
            difference = model.interval[before] - model.interval[unit]
            self._row(difference <= longest * model.cut[unit])
            self._row(-difference <= longest * model.cut[unit])
        for stop in range(1, len(self.units) + 1):
            prefix = Segment(self.schedule, 0, stop)
            needed = dict(zip((p.layer for p in prefix.parts), prefix.needed, strict=True))
            for unit in range(stop):
                n = needed[self.schedule.units[unit].layer]
                own = self._sum(unit, lambda r, n=n: ceil_div(n, r))
                here = sum(
                    model.segment[edge]
                    for edge in model.segment
                    if edge[0] <= unit and edge[1] == stop
                )
                self._row(model.interval[unit] >= own - longest * (1 - here))
