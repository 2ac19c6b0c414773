"""The value of an allocation under a problem's objective, in exact integers."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from xbarmip.exact import INT64_MAX
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.closed_form import steps, steps_many
from xbarmip.timing.pipeline import cycles, cycles_many
from xbarmip.timing.step_time import ticks_of


def evaluate(problem: Problem, allocation: Mapping[str, int] | Sequence[int]) -> int:
    """Objective value of `allocation`; its budget is not checked.

    In steps of the pipeline; a latency in ticks, of which `seconds_of` says the length.
    """
    count = evaluate_count(problem, allocation)
    if not problem.is_latency:
        return count
    return count * ticks_of(problem)(problem.allocation(allocation))


def evaluate_count(problem: Problem, allocation: Mapping[str, int] | Sequence[int]) -> int:
    """Cycles or steps of `allocation`, whichever the problem counts."""
    if problem.rule is None:
        return cycles(problem.network, allocation)
    return steps(problem.network, allocation, problem.rule)


def evaluate_many(problem: Problem, allocations: Array) -> Array:
    """Objective value of each row of `allocations`, shape (count, layers), every R in 1..N_l.

    int64, or Python integers in an object array where 64 bits might not hold one.
    """
    counts = count_many(problem, allocations)
    if not problem.is_latency or not len(allocations):
        return counts
    return product_many(counts, ticks_of(problem).many(allocations))


def count_many(problem: Problem, allocations: Array) -> Array:
    """Cycles or steps of each row of `allocations`."""
    if problem.rule is None:
        return cycles_many(problem.network, allocations)
    return steps_many(problem.network, allocations, problem.rule)


def product_many(counts: Array, ticks: Any) -> Array:
    """Latencies in ticks: int64 where it holds them all."""
    wide = int(counts.max()) * int(ticks.max()) > INT64_MAX
    kind: Any = object if wide else np.int64
    product: Array = counts.astype(kind) * ticks.astype(kind)
    return product


def seconds_of(problem: Problem, value: int) -> Fraction:
    """A latency that `evaluate` gives in ticks, in seconds."""
    return value * ticks_of(problem).tick
