"""Copies moved between layers: what the search relies on, and what it finds."""

from random import Random

import numpy as np

from tests.brute import brute_force, tiny_problem
from tests.sample import draws
from xbarmip.network.generate import Shape, random_network
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.primal import exchange_kernel as kernel
from xbarmip.solvers.dp.primal.exchange import Exchange
from xbarmip.solvers.dp.primal.nearby_kernel import exchanged_nearby
from xbarmip.solvers.dp.table import search_table
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.pipeline import pipeline_table
from xbarmip.timing.tables import PRODUCER, START, need

SHAPES = [Shape(layers=4, extent=5, outputs=8), Shape(layers=4, extent=4, branching=0.4)]


def drawn(random):
    """A random problem of four layers, its table, and an allocation."""
    network = random_network(random, SHAPES[random.randrange(2)])
    problem = Problem(network, 10**6, 8)
    r = [random.randint(1, layer.outputs) for layer in network.layers]
    return problem, search_table(problem), np.array(r, dtype=np.int64)


def test_listed_needs_are_those_of_the_need_maps():
    random, asked = Random("listed"), 0
    for _ in range(draws(300)):
        problem, table, _ = drawn(random)
        net, needs = table.net, pipeline_table(problem.view).needs
        for k, count in enumerate(table.outputs.tolist()):
            for e in table.edges(k):
                first = int(table.offset[net.edge[e, PRODUCER]])
                listed = net.maps[net.edge[e, START] :][: count + 1].tolist()
                assert [need(net, e, x) for x in range(1, count + 1)] == [
                    need(needs, e, x) for x in range(1, count + 1)
                ]
                wanted = [need(needs, e, x) for x in range(1, count + 1)]
                assert listed == [0, *(first + x if x else 0 for x in wanted)]
                asked += sum(wanted)
    assert asked > draws(2_000)


def test_a_layer_fits_exactly_where_the_pipeline_meets_the_target():
    random = Random("fits")
    met = missed = 0
    for _ in range(draws(4000)):
        problem, table, r = drawn(random)
        end, latest = np.zeros((2, table.offset[-1] + 1), dtype=np.int64)
        cycles = kernel.ends(table.net, r, 0, end)
        assert cycles == evaluate(problem, r.tolist())
        target = cycles + random.randrange(3)
        kernel.latest_ends(table.net, r, target, latest, len(r) - 1)
        k = random.randrange(len(r))
        for choice in range(1, problem.network.layers[k].outputs + 1):
            other = r.tolist()
            other[k] = choice
            fits = kernel.fits(table.net, k, choice, end, latest)
            assert fits == (evaluate(problem, other) <= target)
            met, missed = met + fits, missed + (not fits)
    assert min(met, missed) > draws(800)


def test_ends_from_a_layer_on_are_those_of_the_whole_pipeline():
    random = Random("from a layer on")
    for _ in range(draws(500)):
        problem, table, r = drawn(random)
        part, whole = np.zeros((2, table.offset[-1] + 1), dtype=np.int64)
        kernel.ends(table.net, r, 0, part)
        k = random.randrange(len(r))
        r[k] = random.randint(1, problem.network.layers[k].outputs)
        assert kernel.ends(table.net, r, k, part) == kernel.ends(table.net, r, 0, whole)
        assert (part == whole).all()


def test_latest_ends_up_to_a_layer_are_those_of_the_whole_pipeline():
    random = Random("up to a layer")
    for _ in range(draws(500)):
        problem, table, r = drawn(random)
        target = evaluate(problem, r.tolist()) + random.randrange(3)
        part, whole = np.zeros((2, table.offset[-1] + 1), dtype=np.int64)
        kernel.latest_ends(table.net, r, target, part, len(r) - 1)
        k = random.randrange(len(r))
        r[k] = random.randint(1, problem.network.layers[k].outputs)
        kernel.latest_ends(table.net, r, target, part, k)
        kernel.latest_ends(table.net, r, target, whole, len(r) - 1)
        assert (part[1:] == whole[1:]).all()


def test_critical_steps_lie_on_a_path_that_no_step_waits_on():
    """They are as many as the cycles of the pipeline, and a layer has no more than it makes."""
    random = Random("critical")
    for _ in range(draws(500)):
        problem, table, r = drawn(random)
        end = np.zeros(table.offset[-1] + 1, dtype=np.int64)
        cycles = kernel.ends(table.net, r, 0, end)
        steps = np.empty_like(r)
        kernel.critical_steps(table.net, r, end, steps)
        outputs = np.array([layer.outputs for layer in problem.network.layers])
        assert (steps <= -(-outputs // r)).all()
        assert cycles <= steps.sum() < cycles + len(r)


def test_ends_and_latest_ends_of_some_layers_are_those_of_the_whole_pipeline():
    """Where the other layers have theirs already."""
    random = Random("between")
    for _ in range(draws(500)):
        problem, table, r = drawn(random)
        net, layers = table.net, len(r)
        target = evaluate(problem, r.tolist()) + random.randrange(3)
        end, latest, all_ends, all_latest = np.zeros((4, table.offset[-1] + 1), dtype=np.int64)
        kernel.ends(net, r, 0, end)
        kernel.latest_ends(net, r, target, latest, layers - 1)
        first = random.randrange(layers)
        last = random.randrange(first, layers)
        for k in range(first, last + 1):
            r[k] = random.randint(1, problem.network.layers[k].outputs)
        kernel.ends_between(net, r, first, last, end)
        kernel.latest_between(net, r, target, latest, (first, last, layers - 1))
        kernel.ends(net, r, 0, all_ends)
        kernel.latest_ends(net, r, target, all_latest, layers - 1)
        here, behind = table.offset[[first, last + 1]]
        assert (end[1 : behind + 1] == all_ends[1 : behind + 1]).all()
        assert (latest[here + 1 :] == all_latest[here + 1 :]).all()


def test_neighbours_exchange_copies_within_the_target():
    """Round by round no dearer, and whatever the branches."""
    random = Random("nearby")
    saved = 0
    for _ in range(draws(500)):
        problem, table, r = drawn(random)
        search = Exchange(table, problem, lambda *_, **__: None)
        target = evaluate(problem, r.tolist())
        before = problem.crossbars_used(r.tolist())
        for _ in range(3):
            goal = Goal(target, problem.smallest_budget)
            after = exchanged_nearby(table.net, search._menu, r, goal, 1, search._desk)
            assert evaluate(problem, r.tolist()) <= target
            assert after == problem.crossbars_used(r.tolist()) <= before
            saved += after < before
            before = after
    assert saved > draws(300)


def test_what_is_found_meets_the_target_within_the_budget():
    """And nothing is found below the optimum; mostly the optimum is."""
    random = Random("exchange")
    optima = solved = 0
    for number in range(draws(2000)):
        problem = tiny_problem(random, SHAPES[number % 2], "cycles", None, most=1500)
        best = brute_force(problem)
        if best is None:
            continue
        search = Exchange(search_table(problem), problem, lambda *_, **__: None)
        for target in (best - 1, best, best + 1):
            answer = search.look(
                Goal(target, problem.crossbars), 64, [problem.largest, *search.starts]
            )
            assert not answer.complete
            if answer.allocation is not None:
                assert evaluate(problem, answer.allocation) <= target
                assert problem.crossbars_used(answer.allocation) <= problem.crossbars
            assert answer.allocation is None or target >= best
            optima += target == best and answer.allocation is not None
        solved += 1
    assert optima > 0.9 * solved > draws(900)


def test_equal_calls_give_equal_answers():
    random = Random("again")
    for _ in range(50):
        problem = tiny_problem(random, SHAPES[0], "cycles", None, most=1500)
        if problem.crossbars < problem.smallest_budget:
            continue
        searches = [
            Exchange(search_table(problem), problem, lambda *_, **__: None) for _ in range(2)
        ]
        answers = [
            [search.look(Goal(t, problem.crossbars), 64, search.starts) for t in (3, 6, 9)]
            for search in searches
        ]
        assert answers[0] == answers[1]


def test_other_problems_are_left_alone():
    random = Random("steps")
    problem = tiny_problem(random, SHAPES[0], "steps", "pipeline", most=1500)
    search = Exchange(search_table(problem), problem, lambda *_, **__: None)
    assert search.look(Goal(10**6, problem.crossbars), 64, search.starts).allocation is None
