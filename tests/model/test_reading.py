"""Conditions that a user adds in Pyomo, read back: what they mean, and what is refused."""

import math
from fractions import Fraction
from itertools import product
from random import Random

import pyomo.environ as pyo
import pytest
from pyomo.gdp import Disjunct, Disjunction

import xbarmip as xb
from tests.model.test_statement import pair
from tests.sample import draws
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.model.statement import build_model, problem_of
from xbarmip.model.verify import verify

PAIRS = [(a, b) for a, b in product(range(1, 10), range(1, 5)) if a + b <= 10]


def model_of_pair():
    """R[a] up to 9 and R[b] up to 4, one crossbar each, 10 in all; 16 and 4 outputs count."""
    return build_model(pair(10), "function")


def read(model):
    return problem_of(model).constraints


def allowed(model):
    """All (R_a, R_b) within the budget that meet what was read; verification agrees."""
    problem = problem_of(model)
    found = {chosen for chosen in PAIRS if problem.meets(chosen)}
    for chosen in PAIRS:
        if chosen in found:
            verify(model, chosen)
        else:
            with pytest.raises(VerificationError):
                verify(model, chosen)
    return found


def where(condition):
    return {(a, b) for a, b in PAIRS if condition(a, b)}


def add(model, expression, name="added"):
    model.add_component(name, pyo.Constraint(expr=expression))
    return model


@pytest.mark.parametrize(
    ("build", "condition"),
    [
        (lambda m: m.R["a"] <= 2 * m.R["b"], lambda a, b: a <= 2 * b),
        (lambda m: m.R["a"] + m.R["b"] == 6, lambda a, b: a + b == 6),
        (lambda m: (2, m.R["a"] - m.R["b"], 4), lambda a, b: 2 <= a - b <= 4),
        (lambda m: 0.1 * m.R["a"] + 0.7 * m.R["b"] <= 1.3, lambda a, b: a + 7 * b <= 13),
        (lambda m: Fraction(1, 3) * m.R["a"] >= m.R["b"], lambda a, b: a >= 3 * b),
        (lambda m: m.crossbars["a"] >= 3, lambda a, b: a >= 3),
        (lambda m: m.normal_op["a"] <= m.normal_op["b"] + 1,
         lambda a, b: -(-16 // a) <= -(-4 // b) + 1),
        (lambda m: m.choose["a", 2] + m.choose["b", 2] == 1, lambda a, b: (a == 2) != (b == 2)),
        (lambda m: m.R["a"] ** 2 - 3 * m.R["b"] <= 10, lambda a, b: a * a - 3 * b <= 10),
        (lambda m: 12 / m.R["a"] + 1 / m.R["b"] <= 4, lambda a, b: 12 * b + a <= 4 * a * b),
        (lambda m: abs(m.R["a"] - 4) <= 2, lambda a, b: abs(a - 4) <= 2),
        (lambda m: pyo.ceil(m.R["a"] / 3) == 2, lambda a, b: 3 < a <= 6),
        (lambda m: -(m.R["a"] + m.R["b"]) >= -5, lambda a, b: a + b <= 5),
        (lambda m: (m.R["a"] + 2 * m.R["b"]) / 3 <= 2, lambda a, b: a + 2 * b <= 6),
        # one layer's function times a sum over others
        (lambda m: m.R["a"] * m.R["b"] <= 6, lambda a, b: a * b <= 6),
        (lambda m: m.R["a"] * m.R["b"] >= 7, lambda a, b: a * b >= 7),
        (lambda m: (4, m.R["a"] * m.R["b"], 9), lambda a, b: 4 <= a * b <= 9),
        (lambda m: 0.25 * m.R["a"] * m.R["b"] <= 1.5, lambda a, b: a * b <= 6),
        (lambda m: m.R["a"] / m.R["b"] == 2, lambda a, b: a == 2 * b),
        (lambda m: m.R["a"] * m.R["b"] + m.R["b"] - m.R["a"] <= 4,
         lambda a, b: a * b + b - a <= 4),
        (lambda m: -2 * (m.R["a"] + 1) * (m.R["b"] - 3) <= 8, lambda a, b: (a + 1) * (3 - b) <= 4),
        (lambda m: (m.R["a"] - 4) * m.R["b"] <= 3, lambda a, b: (a - 4) * b <= 3),
        (lambda m: pyo.floor(m.R["a"] / 4) * m.R["b"] >= 2, lambda a, b: (a // 4) * b >= 2),
    ],
)  # fmt: skip
def test_what_is_linear_in_the_choices(build, condition):
    model = model_of_pair()
    add(model, build(model))
    assert all(isinstance(constraint, LinearConstraint) for constraint in read(model))
    assert {constraint.name for constraint in read(model)} == {"added"}
    assert allowed(model) == where(condition)


@pytest.mark.parametrize(
    ("build", "condition"),
    [
        (lambda m: (m.R["a"] - 4) * (m.R["b"] - 2) <= 1, lambda a, b: (a - 4) * (b - 2) <= 1),
        (lambda m: abs(m.R["a"] - m.R["b"]) >= 2, lambda a, b: abs(a - b) >= 2),
        (lambda m: pyo.floor(m.R["a"] / m.R["b"]) <= 2, lambda a, b: a // b <= 2),
        (lambda m: (m.R["a"] - m.R["b"]) ** 2 <= 1, lambda a, b: abs(a - b) <= 1),
        (
            lambda m: pyo.Expr_if(IF=m.R["a"] >= 4, THEN=m.R["b"], ELSE=m.R["a"]) >= 3,
            lambda a, b: (b if a >= 4 else a) >= 3,
        ),
    ],
)
def test_other_functions_are_predicates(build, condition):
    model = model_of_pair()
    add(model, build(model))
    (constraint,) = read(model)
    assert isinstance(constraint, Predicate)
    assert set(constraint.layers) == {"a", "b"}
    assert allowed(model) == where(condition)


def random_expression(random, model, depth):
    """A Pyomo expression and the same as a function of (a, b), in exact numbers."""
    if depth == 0:
        name = random.choice("ab")
        number = random.choice([1, -2, 0.5, 0.1, Fraction(2, 3), 3.0])
        exact = Fraction(str(number))
        return random.choice(
            [
                (model.R[name], lambda a, b: a if name == "a" else b),
                (number * model.R[name], lambda a, b: exact * (a if name == "a" else b)),
                (number, lambda a, b: exact),
            ]
        )
    one, first = random_expression(random, model, depth - 1)
    two, second = random_expression(random, model, random.randint(0, depth - 1))
    return random.choice(
        [
            (one + two, lambda a, b: first(a, b) + second(a, b)),
            (one - two, lambda a, b: first(a, b) - second(a, b)),
            (one * two, lambda a, b: first(a, b) * second(a, b)),
            (-one, lambda a, b: -first(a, b)),
            (one**2, lambda a, b: first(a, b) ** 2),
            (pyo.floor(one), lambda a, b: math.floor(first(a, b))),
            (pyo.ceil(one), lambda a, b: math.ceil(first(a, b))),
            (abs(one), lambda a, b: abs(first(a, b))),
            (one / (two * two + 1), lambda a, b: first(a, b) / (Fraction(second(a, b)) ** 2 + 1)),
        ]
    )


def test_random_expressions_mean_what_they_say():
    random = Random("expressions")
    kinds = {LinearConstraint: 0, Predicate: 0}
    model = model_of_pair()
    while min(kinds.values()) < draws(150):
        expression, meaning = random_expression(random, model, random.randint(1, 4))
        values = sorted({meaning(a, b) for a, b in PAIRS})
        if len(values) == 1 or isinstance(expression, float | int | Fraction):
            continue
        low, high = (Fraction(random.choice(values)) for _ in range(2))
        bounded = random.choice(
            [
                (expression <= high, lambda x, low, high: x <= high),
                (expression >= low, lambda x, low, high: x >= low),
                (expression == low, lambda x, low, high: x == low),
                ((min(low, high), expression, max(low, high)),
                 lambda x, low, high: min(low, high) <= x <= max(low, high)),
            ]
        )  # fmt: skip
        add(model, bounded[0])
        try:
            constraints = read(model)
        except InputError as error:  # 0.1 * 3 where Pyomo multiplies floats itself
            assert "not exact" in str(error)
        else:
            problem = problem_of(model)
            kinds[type(constraints[0])] += 1
            for a, b in PAIRS:
                assert problem.meets((a, b)) == bounded[1](meaning(a, b), low, high)
        model.del_component("added")


def test_lists_blocks_indices_and_what_is_deactivated():
    model = model_of_pair()
    model.cap = pyo.Constraint(model.LAYERS, rule=lambda m, name: m.R[name] <= 5)
    model.cap["b"].deactivate()
    model.list = pyo.ConstraintList()
    model.list.add(model.R["a"] >= 2)
    model.list.add(model.R["b"] >= 2)
    model.mine = pyo.Block()
    model.mine.inner = pyo.Block([1, 2])
    model.mine.inner[1].sum = pyo.Constraint(expr=model.R["a"] + model.R["b"] <= 7)
    model.mine.inner[2].never = pyo.Constraint(expr=model.R["a"] >= 100)
    model.mine.inner[2].deactivate()
    model.off = pyo.Constraint(expr=model.R["a"] >= 100)
    model.off.deactivate()
    assert [c.name for c in read(model)] == ["cap[a]", "list[1]", "list[2]", "mine.inner[1].sum"]
    assert allowed(model) == where(lambda a, b: 2 <= a <= 5 and b >= 2 and a + b <= 7)
    assert xb.solve(model).allocation == xb.solve(problem_of(model)).allocation


def test_params_count_with_the_value_that_they_have_now():
    model = model_of_pair()
    model.most = pyo.Param(initialize=3, mutable=True)
    model.factor = pyo.Param(["a", "b"], initialize={"a": 0.1, "b": 0.2}, mutable=True)
    add(model, sum(model.factor[k] * model.R[k] for k in "ab") <= 0.1 * model.most + 0.2)
    assert allowed(model) == where(lambda a, b: a + 2 * b <= 5)
    model.most = 6
    model.factor["b"] = 0.1
    assert allowed(model) == where(lambda a, b: a + b <= 8)


def test_a_clone_reads_the_same():
    model = model_of_pair()
    add(model, model.R["a"] * model.R["b"] <= 6)
    xb.add_condition(model, "even", ["b"], lambda b: b % 2 == 0)
    assert allowed(model.clone()) == where(lambda a, b: a * b <= 6 and b % 2 == 0)


def test_a_python_condition():
    model = model_of_pair()
    xb.add_condition(model, "coprime", ["b", "a"], lambda b, a: math.gcd(a, b) == 1)
    (constraint,) = read(model)
    assert (constraint.name, constraint.layers) == ("coprime", ("b", "a"))
    assert allowed(model) == where(lambda a, b: math.gcd(a, b) == 1)
    model.coprime.deactivate()
    assert read(model) == ()


def test_an_expression_of_the_users_own():
    model = model_of_pair()
    xb.add_expression(model, "power", lambda layer, r: 0.5 * r + (2 if r > 2 else 0))
    add(model, model.power["a"] + model.power["b"] <= 6)
    cost = {r: Fraction(r, 2) + (2 if r > 2 else 0) for r in range(1, 10)}
    assert isinstance(read(model)[0], LinearConstraint)
    assert allowed(model) == where(lambda a, b: cost[a] + cost[b] <= 6)


def test_binaries_of_the_user():
    # y = 1 allows up to 3 copies of a, z = 1 up to 2 of b; one of them must be 1
    model = model_of_pair()
    model.y = pyo.Var(domain=pyo.Binary)
    model.z = pyo.Var(domain=pyo.Integers, bounds=(0, 1))
    model.few = pyo.Constraint(expr=model.R["a"] <= 9 - 6 * model.y)
    model.less = pyo.Constraint(expr=model.R["b"] <= 4 - 2 * model.z)
    model.one = pyo.Constraint(expr=model.y + model.z == 1)
    (constraint,) = read(model)
    assert constraint.name == "few, less, one"
    assert allowed(model) == where(lambda a, b: a <= 3 or b <= 2)
    verify(model, (9, 1))
    assert (model.y.value, model.z.value) == (0, 1)
    model.z.fix(0)
    assert allowed(model) == where(lambda a, b: a <= 3)


def test_disjunctions():
    model = model_of_pair()
    model.small = Disjunct()
    model.small.both = pyo.ConstraintList()
    model.small.both.add(model.R["a"] <= 2)
    model.small.both.add(model.R["b"] <= 2)
    model.wide = Disjunct()
    model.wide.balance = pyo.Constraint(expr=model.R["a"] >= 2 * model.R["b"] + 3)
    model.either = Disjunction(expr=[model.small, model.wide])
    assert allowed(model) == where(lambda a, b: (a <= 2 and b <= 2) or a >= 2 * b + 3)
    verify(model, (8, 1))
    assert (model.small.indicator_var.value, model.wide.indicator_var.value) == (False, True)
    model.wide.deactivate()
    assert allowed(model) == where(lambda a, b: a <= 2 and b <= 2)


def test_nested_disjunctions_and_logic_between_indicators():
    model = model_of_pair()
    model.parts = Disjunct([1, 2, 3])
    for number, limit in ((1, 3), (2, 5), (3, 7)):
        model.parts[number].equal = pyo.Constraint(expr=model.R["a"] == limit)
    model.inner = Disjunct([1, 2])
    model.inner[1].one = pyo.Constraint(expr=model.R["b"] == 1)
    model.inner[2].two = pyo.Constraint(expr=model.R["b"] == 2)
    model.parts[3].which = Disjunction(expr=[model.inner[1], model.inner[2]])
    model.which = Disjunction(expr=[model.parts[k] for k in (1, 2, 3)])
    model.logic = pyo.LogicalConstraint(
        expr=model.parts[2].indicator_var.implies(model.inner[2].indicator_var)
    )
    assert allowed(model) == where(
        lambda a, b: a == 3 or (a == 5 and b == 2) or (a == 7 and b in (1, 2))
    )


def test_logical_conditions_on_r_itself():
    model = model_of_pair()
    model.implied = pyo.LogicalConstraint(expr=pyo.implies(model.R["a"] >= 5, model.R["b"] >= 3))
    model.other = pyo.LogicalConstraint(
        expr=pyo.lor(model.R["a"] <= 2, model.R["a"] + model.R["b"] == 8)
    )
    assert allowed(model) == where(lambda a, b: (a < 5 or b >= 3) and (a <= 2 or a + b == 8))


def test_free_booleans():
    model = model_of_pair()
    model.flag = pyo.BooleanVar()
    model.unused = pyo.BooleanVar()
    model.if_true = pyo.LogicalConstraint(expr=pyo.implies(model.flag, model.R["a"] <= 2))
    model.if_false = pyo.LogicalConstraint(expr=pyo.lor(model.flag, model.R["b"] <= 2))
    assert allowed(model) == where(lambda a, b: a <= 2 or b <= 2)
    model.flag.fix(True)
    assert allowed(model) == where(lambda a, b: a <= 2)


def _of_another_model(model):
    return build_model(pair()).R["a"] <= 2


def _continuous(model):
    model.x = pyo.Var(bounds=(0, 1))
    return model.R["a"] <= 3 + model.x * model.x


def _unbounded_integer(model):
    model.n = pyo.Var(domain=pyo.Integers)
    return model.R["a"] * model.n <= 4


def _too_many_values(model):
    model.n = pyo.Var(domain=pyo.Integers, bounds=(0, 5000))
    return model.R["a"] * model.n <= 4


def _no_value(model):
    model.p = pyo.Param(mutable=True, within=pyo.Any)
    return model.R["a"] <= model.p


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda m: float("inf") * m.R["a"] <= 2, "number must be a finite number, got inf"),
        (lambda m: m.R["a"] <= float("inf"), "number must be a finite number, got inf"),
        (lambda m: (1 / 3) * m.R["a"] <= 2, "number is 0.3333333333333333, which is not exact"),
        (lambda m: m.R["a"] <= 0.1 + 0.2, "number is 0.30000000000000004, which is not exact"),
        (lambda m: 1e200 * m.R["a"] <= 1, "number must lie between 1e-100 and 1e100, got 1e.200"),
        (_of_another_model, r"variable 'choose\[a,1\]' belongs to another model"),
        (
            lambda m: m.value + m.R["a"] <= 9,
            "on value, .* upper bounds alone",
        ),
        (lambda m: pyo.exp(m.R["a"]) <= 9, "function 'exp' has no exact value"),
        (lambda m: m.R["a"] ** 0.5 <= 2, "a power must have an integer of at most 10000 as its ex"),
        (lambda m: 1 / (m.R["a"] - 3) <= 2, "divides by zero for some R"),
        (lambda m: m.R["b"] / (m.R["a"] - 3) <= 2, "divides by zero for some R"),
        (
            lambda m: pyo.inequality(m.R["b"], m.R["a"], 3),
            "Ranged Inequality with a variable lower",
        ),
        (_continuous, "variable 'x' is not a binary or bounded integer variable"),
        (_unbounded_integer, "variable 'n' is not a binary or bounded integer variable"),
        (_too_many_values, "its 1 variables have 5001 values together, the limit is 4096"),
        (_no_value, "param 'p' has no value"),
    ],
)
def test_refusals_name_the_constraint(build, message):
    model = model_of_pair()
    expression = build(model)
    add(model, expression, "mine")
    with pytest.raises((InputError, UnsupportedError), match=f"constraint 'mine'.*{message}"):
        read(model)


def test_a_condition_that_fails_or_does_not_answer():
    model = model_of_pair()
    for name, condition, message in (
        ("broken", lambda a: 1 / (a - 3) > 0, r"failed on R\[a\]=3: ZeroDivisionError"),
        ("silent", lambda a: None, r"must answer True or False, got None on R\[a\]=1"),
    ):
        xb.add_condition(model, name, ["a"], condition)
        with pytest.raises(InputError, match=f"constraint '{name}'.*{message}"):
            xb.solve(model, solver="exhaustive")
        model.component(name).deactivate()
    with pytest.raises(InputError, match="constraint 'x': unknown layer 'c'"):
        xb.add_condition(model, "x", ["c"], bool)
