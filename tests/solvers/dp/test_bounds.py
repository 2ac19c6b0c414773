"""Every bound on its own, against all allocations that meet a target."""

from itertools import product
from random import Random

import networkx as nx
import numpy as np
import pytest

from tests.brute import OBJECTIVES, tiny_problem
from tests.sample import draws
from xbarmip.measures.steps import rule_view
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.bounds.cuts import Goal, Switches
from xbarmip.solvers.dp.bounds.multipliers import find_multipliers, linear_solver
from xbarmip.solvers.dp.bounds.question import Question
from xbarmip.solvers.dp.bounds.seeds import no_seeds
from xbarmip.solvers.dp.bounds.spending import collect, least_spending, make_due
from xbarmip.solvers.dp.state.bounds import Windows, earliest, level_of, point_below
from xbarmip.solvers.dp.state.labels import CHOICE, LOWEST, PRICE, SPENT, first_labels
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.dp.sweep.steps import steps_within
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.dp.timing import kind_of
from xbarmip.timing.evaluate import evaluate_many
from xbarmip.timing.pipeline import schedule
from xbarmip.timing.reference import closed_form

SHAPES = [Shape(layers=3), Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5)]


def cases(objective, rule, count):
    """Problems with a target, its bounds, and all allocations that meet both."""
    random = Random(f"bounds {objective} {rule}")
    while count:
        problem = tiny_problem(random, SHAPES[count % 2], objective, rule, most=600)
        menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
        allocations = np.array(list(product(*menus)), dtype=np.int64)
        allocations = allocations[allocations @ np.array(problem.sets) <= problem.crossbars]
        if not len(allocations):
            continue
        values = evaluate_many(problem, allocations)
        target = int(values.min()) + random.randint(0, 3)
        search = TargetSearch(search_table(problem), problem, Switches(), lambda *_, **__: None)
        meeting = [[int(r) for r in a] for a in allocations[values <= target]]
        yield problem, target, search, search.cuts(Goal(target, problem.crossbars)), meeting
        count -= 1


def output_time(problem, allocation, layer, x):
    """When output x exists; for the closed form, PreOp and the steps before x."""
    step = -(-x // allocation[layer])
    if problem.rule is None:
        return int(schedule(problem.view, allocation)[layer][step - 1])
    view = rule_view(problem.network, problem.rule)
    return closed_form(view, allocation).pre[layer] + step - 1


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_windows_hold_every_allocation_that_meets_the_target(objective, rule):
    for *_, cuts, meeting in cases(objective, rule, draws(150)):
        assert cuts is not None
        windows = cuts.windows
        for allocation in meeting:
            assert all(windows.low <= allocation)
            assert all(allocation <= windows.high)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_windows_that_begin_at_other_targets_hold_them_too(objective, rule):
    """In any order of targets and budgets, whether looked at quickly or with all cuts."""
    random, refuted = Random(f"other targets {objective} {rule}"), 0
    for number in range(draws(100)):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=600)
        menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
        allocations = np.array(list(product(*menus)), dtype=np.int64)
        values = evaluate_many(problem, allocations)
        spent = allocations @ np.array(problem.sets)
        if not problem.feasible:
            continue
        search = TargetSearch(search_table(problem), problem, Switches(), lambda *_, **__: None)
        for _ in range(12):
            target = int(np.quantile(values, random.random() ** 3)) + random.randint(-2, 2)
            budget = random.randint(int(spent.min()), problem.crossbars)
            meeting = allocations[(values <= target) & (spent <= budget)]
            goal = Goal(target, budget)
            if random.randrange(2):
                assert not (search.refuted_by_windows(goal) and len(meeting))
            elif (cuts := search.cuts(goal, random.randrange(3))) is not None:
                assert (cuts.windows.low <= meeting).all()
                assert (meeting <= cuts.windows.high).all()
            else:
                assert not len(meeting)
                refuted += 1
    assert refuted > draws(50)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_a_first_output_does_not_come_sooner_with_more_copies(objective, rule):
    """Which the least spending takes for granted."""
    grown = 0
    for *_, (bounds, *_), _ in cases(objective, rule, draws(60)):
        sets, low, high = bounds.windows
        for k in range(len(low)):
            groups = int((bounds.groups[k] <= high[k]).sum())
            for level in range(bounds.first.shape[1]):
                spare = level * bounds.unit // sets[k]
                held = bounds.groups[k, :groups] - low[k] <= spare
                first = bounds.first[k, level, :groups][held]
                assert (np.diff(first) >= 0).all()
                grown += (np.diff(first) > 0).sum()
    assert grown > draws(20)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_output_comes_before_its_earliest_and_least_time(objective, rule):
    for problem, _, search, (bounds, *_), meeting in cases(objective, rule, draws(60)):
        network = problem.network
        high = None if search.table.stalls else bounds.windows.high
        for allocation in meeting[:40]:
            extra = (np.array(allocation) - bounds.windows.low) * bounds.windows.sets
            for k, layer in enumerate(network.layers):
                family = {k} | {network.index[a] for a in nx.ancestors(network.graph, layer.name)}
                level = level_of(bounds, int(sum(extra[m] for m in family)))
                group = int(np.searchsorted(bounds.groups[k], allocation[k], side="right")) - 1
                first = output_time(problem, allocation, k, 1)
                assert bounds.first[k, level, group] <= first
                for x in range(1, int(search.table.outputs[k]) + 1):
                    time = output_time(problem, allocation, k, x)
                    assert earliest(search.table.net, bounds.early, high, k, x) <= time
                    assert bounds.least[k, level, point_below(bounds.grid, k, x)] <= time


@pytest.mark.parametrize("rule", ["pipeline", "published"])
def test_no_layer_ends_before_its_least_end(rule):
    for problem, _, _, (bounds, *_), meeting in cases("steps", rule, draws(60)):
        network = problem.network
        view = rule_view(network, rule)
        for allocation in meeting[:40]:
            extra = (np.array(allocation) - bounds.windows.low) * bounds.windows.sets
            ends = closed_form(view, allocation).op
            for k, layer in enumerate(network.layers):
                family = {k} | {network.index[a] for a in nx.ancestors(network.graph, layer.name)}
                level = level_of(bounds, int(sum(extra[m] for m in family)))
                assert bounds.least_end[k, level] <= ends[k]


def labels_along(search, cuts, allocation, target, budget):
    """Before each decision on the way to an allocation: undecided layers, slack, label, arena."""
    windows = cuts.windows
    labels, arena = first_labels(search.table, target, cuts.prices.bound)
    left = budget - windows.least
    undecided = set(range(len(allocation)))
    for step, stage, carry in zip(
        steps_within(search.stages, search.carried, cuts, budget),
        search.stages,
        search.carried.stages,
        strict=True,
    ):
        yield set(undecided), left, stage.before, labels, arena
        k = step.layer
        labels[:, LOWEST], labels[:, SPENT] = windows.low[k], 0
        labels, arena, _ = search.successors(cuts.bounds, step, labels, arena, 2**60, {}, carry)
        at = np.flatnonzero(labels[:, CHOICE] == allocation[k])
        if not len(at):  # a layer without producers is decided only once, by its smallest R
            assert not search.table.edges(k)
            return
        labels = labels[at[:1]]
        left -= int((allocation[k] - windows.low[k]) * windows.sets[k])
        undecided.remove(k)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_allocation_spends_less_than_the_least_spending(objective, rule):
    """Label every suffix of the good allocations, and compare with what their prefixes pay."""
    for problem, target, search, cuts, meeting in cases(objective, rule, draws(60)):
        bounds, windows = cuts.bounds, cuts.windows
        for allocation in meeting[:15]:
            way = labels_along(search, cuts, allocation, target, problem.crossbars)
            for undecided, left, frontier, labels, arena in way:
                due, wanted = make_due(len(allocation), frontier), np.empty_like(windows.low)
                collect(search.table.net, bounds, left, labels[0], arena.pairs, due)
                least = least_spending(search.table.net, bounds, left, due, wanted)
                paid = sum((allocation[m] - windows.low[m]) * windows.sets[m] for m in undecided)
                assert least <= paid


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_every_allocation_that_meets_the_target_keeps_the_path_bound(objective, rule):
    """As a whole, for every R of its own, and at every label on the way to it."""
    tight = 0
    for problem, target, search, cuts, meeting in cases(objective, rule, draws(150)):
        prices, low = cuts.prices, cuts.prices.low
        for allocation in meeting[:15]:
            paid = prices.scale * problem.crossbars_used(allocation)
            assert prices.bound <= paid
            for k, r in enumerate(allocation):
                own = prices.price[prices.start[k] + r - low[k]]
                assert prices.bound - prices.least[k] + own <= paid
            way = labels_along(search, cuts, allocation, target, problem.crossbars)
            for _, _, _, labels, _ in way:
                assert labels[0, PRICE] <= paid
                tight += labels[0, PRICE] > prices.scale * (problem.crossbars - 1)
    assert tight


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_path_is_longer_than_the_value(objective, rule):
    """Of the paths found within windows, and of those handed on from other windows."""
    random = Random(f"paths {objective} {rule}")
    seen, checks, solver = 0, [], linear_solver()
    for number in range(draws(150)):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=600)
        most = np.array([layer.outputs for layer in problem.network.layers])
        allocations = np.array(list(product(*(range(1, m + 1) for m in most))), dtype=np.int64)
        table, sets = search_table(problem), np.array(problem.sets)
        seeds = no_seeds()
        for _ in range(3):
            low = np.array([random.randint(1, m) for m in most])
            high = np.array([random.randint(a, m) for a, m in zip(low, most, strict=True)])
            windows = Windows(sets, low, high)
            demand = kind_of(table).demand_within(table, windows)
            question = Question(table, windows, windows.most, 1, demand, [])
            seeds = seeds.within(table, windows)
            _, seeds = find_multipliers(solver, question, seeds, 1, lambda: checks.append(None))
            inside = allocations[((low <= allocations) & (allocations <= high)).all(axis=1)]
            values = evaluate_many(problem, inside)
            for legs in seeds.paths:
                layer, begin, end, _ = legs.T
                steps = -(-end // inside[:, layer]) + (-begin // inside[:, layer])
                assert (steps.sum(axis=1) <= values).all()
                seen += 1
    assert seen > draws(100)
    assert len(checks) >= 3 * draws(150)
