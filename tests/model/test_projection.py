"""Variables of the user taken out of linear conditions, against every value that they can have."""

from fractions import Fraction
from itertools import combinations, product
from random import Random

import pyomo.environ as pyo

import xbarmip as xb
from tests.model.test_reading import PAIRS, allowed, model_of_pair, read, where
from tests.sample import draws
from xbarmip.constraint import LinearConstraint
from xbarmip.model.linear import Interval
from xbarmip.model.projection import MOST_PAIRS, Span, Stated, project
from xbarmip.model.quantity import Auxiliary, Separable
from xbarmip.model.statement import problem_of

X, Y = Auxiliary("x"), Auxiliary("y")
KEYS = (X, Y)
MENUS = {"a": range(1, 4), "b": range(1, 3)}
CHOICES = list(product(*MENUS.values()))


def random_conditions(random):
    """Conditions linear in x and y, with any function of R_a and R_b beside them."""
    numbers = random.choice([range(-2, 3), [-1, 1, 0], [Fraction(1, 2), -1, 2]])
    stated = []
    for number in range(random.randint(1, 4)):
        slopes = {key: value for key in KEYS if (value := random.choice(numbers))}
        tables = {
            layer: {r: random.randint(-3, 3) for r in menu}
            for layer, menu in MENUS.items()
            if random.random() < 0.7
        }
        low, high = sorted(Fraction(random.randint(-8, 8), random.choice([1, 2])) for _ in "lh")
        bounds = random.choice([(low, None), (None, high), (low, high), (low, low)])
        body = Separable(random.randint(-2, 2), tables, slopes)
        stated.append(Stated((f"c{number}",), Interval(body, *bounds)))
    return stated


def met(stated, point):
    values = (one.body.at(point) if isinstance(one.body, Separable) else one.body for one in stated)
    return all(one.what.contains(value) for one, value in zip(stated, values, strict=True))


def rows(stated, spans, point):
    """(p, q, most): p x + q y <= most, for each bound at this R."""
    for one in stated:
        slopes = [one.body.slopes.get(key, 0) for key in KEYS]
        rest = one.body.at({**point, X: 0, Y: 0})
        for sign, bound in ((1, one.what.upper), (-1, one.what.lower)):
            if bound is not None:
                yield *(sign * slope for slope in slopes), sign * (bound - rest)
    for place, key in enumerate(KEYS):
        for sign, bound in ((1, spans[key].upper), (-1, spans[key].lower)):
            yield sign * (place == 0), sign * (place == 1), sign * bound


def has_point(found, whole_x, whole_y):
    """Whether bounded rows have a solution, by all integers, or by all vertices of what is left."""
    if whole_x and whole_y:
        return any(
            all(p * x + q * y <= most for p, q, most in found)
            for x, y in product(range(-4, 5), repeat=2)
        )
    if whole_x or whole_y:
        turned = [(p, q, most) if whole_x else (q, p, most) for p, q, most in found]
        fixed = ([(0, q, most - p * x) for p, q, most in turned] for x in range(-4, 5))
        return any(has_point([*some, (1, 0, 0), (-1, 0, 0)], False, False) for some in fixed)
    corners = (
        (Fraction(m * t - n * q) / d, Fraction(p * n - s * m) / d)
        for (p, q, m), (s, t, n) in combinations(found, 2)
        if (d := p * t - q * s)
    )
    return any(all(p * x + q * y <= most for p, q, most in found) for x, y in corners)


def test_projections_have_the_points_that_can_be_completed():
    random = Random("projections")
    gone, stayed = {True: 0, False: 0}, 0
    for _ in range(draws(600)):
        stated = random_conditions(random)
        spans = {
            key: Span(random.randint(-4, 0), random.randint(0, 4), random.random() < 0.6)
            for key in KEYS
        }
        wholes = [spans[key].whole for key in KEYS]
        left, steps = project(stated, spans, MENUS)
        out = {step.key for step in steps}
        held = set(KEYS) & {key for one in stated for key in one.keys}
        stayed += bool(held - out)
        for chosen in CHOICES:
            point = dict(zip(MENUS, chosen, strict=True))
            exists = has_point(list(rows(stated, spans, point)), *wholes)
            if held - out:
                continue
            gone[exists] += 1
            assert met(left, point) == exists
            if exists:
                values = dict.fromkeys(KEYS, 0) | point
                for step in reversed(steps):
                    values[step.key] = step.value(values)
                assert met(stated, values)
                for key in held:
                    assert spans[key].lower <= values[key] <= spans[key].upper
                    assert not spans[key].whole or values[key] == int(values[key])
    assert min(*gone.values(), stayed) > draws(60)


def test_what_stays_is_whole_where_neither_side_is():
    both = {layer: {r: r for r in menu} for layer, menu in MENUS.items()}
    stated = [Stated(("even",), Interval(Separable(0, both, {X: -2}), 0, 0))]
    assert project(stated, {X: Span(0, 9, True)}, MENUS) == (stated, [])
    left, (step,) = project(stated, {X: Span(0, 9, False)}, MENUS)
    assert left == []  # (R_a + R_b) / 2 lies within 0 and 9
    assert step.value({"a": 3, "b": 2}) == Fraction(5, 2)


def test_a_fraction_of_one_layer_alone_is_rounded():
    halves = Separable(Fraction(1, 4), {"a": {1: 1, 2: 2, 3: 3}, "b": {1: 2, 2: 4}}, {X: -2})
    stated = [Stated(("half",), Interval(halves, None, 0))]  # x >= 1/8 + R_a / 2 + R_b
    left, (step,) = project(stated, {X: Span(0, 2, True)}, MENUS)
    assert step.exact
    assert [point for point in CHOICES if met(left, dict(zip(MENUS, point, strict=True)))] == [
        (1, 1)
    ]


def test_too_many_pairs_are_left_alone():
    many = int(MOST_PAIRS**0.5) + 1
    stated = [
        Stated((f"{sign} {k}",), Interval(Separable(0, {"a": {1: k}}, {X: sign}), None, 0))
        for sign in (1, -1)
        for k in range(many)
    ]
    assert project(stated, {X: Span(None, None, True)}, MENUS) == (stated, [])


def test_a_maximum_leaves_no_trace():
    model = model_of_pair()
    model.z = pyo.Var(domain=pyo.NonNegativeIntegers)
    model.each = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= m.z)
    model.most = pyo.Constraint(expr=model.z <= 3)
    assert all(isinstance(c, LinearConstraint) and len(c.layers) == 1 for c in read(model))
    assert [c.name for c in read(model)] == ["each[a], most", "each[b], most"]
    assert allowed(model) == where(lambda a, b: max(a, b) <= 3)


def test_a_maximum_that_costs():
    model = model_of_pair()
    model.z = pyo.Var(domain=pyo.Integers)
    model.each = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= m.z)
    model.cost = pyo.Constraint(expr=2.5 * model.z + sum(model.R[k] for k in "ab") <= 17)
    assert allowed(model) == where(lambda a, b: 5 * max(a, b) + 2 * (a + b) <= 34)
    values = {s: xb.solve(model, s).value for s in ("dp", "milp", "exhaustive")}
    assert len(set(values.values())) == 1


def test_definitions_and_variables_between_variables():
    model = model_of_pair()
    model.x, model.y = pyo.Var(), pyo.Var(domain=pyo.Integers)
    model.sum = pyo.Constraint(expr=model.x == model.R["a"] / 3 + model.R["b"])
    model.over = pyo.Constraint(expr=model.y >= model.x)
    model.few = pyo.Constraint(expr=model.y + model.R["b"] <= 4)
    assert allowed(model) == where(lambda a, b: -(-a // 3) + b + b <= 4)
    problem_of(model)


def test_switches_of_fixed_charges():
    model = model_of_pair()
    model.y = pyo.Var(model.LAYERS, domain=pyo.Binary)
    model.on = pyo.Constraint(model.LAYERS, rule=lambda m, k: m.R[k] - 1 <= 99 * m.y[k])
    model.cost = pyo.Constraint(expr=sum(5 * model.y[k] + model.R[k] for k in model.LAYERS) <= 11)
    assert all(isinstance(c, LinearConstraint) for c in read(model))
    assert allowed(model) == where(lambda a, b: 5 * ((a > 1) + (b > 1)) + a + b <= 11)


def test_bounds_of_what_stays_follow_from_its_conditions():
    model = model_of_pair()
    model.n = pyo.Var(domain=pyo.Integers)
    model.t = pyo.Var([0, 1], domain=pyo.NonNegativeIntegers)
    model.even = pyo.Constraint(expr=model.R["a"] + model.R["b"] == 2 * model.n)
    model.groups = pyo.Constraint(expr=model.R["a"] + 2 * model.R["b"] <= 3 * model.t[0])
    model.other = pyo.Constraint(expr=2 * model.R["a"] + model.R["b"] <= 4 * model.t[1])
    model.most = pyo.Constraint(expr=model.t[0] + model.t[1] <= 6)
    assert allowed(model) == where(
        lambda a, b: (a + b) % 2 == 0 and -(-(a + 2 * b) // 3) - (-(2 * a + b) // 4) <= 6
    )


def test_solvers_can_bound_by_what_stays():
    model = model_of_pair()
    model.n = pyo.Var(domain=pyo.Integers)
    model.even = pyo.Constraint(expr=model.R["a"] + model.R["b"] == 2 * model.n)
    model.few = pyo.Constraint(expr=model.n <= 3)
    linear = [c for c in read(model) if isinstance(c, LinearConstraint)]
    assert [c.name for c in linear] == ["even, few"]
    assert all(linear[0].holds((a, b)) == (a + b <= 6) for a, b in PAIRS)
    assert allowed(model) == where(lambda a, b: (a + b) % 2 == 0 and a + b <= 6)


def test_variables_over_a_set_have_its_values_alone():
    model = model_of_pair()
    model.z = pyo.Var(within=pyo.Set(initialize=[1, 2, 4]))
    model.half = pyo.Var(within=pyo.Set(initialize=[0.5, 1.5]), bounds=(0, 1))
    model.same = pyo.Constraint(expr=model.R["a"] == model.z)
    model.other = pyo.Constraint(expr=model.R["b"] * model.half == 1)
    assert allowed(model) == where(lambda a, b: a in (1, 2, 4) and b == 2)
    assert len(PAIRS) > len(allowed(model))
