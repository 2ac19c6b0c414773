"""Networks in stages, and the families that draw them."""

from random import Random

import pytest

from tests.compare.test_suites import HEAD, read
from xbarmip.compare.suite import read_suite
from xbarmip.errors import InputError
from xbarmip.network.staged import Stages, staged_network

FAMILY = """
[[family]]
name = "s"
seed = 1
count = 4
stages = { extent = 9, stages = 2, blocks = 2, depth = [1, 2], branches = 2, skips = 0.5, kernels = [1, 3], channels = [2, 5], head = true }
budget_factor = 1.5
"""  # noqa: E501


def test_shapes_are_what_was_asked_for():
    for number in range(200):
        shape = Stages(9, 3, 2, (1, 3), 1 + number % 3, 0.5, (2, 5), (1, 3, 5), True)
        network = staged_network(Random(number), shape)
        body = network.layers[:-1]
        assert network.layers[-1].fully_connected
        assert {layer.height for layer in body} == {9, 5, 3}
        assert all(2 <= layer.out_channels <= 5 for layer in network.layers)
        assert {layer.window.kernel[0] for layer in body} <= {1, 3, 5}
        assert 3 * 2 * shape.branches <= len(body) <= 3 * 2 * shape.branches * 3
        assert network.sinks == (network.layers[-1].name,)
        assert staged_network(Random(number), shape) == network


def test_without_skips_and_branches_it_is_a_chain():
    network = staged_network(Random(1), Stages(8, blocks=6))
    assert len(network.layers) == 6
    assert len(network.edges) == 5


def test_skips_add_edges():
    plain = staged_network(Random(1), Stages(8, blocks=6))
    skipped = staged_network(Random(1), Stages(8, blocks=6, skips=1.0))
    assert len(skipped.edges) > len(plain.edges)


def test_a_family_of_stages(tmp_path):
    instances = read(tmp_path, HEAD + FAMILY).instances
    assert len(instances) == 4
    for instance in instances:
        problem = instance.problem
        assert problem.crossbars == problem.smallest_budget * 3 // 2
    more = read(tmp_path, HEAD + FAMILY.replace("count = 4", "count = 6")).instances
    assert more[:4] == instances


BAD = {
    "layers and stages": (FAMILY + "layers = 2\n", "needs either layers or stages"),
    "neither": (FAMILY.replace("stages = { ", "outputs = 3 # "), "needs either layers or stages"),
    "of layers": (FAMILY + "outputs = 3\n", "outputs goes with layers, not with stages"),
    "both budgets": (FAMILY + "spare = 3\n", "needs either spare or budget_factor"),
    "even kernel": (FAMILY.replace("[1, 3]", "[1, 2]"), "kernels must be odd"),
    "no kernel": (FAMILY.replace("[1, 3]", "[]"), "kernels must be an array of odd integers"),
    "head": (FAMILY.replace("true", "1"), "head must be true or false, got 1"),
    "chance": (FAMILY.replace("0.5", "2"), "skips must be a number from 0 to 1"),
    "extent": (FAMILY.replace("extent = 9, ", ""), "missing key 'extent'"),
    "depth": (FAMILY.replace("depth = [1, 2]", "depth = [2, 1]"), "depth must be at least 2"),
    "unknown": (FAMILY.replace("skips", "skip"), "did you mean 'skips'"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_bad_families(tmp_path, text, message):
    with pytest.raises(InputError, match="family 's'") as caught:
        read(tmp_path, HEAD + text)
    assert message in str(caught.value)


def test_shipped_families_do_not_change():
    suite = read_suite("hard")
    assert len(suite.instances) == 48
    assert [instance.name for instance in suite.instances[::12]] == [
        "easy-0/24/cycles",
        "ties-0/24/cycles",
        "menus-0/330/cycles",
        "wide-0/93/cycles",
    ]
