"""The closed form under the pipeline rule never exceeds the pipeline, on the published networks."""

import numpy as np
import pytest

from tests.sample import draws
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.steps import rule_view
from xbarmip.network.library import load_network
from xbarmip.timing.closed_form import steps_many
from xbarmip.timing.pipeline import cycles_many

NETWORKS = ["alexnet", "vgg-a", "vgg-e", "resnet-18", "mobilenet-v1"]
ALLOCATIONS = draws(10_000)


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_by_the_pipeline_rule_stay_below_cycles(name):
    """R uniform in its logarithm: sparse, even and lavish allocations alike."""
    network = load_network(name)
    outputs = np.array([layer.outputs for layer in network.layers])
    random = np.random.default_rng(2023)
    exponents = random.random((ALLOCATIONS, len(outputs)))
    allocations = np.clip(np.exp(exponents * np.log(outputs)), 1, outputs).astype(np.int64)
    steps = steps_many(rule_view(network, "pipeline"), allocations)
    cycles = cycles_many(CYCLES.view(network), allocations)
    assert (steps <= cycles).all()
    assert (steps < cycles).any()
