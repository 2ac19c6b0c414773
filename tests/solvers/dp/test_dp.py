"""The compiled dynamic program against the plain one, where brute force would take too long.

On tiny problems it is held against every allocation there is, with every cut on and off, by
`tests/conformance`.
"""

from random import Random

import pytest

from tests.brute import OBJECTIVES, tiny_problem
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Status
from xbarmip.timing.evaluate import evaluate


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
def test_equals_the_plain_program_on_larger_graphs(objective, rule):
    random = Random(f"larger {objective} {rule}")
    for _ in range(30):
        shape = Shape(layers=6, extent=5, outputs=9, branching=0.4, joining=0.5)
        problem = tiny_problem(random, shape, objective, rule, most=10**9)
        answer = plain_optimum(problem)
        check(problem, None if answer is None else answer[0], DynamicProgram())
