"""Exchanges under added constraints: what they find is allowed, and mostly it is the best."""

from dataclasses import replace
from random import Random

import numpy as np

import xbarmip as xb
from tests.brute import tiny_problem
from tests.random_constraints import constrained
from tests.random_hardware import random_hardware
from xbarmip import constraints as ready
from xbarmip.constraint import Predicate
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.constraints import fits_int64
from xbarmip.solvers.dp.primal.constrained import ConstrainedExchange
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.latency.questions import subproblem
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_limit import least_step

JOINED = Shape(layers=5, extent=4, outputs=5, branching=0.5, joining=0.9, trees=0.8)
SHAPES = [Shape(layers=4, extent=5, outputs=8), Shape(layers=4, extent=4, branching=0.4)]


def search_of(problem):
    """One that looks whatever the constraints are."""
    search = ConstrainedExchange(search_table(problem), problem, lambda *_, **__: None)
    search.apt = search.apt or problem.objective == "cycles"
    return search


def drawn(random, number):
    """A tiny problem with random constraints of every kind that 64 bits hold, and its optimum."""
    while True:
        free = tiny_problem(random, SHAPES[number % 2], "cycles", None, most=1500)
        problem = constrained(random, free)
        if problem.constraints and fits_int64(problem.constraints) and problem.feasible:
            return problem, xb.solve(problem, "exhaustive").value


def test_what_is_found_is_allowed_and_nothing_is_found_below_the_optimum():
    random = Random("constrained exchange")
    found = solved = 0
    for number in range(200):
        problem, best = drawn(random, number)
        search = search_of(problem)
        for target in (10**6,) if best is None else (best - 1, best, best + 1):
            goal = Goal(target, problem.crossbars)
            answer = search.look(goal, 64, [problem.largest, *search.starts])
            assert not answer.complete
            if answer.allocation is not None:
                assert problem.meets(answer.allocation)
                assert best <= evaluate(problem, answer.allocation) <= target
            found += target == best and answer.allocation is not None
        solved += best is not None
    assert found > 0.6 * solved > 60, (found, solved)


def test_all_of_dp_with_constraints_is_exhaustive_search():
    random, optima = Random("constrained dp"), 0
    for number in range(60):
        problem, best = drawn(random, number)
        result = xb.solve(problem)
        assert (result.value, result.bound) == (best, best)
        optima += best is not None
    assert 20 < optima < 60


def test_limits_of_step_times_lead_the_search():
    """Joins and concatenations, T_A of every layer limited: mostly the best count is found."""
    random, found, solved = Random("steps"), 0, 0
    while solved < 60:
        free = tiny_problem(random, JOINED, "cycles", None, most=600)
        hardware = random_hardware(random, free.crossbar)
        problem = replace(free, objective="latency", hardware=hardware)
        limit = random.randint(least_step(problem), 2 * least_step(problem))
        limited = subproblem(problem, limit)
        best = xb.solve(limited, "exhaustive").value if limited.constraints else None
        if best is None:
            continue
        search = ConstrainedExchange(search_table(limited), limited, lambda *_, **__: None)
        assert search.apt
        starts = [limited.largest, *search.starts]
        for target in (best - 1, best):
            answer = search.look(Goal(target, limited.crossbars), 64, starts)
            if answer.allocation is not None:
                assert best == target == evaluate(limited, answer.allocation)
                assert limited.meets(answer.allocation)
                found += 1
        solved += 1
    assert found > 40


def test_sums_need_not_grow_with_copies():
    """Layers may have 1, 4, 7 or 20 copies: the search stops at a number that is allowed."""
    network = xb.load_network("lenet-5")
    allowed = (1, 4, 7, 20)
    free = xb.Problem(network, 60, constraints=(ready.AllowedDuplication(allowed),))
    search = search_of(free)
    target = xb.solve(free, "exhaustive").value
    answer = search.look(Goal(target, 60), 256, search.starts)
    assert answer.allocation is not None
    assert set(answer.allocation) <= set(allowed)


def test_a_predicate_is_asked_in_the_end():
    problem = xb.Problem(xb.load_network("lenet-5"), 20)
    never = Predicate("never", ("c1", "c3"), lambda *_: False)
    forbidden = replace(problem, constraints=(never,))
    goal = Goal(10**6, 20)
    search = search_of(forbidden)
    assert search.look(goal, 8, search.starts).allocation is None
    always = replace(problem, constraints=(Predicate("always", ("c1", "c3"), lambda *_: True),))
    assert search_of(always).look(goal, 8, search.starts).allocation is not None


def test_equal_calls_give_equal_answers():
    random = Random("constrained again")
    for number in range(20):
        problem, _ = drawn(random, number)
        answers = []
        for search in (search_of(problem), search_of(problem)):
            goals = [Goal(target, problem.crossbars) for target in (3, 6, 9)]
            answers.append([search.look(goal, 32, search.starts) for goal in goals])
        assert answers[0] == answers[1]


def test_other_measures_are_left_alone():
    problem = xb.Problem(
        xb.load_network("lenet-5"), 20, objective="steps",
        constraints=(ready.LargestDuplication(4),),
    )  # fmt: skip
    search = search_of(problem)
    assert not search.apt
    assert search.look(Goal(10**6, 20), 4, [np.array(problem.largest)]).allocation is None
