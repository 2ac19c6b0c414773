"""One layer's function times a sum over others, at random, as linear constraints."""

from itertools import product
from random import Random

import pyomo.environ as pyo

import xbarmip as xb
from tests.brute import tiny_problem
from tests.sample import draws
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.model.statement import problem_of
from xbarmip.network.generate import Shape

SHAPE = Shape(layers=3, extent=4, outputs=6)


def random_table(random, problem, lowest):
    """A number for each R of each layer, often 0, halves among them."""
    return {
        layer.name: [random.choice([0, random.randint(2 * lowest, 8) / 2]) for _ in range(most)]
        for layer, most in zip(problem.network.layers, problem.largest, strict=True)
    }


def add_random_product(random, problem, model):
    """Σ own[i] + factor[i] * Σ c_k sum[k] within random bounds; the same in plain Python."""
    pivot, *others = random.sample(list(problem.network.index), 3)
    tables = [
        random_table(random, problem, lowest) for lowest in (-4, random.choice([0, 0, -1]), -4)
    ]
    for number, table in enumerate(tables):
        xb.add_expression(model, f"t{number}", lambda layer, r, t=table: t[layer.name][r - 1])
    scale = {k: random.choice([-1, 1, 2]) for k in others}
    copies = {k: random.choice([0, 3]) for k in others}
    body = model.t0[pivot] + sum(
        scale[k] * model.t1[pivot] * (model.t2[k] + copies[k] * model.R[k]) for k in others
    )
    at = problem.network.index

    def value(chosen):
        def entry(table, k):
            return table[k][chosen[at[k]] - 1]

        return entry(tables[0], pivot) + entry(tables[1], pivot) * sum(
            scale[k] * (entry(tables[2], k) + copies[k] * chosen[at[k]]) for k in others
        )

    return body, value


def test_products_mean_what_they_say():
    random = Random("products")
    kinds = {LinearConstraint: 0, Predicate: 0}
    while min(kinds.values()) < draws(20) or kinds[LinearConstraint] < draws(200):
        problem = tiny_problem(random, SHAPE, "cycles", None, 200)
        if not problem.feasible or min(problem.largest) < 2:
            continue
        model = xb.build_model(problem, "function")
        body, value = add_random_product(random, problem, model)
        chosen = list(product(*(range(1, most + 1) for most in problem.largest)))
        low, high = sorted(random.choice([value(one) for one in chosen]) for _ in range(2))
        model.added = pyo.Constraint(
            expr=random.choice([(None, body, high), (low, body, None), (low, body, high)])
        )
        if len({value(one) for one in chosen}) == 1:
            continue
        read = problem_of(model)
        kinds[type(read.constraints[0])] += 1
        lower = -float("inf") if model.added.lower is None else low
        upper = float("inf") if model.added.upper is None else high
        for one in chosen:
            if problem.crossbars_used(one) <= problem.crossbars:
                assert read.meets(one) == (lower <= value(one) <= upper), (body, one)
