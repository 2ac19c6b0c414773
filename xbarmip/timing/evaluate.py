"""The value of an allocation under a problem's objective, in exact integers."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from xbarmip.exact import INT64_MAX
from xbarmip.measures.view import View
from xbarmip.network.window import Array
from xbarmip.problem import Problem
from xbarmip.timing.closed_form import steps_many
from xbarmip.timing.pipeline import cycles_many
from xbarmip.timing.step_time import ticks_of


def evaluate(problem: Problem, allocation: Mapping[str, int] | Sequence[int]) -> int:
    """Objective value of `allocation`; its budget is not checked.

    What the measure counts; a latency in ticks, of which `seconds_of` says the length.

    Raises
    ------
    InputError
        On an allocation that does not fit the network.
    """
    chosen = problem.allocation(allocation)
    count = evaluate_count(problem, chosen)
    return count * ticks_of(problem)(chosen) if problem.is_latency else count


def evaluate_count(problem: Problem, allocation: Mapping[str, int] | Sequence[int]) -> int:
    """What the problem's measure counts of `allocation`."""
    return count_of(problem.view, problem.allocation(allocation))


def count_of(view: View, allocation: Sequence[int]) -> int:
    """What a view counts of an allocation in layer order, every R in 1..N_l."""
    return int(count_many(view, np.array([allocation], dtype=np.int64))[0])


def evaluate_many(problem: Problem, allocations: Array) -> Array:
    """Objective value of each row of `allocations`, shape (count, layers), every R in 1..N_l.

    int64, or Python integers in an object array where 64 bits might not hold one.
    """
    counts = count_many(problem.view, allocations)
    if not problem.is_latency or not len(allocations):
        return counts
    return product_many(counts, ticks_of(problem).many(allocations))


def count_many(view: View, allocations: Array) -> Array:
    """What a view counts of each row of `allocations`."""
    return (cycles_many if view.stalls else steps_many)(view, allocations)


def product_many(counts: Array, ticks: Any) -> Array:
    """Latencies in ticks: int64 where it holds them all."""
    wide = int(counts.max()) * int(ticks.max()) > INT64_MAX
    kind: Any = object if wide else np.int64
    product: Array = counts.astype(kind) * ticks.astype(kind)
    return product


def seconds_of(problem: Problem, value: int) -> Fraction:
    """A latency that `evaluate` gives in ticks, in seconds."""
    return value * ticks_of(problem).tick
