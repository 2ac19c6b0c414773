"""Constraints of every kind written in Pyomo, at random, on every solver."""

from collections import Counter
from itertools import product
from random import Random

import pyomo.environ as pyo
import pytest
from pyomo.gdp import Disjunct, Disjunction

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_statement import SHAPES
from tests.sample import draws
from xbarmip.model.statement import problem_of
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.result import Status
from xbarmip.timing.evaluate import evaluate

# Each adds a component `name` to a model, about layers a and b (the same in a network of one), and
# returns what it means of (R_a, R_b). A number is drawn from what R can be.


def inequality(random, model, name, a, b, number):
    weight = random.choice([-1.5, -1, 0.1, 2])
    setattr(model, name, pyo.Constraint(expr=model.R[a] + weight * model.R[b] <= number))
    return lambda x, y: 10 * x + round(10 * weight) * y <= 10 * number


def equality(random, model, name, a, b, number):
    setattr(model, name, pyo.Constraint(expr=model.R[a] - model.R[b] == number - 2))
    return lambda x, y: x - y == number - 2


def range_of_a_list(random, model, name, a, b, number):
    setattr(model, name, pyo.ConstraintList())
    model.component(name).add((1, model.R[a], number))
    model.component(name).add((2, model.R[a] + model.R[b], number + 2))
    return lambda x, y: x <= number and 2 <= x + y <= number + 2


def indexed_with_one_off(random, model, name, a, b, number):
    limit = pyo.Constraint(model.LAYERS, rule=lambda m, layer: m.R[layer] <= number)
    setattr(model, name, limit)
    for layer in model.LAYERS:
        if layer != a:
            limit[layer].deactivate()
    return lambda x, y: x <= number


def block_with_a_param(random, model, name, a, b, number):
    setattr(model, name, pyo.Block())
    block = model.component(name)
    block.most = pyo.Param(initialize=0, mutable=True)
    block.bound = pyo.Constraint(expr=model.R[a] <= block.most * model.R[b])
    block.never = pyo.Constraint(expr=model.R[a] <= -1)
    block.never.deactivate()
    block.most.set_value(number)
    return lambda x, y: x <= number * y


def choice(random, model, name, a, b, number):
    setattr(model, name, pyo.Constraint(expr=number * model.choose[a, 1] + model.R[b] <= number))
    return lambda x, y: number * (x == 1) + y <= number


def products(random, model, name, a, b, number):
    setattr(model, name, pyo.Constraint(expr=model.R[a] * model.R[b] <= 2 * number))
    return lambda x, y: x * y <= 2 * number


def distance(random, model, name, a, b, number):
    body = abs(model.R[a] - model.R[b]) + model.R[a]
    setattr(model, name, pyo.Constraint(expr=body >= number))
    return lambda x, y: abs(x - y) + x >= number


def condition(random, model, name, a, b, number):
    layers = [a] if a == b else [a, b]
    xb.add_condition(model, name, layers, lambda *r: sum(r) % 3 != number % 3)
    return lambda x, y: (x if a == b else x + y) % 3 != number % 3


def disjunction(random, model, name, a, b, number):
    setattr(model, name, pyo.Block())
    block = model.component(name)
    block.few, block.many = Disjunct(), Disjunct()
    block.few.c = pyo.Constraint(expr=model.R[a] <= 1)
    block.many.c = pyo.Constraint(expr=model.R[b] >= number)
    block.either = Disjunction(expr=[block.few, block.many], xor=False)
    return lambda x, y: x <= 1 or y >= number


def logic(random, model, name, a, b, number):
    implied = pyo.implies(model.R[a] >= 2, model.R[b] <= number)
    setattr(model, name, pyo.LogicalConstraint(expr=implied))
    return lambda x, y: x < 2 or y <= number


def switch(random, model, name, a, b, number):
    """A binary of the user's: on, R_a is 1; off, R_b is at most `number`."""
    setattr(model, name, pyo.Block())
    block = model.component(name)
    block.on = pyo.Var(domain=pyo.Binary)
    block.one = pyo.Constraint(expr=model.R[a] <= 1 + 1000 * (1 - block.on))
    block.other = pyo.Constraint(expr=model.R[b] <= number + 1000 * block.on)
    return lambda x, y: x == 1 or y <= number


KINDS = (
    inequality, equality, range_of_a_list, indexed_with_one_off, block_with_a_param, choice,
    products, distance, condition, disjunction, logic, switch,
)  # fmt: skip


def written(random, problem, model, first):
    """Add up to three constraints; their kinds, and whether an allocation meets them all."""
    names = list(problem.network.index)
    kinds, meanings = [first, *random.sample(KINDS, random.randint(0, 2))], []
    for number, kind in enumerate(kinds):
        a, b = random.sample(names, 2) if len(names) > 1 else names * 2
        drawn = random.randint(1, max(problem.largest))
        at = problem.network.index[a], problem.network.index[b]
        meanings.append((at, kind(random, model, f"c{number}", a, b, drawn)))
    return kinds, lambda one: all(means(one[i], one[j]) for (i, j), means in meanings)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_every_solver_obeys(objective, rule):
    random = Random(f"written {objective} {rule}")
    counts, statuses, refused = Counter(), Counter(), 0
    for number in range(draws(90)):
        problem = tiny_problem(random, random.choice(SHAPES), objective, rule, 200)
        model = xb.build_model(problem, random.choice(["function", "auto"]))
        kinds, meets = written(random, problem, model, KINDS[number % len(KINDS)])
        counts.update(kind.__name__ for kind in kinds)
        values = [
            evaluate(problem, one)
            for one in product(*(range(1, most + 1) for most in problem.largest))
            if problem.crossbars_used(one) <= problem.crossbars and meets(one)
        ]
        best = min(values, default=None)
        for solver in ("dp", "exhaustive", "milp") if number % 2 else ("dp", "exhaustive"):
            if solver == "milp" and Milp().unsupported(problem_of(model)):
                refused += 1
                continue
            result = xb.solve(model, solver)
            assert result.value == result.bound == best, [kind.__name__ for kind in kinds]
            statuses[solver, result.status] += 1
    assert set(counts) == {kind.__name__ for kind in KINDS}
    assert min(counts.values()) >= draws(6)
    assert refused < draws(15)
    for solver in ("dp", "exhaustive", "milp"):
        assert statuses[solver, Status.OPTIMAL] > draws(12)
        assert statuses[solver, Status.INFEASIBLE] > draws(1)
