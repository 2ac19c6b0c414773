"""A warm start: allocations that every exact solver begins with."""

from random import Random

import pytest

import xbarmip as xb
from tests.goals import best_tuple, goal_problem
from xbarmip.errors import InputError
from xbarmip.solvers.registry import EXACT

LENET = xb.load_network("lenet-5")
PROBLEM = xb.Problem(LENET, 40)
OTHERS = ((40, 1, 1, 1, 1), (1, 1, 1, 1, 1))  # one over the budget, one far from the optimum


@pytest.mark.parametrize("solver", EXACT)
def test_the_first_allocation_is_the_known_one(solver):
    best, told = xb.solve(PROBLEM), []
    known = (*OTHERS, tuple(best.allocation.values()))
    options = {"start": False} if solver == "milp" else {}
    result = xb.solve(PROBLEM, solver, known=known, progress=told.append, **options)
    assert result.value == best.value == told[0]["best"]
    assert xb.solve(PROBLEM, solver, known=OTHERS).value == best.value


def test_exhaustive_search_counts_and_prefers_what_it_did_before():
    cold = xb.solve(PROBLEM, "exhaustive")
    for known in (OTHERS, [tuple(cold.allocation.values())]):
        warm = xb.solve(PROBLEM, "exhaustive", known=known)
        assert (warm.allocation, warm.statistics) == (cold.allocation, cold.statistics)


@pytest.mark.parametrize("solver", EXACT)
def test_goals_and_times_take_a_warm_start(solver):
    random = Random(f"known {solver}")
    for _ in range(12):
        problem = goal_problem(random, most=200)
        ones = (1,) * len(problem.network.layers)
        result = xb.solve(problem, solver, known=[ones])
        values = tuple(least.value for least in result.minima)
        assert (None if result.allocation is None else values) == best_tuple(problem)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (3, "known must be a list of allocations"),
        ([(1, 0, 1, 1, 1)], "known: R must be at least 1"),
        ([(1, 1)], "must have 5 values, got 2"),
        ([(1, 1, 2, 1, 1)], "R of layer 'c5' must be at most 1"),
    ],
)
@pytest.mark.parametrize("solver", EXACT)
def test_what_is_no_allocation_is_refused(solver, known, message):
    with pytest.raises(InputError, match=message):
        xb.solve(PROBLEM, solver, known=known)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"timelimit": 3},
            "has no option 'timelimit' .*; time_limit and memory_limit stand beside",
        ),
        ({"time_limit": "3"}, "time limit must be a number of seconds >= 0, got '3'"),
        ({"memory_limit": "1"}, "memory limit must be positive, got '1'"),
    ],
)
def test_limits_by_other_names_or_kinds_are_refused(given, message):
    for what in (PROBLEM, xb.build_model(PROBLEM)):
        with pytest.raises(InputError, match=message):
            xb.solve(what, **given)
