"""The compiled dynamic program against every allocation there is, with every cut on and off."""

from itertools import product
from random import Random

import pytest

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Status
from xbarmip.timing.evaluate import evaluate

SHAPES = [
    Shape(layers=3),
    Shape(layers=4, extent=5, outputs=8),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=5, extent=3, outputs=4, branching=0.6, joining=0.6),
]
CUTS = [
    DynamicProgram(*cuts, beam=beam) for cuts in product([True, False], repeat=5) for beam in (0, 1)
]


def check(problem, best, solver):
    result = solver.solve(problem, Watch(Limits()))
    if best is None:
        assert result.status is Status.INFEASIBLE
        return
    assert result.status is Status.OPTIMAL, problem
    assert result.value == best, (problem, result)
    assert evaluate(problem, result.allocation) == best
    assert problem.crossbars_used(list(result.allocation.values())) <= problem.crossbars


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_brute_force(objective, rule, shape):
    """With all cuts, and with every combination of them in turn."""
    random = Random(f"dp {objective} {rule} {shape}")
    for number in range(90 if shape.branching else 30):
        problem = tiny_problem(random, shape, objective, rule)
        best = brute_force(problem)
        check(problem, best, DynamicProgram())
        check(problem, best, CUTS[number % len(CUTS)])


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_cut_changes_the_answer(objective, rule):
    random = Random(f"cuts {objective} {rule}")
    for number in range(8):
        problem = tiny_problem(random, SHAPES[number % 4], objective, rule, most=1000)
        best = brute_force(problem)
        for solver in CUTS:
            check(problem, best, solver)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_equals_the_plain_program_on_larger_graphs(objective, rule):
    random = Random(f"larger {objective} {rule}")
    for _ in range(30):
        shape = Shape(layers=6, extent=5, outputs=9, branching=0.4, joining=0.5)
        problem = tiny_problem(random, shape, objective, rule, most=10**9)
        answer = plain_optimum(problem)
        check(problem, None if answer is None else answer[0], DynamicProgram())
