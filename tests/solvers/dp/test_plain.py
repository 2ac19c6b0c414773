"""The plain dynamic program against every allocation there is."""

from random import Random

import pytest

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.timing.evaluate import evaluate

SHAPES = [Shape(layers=3), Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5)]


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_plain_program_finds_the_optimum(objective, rule):
    random = Random(f"plain {objective} {rule}")
    for number in range(300):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=1500)
        best = brute_force(problem)
        answer = plain_optimum(problem)
        if best is None:
            assert answer is None
        else:
            value, allocation = answer
            assert value == best == evaluate(problem, allocation)
            assert problem.crossbars_used(allocation) <= problem.crossbars
