"""Verification: every true allocation passes on all forms of the timing, every lie is caught."""

from fractions import Fraction
from random import Random

import pyomo.environ as pyo
import pytest

from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_statement import SHAPES, pair
from tests.sample import draws
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.model import verify as verify_module
from xbarmip.model.statement import build_model
from xbarmip.model.verify import verify
from xbarmip.timing.evaluate import evaluate


def within_budget(random, problem):
    allocation = [random.randint(1, most) for most in problem.largest]
    while problem.crossbars_used(allocation) > problem.crossbars:
        layer = random.randrange(len(allocation))
        allocation[layer] = max(1, allocation[layer] - 1)
    return allocation


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_every_true_allocation_passes_every_constraint(objective, rule):
    random = Random(f"true {objective} {rule}")
    passed = beyond = 0
    while passed < draws(200):
        problem = tiny_problem(random, random.choice(SHAPES), objective, rule, 2000)
        if not problem.feasible:
            continue
        model = build_model(problem, "linear")
        target = evaluate(problem, within_budget(random, problem))
        up_to = build_model(problem, "linear", at_most=target)
        function = build_model(problem, "function")
        for _ in range(6):
            allocation = within_budget(random, problem)
            value = evaluate(problem, allocation)
            for one in (model, function):
                found = verify(one, allocation, claimed=value)
                assert found.value == value
                assert found.crossbars == problem.crossbars_used(allocation)
            assert verify(function, allocation).constraints == len(allocation) + 2
            if value <= target:
                assert verify(up_to, allocation).value == value
                passed += 1
            else:
                beyond += 1
                with pytest.raises(VerificationError):
                    verify(up_to, allocation)
    assert beyond > 1


@pytest.mark.parametrize("timing", ["linear", "function"])
@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_lies_about_value_and_allocation(timing, objective, rule):
    problem = pair(7, objective, rule)
    model = build_model(problem, timing)
    value = verify(model, [4, 3]).value
    for claimed in (value - 1, value + 1):
        message = f"the allocation's value is {value}, but the claim is {claimed}"
        with pytest.raises(VerificationError, match=message):
            verify(model, [4, 3], claimed=claimed)
    with pytest.raises(VerificationError, match="'budget' is violated: 8, must be at most 7"):
        verify(model, [4, 4])
    with pytest.raises(VerificationError, match="R of layer 'a' is 9, but the budget leaves at mo"):
        verify(model, [9, 1])


@pytest.mark.parametrize(
    ("allocation", "message"),
    [
        ([1], "must have 2 values, got 1"),
        ({"a": 1, "c": 1}, "unknown layer 'c'"),
        ({"a": 1}, "missing layer 'b'"),
        ([1, 5], "R of layer 'b' must be at most 4, got 5"),
        ([0, 1], "R of layer 'a' must be at least 1, got 0"),
        ([1.0, 1], "must be an integer, got 1.0"),
    ],
)
def test_allocations_that_do_not_fit(allocation, message):
    with pytest.raises(InputError, match=message):
        verify(build_model(pair()), allocation)


def test_a_model_from_elsewhere():
    with pytest.raises(InputError, match="expected a model from build_model"):
        verify(pyo.ConcreteModel(), [1, 1])


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_linear_timing_catches_a_value_that_is_too_small(monkeypatch, objective, rule):
    model = build_model(pair(7, objective, rule), "linear")
    honest = verify_module.assign_timing

    def liar(*arguments):
        return honest(*arguments) - 1

    monkeypatch.setattr(verify_module, "assign_timing", liar)
    with pytest.raises(VerificationError, match=r"constraint 'timing.end\[b\]' is violated"):
        verify(model, [4, 3])


@pytest.mark.parametrize("timing", ["linear", "function"])
def test_a_value_that_is_too_large_differs_from_the_evaluation(monkeypatch, timing):
    model = build_model(pair(), timing)
    honest = verify_module.assign_timing
    monkeypatch.setattr(verify_module, "assign_timing", lambda *given: honest(*given) + 1)
    with pytest.raises(VerificationError, match="but the model's objective is"):
        verify(model, [4, 3])


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_every_binding_row_of_the_timing_matters(objective, rule):
    """Raised by one, a row that holds with equality is violated: none is evaluated in vain."""
    random = Random("rows")
    model = build_model(pair(7, objective, rule), "linear")
    verify(model, [4, 3])
    rows = list(model.timing.component_data_objects(pyo.Constraint))
    binding = [row for row in rows if pyo.value(row.body) == 0]
    for row in random.sample(binding, min(5, len(binding))):
        body = row.body
        row.set_value(body >= 1)
        with pytest.raises(VerificationError, match="is violated: 0, must be at least 1"):
            verify(model, [4, 3])
        row.set_value(body >= 0)
    verify(model, [4, 3])


def test_added_constraints_are_evaluated_exactly():
    model = build_model(pair())
    model.third = pyo.Constraint(expr=Fraction(1, 3) * model.R["a"] + Fraction(1, 6) >= 1)
    with pytest.raises(VerificationError, match="'third' is violated: 5/6, must be at least 1"):
        verify(model, [2, 1])
    assert verify(model, [3, 1]).constraints == len(
        list(model.component_data_objects(pyo.Constraint, active=True))
    )
    model.equal = pyo.Constraint(expr=model.R["a"] == 2.0 * model.R["b"])
    with pytest.raises(VerificationError, match="'equal' is violated: 1, must be at most 0"):
        verify(model, [3, 1])
    verify(model, [4, 2])


def _rounded(model):
    model.extra = pyo.Constraint(expr=model.R["a"] / 3.0 + (1 / 3) * model.R["b"] <= 1)


def _nan(model):
    model.extra = pyo.Constraint(expr=(None, model.R["a"] + float("nan"), 1))


def _logarithm(model):
    model.extra = pyo.Constraint(expr=pyo.log(model.R["a"]) <= 5)


def _sos(model):
    model.extra = pyo.SOSConstraint(var=model.choose, sos=1)


def _two_objectives(model):
    model.extra = pyo.Objective(expr=model.R["a"])


def _maximised(model):
    model.objective.sense = pyo.maximize


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_rounded, "constraint 'extra': number is 0.3333333333333333, which is not exact"),
        (_nan, "constraint 'extra': number must be a finite number, got nan"),
        (_logarithm, "constraint 'extra': function 'log' has no exact value"),
        (_sos, "SOSConstraint 'extra'.*not supported"),
        (_two_objectives, "expected one active objective, found 'objective', 'extra'"),
        (_maximised, "expected one active objective to minimise"),
    ],
)
def test_what_cannot_be_evaluated_exactly_is_refused_by_name(change, message):
    model = build_model(pair())
    change(model)
    with pytest.raises((InputError, UnsupportedError), match=message):
        verify(model, [1, 1])


def test_nonlinear_constraints_are_evaluated():
    model = build_model(pair())
    model.extra = pyo.Constraint(expr=model.R["a"] * model.R["b"] <= 5)
    verify(model, [2, 2])
    with pytest.raises(VerificationError, match="constraint 'extra' is violated: 6, must be at m"):
        verify(model, [3, 2])


def test_a_variable_that_nothing_depends_on_does_not_matter():
    model = build_model(pair())
    model.extra = pyo.Var()
    verify(model, [1, 1])


def test_fixed_choices_are_kept():
    model = build_model(pair())
    model.choose["a", 2].fix(1)
    verify(model, [2, 1])
    with pytest.raises(
        VerificationError, match=r"'choose\[a,2\]' is fixed to 1, but .* makes it 0"
    ):
        verify(model, [3, 1])


def test_a_tampered_budget_is_evaluated_as_it_stands():
    model = build_model(pair())
    model.budget.set_value(model.crossbars["a"] + model.crossbars["b"] <= 6)
    with pytest.raises(VerificationError, match="constraint 'budget' is violated: 7, must be at m"):
        verify(model, [4, 3])


def test_a_tampered_function_is_not_taken_for_the_timing():
    model = build_model(pair(), "function")
    model.timing.set_value(model.value >= 0)
    verify(model, [4, 3])
    model.timing.set_value(model.value >= 1000)
    with pytest.raises(VerificationError, match="constraint 'timing' is violated"):
        verify(model, [4, 3])
