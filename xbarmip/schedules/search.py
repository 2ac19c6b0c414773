"""The least cost of one segment, by questions to the dynamic program (SPEC §13).

With count c, interval v, crossbars x and step time s of an allocation, the cost is
(c + (batch - 1) * v) * s + w * x + m, where s is 1 unless times are asked for, and m, of memory, is
the same for all: goals are less by it below. All of c, v, x and s pull at the
same R, so no frontier of two of them decides. A *box* holds the allocations with x in [x0, x1], v
in [v0, v1] and s in [s0, s1]. All of them have R_l >= ceil(N*_l / v1), and a step time up to s1,
which are constraints on R. So the dynamic program, asked for the least count within x1 crossbars
under these, bounds the cost of all of them:

    cost >= (c(x1, v1, s1) + (batch - 1) * v0) * s0 + w * x0

Let nothing below a goal g be wanted. Then x1 can come down until the same with x1 in place of x0 is
below g, and v1 and s1 alike, as c only grows when they do: what is cut off costs g or more. If the
answer is an optimum, its allocation costs g or more, so that one of its x, v and s is beyond the
lower end of the box, which comes down, or is cut in two. A box of one point costs what its optimum
costs. So it ends, with all boxes empty: the least of g and the best cost seen is proven.

The program is not asked for c, but for a bound that takes a good part off the box (`Hint.enough`):
far from the optimum that is cheap. What it proves of (x1, v1, s1) holds in all smaller boxes, and
is kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from xbarmip.constraint import Constraint, LinearConstraint
from xbarmip.exact import ceil_div, least_where
from xbarmip.problem import Problem
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.interrupt import interruptions
from xbarmip.solvers.protocol import Hint, StoppedError, Watch
from xbarmip.solvers.result import Status, Stop
from xbarmip.timing.step_limit import least_step, longest_step, step_limit
from xbarmip.timing.step_time import ticks_of

ANY_STEP = 2**60  # no step is longer
_PART = 4  # a question is to take one part in so many off a box, at least


class Box(NamedTuple):
    """Crossbars, intervals and step times from .. to, both included."""

    x0: int
    x1: int
    v0: int
    v1: int
    s0: int
    s1: int


class Fact(NamedTuple):
    """No allocation within a box's upper limits has a smaller count; None: there is none at all."""

    crossbars: int
    interval: int
    step: int
    fewest: int | None
    exact: bool


class SegmentSearch:
    """What is known of a segment's least cost, in the schedule's unit.

    Attributes
    ----------
    segment : Segment
    bound : int
        No allocation costs less.
    cost, allocation : int and tuple of int, or None
        The cheapest allocation seen.
    facts : list of Fact
    """

    def __init__(self, segment: Segment, bound: int) -> None:
        self.segment, self.bound = segment, bound
        self.cost: int | None = None
        self.allocation: tuple[int, ...] | None = None
        self.facts: list[Fact] = []
        self._write, self._more = segment.schedule.write, segment.schedule.batch - 1
        self._sets, self._needed = segment.problem.sets, segment.needed
        self._slowest = max(self._needed)

    @property
    def proven(self) -> bool:
        """Whether the least cost is known."""
        return self.cost is not None and self.open == 0

    @property
    def open(self) -> int:
        """How far the cheapest allocation is above the bound."""
        return self._best - self.bound

    def prove(self, enough: int, watch: Watch) -> None:
        """Raise the bound to `enough`, or to the least cost if that is smaller.

        Raises
        ------
        StoppedError
            When a limit or Ctrl-C ends it.
        """
        self.start()
        chip = min(self.segment.schedule.crossbars, self.segment.problem.ample)
        boxes = [Box(sum(self._sets), chip, 1, self._slowest, self.shortest, self.longest)]
        while boxes:
            goal = min(enough, self._best) - self.segment.off_chip
            box = self._shrunk(boxes.pop(), goal)
            if box is None:
                continue
            if self._known(box):
                boxes += self._halves(box)
            else:
                self._ask(box, goal, watch)
                boxes.append(box)
        self.bound = max(self.bound, min(enough, self._best))

    @cached_property
    def shortest(self) -> int:
        """No step is shorter."""
        timed = self.segment.timed
        return self.segment.tick * least_step(timed) if timed.is_latency else 1

    @cached_property
    def longest(self) -> int:
        """No step is longer."""
        timed, tick = self.segment.timed, self.segment.tick
        if not timed.is_latency:
            return 1
        separable = all(layer.separable for layer in ticks_of(timed).layers)
        return tick * ticks_of(timed).longest(timed.largest) if separable else ANY_STEP

    @property
    def _best(self) -> int:
        assert self.cost is not None
        return self.cost

    def start(self) -> None:
        """Look at allocations that keep a pace, each layer with just the copies for it."""
        if self.cost is None:
            for pace in self.paces():
                self.take(self.at_pace(pace))

    @cached_property
    def fastest(self) -> int:
        """The shortest interval that the chip allows."""
        return self._pace(self.segment.schedule.crossbars)

    def paces(self) -> Iterator[int]:
        """Some intervals, from the shortest on; where writing is free only short ones."""
        pace = self.fastest
        while True:
            yield pace
            if pace >= self._slowest or (not self._write and pace > 2 * self.fastest):
                return
            pace = max(pace + 1, pace + pace // 8)

    def at_pace(self, interval: int) -> tuple[int, ...]:
        """The fewest copies with such an interval."""
        return tuple(max(1, ceil_div(n, interval)) for n in self._needed)

    def take(self, allocation: Sequence[int]) -> None:
        """Keep an allocation if it is the cheapest."""
        cost = self.segment.figures(allocation).cost
        if self.cost is None or cost < self.cost:
            self.cost, self.allocation = cost, tuple(allocation)

    def _used(self, interval: int) -> int:
        """The fewest crossbars with such an interval."""
        return self.segment.problem.crossbars_used(self.at_pace(interval))

    def _pace(self, crossbars: int) -> int:
        """The shortest interval within so many crossbars."""
        return least_where(1, self._slowest, lambda pace: self._used(pace) <= crossbars)

    def _fewest(self, box: Box) -> int | None:
        """A bound of the counts in a box: what is known, and an image takes v0 steps or more."""
        known = [
            fact.fewest
            for fact in self.facts
            if box.x1 <= fact.crossbars and box.v1 <= fact.interval and box.s1 <= fact.step
        ]
        return None if None in known else max([box.v0, *(each for each in known if each)])

    def _known(self, box: Box) -> bool:
        """Whether the least count of a box, by its upper limits, is known."""
        limits = (box.x1, box.v1, box.s1)
        return any(f.exact and (f.crossbars, f.interval, f.step) == limits for f in self.facts)

    def _shrunk(self, box: Box, goal: int) -> Box | None:
        """The box without what costs `goal` or more; None where nothing is left."""
        write, more = self._write, self._more
        while True:
            x0 = max(box.x0, self._used(box.v1))
            if x0 > box.x1 or box.s0 > box.s1:
                return None
            v0 = max(box.v0, self._pace(box.x1))
            fewest = self._fewest(box._replace(v0=v0))
            if v0 > box.v1 or fewest is None:
                return None
            images, free = fewest + more * v0, goal - 1 - write * x0  # what running may cost
            if images * box.s0 > free:
                return None
            x1, v1, s1 = box.x1, box.v1, self._occurring(min(box.s1, free // images))
            if write:
                x1 = min(x1, (goal - 1 - images * box.s0) // write)
            if more:
                v1 = min(v1, (free // box.s0 - fewest) // more)
            if (x0, x1, v0, v1, box.s0, s1) == box:
                return box
            box = Box(x0, x1, v0, v1, box.s0, s1)

    def _occurring(self, step: int) -> int:
        """The longest step up to `step` that there can be; at least the shortest."""
        if not self.segment.timed.is_latency:
            return step
        tick = self.segment.tick
        return min(step, tick * longest_step(self.segment.timed, step // tick))

    def _ask(self, box: Box, goal: int, watch: Watch) -> None:
        """Bound the counts of a box by as much as takes a part of it off."""
        problem = self.limited(box)
        known = [] if self.allocation is None else [self.allocation]
        known = [r for r in (*known, self.at_pace(box.v1)) if problem.meets(r)]
        hint = Hint(tuple(known), self._fewest(box) or 1, self._wanted(box, goal))
        noted = interruptions()
        answer = DynamicProgram().solve_from(problem, watch.part(lambda _: watch.tell()), hint)
        if answer.allocation is not None:
            self.take(tuple(answer.allocation.values()))
        none = answer.status is Status.INFEASIBLE
        if answer.bound is not None or none:
            exact = none or answer.status is Status.OPTIMAL
            self.facts.append(Fact(box.x1, box.v1, box.s1, answer.bound, exact))
        if answer.stop is Stop.INTERRUPTED or interruptions() > noted:
            raise StoppedError(Stop.INTERRUPTED)
        if answer.stop is not Stop.FINISHED:
            raise StoppedError(answer.stop, answer.message)

    def _wanted(self, box: Box, goal: int) -> int:
        """The least count that empties the box, or takes a part off one of its sides."""
        write, more, free = self._write, self._more, goal - self._write * box.x0
        wanted = [ceil_div(free, box.s0) - more * box.v0]
        if write:
            left = goal - write * _inside(box.x0, box.x1)
            wanted.append(ceil_div(left, box.s0) - more * box.v0)
        if more:
            wanted.append(ceil_div(free, box.s0) - more * _inside(box.v0, box.v1))
        if box.s1 > box.s0:
            wanted.append(ceil_div(free, _inside(box.s0, box.s1)) - more * box.v0)
        return min(wanted)

    def limited(self, box: Box) -> Problem:
        """The segment within the upper limits of a box."""
        problem = replace(self.segment.problem, crossbars=box.x1)
        limits: list[Constraint] = [
            LinearConstraint(
                f"pace of {layer.name}",
                ((layer.name, tuple(int(r < low) for r in range(1, most + 1))),),
                0,
            )
            for layer, most, low in zip(
                problem.network.layers, problem.largest, self.at_pace(box.v1), strict=True
            )
            if low > 1
        ]
        if self.segment.timed.is_latency:
            timed = replace(self.segment.timed, crossbars=box.x1)
            limits += step_limit(timed, box.s1 // self.segment.tick)
        return replace(problem, constraints=tuple(limits))

    def _halves(self, box: Box) -> list[Box]:
        """Two boxes, cut along the side that costs most."""
        images = (self._fewest(box) or 1) + self._more * box.v0
        _, low, high = max(
            (self._write * (box.x1 - box.x0), "x0", "x1"),
            (self._more * (box.v1 - box.v0) * box.s0, "v0", "v1"),
            (images * (box.s1 - box.s0), "s0", "s1"),
        )
        middle = (getattr(box, low) + getattr(box, high)) // 2
        return [box._replace(**{high: middle}), box._replace(**{low: middle + 1})]


def _inside(low: int, high: int) -> int:
    """Of a range the first value of its last part, which is to be taken off."""
    return high + 1 - ceil_div(high + 1 - low, _PART)
