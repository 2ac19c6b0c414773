"""What bandwidth and tiles are worth: least latencies of changed hardware, and enough bandwidth.

*Enough.* Let c* be the fewest cycles or steps of all allocations, and m the longest T_A. With all
bandwidths times f a step lasts max(T_C, m / f). No latency is below c* * T_C, and it is reached if
and only if some allocation with c* has m <= f * T_C. So memory stops binding at the factor

    f* = min of m over the allocations with c*, divided by T_C.

An allocation with c* and m <= tau exists if and only if the fewest cycles or steps subject to
m <= tau are c*. That holds for all greater tau too, so tau is found by halving.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from xbarmip.errors import InputError
from xbarmip.hardware.preset import Hardware
from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.interrupt import interruptions
from xbarmip.solvers.latency.questions import subproblem
from xbarmip.solvers.latency.result import LatencyResult
from xbarmip.solvers.protocol import Hint, Limits, Progress, Watch
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.step_time import microseconds, ticks_of

FINE = 1000  # halving ends when the two ends differ by a thousandth


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the hardware or the budget, and the least latency after it.

    Attributes
    ----------
    what : str
        In words.
    problem : Problem
        After the change.
    result : LatencyResult
    """

    what: str
    problem: Problem
    result: LatencyResult

    def as_dict(self) -> dict[str, Any]:
        """The change for JSON."""
        result, time = self.result, self.result.step_time
        return {
            "what": self.what,
            "crossbars": self.problem.crossbars,
            "status": result.status,
            "stop": result.stop,
            "latency_us": microseconds(result.latency),
            "latency_bound_us": microseconds(result.latency_bound),
            result.counted: result.count,
            "tstep_us": None if time is None else microseconds(time.seconds),
            "binding": [] if time is None else [list(pair) for pair in time.binding],
            "allocation": None if result.allocation is None else dict(result.allocation),
        }


@dataclass(frozen=True, slots=True)
class Enough:
    """From what factor of all bandwidths on memory stops binding.

    Attributes
    ----------
    count : int, optional
        c*; None when it is not proven, or nothing fits the budget.
    binds_at : Fraction
        At this factor memory still binds, proven; 0 when nothing is known.
    factor : Fraction, optional
        From this one on it does not, by `allocation`.
    allocation : tuple of int, optional
    stop : Stop
        FINISHED when the two factors differ by at most a thousandth.
    """

    count: int | None
    binds_at: Fraction
    factor: Fraction | None
    allocation: tuple[int, ...] | None
    stop: Stop

    def as_dict(self) -> dict[str, Any]:
        """The factors for JSON, rounded to what a float holds."""
        return {
            "count": self.count,
            "binds_at": float(self.binds_at),
            "factor": None if self.factor is None else float(self.factor),
            "allocation": self.allocation,
            "stop": self.stop,
        }


def bandwidth_scan(
    problem: Problem,
    factors: Sequence[Fraction],
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Change]:
    """Least latencies with all bandwidths times each factor, by `dp`.

    Parameters
    ----------
    problem : Problem
        Of a latency.
    factors : sequence of Fraction
    time_limit : float, optional
        Seconds for each.
    memory_limit : int, optional
        Bytes of working memory of a search.
    progress : callable, optional
        As of `solve`.

    Raises
    ------
    KeyboardInterrupt
        After the latency, as good as it is then, that is searched for when Ctrl-C comes.
    """
    hardware = _required(problem)
    changed = (
        (f"all bandwidths x {float(f):g}", replace(problem, hardware=hardware.with_bandwidth(f)))
        for f in factors
    )
    yield from _solved(changed, time_limit, memory_limit, progress)


def gains(
    problem: Problem,
    more: Fraction = Fraction(1, 10),
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Change]:
    """Least latencies with one more tile, and with each level's bandwidth 1 + `more` times as wide.

    What else it takes and raises is as of `bandwidth_scan`. Hardware without tiles gets no more of
    them.
    """
    hardware = _required(problem)
    changed = []
    if hardware.crossbars_per_tile is not None:
        crossbars = problem.crossbars + hardware.crossbars_per_tile
        changed.append(("one more tile", problem.with_crossbars(crossbars)))
    for level in hardware.memory:
        wider = hardware.with_bandwidth(1 + more, level.name)
        words = f"{level.name} {float(100 * more):g} percent wider"
        changed.append((words, replace(problem, hardware=wider)))
    yield from _solved(iter(changed), time_limit, memory_limit, progress)


def enough_bandwidth(
    problem: Problem,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Enough:
    """From what factor of all bandwidths on memory stops binding, to a thousandth, proven.

    The parameters are those of `bandwidth_scan`; the time limit is for the whole.
    """
    _required(problem)
    noted = interruptions()
    ticks, watch = ticks_of(problem), Watch(Limits(time_limit, memory_limit), progress)
    first = _fewest(problem, None, watch, Hint())
    if first.status is not Status.OPTIMAL or first.value is None or first.allocation is None:
        return Enough(None, Fraction(0), None, None, first.stop)
    best, low, stop = problem.allocation(first.allocation), 0, Stop.FINISHED
    while FINE * (ticks.memory(best) - low) > ticks.memory(best) > low + 1:
        if interruptions() > noted:
            stop = Stop.INTERRUPTED
            break
        middle = (low + ticks.memory(best)) // 2
        answer = _fewest(problem, middle, watch, Hint((best,), first.value))
        if answer.allocation is not None and answer.value == first.value:
            best = problem.allocation(answer.allocation)
        elif answer.status is Status.INFEASIBLE or (answer.bound or 0) > first.value:
            low = middle
        else:
            stop = answer.stop
            break
    unit = Fraction(1, ticks.compute)
    return Enough(first.value, low * unit, ticks.memory(best) * unit, best, stop)


def _fewest(problem: Problem, most: int | None, watch: Watch, hint: Hint) -> Result:
    inner = watch.part(lambda facts: watch.tell(**{**facts, "seconds": watch.seconds}))
    return DynamicProgram().solve_from(subproblem(problem, most), inner, hint)


def _solved(
    changed: Iterator[tuple[str, Problem]],
    time_limit: float | None,
    memory_limit: int | None,
    progress: Progress | None,
) -> Iterator[Change]:
    noted = interruptions()
    for what, problem in changed:
        result = solve(problem, "dp", time_limit, memory_limit, progress)
        assert isinstance(result, LatencyResult)
        yield Change(what, problem, result)
        if result.stop is Stop.INTERRUPTED or interruptions() > noted:
            raise KeyboardInterrupt


def _required(problem: Problem) -> Hardware:
    if not problem.is_latency or problem.hardware is None:
        raise InputError(f"bandwidth needs a latency as objective, got {problem.objective!r}")
    return problem.hardware
