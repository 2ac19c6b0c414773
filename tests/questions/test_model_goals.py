"""Objectives that a user writes in Pyomo, and bounds on the value, against all allocations."""

from itertools import product
from random import Random

import pyomo.environ as pyo
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_forms import rows_of
from tests.model.test_reading import model_of_pair
from tests.model.test_statement import SHAPES, pair
from tests.random_hardware import random_hardware
from tests.sample import draws
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.model.statement import problem_of
from xbarmip.timing.evaluate import evaluate


def allowed(problem):
    menus = (range(1, most + 1) for most in problem.largest)
    return [one for one in product(*menus) if problem.crossbars_used(one) <= problem.crossbars]


def linear(random, model, problem):
    """A sum over layers as an expression and as a function of an allocation."""
    weights = [random.randint(-3, 4) for _ in problem.sets]
    constant, curved = random.randint(-9, 9), random.random() < 0.5
    power = 2 if curved else 1
    names = list(problem.network.index)
    own = sum(w * model.R[name] ** power for w, name in zip(weights, names, strict=True))
    pairs = list(zip(weights, problem.sets, strict=True))
    body = own + sum(model.crossbars[name] for name in names) + constant

    def value(one):
        return constant + sum(w * r**power + s * r for r, (w, s) in zip(one, pairs, strict=True))

    return body, value


def with_a_maximum(random, model, body, value, sign):
    """The same with a multiple of the largest R, as a variable that the objective holds down."""
    weight, fixed = sign * random.randint(1, 5), sign * random.randint(1, 20)
    model.z = pyo.Var(domain=pyo.NonNegativeIntegers)
    model.y = pyo.Var(model.LAYERS, domain=pyo.Binary)
    model.each = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= m.z)
    model.on = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= 1 + 9**4 * m.y[name])

    def more(one):
        return value(one) + weight * max(one) + fixed * sum(r > 1 for r in one)

    return body + weight * model.z + fixed * sum(model.y.values()), more


def test_every_solver_obeys_objectives_and_bounds():
    random = Random("objectives")
    seen = {True: 0, False: 0}
    for number in range(draws(60)):
        problem = tiny_problem(random, random.choice(SHAPES), *random.choice(OBJECTIVES), 100)
        model = xb.build_model(problem, "function")
        body, value = linear(random, model, problem)
        least = random.random() < 0.5
        own = random.random() < 0.8
        if own and random.random() < 0.6:
            body, value = with_a_maximum(random, model, body, value, 1 if least else -1)
        if own:
            model.objective.deactivate()
            model.mine = pyo.Objective(expr=body, sense=pyo.minimize if least else pyo.maximize)
        every = allowed(problem)
        counts = [evaluate(problem, one) for one in every] or [1]
        most = random.choice([random.choice(counts), max(counts), min(counts) - 1])
        model.deadline = pyo.Constraint(expr=2 * model.value <= 2 * most + 1)
        meet = [one for one in every if evaluate(problem, one) <= most]
        goal = value if own else lambda one, problem=problem: evaluate(problem, one)
        best = (min if least or not own else max)(map(goal, meet), default=None)
        seen[best is None] += 1
        for solver in ("dp", "exhaustive", "milp") if number % 4 == 0 else ("dp", "exhaustive"):
            results = pyo.SolverFactory(f"xbarmip_{solver}").solve(model)
            if best is None:
                assert results.solver.termination_condition == "infeasible"
                continue
            assert results.problem.lower_bound == results.problem.upper_bound == best
            (active,) = model.component_data_objects(pyo.Objective, active=True)
            assert pyo.value(active) == best
            assert pyo.value(model.value) <= most
    assert min(seen.values()) >= draws(6)


def test_a_bound_on_a_time_is_in_ticks():
    random = Random("ticks")
    free = pair(10)
    hardware = random_hardware(random, free.crossbar)
    problem = xb.Problem(free.network, 10, free.size, "latency", hardware=hardware)
    best = xb.solve(problem)
    for most, value in ((best.value, best.value), (best.value - 1, None)):
        model = xb.build_model(problem)
        model.deadline = pyo.Constraint(expr=model.value <= most)
        assert xb.solve(model).value == value


def mine(expression, **more):
    def write(model):
        model.objective.deactivate()
        model.mine = pyo.Objective(expr=expression(model), **more)

    return write


def bounded(expression):
    return lambda model: model.add_component("mine", pyo.Constraint(expr=expression(model)))


def over_a_maximum(model):
    model.z = pyo.Var(domain=pyo.Integers)
    model.each = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= m.z)
    model.few = pyo.Constraint(expr=model.value <= 4)
    mine(lambda m: 5 * m.z + m.R["a"])(model)


def over_a_free_variable(model):
    model.z = pyo.Var()
    mine(lambda m: m.R["a"] + m.z)(model)


def over_a_square(model):
    model.z = pyo.Var(domain=pyo.Integers, bounds=(0, 9))
    model.each = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= m.z)
    mine(lambda m: m.z**2)(model)


def over_what_stays(model):
    model.z = pyo.Var(domain=pyo.Integers)
    model.even = pyo.Constraint(expr=model.R["a"] + model.R["b"] == 2 * model.z)
    mine(lambda m: m.z)(model)


FORMS = {
    "an Objective linear in R": (mine(lambda m: m.R["a"] + 2 * m.R["b"]), 3),
    "sense=maximize": (mine(lambda m: m.R["a"] + 2 * m.R["b"], sense=pyo.maximize), -14),
    "value <= 300": (bounded(lambda m: m.value <= 300), 3),
    "value >= 300, value + R <= 300": (
        bounded(lambda m: m.value >= 300), "constraint 'mine': on value, .* upper bounds alone"),
    "an Objective with fractions": (
        mine(lambda m: m.R["a"] / 2 + m.R["b"] / 3), "its numbers must be whole: multiply it by 6"),
    "an Objective over variables of yours": (over_a_maximum, 24),
    "over variables that nothing bounds": (
        over_a_free_variable, "objective 'mine': no condition bounds it"),
    "over variables that do not go": (
        over_what_stays, "objective 'mine': its variables do not follow from linear conditions"),
    "the square of a variable": (
        over_a_square, "objective 'mine': its variables do not follow from linear conditions"),
    "an Objective with value beside others": (
        mine(lambda m: 3 * m.value + m.R["a"]), "value is minimised alone, .* xbarmip.pareto"),
    "an Objective that is not linear": (
        mine(lambda m: m.R["a"] * m.R["b"]), "objective 'mine': an objective is model.objective"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_taken_or_refused_by_name(form):
    model = model_of_pair()
    write, expected = FORMS[form]
    write(model)
    if isinstance(expected, str):
        with pytest.raises((InputError, UnsupportedError), match=expected):
            problem_of(model)
        return
    for solver in ("dp", "milp", "exhaustive"):
        assert xb.solve(model, solver).value == expected


def test_the_page_has_these_forms():
    verdicts = {
        form: "refused" if isinstance(how, str) else "taken" for form, (_, how) in FORMS.items()
    }
    assert rows_of("An objective of yours") == verdicts


def test_answers_are_held_against_the_objective():
    model = model_of_pair()
    mine(lambda m: m.R["a"] + 2 * m.R["b"])(model)
    assert xb.verify(model, (3, 2), claimed=7).value == 7
    with pytest.raises(VerificationError, match="the allocation's value is 7, but the claim is 6"):
        xb.verify(model, (3, 2), claimed=6)


def test_no_objective_is_none():
    model = model_of_pair()
    model.objective.deactivate()
    with pytest.raises(UnsupportedError, match="expected one active objective, found none"):
        problem_of(model)
