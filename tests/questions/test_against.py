"""Two measures against each other: the Pareto front at one budget (SPEC §12)."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.goals import COUNTS, OVER_LAYERS, TIMES, every_measure, goal_problem
from tests.sample import draws
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.result import Result, Status, Stop
from xbarmip.timing.step_time import ticks_of

LENET = xb.load_network("lenet-5")


def pair_problem(random, several=False, most=300):
    """A tiny problem with constraints, bounds and ties, and another measure that it can take."""
    problem = goal_problem(random, several, most)
    if random.random() < 0.7:
        problem = replace(problem, at_most=())
    named = {problem.label, *problem.then}
    tiled = problem.hardware.crossbars_per_tile
    names = [name for name in OVER_LAYERS if name != "tiles" or tiled]
    if several or not any(
        name.removesuffix("_us") in (*COUNTS, *TIMES)
        for name in (*named, *(key for key, _ in problem.at_most))
    ):
        names += [*COUNTS, *TIMES]
    return problem, random.choice([name for name in names if name not in named])


def every_front(problem, against):
    """By looking at every allocation: the pairs that no other pair is better than."""
    table = every_measure(problem)
    within = np.ones(len(table["crossbars"]), dtype=bool)
    for key, most in problem.at_most:
        bound = Fraction(most) / 10**6 / ticks_of(problem).tick if key.endswith("_us") else most
        values = table[key.removesuffix("_us")].tolist()
        within &= np.array([value <= bound for value in values], dtype=bool)
    columns = table[problem.label], table[against]
    pairs = sorted({tuple(int(column[k]) for column in columns) for k in np.flatnonzero(within)})
    return [pair for pair in pairs if all(pair[1] < other[1] for other in pairs if other < pair)]


def front_of(problem, against, solver):
    front = xb.pareto(problem, against, solver)
    assert front.complete
    return [(point.value, point.against) for point in front.points]


def test_fronts_are_those_of_every_allocation():
    random, counts = Random("against"), Counter()
    for _ in range(draws(150)):
        problem, against = pair_problem(random)
        front = every_front(problem, against)
        counts[min(len(front), 3)] += 1
        for solver in ("dp", "exhaustive"):
            assert front_of(problem, against, solver) == front, (solver, problem, against)
    assert min(counts[0], counts[1], counts[2], counts[3]) >= draws(6)


def test_fronts_by_milp():
    random = Random("against by milp")
    for _ in range(10):
        problem, against = pair_problem(random, most=100)
        front = every_front(problem, against)
        assert front_of(problem, against, "milp") == front, (problem, against)


def test_two_counts_are_for_exhaustive_search_and_refused_by_name_elsewhere():
    random, met = Random("against several"), 0
    for _ in range(25):
        problem, against = pair_problem(random, several=True)
        front = every_front(problem, against)
        assert front_of(problem, against, "exhaustive") == front, (problem, against)
        met += len(front) > 1
    assert met > 2
    with pytest.raises(UnsupportedError, match="takes one of the measures cycles, steps/pipeline"):
        xb.pareto(xb.Problem(LENET, 40), "steps")


def test_ties_choose_among_the_allocations_of_a_point():
    problem = xb.Problem(LENET, 60, then="crossbars")
    front = xb.pareto(problem, "interval")
    assert len(front.points) > 1
    for point in front.points:
        bounds = {"cycles": point.value, "interval": point.against}
        fewest = xb.solve(xb.Problem(LENET, 60, minimise="crossbars", at_most=bounds))
        assert point.measures["crossbars"] == fewest.value


def test_crossbars_are_the_frontier_of_budgets_from_either_side():
    curve = [(point.value, point.crossbars) for point in xb.frontier(xb.Problem(LENET, 40)).points]
    assert len(curve) > 10
    assert front_of(xb.Problem(LENET, 40), "crossbars", "dp") == curve[::-1]
    other = front_of(xb.Problem(LENET, 40, minimise="crossbars"), "cycles", "dp")
    assert other == [(crossbars, value) for value, crossbars in curve]


def test_a_front_that_is_cut_short_has_the_points_found_by_then():
    class Stops(DynamicProgram):
        """Answers some questions, and has no time for the next."""

        asked = 0

        def solve_from(self, problem, watch, hint):
            type(self).asked += 1
            if type(self).asked > 5:
                return Result("dp", Status.UNKNOWN, Stop.TIME)
            return super().solve_from(problem, watch, hint)

    whole = xb.pareto(xb.Problem(LENET, 60), "interval")
    part = xb.pareto(xb.Problem(LENET, 60), "interval", Stops())
    assert (part.complete, part.stop) == (False, Stop.TIME)
    assert 0 < len(part.points) < len(whole.points)
    assert [(point.value, point.against) for point in part.points] == [
        (point.value, point.against) for point in whole.points[: len(part.points)]
    ]
    assert not part.as_dict()["complete"]


def test_a_false_optimum_is_seen():
    class Slower(DynamicProgram):
        """Claims that what it finds under a bound is worse than it is."""

        def solve_from(self, problem, watch, hint):
            found = super().solve_from(problem, watch, hint)
            if hint.enough is None and found.value is not None:
                return replace(found, value=found.value + 1, bound=found.value + 1)
            return found

    with pytest.raises(VerificationError):
        xb.pareto(xb.Problem(LENET, 60), "interval", Slower())


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("cycles", "measure 'cycles' cannot be set against itself"),
        ("watts", "unknown measure 'watts'"),
        ("tiles", "'tiles' needs hardware"),
        ("latency", "'latency' needs hardware"),
    ],
)
def test_what_makes_no_sense_is_refused(against, message):
    with pytest.raises(InputError, match=message):
        xb.pareto(xb.Problem(LENET, 40), against)


def test_heuristics_refuse_and_a_small_budget_is_an_answer():
    with pytest.raises(UnsupportedError, match="need an exact solver: dp, milp, exhaustive"):
        xb.pareto(xb.Problem(LENET, 40), "interval", "greedy")
    empty = xb.pareto(xb.Problem(LENET, 3), "interval")
    assert (empty.points, empty.complete) == ((), True)
