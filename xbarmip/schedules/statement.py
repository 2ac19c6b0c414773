"""A schedule as one Pyomo model: cuts, and the model of every segment that fits (SPEC §13).

A segment's model is that of its problem (SPEC §9), whose count hangs on its own binaries; here it
gets its interval, its crossbars and, of a latency, its step. A binary says whether it is among the
segments that are run. If not, it has one copy of each layer and costs nothing. So whatever states a
count states it of schedules, too. It is for small instances: there are as many models as segments.

No schedule that is wanted costs more than `most`, that of every unit alone with one copy. So no
segment of one runs for more than most / s0 steps, s0 the shortest step.
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import pyomo.environ as pyo

from xbarmip.errors import UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.model.pause import Pause, no_pause
from xbarmip.model.statement import build_model
from xbarmip.schedules.bounds import pace_bounds
from xbarmip.schedules.problem import Schedule
from xbarmip.schedules.result import Plan, Written
from xbarmip.schedules.segment import Segment
from xbarmip.timing.step_time import ticks_of

MOST_CELLS = 300_000  # R and outputs, and R with those of producers, of all segments together
_SCHEDULE = "_xbarmip_schedule"


def statement_size(schedule: Schedule) -> int:
    """How large the model is, near enough; counting ends once that is too large."""
    cells = 0
    for edge in pace_bounds(schedule):
        timed = Segment(schedule, *edge).timed
        for layer, most in zip(timed.network.layers, timed.largest, strict=True):
            cells += layer.outputs * most
        if schedule.is_latency:
            for i, most in enumerate(timed.largest):
                cells += most * prod(timed.largest[k] for k in ticks_of(timed).layers[i].producers)
        if cells > MOST_CELLS:
            break
    return cells


def ample(schedule: Schedule) -> int:
    """What it costs to run every unit alone with one copy: a schedule that is wanted, at most."""
    units = (Segment(schedule, unit, unit + 1) for unit in range(len(schedule.units)))
    return sum(unit.figures([1] * len(unit.parts)).cost for unit in units)


def largest_number(schedule: Schedule) -> int:
    """No number of the model is larger.

    In a row of `costs` stand a step times the images of one copy of each layer, and times as many
    as `ample` allows, and what writing costs; images times the shortest step are at most `ample`.
    """
    longest = schedule.step
    for edge in pace_bounds(schedule) if schedule.is_latency else ():
        segment = Segment(schedule, *edge)
        longest = max(
            longest, segment.tick * ticks_of(segment.timed).longest(segment.timed.largest)
        )
    return ample(schedule) * (2 * longest // schedule.step + 1)


def build_schedule_model(schedule: Schedule, pause: Pause = no_pause) -> pyo.ConcreteModel:
    """State a schedule in Pyomo.

    Returns
    -------
    pyomo ConcreteModel
        With the components

        segment[i, j] : binary
            1 if units i .. j-1 are a segment.
        part[i, j] : blocks
            The model of that segment as `build_model` makes it, with `interval`, `images` (steps of
            the whole batch), `cost`, and for a latency `longer[k]`, 1 if a step takes k or more.
        objective : minimise the sum of the costs

    Raises
    ------
    UnsupportedError
        On a chip too small, or a model that would be too large.
    """
    if schedule.obstacle:
        raise UnsupportedError(schedule.obstacle)
    if statement_size(schedule) > MOST_CELLS:
        raise UnsupportedError(too_large())
    model = pyo.ConcreteModel(name=f"{schedule.network.name} in segments")
    setattr(model, _SCHEDULE, schedule)
    bounds, length = pace_bounds(schedule), len(schedule.units)
    model.segment = pyo.Var(sorted(bounds), domain=pyo.Binary)
    model.part = pyo.Block(sorted(bounds))
    model.path = pyo.ConstraintList(doc="the segments lead from the first unit to the end")
    for at in range(length + 1):
        out = sum(model.segment[edge] for edge in bounds if edge[0] == at)
        into = sum(model.segment[edge] for edge in bounds if edge[1] == at)
        model.path.add(out - into == (at == 0) - (at == length))
    most = ample(schedule)
    for edge, bound in sorted(bounds.items()):
        part = model.part[edge]
        part.transfer_attributes_from(
            build_model(Segment(schedule, *edge).problem, "linear", pause=pause)
        )
        part.objective.deactivate()
        _Part(part, Segment(schedule, *edge), model.segment[edge], most).add(bound)
    model.objective = pyo.Objective(expr=sum(model.part[edge].cost for edge in bounds))
    return model


def too_large() -> str:
    """Why a schedule cannot be stated."""
    return f"a model of more than {MOST_CELLS} choices of R and outputs"


def read_plan(model: pyo.ConcreteModel) -> Plan:
    """The plan of a model whose binaries have values 0 and 1."""
    plan = []
    for (start, stop), one in sorted(model.segment.items()):
        if round(pyo.value(one)):
            part = model.part[start, stop]
            copies = (round(pyo.value(part.R[layer])) for layer in part.LAYERS)
            plan.append(Written(start, stop, tuple(copies)))
    return tuple(plan)


class _Part:
    """What a segment's model has besides its count."""

    def __init__(self, part: Any, segment: Segment, chosen: Any, most: int) -> None:
        self.part, self.segment, self.chosen = part, segment, chosen
        self.names, self.most = list(part.LAYERS), most

    def add(self, bound: int) -> None:
        """Interval, step and cost."""
        part, segment, schedule = self.part, self.segment, self.segment.schedule
        part.idle = pyo.ConstraintList(doc="one copy of each layer where the segment is not run")
        for name in self.names:
            part.idle.add(part.choose[name, 1] >= 1 - self.chosen)
        part.interval = pyo.Var(bounds=(1, max(segment.needed)))
        part.pace = pyo.ConstraintList(doc="the interval is that of the slowest layer")
        for name, n, largest in zip(
            self.names, segment.needed, segment.problem.largest, strict=True
        ):
            alone = sum(ceil_div(n, r) * part.choose[name, r] for r in range(1, largest + 1))
            part.pace.add(part.interval >= alone)
        part.images = pyo.Expression(expr=part.value + (schedule.batch - 1) * part.interval)
        part.cost = pyo.Var(bounds=(0, None))
        part.costs = pyo.ConstraintList(doc="run, write and off the chip; nothing where not run")
        part.costs.add(part.cost >= bound * self.chosen)
        spent = schedule.write * sum(part.crossbars[name] for name in self.names)
        alone = segment.figures([1] * len(self.names))
        spent += segment.off_chip - (alone.write + segment.off_chip) * (1 - self.chosen)
        images, least = alone.run // alone.step, schedule.step
        running = part.images - images * (1 - self.chosen)
        part.costs.add(part.cost >= least * running + spent)
        if schedule.is_latency:
            self._steps(running, spent)

    def _steps(self, running: Any, spent: Any) -> None:
        """Of a latency: for each step that there can be, whether it is as long, at what cost."""
        part, least = self.part, self.segment.schedule.step
        times = dict[int, list[Any]]()
        for step, chosen in self._times():
            if step > least:
                times.setdefault(step, []).append(chosen)
        part.longer = pyo.Var(sorted(times), domain=pyo.Binary)
        part.long = pyo.ConstraintList(doc="R of a layer and of what it reads make a step as long")
        for step, many in times.items():
            for chosen in many:
                part.long.add(part.longer[step] >= sum(chosen) - (len(chosen) - 1))
            shorter = self.most // least * (1 - part.longer[step])
            part.costs.add(part.cost >= step * (running - shorter) + spent)

    def _times(self) -> Iterator[tuple[int, list[Any]]]:
        """How long each layer takes, by the choices on which that hangs."""
        segment, menus = self.segment, self.segment.problem.largest
        for i, layer in enumerate(ticks_of(segment.timed).layers):
            places = (i, *layer.producers)
            for copies in product(*(range(1, menus[k] + 1) for k in places)):
                chosen = [
                    self.part.choose[self.names[k], r] for k, r in zip(places, copies, strict=True)
                ]
                yield segment.tick * layer(copies[0], copies[1:]), chosen
