"""What is said about constraints: their treatment, their growth, and which ones conflict."""

from dataclasses import replace
from itertools import combinations
from random import Random

import pyomo.environ as pyo
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from tests.constraints.test_ready import funnel
from tests.model.test_constraint_rows import wide
from tests.model.test_statement import SHAPES, pair
from tests.random_constraints import constrained
from tests.solvers.test_constrained import best_value
from xbarmip import constraints as ready
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.errors import InputError
from xbarmip.solvers import conflict as conflict_module
from xbarmip.solvers.explain import explain


def test_every_constraint_is_listed_with_every_solver():
    model = xb.build_model(pair(10))
    model.sum = pyo.Constraint(expr=model.R["a"] + 2 * model.R["b"] == 8)
    model.cap = pyo.Constraint(expr=model.R["a"] <= 5)
    model.apart = pyo.Constraint(expr=abs(model.R["a"] - model.R["b"]) >= 2)
    explanation = explain(model)
    assert [(t.name, t.kind, t.layers) for t in explanation.constraints] == [
        ("sum", "linear", ("b", "a")),
        ("sum", "linear", ("b", "a")),
        ("cap", "linear", ("a",)),
        ("apart", "predicate", ("b", "a")),
    ]
    # the sweep decides b first: R_b is 1..4, and so are the sums and what is remembered
    assert [t.growth for t in explanation.constraints] == [3, 4, 1, 4]
    text = str(explanation)
    for line in (
        "sum: linear, over b, a",
        "cap: linear, over a",
        "apart: predicate, over b, a",
        "  dp: R remembered from b to a, no order; 4 values to tell apart",
        "  dp: tested when its layer is decided; the state does not grow",
        "  milp: an exact table of what it forbids",
        "  exhaustive: evaluated on blocks of allocations",
    ):
        assert line in text.splitlines()


def test_refusals_are_told():
    parity = Predicate("parity", ("a", "b"), lambda a, b: (a - b) % 2 == 0)
    problem = replace(wide(), constraints=(parity,))
    told = dict(explain(problem).constraints[0].by_solver)
    assert told["dp"] == "R remembered from b to a, no order; 600 values to tell apart"
    assert told["milp"] == "an exact table of what it forbids"  # up to the value of a descent
    large = xb.load_network("vgg-a")  # with crossbars so small that HiGHS would blur their number
    refused = xb.Problem(large, 10**7, 16, constraints=(ready.PowersOfTwo(),))
    assert {name for name, _ in explain(refused).refusals} == {"milp", "exhaustive"}
    assert str(explain(pair())) == "no constraint but the budget"


def test_growth_counts_what_the_sweep_can_carry():
    # b, decided first, weighs 1..4 of a limit of 100: whatever it is, a (at most 9) fits
    problem = pair(10)
    ample = LinearConstraint("ample", (("a", tuple(range(1, 17))), ("b", (1, 2, 3, 4))), 100)
    tight = replace(ample, name="tight", limit=4)
    one, other = explain(replace(problem, constraints=(ample, tight))).constraints
    # of 4, R_b leaves 3, 2, 1 or 0, and the least of a is 1
    assert (one.growth, other.growth) == (1, 3)


@pytest.mark.parametrize("solver", ["dp", "exhaustive", "milp"])
def test_a_conflict_worked_out_by_hand(solver):
    # R_a <= R_b <= 2 and R_a in {3} cannot be; the power budget has nothing to do with it
    problem = funnel(
        constraints=(
            ready.PowerBudget(100, 1),
            ready.RatioLimit(1),
            ready.AllowedDuplication(3, "a"),
            ready.SpareCrossbars(0),
        )
    )
    found = xb.conflict(problem, solver)
    assert (found.names, found.minimal) == (("ratio-limit", "allowed-duplication"), True)
    assert str(found) == (
        "constraints 'ratio-limit', 'allowed-duplication' cannot hold together within the budget"
    )
    assert xb.conflict(funnel(constraints=(ready.PowersOfTwo(),)), solver) is None
    alone = xb.conflict(funnel(constraints=(ready.CorePacking(1),)), solver)
    assert str(alone) == "constraint 'core-packing' cannot hold within the budget"
    budget = xb.conflict(funnel(2), solver)
    assert (budget.names, str(budget)) == ((), "the budget does not hold one copy of every layer")


@pytest.mark.parametrize("solver", ["dp", "exhaustive"])
def test_conflicts_of_random_problems_are_minimal(solver):
    random = Random(f"conflicts {solver}")
    sizes = {}
    while sum(sizes.values()) < 60:
        free = tiny_problem(random, random.choice(SHAPES), *random.choice(OBJECTIVES), 150)
        problem = constrained(random, free)
        if not problem.feasible or best_value(problem) is not None:
            assert not problem.feasible or xb.conflict(problem, solver) is None
            continue
        found = xb.conflict(problem, solver)
        assert found.minimal
        sizes[len(found.names)] = sizes.get(len(found.names), 0) + 1
        for count, possible in ((len(found.names), False), (len(found.names) - 1, True)):
            for names in combinations(found.names, count):
                kept = tuple(c for c in problem.constraints if c.name in names)
                assert (best_value(replace(problem, constraints=kept)) is not None) == possible
    assert sizes.get(1, 0) > 5
    assert sum(number for size, number in sizes.items() if size > 1) > 5


def test_a_conflict_says_so_when_the_time_ended(monkeypatch):
    problem = funnel(constraints=(ready.RatioLimit(1), ready.AllowedDuplication(3, "a")))
    honest = conflict_module._status
    asked = []

    def out_of_time(solver, problem, names, seconds):
        asked.append(names)
        unknown = len(asked) > 1
        return xb.Status.UNKNOWN if unknown else honest(solver, problem, names, seconds)

    monkeypatch.setattr(conflict_module, "_status", out_of_time)
    found = xb.conflict(problem, time_limit=1)
    assert (len(found.names), found.minimal) == (2, False)
    assert "perhaps fewer" in str(found)


def test_a_solver_that_proves_nothing_is_refused():
    with pytest.raises(InputError, match="solver must be one of dp, milp, exhaustive"):
        xb.conflict(funnel(), "woho")
