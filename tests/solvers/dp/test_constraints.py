"""The dynamic program under added constraints, against exhaustive search."""

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from tests.sample import draws
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.network.builder import NetworkBuilder
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.bounds.cuts import Goal, Switches
from xbarmip.solvers.dp.constraints import Carried
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.solvers.dp.state.step import AFTER
from xbarmip.solvers.dp.sweep import search as module
from xbarmip.solvers.dp.sweep.dominance import Signatures, ranks_of, signatures
from xbarmip.solvers.dp.sweep.search import Answer, TargetSearch
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.result import Status
from xbarmip.timing.evaluate import evaluate

SHAPES = [
    Shape(layers=3, extent=5, outputs=8),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=5, extent=3, outputs=4, branching=0.6, joining=0.6),
]


def random_constraint(random, problem, number):
    """A linear constraint with weights of one sign or both, or a predicate, on some layers."""
    outputs = {layer.name: layer.outputs for layer in problem.network.layers}
    scope = random.sample(list(outputs), random.randint(1, min(3, len(outputs))))
    kind = random.choice(["sum", "balance", "table", "predicate"])
    if kind == "predicate":
        modulus, wanted = random.randint(2, 3), random.randint(0, 1)
        return Predicate(f"p{number}", tuple(scope), lambda *r: sum(r) % modulus != wanted)
    if kind == "table":
        weights = {k: [random.randint(-5, 9) for _ in range(outputs[k])] for k in scope}
    else:
        signs = [1] if kind == "sum" else [1, -1]
        factor = {k: random.choice(signs) * random.randint(1, 3) for k in scope}
        weights = {k: [factor[k] * r for r in range(1, outputs[k] + 1)] for k in scope}
    least = sum(min(w) for w in weights.values())
    limit = least + random.randint(-1, 12)
    return LinearConstraint(f"c{number}", tuple((k, tuple(w)) for k, w in weights.items()), limit)


def constrained(random, shape, objective, rule):
    problem = tiny_problem(random, shape, objective, rule, most=600)
    count = random.randint(1, 3)
    constraints = tuple(random_constraint(random, problem, number) for number in range(count))
    return replace(problem, constraints=constraints)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_exhaustive_search(objective, rule, shape):
    random = Random(f"constrained {objective} {rule} {shape}")
    statuses = set()
    for number in range(draws(40)):
        problem = constrained(random, shape, objective, rule)
        expected = xb.solve(problem, solver="exhaustive")
        options = {"beam": 0} if number % 3 else {"dominance": number % 2 == 0}
        result = xb.solve(problem, **options)
        statuses.add(result.status)
        assert (result.status, result.value) == (expected.status, expected.value), problem
    assert statuses == {Status.OPTIMAL, Status.INFEASIBLE}


def tight(random, objective, rule):
    """Ample crossbars, and a constraint on all layers that few allocations meet."""
    problem = tiny_problem(random, Shape(layers=3, extent=5, outputs=12), objective, rule, most=800)
    outputs = {layer.name: layer.outputs for layer in problem.network.layers}
    seed, weights = random.random(), {}
    for name, most in outputs.items():
        weights[name] = tuple(random.randint(0, 9) for _ in range(most))
    limit = sum(map(min, weights.values())) + random.randint(0, 4)
    one = random.choice(
        [
            LinearConstraint("sum", tuple(weights.items()), limit),
            Predicate("chance", tuple(outputs), lambda *r: Random(f"{seed}{r}").random() < 0.05),
        ]
    )
    return replace(problem, crossbars=problem.crossbars + 60, constraints=(one,))


def check_sweeps(objective, rule):
    """A sweep meets the optimum, with the fewest crossbars of all, and nothing better.

    A solve may start from the optimum, and then shows no allocation that a sweep lost.
    """
    random = Random(f"sweeps {objective} {rule}")
    met = 0
    for _ in range(draws(300)):
        problem = tight(random, objective, rule)
        allowed = [
            (evaluate(problem, chosen), problem.crossbars_used(chosen))
            for chosen in product(*(range(1, most + 1) for most in problem.largest))
            if problem.crossbars_used(chosen) <= problem.crossbars and problem.meets(chosen)
        ]
        if not allowed:
            continue
        best, fewest = min(allowed)
        # the other cuts off, so that it is for dominance alone to leave labels out
        switches = Switches(windows=False, slack=False, spending=False, paths=False)
        search = TargetSearch(search_table(problem), problem, switches, lambda *_, **__: None)
        answer = search.search(Goal(best, problem.crossbars))
        assert answer.complete
        assert answer.allocation is not None, problem
        assert problem.meets(answer.allocation)
        assert problem.crossbars_used(answer.allocation) == fewest, problem
        assert search.search(Goal(best - 1, problem.crossbars)) == Answer(None, complete=True)
        met += 1
    assert met > draws(50)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_a_sweep_loses_no_allocation(objective, rule):
    check_sweeps(objective, rule)


def more_left_is_worse(signature, left, memory):
    signature[:, left] *= -1


def what_is_left_does_not_matter(signature, left, memory):
    signature[:, left] = 0


def remembering_less_is_better(signature, left, memory):
    signature[:, memory[0]] = 0


@pytest.mark.parametrize(
    "wrong", [more_left_is_worse, what_is_left_does_not_matter, remembering_less_is_better]
)
def test_a_wrong_direction_of_dominance_is_caught(wrong, monkeypatch):
    def planted(bounds, step, labels, pairs):
        value, _, able = signatures(bounds, step, labels, pairs)
        end, memory = value.shape[1], len(step.recalled)
        first = end - 2 * memory
        left = slice(first - len({*step.sums[:, AFTER].tolist()} - {-1}), first)
        wrong(value, left, (slice(first, first + memory), slice(first + memory, end)))
        return Signatures(value, ranks_of(value), able)

    monkeypatch.setattr(module, "signatures", planted)
    with pytest.raises(AssertionError, match="Problem"):
        check_sweeps("cycles", None)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_plain_program_equals_exhaustive_search(objective, rule):
    random = Random(f"constrained plain {objective} {rule}")
    for number in range(draws(60)):
        problem = constrained(random, SHAPES[number % 3], objective, rule)
        answer = plain_optimum(problem)
        expected = xb.solve(problem, solver="exhaustive").value
        assert (None if answer is None else answer[0]) == expected


def test_a_frontier_under_constraints_holds_the_optimum_of_every_budget():
    random = Random("constrained frontier")
    points = 0
    for _ in range(draws(40)):
        problem = constrained(random, SHAPES[1], "cycles", None)
        curve = xb.frontier(problem)
        for crossbars in range(1, problem.crossbars + 1):
            expected = xb.solve(replace(problem, crossbars=crossbars), solver="exhaustive").value
            covered = curve.points and crossbars >= curve.points[0].crossbars
            assert (curve.at(crossbars).value if covered else None) == expected
        points += len(curve.points)
    assert points > draws(40)


def test_sums_beyond_64_bits_are_left_to_python_integers():
    problem = xb.Problem(xb.load_network("lenet-5"), 100)
    name, outputs = problem.network.layers[0].name, problem.network.layers[0].outputs
    weights = tuple(r * 2**62 for r in range(1, outputs + 1))
    huge = LinearConstraint("huge", ((name, weights),), 2**62)
    result = xb.solve(replace(problem, constraints=(huge,)))
    assert result.statistics["arithmetic"] == "python"
    assert result.allocation[name] == 1


def branches(consumers):
    """Some layers that read one concatenation of two, all maps 6 x 6."""
    build = NetworkBuilder("branches", channels=1, height=6, width=6)
    a, b = (build.conv(build.input, name, 4, kernel=1) for name in "ab")
    for number in range(consumers):
        build.conv(build.concat(a, b), f"c{number}", 4, kernel=1)
    return xb.Problem(build.network(), 40, 64)


def carried(problem, constraints):
    """How many numbers labels carry after each decision, and which constraints are in them."""
    names = tuple(problem.network.index)
    largest = np.array(problem.largest, dtype=np.int64)
    found = Carried(constraints, names, largest, range(len(names))[::-1])
    return [stage.limits for stage in found.stages]


def test_rows_that_end_alike_are_one():
    """Caps of a + b, each with its own consumer: decided from the last on, one number is left. Then
    b is decided, and what is left is a cap of a.
    """
    problem = branches(4)
    copies = range(1, 37)
    constraints = [
        LinearConstraint(
            f"behind c{number}",
            ((f"c{number}", tuple(-caps // r for r in copies)), ("a", copies), ("b", copies)),
            0,
        )
        for number, caps in enumerate((30, 40, 50, 60))
    ]
    inside = [(3, 1)], [(3, 1), (2, 1)], [(3, 1), (2, 1), (1, 1)]
    every = [(3, 1), (2, 1), (1, 1), (0, 1)]
    assert carried(problem, constraints) == [
        *((tuple(some),) for some in inside), (tuple(every),), (tuple(every),), (),
    ]  # fmt: skip
    limited = replace(problem, constraints=tuple(constraints))
    assert xb.solve(limited).value == xb.solve(limited, "exhaustive").value


def test_weights_with_a_common_divisor_end_alike():
    """3 a + c0 <= 40 and 2 a + c1 <= 31: what is left of both is a number of copies of a."""
    problem, copies = branches(2), range(1, 37)
    constraints = [
        LinearConstraint(f"on c{n}", ((f"c{n}", copies), ("a", tuple(w * r for r in copies))), most)
        for n, w, most in ((0, 3, 40), (1, 2, 31))
    ]
    assert carried(problem, constraints)[:2] == [(((1, 2),),), (((1, 2), (0, 3)),)]
    limited = replace(problem, constraints=tuple(constraints))
    assert xb.solve(limited).value == xb.solve(limited, "exhaustive").value
