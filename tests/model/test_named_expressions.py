"""tiles[l] and step_time_us[l]: their values, and constraints over them on every solver."""

from dataclasses import replace
from itertools import product
from random import Random

import pyomo.environ as pyo
import pytest

import xbarmip as xb
from tests.brute import tiny_problem
from tests.constraints.test_ready import TILED, funnel
from tests.model.test_statement import SHAPES
from tests.random_hardware import OWN, SHIPPED, random_hardware
from tests.sample import draws
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.hardware.preset import load_hardware
from xbarmip.hardware.tiles import tiles_taken
from xbarmip.model.statement import problem_of
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import step_time

SOLVERS = ("dp", "milp", "exhaustive")


def test_each_says_its_unit():
    model = xb.build_model(funnel(hardware=TILED))
    for name in ("R", "crossbars", "normal_op", "tiles", "step_time_us"):
        assert model.component(name).doc.startswith("[l]: ")


def test_worked_out_by_hand():
    # a set of `a` is 1 crossbar, 3 to a tile; of `b` 2, 1 to a tile. R = (4, 2): 2 tiles each.
    # A step of `a` makes 4 values, which go to both tiles of `b`: 8 bytes; `a` reads no layer.
    model = xb.build_model(funnel(hardware=TILED))
    xb.verify(model, (4, 2))
    assert [pyo.value(model.tiles[name]) for name in "ab"] == [2, 2]
    assert [pyo.value(model.step_time_us[name]) for name in "ab"] == [0, 8]


@pytest.mark.parametrize("solver", SOLVERS)
def test_solved_by_hand(solver):
    # Cycles are 1 for (4, 2), 2 for R_a = 2 or 3 and for (4, 1), else 4 (see `funnel`).
    for build, best in (
        # ceil(R_a / 3) + R_b <= 2: (3, 1)
        (lambda m: sum(m.tiles[name] for name in "ab") <= 2, {(2, 1), (3, 1)}),
        # R_a R_b bytes: (4, 1), (2, 2)
        (lambda m: m.step_time_us["b"] <= 4, {(4, 1), (2, 1), (3, 1), (2, 2)}),
        (lambda m: (3, m.step_time_us["b"], 4), {(4, 1), (3, 1), (2, 2)}),
    ):
        model = xb.build_model(funnel(hardware=TILED))
        model.added = pyo.Constraint(expr=build(model))
        result = xb.solve(model, solver=solver)
        assert result.value == result.bound == 2
        assert tuple(result.allocation.values()) in best


def test_without_hardware_there_are_none():
    model = xb.build_model(funnel())
    assert not hasattr(model, "tiles")
    puma = load_hardware("puma")
    model = xb.build_model(replace(funnel(), size=None, hardware=puma))
    assert hasattr(model, "tiles") == (puma.crossbars_per_tile is not None)
    assert hasattr(model, "step_time_us") == puma.has_step_time


def random_problems(seed, count, rules=SHIPPED):
    random = Random(seed)
    while count:
        free = tiny_problem(random, random.choice(SHAPES), "cycles", None, 150)
        problem = replace(free, hardware=random_hardware(random, free.crossbar, rules))
        if problem.feasible:
            count -= 1
            yield random, problem


def within_budget(problem):
    menus = (range(1, most + 1) for most in problem.largest)
    return [one for one in product(*menus) if problem.crossbars_used(one) <= problem.crossbars]


def exact_times(problem, chosen):
    times = step_time(problem.network, problem.hardware, chosen).layers
    return {layer.layer: layer.total * 10**6 for layer in times}


def test_values_on_random_problems():
    for random, problem in random_problems("named", draws(60), (*SHIPPED, *OWN)):
        model = xb.build_model(problem)
        chosen = random.choice(within_budget(problem))
        xb.verify(model, chosen)
        times, tile = exact_times(problem, chosen), problem.hardware.crossbars_per_tile
        for layer, r, s in zip(problem.network.layers, chosen, problem.sets, strict=True):
            assert pyo.value(model.tiles[layer.name]) == tiles_taken(s, r, tile)
            assert pyo.value(model.step_time_us[layer.name]) == pytest.approx(
                float(times[layer.name])
            )


def limit_step_time(model, moving, limit):
    """Every step takes at most `limit` microseconds; a layer that moves nothing needs no limit."""
    model.limit = pyo.Constraint(moving, rule=lambda m, name: limit >= m.step_time_us[name])


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_limit_of_the_step_time_is_obeyed(solver):
    kinds = {LinearConstraint: 0, Predicate: 0}
    for random, problem in random_problems("limits", draws(36), (*SHIPPED, *OWN)):
        times = {one: exact_times(problem, one) for one in within_budget(problem)}
        limit = random.choice(sorted(max(layers.values()) for layers in times.values()))
        model = xb.build_model(problem)
        moving = [k for k in model.LAYERS if any(layers[k] for layers in times.values())]
        if not moving:
            continue
        limit_step_time(model, moving, limit)
        for constraint in problem_of(model).constraints:
            kinds[type(constraint)] += 1
        allowed = [one for one, layers in times.items() if max(layers.values()) <= limit]
        result = xb.solve(model, solver=solver)
        assert result.value == result.bound == min(evaluate(problem, one) for one in allowed)
    assert min(kinds.values()) > 1
