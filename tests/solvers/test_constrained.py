"""Every solver under random constraints against every allocation there is."""

from collections import Counter
from itertools import product
from random import Random

import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_statement import SHAPES
from tests.random_constraints import constrained
from xbarmip.model.statement import build_model
from xbarmip.model.verify import verify
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.evaluate import evaluate


def best_value(problem):
    """Least value over all allocations that are allowed; None when there is none."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    index = problem.network.index
    values = [
        evaluate(problem, chosen)
        for chosen in product(*menus)
        if problem.crossbars_used(chosen) <= problem.crossbars
        and all(
            c.holds(tuple(chosen[index[name]] for name in c.layers)) for c in problem.constraints
        )
    ]
    return min(values, default=None)


def kinds(problem):
    """Of its constraints: the name of a ready one, or whether it is a sum, two or a predicate."""
    own = Counter(c.name for c in problem.constraints if c.name[1:].isdigit())
    for constraint in problem.constraints:
        if constraint.name not in own:
            yield constraint.name
        elif own[constraint.name] == 2:
            yield "equality"
        else:
            yield type(constraint).__name__


def check_kinds(counts, least):
    """All kinds appear, the ready ones too."""
    made = ("LinearConstraint", "Predicate", "equality")
    drawn = (
        "tile-granularity", "power-budget", "spare-crossbars", "largest-duplication",
        "ratio-limit", "divisors-of-width", "powers-of-two", "core-packing", "equal-duplication",
    )  # fmt: skip
    assert set(counts) == {*made, *drawn}
    assert min(counts[kind] for kind in made) >= 5 * least
    assert min(counts.values()) >= least


def tiny_constrained(random, objective, rule, most):
    return constrained(random, tiny_problem(random, random.choice(SHAPES), objective, rule, most))


def solve(solver, problem):
    return solver.solve(problem, Watch(Limits()))


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_milp_agrees_with_every_allocation(objective, rule):
    random = Random(f"milp constrained {objective} {rule}")
    infeasible = bare = 0
    counts = Counter()
    for number in range(60):
        problem = tiny_constrained(random, objective, rule, 300)
        counts.update(set(kinds(problem)))
        solver, best = Milp(start=number % 4 != 0), best_value(problem)
        assert solver.unsupported(problem) == ()
        result = solve(solver, problem)
        assert result.stop is Stop.FINISHED, result
        assert (result.status is Status.INFEASIBLE) == (best is None), problem.constraints
        assert result.value == result.bound == best
        infeasible += best is None
        bare += result.statistics.get("start", 0) is None
        if best is not None:
            verify(build_model(problem, "function"), result.allocation, claimed=best)
            verify(build_model(problem, "linear"), result.allocation, claimed=best)
    check_kinds(counts, 1)
    assert infeasible > 3
    assert bare > 3


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_exhaustive_search_agrees_with_every_allocation(objective, rule):
    random = Random(f"exhaustive constrained {objective} {rule}")
    for _ in range(60):
        problem = tiny_constrained(random, objective, rule, 300)
        result, best = solve(Exhaustive(), problem), best_value(problem)
        assert result.value == result.bound == best
        assert result.proof is (None if best is None else Proof.EXACT)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_dynamic_program_agrees_with_exhaustive_search(objective, rule):
    random = Random(f"dp constrained {objective} {rule}")
    statuses, counts = Counter(), Counter()
    for number in range(200):
        problem = tiny_constrained(random, objective, rule, 300)
        counts.update(set(kinds(problem)))
        options = ({}, {"beam": 0}, {"beam": 0, "paths": False}, {"dominance": False})[number % 4]
        result, expected = xb.solve(problem, **options), solve(Exhaustive(), problem)
        assert (result.status, result.value) == (expected.status, expected.value), problem
        assert result.bound == result.value
        statuses[result.status] += 1
    assert set(statuses) == {Status.OPTIMAL, Status.INFEASIBLE}
    assert min(statuses.values()) > 20
    check_kinds(counts, 4)
