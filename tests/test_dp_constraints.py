"""The dynamic program under added constraints, against exhaustive search."""

from dataclasses import replace
from random import Random

import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.solvers.result import Status

SHAPES = [
    Shape(layers=3, extent=5, outputs=8),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=5, extent=3, outputs=4, branching=0.6, joining=0.6),
]


def random_constraint(random, problem, number):
    """A linear constraint with weights of one sign or both, or a predicate, on some layers."""
    outputs = {layer.name: layer.outputs for layer in problem.network.layers}
    scope = random.sample(list(outputs), random.randint(1, min(3, len(outputs))))
    kind = random.choice(["sum", "balance", "table", "predicate"])
    if kind == "predicate":
        modulus, wanted = random.randint(2, 3), random.randint(0, 1)
        return Predicate(f"p{number}", tuple(scope), lambda *r: sum(r) % modulus != wanted)
    if kind == "table":
        weights = {k: [random.randint(-5, 9) for _ in range(outputs[k])] for k in scope}
    else:
        signs = [1] if kind == "sum" else [1, -1]
        factor = {k: random.choice(signs) * random.randint(1, 3) for k in scope}
        weights = {k: [factor[k] * r for r in range(1, outputs[k] + 1)] for k in scope}
    least = sum(min(w) for w in weights.values())
    limit = least + random.randint(-1, 12)
    return LinearConstraint(f"c{number}", tuple((k, tuple(w)) for k, w in weights.items()), limit)


def constrained(random, shape, objective, rule):
    problem = tiny_problem(random, shape, objective, rule, most=600)
    count = random.randint(1, 3)
    constraints = tuple(random_constraint(random, problem, number) for number in range(count))
    return replace(problem, constraints=constraints)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_exhaustive_search(objective, rule, shape):
    random = Random(f"constrained {objective} {rule} {shape}")
    statuses = set()
    for number in range(120):
        problem = constrained(random, shape, objective, rule)
        expected = xb.solve(problem, solver="exhaustive")
        options = {"beam": 0} if number % 3 else {"dominance": number % 2 == 0}
        result = xb.solve(problem, **options)
        statuses.add(result.status)
        assert (result.status, result.value) == (expected.status, expected.value), problem
    assert statuses == {Status.OPTIMAL, Status.INFEASIBLE}


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_plain_program_equals_exhaustive_search(objective, rule):
    random = Random(f"constrained plain {objective} {rule}")
    for number in range(60):
        problem = constrained(random, SHAPES[number % 3], objective, rule)
        answer = plain_optimum(problem)
        expected = xb.solve(problem, solver="exhaustive").value
        assert (None if answer is None else answer[0]) == expected


def test_a_frontier_under_constraints_holds_the_optimum_of_every_budget():
    random = Random("constrained frontier")
    points = 0
    for _ in range(40):
        problem = constrained(random, SHAPES[1], "cycles", None)
        curve = xb.frontier(problem)
        for crossbars in range(1, problem.crossbars + 1):
            expected = xb.solve(replace(problem, crossbars=crossbars), solver="exhaustive").value
            covered = curve.points and crossbars >= curve.points[0].crossbars
            assert (curve.at(crossbars).value if covered else None) == expected
        points += len(curve.points)
    assert points > 40


def test_sums_beyond_64_bits_are_left_to_python_integers():
    problem = xb.Problem(xb.load_network("lenet-5"), 100)
    name, outputs = problem.network.layers[0].name, problem.network.layers[0].outputs
    weights = tuple(r * 2**62 for r in range(1, outputs + 1))
    huge = LinearConstraint("huge", ((name, weights),), 2**62)
    result = xb.solve(replace(problem, constraints=(huge,)))
    assert result.statistics["arithmetic"] == "python"
    assert result.allocation[name] == 1
