"""Exhaustive search against a plain loop over itertools.product in plain Python integers."""

from itertools import product
from random import Random

import pytest

from tests.sample import draws
from xbarmip.errors import InputError
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.solvers.space import Space
from xbarmip.timing import reference

OBJECTIVES = [("cycles", None), ("steps", "pipeline"), ("steps", "published")]


def run(problem, seconds=None, memory=None, progress=None, **options):
    return Exhaustive(**options).solve(problem, Watch(Limits(seconds, memory), progress))


def chain(outputs, sets):
    """Pointwise layers of the given outputs and crossbar sets, for crossbars of 1 x 1."""
    layers = tuple(
        Layer(f"l{i}", s, 1, 1, n, Window.square(1))
        for i, (n, s) in enumerate(zip(outputs, sets, strict=True))
    )
    return Network("independent", layers, ())


def allocations(problem):
    """Every allocation within the budget, in lexicographic order."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    return [a for a in product(*menus) if problem.crossbars_used(a) <= problem.crossbars]


def value(problem, allocation):
    define = reference.cycles if problem.view.stalls else reference.steps
    return define(problem.view, allocation)


def random_problem(random, objective="cycles", rule=None):
    shape = Shape(random.randint(1, 4), outputs=6, branching=0.3, joining=0.3)
    network, size = random_network(random, shape), random.choice([4, 8, (9, 2)])
    spare = random.choice([0, 1, random.randint(0, 12), 500])
    crossbars = Problem(network, 1, size).smallest_budget + spare
    return Problem(network, crossbars, size, objective, rule)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_equals_a_plain_loop(objective, rule):
    random = Random(f"exhaustive {objective} {rule}")
    for _ in range(draws(150)):
        problem = random_problem(random, objective, rule)
        result = run(problem)
        best = min((value(problem, a), problem.crossbars_used(a), a) for a in allocations(problem))
        assert result.status is Status.OPTIMAL
        assert result.stop is Stop.FINISHED
        assert result.proof is Proof.EXACT
        assert result.bound == result.value == best[0]
        # of equal values the fewest crossbars, of those the lexicographically smallest
        assert tuple(result.allocation.values()) == best[2]
        assert list(result.allocation) == [layer.name for layer in problem.network.layers]
        assert result.statistics["allocations"] == len(allocations(problem))


def test_counts_exactly_up_to_the_limit():
    random = Random("count")
    for _ in range(draws(300)):
        problem = random_problem(random)
        exact, space = len(allocations(problem)), Space.of(problem)
        assert space.count(10**9) == exact
        assert space.count(exact) == exact
        if exact > 1:
            assert space.count(exact - 1) is None


@pytest.mark.parametrize("rows", [1, 2, 5, 10**6])
def test_blocks_list_every_allocation_once_in_order(rows):
    random = Random(f"blocks {rows}")
    for _ in range(draws(60)):
        problem = random_problem(random)
        listed, used = [], []
        for block, extra in Space.of(problem).blocks(rows):
            assert 1 <= len(block) <= rows
            listed += [tuple(int(r) for r in row) for row in block]
            used += [int(u) for u in extra]
        assert listed == allocations(problem)
        assert used == [problem.crossbars_used(a) - problem.smallest_budget for a in listed]


def test_counts_many_ties_without_listing_them():
    # 24 layers of 2 outputs and sets of 1, ample budget: 2**24 allocations
    problem = Problem(chain([2] * 24, [1] * 24), 10**9, 1)
    assert Space.of(problem).count(2**24) == 2**24
    assert Space.of(problem).count(2**24 - 1) is None
    # 10 spare crossbars among 1000 layers of 3 outputs: 501501 + ... is far beyond the limit
    assert Space.of(Problem(chain([3] * 1000, [1] * 1000), 1010, 1)).count(10**6) is None
    # 2 spare ones: none, one layer with one or two, two layers with one each
    two = Problem(chain([3] * 1000, [1] * 1000), 1002, 1)
    assert Space.of(two).count(10**6) == 1 + 2 * 1000 + 1000 * 999 // 2


def test_a_huge_map_is_counted_and_refused():
    layers = [Layer(f"l{i}", 1, 1, 2**11, 2**11, Window.square(1)) for i in range(3)]
    problem = Problem(Network("huge maps", tuple(layers), ()), 10**40)
    assert Space.of(problem).count(2 * 10**9) is None
    assert len(Exhaustive().unsupported(problem)) == 1


def test_beyond_64_bits():
    sets = [10**30, 10**30 + 1, 7]
    for spare in (0, 6, 7, 10**30, 2 * 10**30 + 1, 10**31):
        problem = Problem(chain([3, 2, 4], sets), sum(sets) + spare, 1)
        best = min((value(problem, a), problem.crossbars_used(a), a) for a in allocations(problem))
        result = run(problem)
        assert Space.of(problem).count(100) == len(allocations(problem))
        assert (result.value, tuple(result.allocation.values())) == (best[0], best[2])
    short = run(Problem(chain([3, 2, 4], sets), sum(sets) - 1, 1))
    assert short.status is Status.INFEASIBLE


def test_refuses_above_the_limit_with_the_figures():
    problem = Problem(chain([4, 5], [1, 1]), 9, 1)
    assert Exhaustive(limit=20).unsupported(problem) == ()
    (reason,) = Exhaustive(limit=19).unsupported(problem)
    assert "more than 19 allocations" in reason
    assert "9 crossbars" in reason


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "many"])
def test_bad_limit(limit):
    with pytest.raises(InputError, match="limit"):
        Exhaustive(limit=limit)


def test_infeasible_names_the_smallest_budget():
    result = run(Problem(chain([4, 5], [3, 4]), 6, 1))
    assert result.status is Status.INFEASIBLE
    assert result.stop is Stop.FINISHED
    assert result.allocation is None
    assert "smallest budget is 7" in result.message
    assert Exhaustive(limit=1).unsupported(Problem(chain([4, 5], [3, 4]), 6, 1)) == ()


def long_problem():
    """About 9.7 million allocations: many blocks."""
    return Problem(chain([5] * 10, [1] * 10), 45, 1)


def test_time_limit_gives_the_best_so_far_without_a_bound():
    result = run(long_problem(), seconds=0)
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.TIME)
    assert result.bound is None
    assert result.proof is None
    assert result.statistics["allocations"] < 9_000_000
    assert result.value == value(long_problem(), tuple(result.allocation.values()))


def test_a_limit_that_passes_with_the_last_block_is_no_limit():
    result = run(Problem(chain([4, 5], [1, 1]), 9, 1), seconds=0)
    assert (result.status, result.stop) == (Status.OPTIMAL, Stop.FINISHED)


def test_interrupt_gives_the_best_so_far():
    told = []

    def interrupt(facts):
        told.append(facts)
        if len(told) == 3:
            raise KeyboardInterrupt

    result = run(long_problem(), progress=interrupt)
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.INTERRUPTED)
    assert result.value == told[-1]["best"]
    assert result.bound is None
    assert [facts["allocations"] for facts in told] == sorted(f["allocations"] for f in told)
    assert {facts["of"] for facts in told} == {Space.of(long_problem()).count(10**8)}


def test_memory_limit_makes_blocks_smaller_or_stops():
    problem = Problem(chain([4, 5], [1, 1]), 9, 1)
    told = []
    assert run(problem, memory=1000, progress=told.append).status is Status.OPTIMAL
    assert len(told) > 1
    result = run(problem, memory=1)
    assert (result.status, result.stop) == (Status.UNKNOWN, Stop.MEMORY)


def test_the_result_does_not_depend_on_block_size():
    random = Random("block size")
    for _ in range(30):
        problem = random_problem(random)
        assert run(problem, memory=2000).allocation == run(problem).allocation


def test_more_budget_is_never_worse():
    random = Random("budget")
    for _ in range(20):
        network = random_network(random, Shape(3, outputs=6))
        smallest = Problem(network, 1, 8).smallest_budget
        values = [run(Problem(network, smallest + spare, 8)).value for spare in range(12)]
        assert values == sorted(values, reverse=True)


def test_an_edge_matters():
    # a 1 x 4 map, then a window of 3: t_b = 2,3,4,5 (SPEC §4)
    a = Layer("a", 1, 1, 1, 4, Window.square(1))
    b = Layer("b", 1, 1, 1, 4, Window((1, 3), pads=(0, 1, 0, 1)))
    assert run(Problem(Network("chain", (a, b), (Edge("a", "b"),)), 2)).value == 5
    assert run(Problem(Network("apart", (a, b), ()), 2)).value == 4
