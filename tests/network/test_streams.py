"""Trees of joins and concatenations: their normal form, what they bring, and who builds them."""

import json
from random import Random

import pytest

import xbarmip as xb
from tests.onnx_graphs import GraphWriter
from xbarmip.errors import InputError
from xbarmip.limits import DEEPEST_STREAM
from xbarmip.network.builder import NetworkBuilder
from xbarmip.network.json_format import dumps, from_dict
from xbarmip.network.stream import (
    Concat,
    Join,
    concatenate,
    has_join,
    join_streams,
    leaves,
    only,
    picks,
    volume,
)


def test_normal_form():
    ab = join_streams(["a", "b"])
    assert ab == join_streams(["b", None, "a", "a"]) == Join(("a", "b"))
    assert Join(("a", "b")) != Concat(("a", "b"))
    assert join_streams([ab, join_streams(["c", "a"])]) == Join(("a", "b", "c"))
    assert concatenate([ab, join_streams(["b", "a"])]) == ab
    assert concatenate([concatenate(["a", ab]), "c"]) == Concat(("a", ab, "c"))
    assert join_streams([]) is concatenate([None]) is None
    assert join_streams(["a"]) == "a"
    assert only(concatenate(["c", join_streams(["a", "b"])]), {"a", "c"}) == Concat(("c", "a"))
    assert only(ab, ()) is None
    assert not has_join(concatenate("abc"))
    assert has_join(concatenate(["c", ab]))


def random_stream(random, most=4):
    if most == 0 or random.random() < 0.3:
        return random.randrange(6)
    kind = random.choice([join_streams, concatenate])
    return kind([random_stream(random, most - 1) for _ in range(random.randint(1, 3))])


def test_the_largest_pick_is_the_volume():
    random = Random("picks")
    several = 0
    for _ in range(400):
        stream = random_stream(random)
        found = picks(stream, 10**4)
        several += len(found) > 1
        for _ in range(5):
            v = [random.randint(0, 9) for _ in range(6)]
            sums = [sum(times * v[k] for k, times in one.items()) for one in found]
            assert max(sums) == volume(stream, lambda k, v=v: v[k])
        for one in found:  # each says something that no other does
            for other in found:
                over = all(other.get(k, 0) >= times for k, times in one.items())
                assert one is other or not over
    assert several > 100


def test_picks_beyond_a_limit_are_not_listed():
    pairs = [join_streams([f"a{n}", f"b{n}"]) for n in range(6)]
    assert len(picks(concatenate(pairs), 64)) == 64
    assert picks(concatenate(pairs), 63) is None
    assert len(picks(join_streams(range(63)), 63)) == 63
    assert picks(join_streams(range(64)), 63) is None


def test_a_tree_has_its_limits():
    deep = "a"
    with pytest.raises(InputError, match=f"or more than {DEEPEST_STREAM} deep"):
        for n in range(DEEPEST_STREAM):
            deep = join_streams([concatenate([deep, f"b{n}"]), f"c{n}"])
    with pytest.raises(InputError, match="a tree of more than 8192 producers"):
        join_streams(range(8193))


def built():
    """Two convolutions side by side, added to a third, gated; the sum is read twice."""
    build = NetworkBuilder("built", channels=3, height=4, width=4)
    a, b = (build.conv(build.input, name, 2, kernel=1) for name in "ab")
    c = build.conv(build.input, "c", 4, kernel=1)
    added = build.add(build.concat(a, b), c)
    gate = build.fc(build.global_pool(added), "gate", 4)
    build.conv(build.gate(added, gate), "reader", 1, kernel=1)
    return build.network()


SUM = join_streams([concatenate("ab"), "c"])


def test_the_builder_keeps_the_tree():
    network = built()
    assert network.streams == (("gate", SUM), ("reader", join_streams([SUM, "gate"])))
    assert network.reads[:3] == (None, None, None)
    assert network.reads[3] == join_streams([concatenate([0, 1]), 2])


def test_the_file_keeps_the_tree():
    network = built()
    text = dumps(network)
    assert '\n    "gate": {"join": [{"concat": ["a", "b"]}, "c"]},\n' in text
    assert from_dict(json.loads(text)) == network


def test_without_a_tree_what_is_read_is_side_by_side():
    data = json.loads(dumps(built()))
    del data["streams"]
    assert from_dict(data).reads[3] == concatenate([0, 1, 2])
    data["streams"] = {"gate": {"concat": ["b", "a", {"concat": ["c", "c"]}]}}
    assert from_dict(data).streams == ()


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        ([], "streams must be a table of layers, got"),
        ({"gate": 5}, "streams: what 'gate' reads: must be a layer name, or a table of 'join' or"),
        ({"gate": {"join": []}}, "an array that is not empty, got"),
        ({"gate": {"add": ["a"]}}, "must be a layer name, or"),
        ({"gate": {"join": ["a"], "concat": ["b"]}}, "must be a layer name, or"),
        ({"gate": {"join": ["a", "b"]}}, "what 'gate' reads: 'c' is in its edges, but not in its"),
        ({"gate": {"join": ["a", "b", "c", "z"]}}, "'z' is in its stream, but not in its edges"),
        ({"nobody": "a"}, "what 'nobody' reads: 'a' is in its stream, but not in its edges"),
    ],
)
def test_refused_trees(streams, message):
    data = json.loads(dumps(built()))
    with pytest.raises(InputError, match=message):
        from_dict({**data, "streams": streams})


def test_a_tree_that_is_too_deep_for_a_file():
    tree = "a"
    for _ in range(200):
        tree = {"join": [tree]}
    data = json.loads(dumps(built()))
    with pytest.raises(InputError, match="is more than 64 joins and concatenations deep"):
        from_dict({**data, "streams": {"gate": tree}})


def read(tmp_path, write):
    """The tree that the last layer reads."""
    g = GraphWriter((1, 4, 8, 8))
    model = g.model(g.conv(write(g), 4, g.channels, name="last"))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    network = xb.load_network(tmp_path / "m.onnx")
    found = dict(network.streams).get("last")
    producers = [edge.producer for edge in network.edges if edge.consumer == "last"]
    return concatenate(dict.fromkeys(producers)) if found is None else found


def three(g):
    g.channels = 4
    return [g.conv("x", 4, 4, (1, 1), name=name) for name in "abc"]


def added(g):
    a, b, c = three(g)
    return g.node("Add", [g.node("Relu", [g.node("Sum", [a, b])]), c])


def beside(g):
    a, b, c = three(g)
    g.channels = 12
    return g.node("Concat", [g.node("Concat", [a, b], axis=1), c], axis=1)


def gated(g):
    """Squeeze and excitation: c, of a, says how much of a goes on."""
    a = g.conv("x", 4, 4, (1, 1), name="a")
    c = g.conv(g.node("GlobalAveragePool", [a]), 4, 4, (1, 1), name="c")
    g.channels = 4
    return g.node("Mul", [a, g.node("Sigmoid", [c])])


def mixed(g):
    a, b, c = three(g)
    g.channels = 8
    return g.node("Concat", [g.node("Max", [a, b]), c], axis=1)


def sliced(g):
    """Only what is left of a concatenation is read; a split layer is one producer."""
    cut = [g.constant([n]) for n in (4, 8, 1)]
    made = g.node("Slice", [mixed(g), *cut])
    g.channels = 4
    return made


def split(g):
    a, b, _ = three(g)
    one, two = g.node("Split", [a], outputs=2, axis=1, num_outputs=2)
    g.channels = 6
    return g.node("Concat", [two, b, one][:2], axis=1)


def own_gate(g):
    """x * sigmoid(x) is x."""
    a, b, _ = three(g)
    return g.node("Add", [g.node("Mul", [a, g.node("Sigmoid", [a])]), b])


@pytest.mark.parametrize(
    ("write", "tree"),
    [
        (added, join_streams("abc")),
        (beside, concatenate("abc")),
        (gated, join_streams("ac")),
        (mixed, concatenate([join_streams("ab"), "c"])),
        (sliced, "c"),
        (split, concatenate("ab")),
        (own_gate, join_streams("ab")),
    ],
)
def test_onnx_files_keep_the_tree(write, tree, tmp_path):
    assert read(tmp_path, write) == tree


@pytest.mark.parametrize(
    "name", ["resnet-50", "mobilenet-v2", "efficientnet-b0", "onnx:light_shufflenet"]
)
def test_the_leaves_of_a_tree_are_the_producers(name):
    network = xb.load_network(name)
    assert network.streams
    for consumer, stream in network.streams:
        producers = {edge.producer for edge in network.edges if edge.consumer == consumer}
        assert set(leaves(stream)) == producers
