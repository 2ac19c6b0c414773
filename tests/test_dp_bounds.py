"""Every bound on its own, against all allocations that meet a target."""

from itertools import product
from random import Random

import networkx as nx
import numpy as np
import pytest

from tests.brute import OBJECTIVES, tiny_problem
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.bounds import earliest, least_time, level_of
from xbarmip.solvers.dp.labels import Labels
from xbarmip.solvers.dp.spending import least_spending
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.dp.target import Switches, TargetSearch
from xbarmip.timing.evaluate import evaluate_many
from xbarmip.timing.pipeline import schedule
from xbarmip.timing.reference import closed_form
from xbarmip.timing.rule import rule_view

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
        search = TargetSearch(search_table(problem), problem, Switches(), lambda *_: None)
        meeting = [[int(r) for r in a] for a in allocations[values <= target]]
        yield problem, target, search, search.bounds(target, problem.crossbars), meeting
        count -= 1


def output_time(problem, allocation, layer, x):
    """When output x exists; for the closed form, PreOp and the steps before x."""
    step = -(-x // allocation[layer])
    if problem.rule is None:
        return int(schedule(problem.network, allocation)[layer][step - 1])
    view = rule_view(problem.network, problem.rule)
    return closed_form(view, allocation).pre[layer] + step - 1


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_windows_hold_every_allocation_that_meets_the_target(objective, rule):
    for *_, bounds, meeting in cases(objective, rule, 150):
        assert bounds is not None
        for allocation in meeting:
            assert all(bounds.low <= allocation)
            assert all(allocation <= bounds.high)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_output_comes_before_its_earliest_and_least_time(objective, rule):
    for problem, _, search, bounds, meeting in cases(objective, rule, 60):
        network = problem.network
        for allocation in meeting[:40]:
            extra = (np.array(allocation) - bounds.low) * bounds.sets
            for k, layer in enumerate(network.layers):
                family = {k} | {network.index[a] for a in nx.ancestors(network.graph, layer.name)}
                level = level_of(bounds, int(sum(extra[m] for m in family)))
                group = int(np.searchsorted(bounds.groups[k], allocation[k], side="right")) - 1
                first = output_time(problem, allocation, k, 1)
                assert bounds.first[k, level, group] <= first
                for x in range(1, int(search.table.outputs[k]) + 1):
                    time = output_time(problem, allocation, k, x)
                    assert earliest(search.table, bounds, k, x) <= time
                    assert least_time(bounds, k, level, x) <= time


@pytest.mark.parametrize("rule", ["pipeline", "published"])
def test_no_layer_ends_before_its_least_end(rule):
    for problem, _, _, bounds, meeting in cases("steps", rule, 60):
        network = problem.network
        view = rule_view(network, rule)
        for allocation in meeting[:40]:
            extra = (np.array(allocation) - bounds.low) * bounds.sets
            ends = closed_form(view, allocation).op
            for k, layer in enumerate(network.layers):
                family = {k} | {network.index[a] for a in nx.ancestors(network.graph, layer.name)}
                level = level_of(bounds, int(sum(extra[m] for m in family)))
                assert bounds.least_end[k, level] <= ends[k]


def spending_along(search, bounds, allocation, target, budget):
    """(undecided layers, least spending) before each decision on the way to one allocation."""
    labels, arena = search.first_labels(target)
    left = budget - int(bounds.low @ bounds.sets)
    undecided, used = set(range(len(allocation))), 0
    for step, carry in zip(search.steps(bounds, budget), search.carried.stages, strict=True):
        yield (
            set(undecided),
            least_spending(
                search.table, bounds, left, step.before, labels, 0, arena, search.scratch
            ),
        )
        k = step.layer
        labels, arena, _ = search.successors(bounds, step, labels, arena, 2**60, {}, carry)
        at = np.flatnonzero(labels.choice == allocation[k])
        if not len(at):  # a layer without producers is decided only once, by its smallest R
            assert search.table.needs.into[k] == search.table.needs.into[k + 1]
        labels = Labels(*(field[at[:1] if len(at) else [0]] for field in labels))
        used += int(allocation[k] * bounds.sets[k])
        labels.used[0] = used
        left -= int((allocation[k] - bounds.low[k]) * bounds.sets[k])
        undecided.remove(k)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_allocation_spends_less_than_the_least_spending(objective, rule):
    """Label every suffix of the good allocations, and compare with what their prefixes pay."""
    for problem, target, search, bounds, meeting in cases(objective, rule, 60):
        for allocation in meeting[:15]:
            way = spending_along(search, bounds, allocation, target, problem.crossbars)
            for undecided, least in way:
                paid = sum((allocation[m] - bounds.low[m]) * bounds.sets[m] for m in undecided)
                assert least <= paid
