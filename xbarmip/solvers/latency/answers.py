"""The answers of a walk: the least counts that are known, as points of the frontier (SPEC §6)."""

from dataclasses import replace
from fractions import Fraction

from xbarmip.solvers.latency.facts import Facts
from xbarmip.solvers.latency.result import Point


class Answers:
    """Each tau for which c(tau) is known, with a point that has this count.

    Parameters
    ----------
    tick : Fraction
        Seconds; all steps are whole ticks.
    """

    def __init__(self, tick: Fraction) -> None:
        self._tick = tick
        self._known: list[tuple[int | None, Point]] = []

    @property
    def points(self) -> list[Point]:
        """In the order in which they were found."""
        return [point for _, point in self._known]

    def add(self, at_most: int | None, point: Point) -> None:
        """Take c(at_most) as the count of `point`; None is for no limit."""
        self._known.append((at_most, point))

    def step(self, point: Point) -> int:
        """Its step in ticks."""
        return int(point.step / self._tick)

    def known(self, at_most: int | None) -> Point | None:
        """The answer for `at_most`, where that of another question is one."""
        for limit, point in self._known:
            if limit is not None and at_most is not None and self.step(point) <= at_most <= limit:
                return point
        return None

    def frontier(self, facts: Facts) -> list[Point]:
        """The points that no other beats, by growing count; tight where the facts prove it."""
        found: list[Point] = []
        for point in sorted(self.points, key=lambda point: (point.count, point.step)):
            if not found or point.step < found[-1].step:
                tight = facts.settled(self.step(point) - 1, point.count + 1)
                found.append(replace(point, tight=tight))
        return found

    def whole(self, frontier: list[Point], facts: Facts) -> bool:
        """Whether no point is missing: none before the first, between two, or after the last."""
        steps: list[int | None] = [None, *(self.step(point) - 1 for point in frontier)]
        nexts = zip(steps[:-1], frontier, strict=True)
        return all(facts.settled(step, point.count) for step, point in nexts) and (
            not frontier or self.step(frontier[-1]) == facts.shortest
        )
