"""How the optimum must move when the problem does, on random graphs with branches and joins."""

from dataclasses import replace
from random import Random

import networkx as nx
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES
from tests.sample import draws
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.window import Window

SHAPE = Shape(layers=7, extent=5, outputs=12, branching=0.5, joining=0.5)


def problems(name, objective, rule):
    """Random networks of seven layers with a budget that leaves something to decide."""
    random = Random(f"{name} {objective} {rule}")
    for _ in range(draws(30)):
        network = random_network(random, SHAPE)
        smallest = xb.Problem(network, 1, (6, 3), objective, rule).smallest_budget
        yield (
            random,
            xb.Problem(
                network, smallest + random.randint(0, 2 * smallest), (6, 3), objective, rule
            ),
        )


def optimum(problem):
    result = xb.solve(problem)
    assert result.status == "OPTIMAL"
    return result.value


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_more_crossbars_are_never_worse(objective, rule):
    for random, problem in problems("budget", objective, rule):
        more = replace(problem, crossbars=problem.crossbars + random.randint(1, 30))
        assert optimum(more) <= optimum(problem)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_order_of_branches_does_not_matter(objective, rule):
    moved = 0
    for random, problem in problems("order", objective, rule):
        network = problem.network
        keys = {name: random.random() for name in network.index}
        order = list(nx.lexicographical_topological_sort(network.graph, key=keys.get))
        layers = tuple(network.layers[network.index[name]] for name in order)
        edges = tuple(random.sample(network.edges, len(network.edges)))
        permuted = replace(problem, network=Network("permuted", layers, edges))
        moved += order != list(network.index)
        assert optimum(permuted) == optimum(problem)
    assert moved > draws(12)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_sets_and_budget_may_be_scaled_together(objective, rule):
    for random, problem in problems("scale", objective, rule):
        factor = random.choice([random.randint(2, 1000), 2 ** random.randint(10, 70)])
        layers = tuple(
            replace(layer, in_channels=1, out_channels=size, groups=1)
            for layer, size in zip(problem.network.layers, problem.sets, strict=True)
        )
        scaled = tuple(replace(layer, out_channels=factor * layer.out_channels) for layer in layers)
        columns = (10**6, 1)  # so that a set is as large as the number of output channels
        small = replace(problem, network=Network("a", layers, problem.network.edges), size=columns)
        large = replace(
            small,
            network=Network("b", scaled, problem.network.edges),
            crossbars=factor * problem.crossbars + random.randint(0, factor - 1),
        )
        assert large.sets == tuple(factor * size for size in problem.sets)
        assert optimum(small) == optimum(large) == optimum(problem)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_a_layer_that_nothing_waits_for_costs_its_set(objective, rule):
    for _, problem in problems("isolated", objective, rule):
        alone = Layer("alone", 1, 1, 1, 1, Window.square(1))
        network = problem.network
        wider = Network("wider", (*network.layers, alone), network.edges)
        more = replace(problem, network=wider, crossbars=problem.crossbars + 1)
        assert optimum(more) == optimum(problem)
