"""What a solver answers where the objective is a latency (SPEC §6)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

from xbarmip.display import in_us
from xbarmip.problem import Problem
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate_count
from xbarmip.timing.step_time import StepTime, microseconds, step_time, ticks_of


@dataclass(frozen=True, slots=True)
class Point:
    """A point (count, step time) that no allocation beats in both.

    Attributes
    ----------
    count : int
        Cycles or steps.
    step : Fraction
        Tstep in seconds.
    allocation : mapping of str to int
    tight : bool
        Whether it is proven that no allocation with this count has a shorter step.
    """

    count: int
    step: Fraction
    allocation: Mapping[str, int]
    tight: bool

    @property
    def latency(self) -> Fraction:
        """Seconds."""
        return self.count * self.step

    def as_dict(self, counted: str) -> dict[str, Any]:
        """The point for JSON; `counted` says what is counted."""
        return {
            counted: self.count,
            "tstep_us": microseconds(self.step),
            "latency_us": microseconds(self.latency),
            "tight": self.tight,
            "allocation": dict(self.allocation),
        }


@dataclass(frozen=True, slots=True)
class Subproblem:
    """A subproblem of the walk: the fewest cycles or steps subject to Tstep <= `at_most`.

    Attributes
    ----------
    at_most : Fraction, optional
        Seconds; None for no limit.
    enough : int, optional
        The bound that was asked for; None where the least count was.
    status : Status
    stop : Stop
    value, bound : int, optional
        Cycles or steps.
    proof : Proof, optional
    seconds : float
        Wall-clock time.
    """

    at_most: Fraction | None
    enough: int | None
    status: Status
    stop: Stop
    value: int | None
    bound: int | None
    proof: Proof | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The subproblem for JSON."""
        facts = asdict(self)
        return {"tstep_at_most_us": microseconds(facts.pop("at_most")), **facts}


@dataclass(frozen=True, slots=True)
class LatencyResult(Result):
    """A Result whose value and bound are latencies, in whole multiples of `unit`.

    Attributes
    ----------
    unit : Fraction
        Seconds.
    counted : str
        What is counted: "cycles" or "steps", for instance.
    count : int, optional
        Of these, what the allocation takes.
    step_time : StepTime, optional
        Of the allocation: Tstep, and which layers and memory levels bind it.
    points : tuple of Point
        The frontier of (count, step time) as far as the search followed it, by growing count.
    whole : bool
        Whether `points` is the whole frontier.
    subproblems : tuple of Subproblem
        In the order in which they were solved; empty for a solver that needs none.
    """

    unit: Fraction = Fraction(1)
    counted: str = "cycles"
    count: int | None = None
    step_time: StepTime | None = None
    points: tuple[Point, ...] = ()
    whole: bool = False
    subproblems: tuple[Subproblem, ...] = ()

    @property
    def latency(self) -> Fraction | None:
        """Of the allocation, in seconds."""
        return None if self.value is None else self.value * self.unit

    @property
    def latency_bound(self) -> Fraction | None:
        """No allocation has a shorter latency than this, in seconds; None when nothing is known."""
        return None if self.bound is None else self.bound * self.unit

    def shown(self, number: int) -> str:
        """A latency in words."""
        return f"{in_us(number * self.unit)} us"

    def as_dict(self) -> dict[str, Any]:
        """The answer for JSON, with step time, frontier and subproblems."""
        timed: dict[str, Any] = {}
        if self.step_time is not None and self.count is not None:
            timed = self.step_time.latency_facts(self.counted, self.count)
        return {
            **Result.as_dict(self),
            **timed,
            "unit_s": str(self.unit),
            "latency_bound_us": microseconds(self.latency_bound),
            "frontier": [point.as_dict(self.counted) for point in self.points],
            "frontier_whole": self.whole,
            "subproblems": [asked.as_dict() for asked in self.subproblems],
        }


def latency_result(
    problem: Problem,
    result: Result,
    points: Iterable[Point] = (),
    whole: bool = False,
    subproblems: Iterable[Subproblem] = (),
) -> LatencyResult:
    """`result`, whose value and bound are in ticks, with what belongs to a latency."""
    plain = {field.name: getattr(result, field.name) for field in fields(Result)}
    count = timed = None
    if result.allocation is not None:
        assert problem.hardware is not None
        count = evaluate_count(problem, result.allocation)
        timed = step_time(problem.network, problem.hardware, result.allocation)
    return LatencyResult(
        **plain,
        unit=ticks_of(problem).tick,
        counted=problem.count,
        count=count,
        step_time=timed,
        points=tuple(points),
        whole=whole,
        subproblems=tuple(subproblems),
    )
