"""Every solver under random constraints against every allocation there is."""

from collections import Counter
from itertools import product
from random import Random

import pytest

from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_statement import SHAPES
from tests.random_constraints import constrained
from xbarmip.model.statement import build_model
from xbarmip.model.verify import verify
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Status, Stop
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
def test_every_solver_agrees_with_every_allocation(objective, rule):
    """The statement for HiGHS on every third problem, with and without a start."""
    random = Random(f"constrained {objective} {rule}")
    statuses, counts, bare = Counter(), Counter(), 0
    for number in range(90):
        problem = tiny_constrained(random, objective, rule, 300)
        counts.update(set(kinds(problem)))
        best = best_value(problem)
        options = ({}, {"beam": 0}, {"beam": 0, "paths": False}, {"dominance": False})[number % 4]
        solvers = [DynamicProgram(**options), Exhaustive()]
        if number % 3 == 0:
            solvers.append(Milp(start=number % 4 != 0))
        for solver in solvers:
            assert solver.unsupported(problem) == ()
            result = solve(solver, problem)
            assert result.stop is Stop.FINISHED, result
            assert (result.status is Status.INFEASIBLE) == (best is None), problem.constraints
            assert result.value == result.bound == best
        statuses[result.status] += 1
        bare += result.statistics.get("start", 0) is None
        if best is not None and number % 3 == 0:
            verify(build_model(problem, "function"), result.allocation, claimed=best)
            verify(build_model(problem, "linear"), result.allocation, claimed=best)
    assert set(statuses) == {Status.OPTIMAL, Status.INFEASIBLE}
    assert min(statuses.values()) > 5
    assert bare > 1
    check_kinds(counts, 1)
