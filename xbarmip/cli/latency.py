"""Step times and latencies, as the command line prints them."""

from collections.abc import Mapping, Sequence
from typing import Any

from xbarmip.cli.budget import tiles_of
from xbarmip.cli.effort import effort
from xbarmip.cli.output import table
from xbarmip.compare.report.table import Table
from xbarmip.display import all_in_us, in_us
from xbarmip.problem import Problem
from xbarmip.solvers.latency.result import LatencyResult
from xbarmip.solvers.result import Result, Status
from xbarmip.timing.evaluate import evaluate_count
from xbarmip.timing.step_time import StepTime, time_of


def step_columns(
    problem: Problem, allocation: Mapping[str, int]
) -> list[tuple[str, tuple[str, ...]]]:
    """A column for the time that each memory level takes in a step of each layer."""
    time = time_of(problem, allocation)
    if time is None:
        return []
    columns = zip(*(layer.seconds for layer in time.layers), strict=True)
    return [
        (f"{level} us", tuple(in_us(each) for each in column))
        for level, column in zip(time.levels, columns, strict=True)
    ]


def in_time(problem: Problem, allocation: Mapping[str, int] | Sequence[int] | None) -> str:
    """What follows a count where the hardware says how long a step lasts; empty where it does not.

    The time is that of this allocation, not the least there is.
    """
    if allocation is None or problem.is_latency or not problem.is_core:
        return ""
    return count_in_time(problem, allocation, evaluate_count(problem, allocation))


def count_in_time(
    problem: Problem, allocation: Mapping[str, int] | Sequence[int] | None, count: int
) -> str:
    """`in_time` of any count of cycles or steps."""
    time = time_of(problem, allocation)
    if time is None:
        return ""
    return all_in_us(count, time.seconds)


def binding_words(time: StepTime) -> str:
    """What makes a step as long as it is."""
    if not time.binding:
        return "computation binds"
    return "; ".join(f"{layer} binds at {level}" for layer, level in time.binding)


def hardware_facts(problem: Problem, result: Result) -> dict[str, Any]:
    """What the JSON of an answer gains from the hardware, where its objective is a count, too."""
    if problem.hardware is None:
        return {}
    facts: dict[str, Any] = {"hardware": problem.hardware.name, "tiles": tiles_of(problem)}
    core = problem.is_core and not problem.is_latency
    time = time_of(problem, result.allocation) if core else None
    if time is not None and result.allocation is not None:
        facts |= time.latency_facts(problem.count, evaluate_count(problem, result.allocation))
    return facts


def frontier_table(problem: Problem, result: LatencyResult) -> Table:
    """The points of counts and step times that no allocation beats in both."""
    rows = (
        (point.count, in_us(point.step), in_us(point.latency), "yes" if point.tight else "no")
        for point in result.points
    )
    return table((f"frontier: {problem.count}", "step us", "latency us", "proven"), rows, text=0)


def answer_line(problem: Problem, result: LatencyResult) -> str:
    """Latency, status, bound and proof in one line."""
    asked = len(result.subproblems)
    questions = [f"{asked} subproblem{'s' * (asked != 1)}"] if asked else []
    by = effort(result, *questions)
    bound = result.latency_bound
    bound_words = "no bound" if bound is None else f"bound {in_us(bound)} us"
    if result.latency is None or result.step_time is None or result.allocation is None:
        return f"UNKNOWN, no allocation found, {bound_words} ({by})"
    words = (
        f"{in_us(result.latency)} us = {result.count} {problem.measure.words} of "
        f"{in_us(result.step_time.seconds)} us, {result.status}, "
    )
    words += f"{result.proof} proof" if result.status is Status.OPTIMAL else bound_words
    used = problem.crossbars_used(problem.allocation(result.allocation))
    return f"{words} ({by}); {used} crossbars used; {binding_words(result.step_time)}"
