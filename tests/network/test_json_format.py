"""The JSON network format: round trips, defaults, and what the reader refuses."""

import json
import re
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests import ROOT
from tests.sample import draws
from xbarmip.errors import InputError
from xbarmip.network.builder import NetworkBuilder
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.graph import Network
from xbarmip.network.json_format import dumps, from_dict, read_json, to_dict, write_json
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.library import list_networks, load_network
from xbarmip.network.window import Broadcast, Whole, Window

DOCS = ROOT / "docs"


@pytest.fixture
def read(tmp_path):
    """Write a text, or an object as JSON, and read it as a network."""

    def write_and_read(content):
        path = tmp_path / "net.json"
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
        return read_json(path)

    return write_and_read


def refusal(read, content):
    """The one line that a file is refused with, behind the name of the file."""
    with pytest.raises(InputError) as caught:
        read(content)
    where, file, line = str(caught.value).partition("net.json")
    assert file
    assert "\n" not in where + line
    return line.removeprefix(": ")


# --- round trips ----------------------------------------------------------------------------------


def test_a_thousand_random_networks_come_back(tmp_path):
    random, path, seen = Random(1), tmp_path / "net.json", set()
    for number in range(draws(1000)):
        shape = Shape(1 + number % 6, branching=number % 3 / 4, joining=number % 4 / 5)
        network = random_network(random, shape)
        if number % 2:
            network = replace(network, outputs=(network.layers[0].name,), source="Ω → \n")
        write_json(network, path)
        assert read_json(path) == network
        assert from_dict(to_dict(network)) == network
        seen |= set(re.findall(r'"(\w+)":', dumps(network)))
    optional = {"edges", "outputs", "source", "through", "pool", "dilation", "ceil_mode", "pads"}
    assert seen >= optional


@pytest.mark.parametrize("name", list_networks())
def test_shipped_networks_come_back(name):
    network = load_network(name)
    assert from_dict(json.loads(dumps(network))) == network


def test_everything_the_format_knows_comes_back():
    window = Window((3, 1), (2, 1), (1, 0, 2, 0), (1, 2), ceil_mode=True)
    build = NetworkBuilder("all", channels=4, height=9, width=9, source="A test.")
    x = build.conv(build.input, "a", 8, kernel=(3, 1), pads=(1, 0), groups=4)
    gate = build.conv(build.global_pool(x), "gate", 8, kernel=1)
    y = build.pool(build.gate(x, gate), kernel=3, stride=2, ceil_mode=True)
    build.fc(y, "fc", 10)
    network = build.network()
    assert any(isinstance(op, Broadcast) for edge in network.edges for op in edge.through)
    assert any(isinstance(op, Whole) for edge in network.edges for op in edge.through)
    assert from_dict(json.loads(dumps(network))) == network
    odd = Layer("a", 1, 1, window.size(9, 0), window.size(9, 1), window, pool=Whole())
    lone = Network("lone", (odd,), (), outputs=("a",))
    assert from_dict(json.loads(dumps(lone))) == lone


def test_parallel_edges_and_no_edges_come_back():
    layers = tuple(Layer(name, 1, 1, 4, 4, Window((1, 1))) for name in "ab")
    twice = Network("twice", layers, (Edge("a", "b"), Edge("a", "b", (Window.square(3, 1, 1),))))
    apart = Network("apart", layers, ())
    for network in (twice, apart):
        assert from_dict(json.loads(dumps(network))) == network


def test_numpy_integers_are_written_as_plain_ones():
    four = np.int64(4)
    layer = Layer("a", four, four, four, four, Window((np.int64(1), np.int64(1))))
    assert from_dict(json.loads(dumps(Network("numpy", (layer,), ())))).layers == (layer,)


def test_one_line_a_layer():
    text = dumps(load_network("alexnet"))
    assert [line.count('"in_channels"') for line in text.splitlines()].count(1) == 5


def test_files_that_cannot_be_written(tmp_path):
    network = load_network("alexnet")
    for path in (tmp_path, tmp_path / "none" / "a.json", "a\0b.json"):
        with pytest.raises(InputError, match="cannot be written") as caught:
            write_json(network, path)
        assert "\n" not in str(caught.value)


# --- defaults and short forms ---------------------------------------------------------------------

CONV = {"name": "a", "in_channels": 1, "out_channels": 1, "size": 4, "kernel": 1}
NET = {"format": "xbarmip-network", "version": 1, "name": "net", "layers": [CONV]}


def with_layer(**changes):
    """The one-layer network with its layer changed; None takes a key away."""
    layer = {key: value for key, value in {**CONV, **changes}.items() if value is not None}
    return {**NET, "layers": [layer]}


def test_one_integer_stands_for_all(read):
    long = with_layer(
        type="conv", size=[4, 4], kernel=[3, 3], stride=[1, 1], pads=[1] * 4, dilation=[1, 1],
        ceil_mode=False, groups=1, pool={"kernel": [2, 2], "stride": [2, 2]},
    )  # fmt: skip
    short = with_layer(kernel=3, pads=1, pool={"kernel": 2, "stride": 2})
    assert read(long) == read(short)
    assert read(short).layers[0].window == Window.square(3, 1, 1)


def test_without_edges_the_layers_are_a_chain(read):
    layers = [{**CONV, "name": name} for name in "abc"]
    chain = read({**NET, "layers": layers})
    assert chain.edges == (Edge("a", "b"), Edge("b", "c"))
    assert read({**NET, "layers": layers, "edges": []}).edges == ()


# --- refusals -------------------------------------------------------------------------------------


def with_edge(**changes):
    """Two layers and the edge between them, changed."""
    edge = {key: value for key, value in {"from": "a", "to": "b", **changes}.items() if value}
    return {**NET, "layers": [CONV, {**CONV, "name": "b"}], "edges": [edge]}


GOOD = json.dumps(NET)
LONG = "x" * 10_000
BAD = {
    # the file
    "empty": ("", "is not JSON: Expecting value at line 1, column 1"),
    "not JSON": ("network: a", "is not JSON: Expecting value at line 1, column 1"),
    "truncated": (GOOD[:-20], "is not JSON: "),
    "trailing comma": (GOOD.replace("}]", "},]"), "is not JSON: "),
    "two values": (GOOD + GOOD, "is not JSON: Extra data"),
    "byte order mark": ("\ufeff" + GOOD, "is not JSON: "),
    "deeply nested": ("[" * 100_000, "is not readable as JSON: "),
    "integer without end": (GOOD.replace("4", "4" * 5000), "is not readable as JSON: "),
    "an array": ([], "must be a table of keys and values, got []"),
    "null": ("null", "must be a table of keys and values, got None"),
    # the head
    "wrong format": ({**NET, "format": "x"}, "format must be 'xbarmip-network', got 'x'"),
    "wrong version": ({**NET, "version": 2}, "version must be 1, got 2"),
    "float version": ({**NET, "version": 1.0}, "version must be 1, got 1.0"),
    "boolean version": ({**NET, "version": True}, "version must be 1, got True"),
    "unknown key": ({**NET, "layer": 1}, "unknown key 'layer'; did you mean 'layers'?"),
    "format twice": (
        GOOD.replace('"format"', '"format": "x", "format"'),
        "format must be 'xbarmip-network', got two values, 'x' and 'xbarmip-network'",
    ),
    "name twice": (
        GOOD.replace('"name": "net"', '"name": "x", "name": "net"'),
        "name must be a non-empty string, got two values, 'x' and 'net'",
    ),
    "layers twice": (
        GOOD.replace('"layers"', '"layers": [], "layers"'),
        "layers must be an array, got two values, [] and [",
    ),
    "empty name": ({**NET, "name": ""}, "name must be a non-empty string, got ''"),
    "empty source": ({**NET, "source": ""}, "source must be a non-empty string, got ''"),
    "no layers": ({**NET, "layers": []}, "network 'net' has no layers"),
    "layers are a table": ({**NET, "layers": {}}, "layers must be an array, got {}"),
    "unknown output": ({**NET, "outputs": ["z"]}, "network 'net': output 'z' is not a layer"),
    "output is not a name": (
        {**NET, "outputs": [3]},
        "outputs: a layer name must be a non-empty string, got 3",
    ),
    # layers
    "layer is not a table": ({**NET, "layers": [3]}, "layer number 1: must be a table"),
    "layer name is not a text": (
        with_layer(name=3),
        "layer number 1: name must be a non-empty string, got 3",
    ),
    "layer names twice": (
        {**NET, "layers": [CONV, CONV]},
        "network 'net': layer name 'a' is used 2 times",
    ),
    "unknown type": (with_layer(type="pool"), "layer 'a': type must be 'conv' or 'fc', got 'pool'"),
    "unknown key in a layer": (
        with_layer(strides=2),
        "layer 'a': unknown key 'strides'; did you mean 'stride'",
    ),
    "key with a line break": (with_layer(**{"a\nb": 2}), "layer 'a': unknown key 'a\\nb'"),
    "fc with a kernel": (
        with_layer(type="fc", size=None),
        "layer 'a': unknown key 'kernel'",
    ),
    "key of a layer twice": (
        GOOD.replace('"kernel": 1', '"kernel": 1, "kernel": 3'),
        "layer 'a': kernel must be an integer, got two values, 1 and 3",
    ),
    "channels twice": (
        GOOD.replace('"in_channels": 1', '"in_channels": 1, "in_channels": 1'),
        "layer 'a': in_channels must be an integer, got two values, 1 and 1",
    ),
    "float": (with_layer(kernel=1.5), "layer 'a': kernel must be an integer, got 1.5"),
    "whole float": (with_layer(stride=2.0), "layer 'a': stride must be an integer, got 2.0"),
    "NaN": (
        with_layer(out_channels=float("nan")),
        "layer 'a': out_channels must be an integer, got nan",
    ),
    "infinity": (with_layer(size=float("inf")), "layer 'a': size must be an integer, got inf"),
    "boolean": (with_layer(kernel=True), "layer 'a': kernel must be an integer, got True"),
    "text": (with_layer(kernel="3"), "layer 'a': kernel must be an integer, got '3'"),
    "long text": (with_layer(kernel=LONG), "layer 'a': kernel must be an integer, got 'xxx"),
    "null in a layer": (GOOD.replace('"kernel": 1', '"kernel": null'), "integer, got None"),
    "negative channels": (
        with_layer(in_channels=-3),
        "layer 'a': in_channels must be at least 1, got -3",
    ),
    "zero size": (with_layer(size=[0, 4]), "layer 'a': height must be at least 1, got 0"),
    "huge size": (with_layer(size=10**9), "layer 'a': height must be at most 1048576, got 1000"),
    "huge number": (with_layer(size=10**4000), "got 13288-bit integer"),
    "zero kernel": (with_layer(kernel=0), "layer 'a': kernel must be at least 1, got 0"),
    "zero stride": (with_layer(stride=0), "layer 'a': stride must be at least 1, got 0"),
    "negative pads": (with_layer(pads=-1), "layer 'a': pads must be at least 0, got -1"),
    "three sides": (
        with_layer(kernel=[1, 2, 3]),
        "layer 'a': kernel must be one integer or [height, width], got [1, 2, 3]",
    ),
    "two pads": (
        with_layer(pads=[1, 1]),
        "layer 'a': pads must be one integer or [top, left, bottom, right], got [1, 1]",
    ),
    "ceil_mode is a number": (
        with_layer(ceil_mode=1),
        "layer 'a': ceil_mode must be true or false, got 1",
    ),
    "groups": (
        with_layer(groups=2),
        "layer 'a': in_channels must be a multiple of groups (2), got 1",
    ),
    "pool is text": (
        with_layer(pool="max"),
        "layer 'a': pool must be a table with a kernel or 'global', got 'max'",
    ),
    "pool without kernel": (with_layer(pool={}), "layer 'a': pool: missing key 'kernel'"),
    "unknown key in a pool": (
        with_layer(pool={"kernel": 2, "pad": 1}),
        "layer 'a': pool: unknown key 'pad'; did you mean 'pads'?",
    ),
    "pool is larger than the map": (
        with_layer(pool={"kernel": 9}),
        "network 'net': layer 'a': the pooling does not fit its 4 x 4 map",
    ),
    # edges
    "edges are null": ({**NET, "edges": None}, "edges must be an array, got None"),
    "edge is not a table": ({**NET, "edges": [3]}, "edge number 1: must be a table"),
    "edge without end": (with_edge(to=None), "edge number 1: missing key 'to'"),
    "edge from a number": (
        with_edge(**{"from": 3}),
        "edge number 1: from must be a non-empty string, got 3",
    ),
    "unknown key of an edge": (
        with_edge(trough=[3]),
        "edge number 1: unknown key 'trough'; did you mean 'through'",
    ),
    "edge to nowhere": (with_edge(to="z"), "edge 'a' -> 'z': 'z' is not a layer"),
    "edge against the order": (
        with_edge(**{"from": "b", "to": "a"}),
        "edge 'b' -> 'a' goes against the order of the layers",
    ),
    "edge that does not fit": (
        with_edge(through=[{"kernel": 2}]),
        "edge 'a' -> 'b': the windows give a 3 x 3 map, but 'b' declares 4 x 4",
    ),
    "window larger than the map": (
        with_edge(through=[{"kernel": 6}]),
        "edge 'a' -> 'b': a window does not fit",
    ),
    "unknown operator": (
        with_edge(through=["relu"]),
        "edge number 1: through, operator 1 must be a table with a kernel or 'global', got 'relu'",
    ),
    "zero broadcast": (
        with_edge(through=["global", {"broadcast": 0}]),
        "edge number 1: through, operator 2: broadcast shape must be at least 1, got 0",
    ),
    "key beside broadcast": (
        with_edge(through=["global", {"broadcast": 4, "kernel": 1}]),
        "edge number 1: through, operator 2: unknown key 'kernel'",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_networks(read, content, message):
    line = refusal(read, content)
    assert message in line
    assert len(line) < 300


@pytest.mark.parametrize("key", NET)
def test_a_missing_field(read, key):
    others = {name: value for name, value in NET.items() if name != key}
    assert refusal(read, others) == f"missing key {key!r}"


@pytest.mark.parametrize("key", CONV)
def test_a_missing_field_of_a_layer(read, key):
    where = "layer number 1" if key == "name" else "layer 'a'"
    assert refusal(read, with_layer(**{key: None})) == f"{where}: missing key {key!r}"


def test_any_cut_of_a_file_is_refused(read):
    text = dumps(load_network("alexnet")).rstrip()
    for end in range(0, len(text), 7):
        assert refusal(read, text[:end]).startswith("is not JSON")


def test_files_that_cannot_be_read(read, tmp_path):
    assert "is not UTF-8 text" in refusal(read, b'{"name": "\xe9"}')
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputError, match="cannot be read") as caught:
            read_json(path)
        assert str(caught.value).startswith(str(path))


def test_keys_of_python_objects_need_not_be_text():
    with pytest.raises(InputError, match="unknown key 1; known: format"):
        from_dict({**NET, 1: 2})


def test_the_examples_of_the_page_load(read):
    page = (DOCS / "network-format.md").read_text(encoding="utf-8")
    small, joined = (read(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    assert [layer.outputs for layer in small.layers] == [64, 16, 1]
    assert small.layers[2].fully_connected
    assert {(edge.producer, edge.consumer) for edge in joined.edges} >= {("a", "c"), ("b", "c")}
