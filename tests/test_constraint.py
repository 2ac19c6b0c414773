"""Constraints: what they refuse, and exhaustive search under them."""

from itertools import product
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from xbarmip.constraint import LinearConstraint, Predicate, allowed
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.network.generate import Shape
from xbarmip.solvers.result import Status
from xbarmip.timing.evaluate import evaluate


def linear(name, weights, limit):
    return LinearConstraint(name, tuple((k, tuple(w)) for k, w in weights.items()), limit)


def test_meaning():
    # 2*R_a + 3/R_b-like table: R = (2, 1) weighs 4 + 5, R = (2, 2) weighs 4 + 1
    constraint = linear("c", {"a": [2, 4], "b": [5, 1]}, 5)
    assert not constraint.holds((2, 1))
    assert constraint.holds((2, 2))
    rows = np.array([[2, 1], [2, 2], [1, 1], [1, 2]])
    assert constraint.holds_many(rows).tolist() == [False, True, False, True]


def test_numbers_beyond_64_bits_stay_exact():
    constraint = linear("huge", {"a": [2**62, 2**63], "b": [1, 2]}, 2**63 + 1)
    rows = np.array([[2, 1], [2, 2]])
    assert constraint.holds_many(rows).tolist() == [True, False]


def test_a_predicate_is_asked_by_rows():
    odd = Predicate("odd sum", ("b", "a"), lambda b, a: (b - a) % 2 == 1)
    index = {"a": 0, "x": 1, "b": 2}
    rows = np.array([[1, 9, 2], [1, 9, 1], [2, 9, 1]])
    assert allowed([odd], index, rows).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: linear("c", {}, 1), "constraint 'c' concerns no layer"),
        (lambda: Predicate("p", ("a", "a"), bool), "constraint 'p' names layer 'a' twice"),
        (lambda: linear("c", {"a": [1]}, 0.5), "constraint 'c': limit must be an integer, got 0.5"),
        (lambda: on_alexnet(Predicate("p", ("x",), bool)), "constraint 'p': unknown layer 'x'"),
        (
            lambda: on_alexnet(linear("c", {"conv1": [1, 2]}, 3)),
            "constraint 'c': layer 'conv1' has 2 weights, but R up to",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InputError, match=message):
        make()


def on_alexnet(*constraints):
    return xb.Problem(xb.load_network("alexnet"), 2304, constraints=constraints)


def test_a_solver_that_cannot_honour_a_constraint_names_it():
    problem = on_alexnet(Predicate("even", ("conv1",), lambda r: r % 2 == 0))
    with pytest.raises(UnsupportedError, match="constraint 'even'"):
        xb.solve(problem, solver="published-dp")


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_exhaustive_search_under_constraints(objective, rule):
    random = Random(f"constraints {objective} {rule}")
    shape = Shape(layers=3, extent=4, outputs=6, branching=0.3, joining=0.3)
    infeasible = 0
    for _ in range(150):
        problem = tiny_problem(random, shape, objective, rule, most=300)
        names = list(problem.network.index)
        outputs = [layer.outputs for layer in problem.network.layers]
        scope = random.sample(range(len(names)), random.randint(1, len(names)))
        weights = {names[k]: [random.randint(-3, 9) for _ in range(outputs[k])] for k in scope}
        constraint = linear("sum", weights, random.randint(-3, 12))
        constrained = xb.Problem(
            problem.network, problem.crossbars, problem.size, objective, rule, (constraint,)
        )
        values = [
            evaluate(problem, r)
            for r in product(*(range(1, n + 1) for n in outputs))
            if problem.crossbars_used(r) <= problem.crossbars
            and sum(weights[names[k]][r[k] - 1] for k in scope) <= constraint.limit
        ]
        result = xb.solve(constrained, solver="exhaustive")
        infeasible += not values
        assert result.value == min(values, default=None)
        assert (result.status is Status.INFEASIBLE) == (not values)
    assert infeasible
