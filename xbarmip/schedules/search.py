"""The least cost of one segment, by questions to the dynamic program (SPEC §13).

With count c, interval v and crossbars x of an allocation, the cost is c + (batch - 1) * v + w * x.
Count and interval pull at the same R, so neither frontier alone decides. A *box* holds the
allocations with x in [x0, x1] and v in [v0, v1]. All of them have R_l >= ceil(N*_l / v1), so the
dynamic program, asked for the least count within x1 crossbars under these limits, bounds the cost
of all of them:

    cost >= c(x1, v1) + (batch - 1) * v0 + w * x0

Let nothing below a goal g be wanted. Then x1 can come down to where c(x1, v1) + (batch - 1) * v0 +
w * x1 < g, and v1 alike, as c only grows when they do: what is cut off costs g or more. If the
answer is an optimum, with allocation (x, v), that is below x or below v, unless both of its terms
are already paid for; then the box is cut in two, and one half has a larger v0 or x0. A box of one
point costs what its optimum costs. So it ends, with all boxes empty: the least of g and the best
cost seen is proven.

The program is not asked for c, but for a bound that takes a good part off the box (`Hint.enough`):
far from the optimum that is cheap. What it proves of (x1, v1) holds in all smaller boxes, and is
kept.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from xbarmip.constraint import LinearConstraint
from xbarmip.exact import ceil_div
from xbarmip.problem import Problem
from xbarmip.schedules.segment import Segment
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.interrupt import interruptions
from xbarmip.solvers.protocol import Hint, StoppedError, Watch
from xbarmip.solvers.result import Status, Stop

_PART = 4  # a question is to take one part in so many off a box, at least


class Box(NamedTuple):
    """Crossbars and intervals from .. to, both included."""

    x0: int
    x1: int
    v0: int
    v1: int


class Fact(NamedTuple):
    """No allocation with at most so many crossbars and such an interval has a smaller count."""

    crossbars: int
    interval: int
    fewest: int
    exact: bool


class SegmentSearch:
    """What is known of a segment's least cost.

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
        schedule = segment.schedule
        self._write, self._more = schedule.write_cycles, schedule.batch - 1
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
        most = sum(
            layer.outputs * size
            for layer, size in zip(self.segment.problem.network.layers, self._sets, strict=True)
        )
        chip = min(self.segment.schedule.crossbars, most)
        boxes = [Box(sum(self._sets), chip, 1, self._slowest)]
        while boxes:
            box = self._shrunk(boxes.pop(), min(enough, self._best))
            if box is None:
                continue
            if self._known(box):
                boxes += self._halves(box)
            else:
                self._ask(box, min(enough, self._best), watch)
                boxes.append(box)
        self.bound = max(self.bound, min(enough, self._best))

    @property
    def _best(self) -> int:
        assert self.cost is not None
        return self.cost

    def start(self) -> None:
        """Look at allocations that keep a pace, each layer with just the copies for it."""
        if self.cost is not None:
            return
        pace = fastest = self._pace(self.segment.schedule.crossbars)
        while True:
            self.take(self.at_pace(pace))
            if pace >= self._slowest or (not self._write and pace > 2 * fastest):
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
        low, high = 1, self._slowest
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._used(middle) <= crossbars else (middle + 1, high)
        return low

    def _fewest(self, box: Box) -> int:
        """A bound of the counts in a box: what is known, and no image is faster than the next."""
        known = (f.fewest for f in self.facts if box.x1 <= f.crossbars and box.v1 <= f.interval)
        return max(box.v0, max(known, default=1))

    def _known(self, box: Box) -> bool:
        """Whether the least count of a box, by its upper limits, is known."""
        return any(f.exact and (f.crossbars, f.interval) == (box.x1, box.v1) for f in self.facts)

    def _shrunk(self, box: Box, goal: int) -> Box | None:
        """The box without what costs `goal` or more; None where nothing is left."""
        while True:
            x0 = max(box.x0, self._used(box.v1))
            v0 = max(box.v0, self._pace(box.x1)) if box.x1 >= x0 else box.v1 + 1
            x1, v1 = box.x1, box.v1
            if x0 > x1 or v0 > v1:
                return None
            fewest = max(v0, self._fewest(box))
            if fewest + self._more * v0 + self._write * x0 >= goal:
                return None
            if self._write:
                x1 = min(x1, (goal - 1 - fewest - self._more * v0) // self._write)
            if self._more:
                v1 = min(v1, (goal - 1 - fewest - self._write * x0) // self._more)
            if (x0, x1, v0, v1) == box:
                return box
            box = Box(x0, x1, v0, v1)

    def _ask(self, box: Box, goal: int, watch: Watch) -> None:
        """Bound the counts of a box by as much as takes a part of it off."""
        wanted = [goal - self._more * box.v0 - self._write * box.x0]
        if self._write:
            off = box.x1 + 1 - ceil_div(box.x1 + 1 - box.x0, _PART)
            wanted.append(goal - self._more * box.v0 - self._write * off)
        if self._more:
            off = box.v1 + 1 - ceil_div(box.v1 + 1 - box.v0, _PART)
            wanted.append(goal - self._more * off - self._write * box.x0)
        problem = self.limited(box.x1, box.v1)
        known = [] if self.allocation is None else [self.allocation]
        known = [r for r in (*known, self.at_pace(box.v1)) if problem.meets(r)]
        hint, noted = Hint(tuple(known), self._fewest(box), min(wanted)), interruptions()
        answer = DynamicProgram().solve_from(problem, watch.part(lambda _: watch.tell()), hint)
        exact = answer.status is Status.OPTIMAL
        if answer.allocation is not None:
            self.take(tuple(answer.allocation.values()))
        if answer.bound is not None:
            self.facts.append(Fact(box.x1, box.v1, answer.bound, exact))
        if answer.stop is Stop.INTERRUPTED or interruptions() > noted:
            raise StoppedError(Stop.INTERRUPTED)
        if answer.stop is not Stop.FINISHED:
            raise StoppedError(answer.stop, answer.message)

    def limited(self, crossbars: int, interval: int) -> Problem:
        """The segment within so many crossbars and with at most such an interval."""
        problem = replace(self.segment.problem, crossbars=crossbars)
        least = self.at_pace(interval)
        limits = tuple(
            LinearConstraint(
                f"pace of {layer.name}",
                ((layer.name, tuple(int(r < low) for r in range(1, most + 1))),),
                0,
            )
            for layer, most, low in zip(problem.network.layers, problem.largest, least, strict=True)
            if low > 1
        )
        return replace(problem, constraints=limits)

    def _halves(self, box: Box) -> list[Box]:
        """Two boxes, cut along the side that costs more."""
        if self._write * (box.x1 - box.x0) >= self._more * (box.v1 - box.v0):
            middle = (box.x0 + box.x1) // 2
            return [box._replace(x1=middle), box._replace(x0=middle + 1)]
        middle = (box.v0 + box.v1) // 2
        return [box._replace(v1=middle), box._replace(v0=middle + 1)]
