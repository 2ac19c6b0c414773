"""The compiled kernels against the plain definitions, on thousands of ugly random networks."""

from random import Random

import pytest

from tests.sample import draws
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.steps import rule_view
from xbarmip.network.generate import Shape, random_network
from xbarmip.timing import reference
from xbarmip.timing.closed_form import steps
from xbarmip.timing.pipeline import cycles

SHAPES = {
    "chains": Shape(layers=4),
    "branches": Shape(layers=6, branching=0.4, joining=0.5),
    "larger": Shape(layers=5, extent=14, outputs=100, branching=0.2, joining=0.3),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_kernels_equal_the_definitions(shape):
    random = Random(f"kernels {shape}")
    for _ in range(draws(300)):
        network = random_network(random, shape)
        for _ in range(3):
            allocation = [random.randint(1, layer.outputs) for layer in network.layers]
            exact = reference.cycles(CYCLES.view(network), allocation)
            assert cycles(network, allocation) == exact
            for rule in ("pipeline", "published"):
                expected = reference.steps(rule_view(network, rule), allocation)
                assert steps(network, allocation, rule) == expected
            assert steps(network, allocation, "pipeline") <= exact


def test_need_maps_are_monotone_and_end_inside_the_producer():
    random = Random("monotone")
    for _ in range(draws(1500)):
        network = random_network(random, Shape(layers=4, branching=0.3, joining=0.3))
        for maps in (network.clamped, network.printed):
            for edge, need in zip(network.edges, maps, strict=True):
                wanted = [need(x) for x in range(1, network[edge.consumer].outputs + 1)]
                assert wanted == sorted(wanted)
                assert wanted[0] >= 0
                if maps is network.clamped:
                    assert wanted[-1] <= network[edge.producer].outputs
