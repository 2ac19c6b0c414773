"""The problem's constraints as rows: small numbers, tables, functions, and what is refused."""

from dataclasses import replace
from itertools import product
from random import Random

import pyomo.environ as pyo
import pytest

import xbarmip as xb
from tests.model.test_statement import pair
from tests.sample import draws
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.model import constraint_rows
from xbarmip.model.statement import build_model
from xbarmip.model.verify import verify
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.window import Window
from xbarmip.solvers.milp import Milp


def with_constraints(*constraints, problem=None):
    problem = problem or pair()
    return replace(problem, constraints=constraints)


def meeting(model):
    """All (R_a, R_b) that meet the rows of `model.constraints`."""
    menus = [[r for layer, r in model.CHOICES if layer == name] for name in "ab"]
    found = set()
    for pair_of_r in product(*menus):
        for (layer, r), choice in model.choose.items():
            choice.set_value(int(r == pair_of_r["ab".index(layer)]))
        rows = model.constraints.values()
        if all(pyo.value(row.body) <= row.upper for row in rows):
            found.add(pair_of_r)
    return found


def test_rows_allow_what_the_constraint_allows(monkeypatch):
    """Random weights, as a sum and as a table; random predicates."""
    random = Random("rows")
    for number in range(draws(200)):
        weights = tuple(
            (name, tuple(random.randint(-9, 9) * random.choice([1, 6]) for _ in range(16)))
            for name in random.sample("ab", random.randint(1, 2))
        )
        limit = random.randint(-12, 12)
        constraint = LinearConstraint("c", weights, limit)
        odd = Predicate("p", constraint.layers, lambda *r, w=number: sum(r) * w % 3 != 1)
        for one in (constraint, odd):
            expected = {
                (a, b)
                for a, b in product(range(1, 7), range(1, 5))
                if one.holds(tuple({"a": a, "b": b}[name] for name in one.layers))
            }
            for largest in (10**6, 0):
                monkeypatch.setattr(constraint_rows, "LARGEST_NUMBER", largest)
                assert meeting(build_model(with_constraints(one), "function")) == expected


def test_numbers_are_as_small_as_can_be():
    # 6*(R_a - 1) + {0, 12}(R_b) <= 15 is R_a - 1 + 2*[R_b >= 2] <= 2, weights beyond 2 being 3
    weights = (("a", tuple(6 * r for r in range(1, 7))), ("b", (-5, 7, 7, 7)))
    model = build_model(with_constraints(LinearConstraint("c", weights, 16)), "function")
    (row,) = model.constraints.values()
    terms = {v.name: k for k, v in zip(*map(row.body.__getattribute__, NAMES), strict=True)}
    assert row.upper == 2
    assert terms == {
        "choose[a,2]": 1,
        "choose[a,3]": 2,
        **{f"choose[a,{r}]": 3 for r in (4, 5, 6)},
        **{f"choose[b,{r}]": 2 for r in (2, 3, 4)},
    }


NAMES = ("linear_coefs", "linear_vars")


def test_large_numbers_over_few_layers_become_a_table():
    weights = (("a", tuple(10**9 * r + r % 2 for r in range(1, 17))), ("b", (0, 10**9 + 1, 0, 7)))
    constraint = LinearConstraint("big", weights, 4 * 10**9)
    problem = with_constraints(constraint)
    assert xb.solve(problem, solver="milp").value == xb.solve(problem, solver="exhaustive").value


def wide():
    """Two independent layers of 600 outputs and room for all copies: 360,000 pairs of R."""
    layers = [Layer(name, 3, 4, 20, 30, Window.square(1)) for name in "ab"]
    return xb.Problem(Network("wide", tuple(layers), ()), 2000, 128, "steps")


@pytest.mark.parametrize(
    "constraint",
    [
        Predicate("same parity", ("a", "b"), lambda a, b: (a - b) % 2 == 0),
        LinearConstraint(
            "large",
            tuple((k, tuple(10**7 * r + r % 7 for r in range(1, 601))) for k in "ab"),
            10**10,
        ),
    ],
)
def test_a_table_that_is_too_large_is_refused_by_name(constraint):
    problem = with_constraints(constraint, problem=wide())
    message = f"'{constraint.name}' as a table of 360000 choices for its 2 layers, the limit is"
    with pytest.raises(UnsupportedError, match=message):
        build_model(problem, "linear")
    bare = Milp(start=False)
    assert any(message in reason for reason in bare.unsupported(problem))
    assert Milp().unsupported(problem) == ()  # up to the value of the descent it is small


def test_a_predicate_without_a_table_is_a_function(tmp_path):
    parity = Predicate("same parity", ("a", "b"), lambda a, b: (a - b) % 2 == 0)
    model = build_model(with_constraints(parity, problem=wide()))
    assert verify(model, (599, 1)).crossbars == 600
    with pytest.raises(
        VerificationError, match=r"'same parity' is violated by R\[a\]=599, R\[b\]=2"
    ):
        verify(model, (599, 2))
    verify(model.clone(), (3, 5))
    with pytest.raises(Exception, match="nonlinear terms"):
        model.write(str(tmp_path / "model.lp"))
