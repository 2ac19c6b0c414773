"""Need maps of random ONNX graphs against receptive fields found by changing data.

The graph runs on the reference operators of `onnx`, which share no line with the reader: what a
consumer needs must be the last producer position whose change it notices, no more and no less.
All constants are 1, so that no product or maximum hides a change.
"""

from collections import Counter
from random import Random

import numpy as np
import pytest

from tests.onnx_graphs import GraphWriter, last_read, layer_nodes, run_shape
from tests.sample import draws
from xbarmip.network.onnx import read_onnx
from xbarmip.network.window import Whole

GRAPHS = draws(150)
LARGEST_MAP = 9
FEATURES = {
    *("Conv", "MaxPool", "AveragePool", "pads", "SAME_UPPER", "SAME_LOWER", "VALID", "dilation"),
    *("asymmetric", "ceil_mode", "depthwise", "Add", "Mul", "Max", "Concat", "Pad", "Slice"),
    *("gate", "shuffle", "pointwise"),
}


class _Drawing:
    """Grows a graph by random steps; `maps` are the tensors on offer, with their shapes."""

    def __init__(self, random):
        self.random = random
        self.writer = GraphWriter((1, 2, random.randint(4, 9), random.randint(4, 9)), version=19)
        self.maps = {"x": self.writer.shape("x")}
        self.features = Counter()

    def grow(self):
        steps = (self.conv, self.conv, self.conv, self.pool, self.pool, self.join, self.join)
        rare = (self.relu, self.pad, self.gate, self.shuffle, self.slice, self.pointwise)
        before = len(self.writer.nodes), len(self.writer.constants)
        step = self.random.choice(rare if self.random.random() < 0.35 else steps)
        features = Counter()
        name = step(self._choose(), features)
        shape = self.writer.shape(name) if name else None
        good = shape is not None and min(shape) >= 1 and max(shape[2:]) <= LARGEST_MAP
        # The reference operators get a few automatic pads wrong; then only sizes tell.
        if good and run_shape(self.writer, name) == shape:
            self.maps[name] = shape
            self.features += features
        else:
            del self.writer.nodes[before[0] :], self.writer.constants[before[1] :]

    def _choose(self):
        names = list(self.maps)
        return names[-1] if self.random.random() < 0.6 else self.random.choice(names)

    def _pair(self, most):
        return [self.random.randint(1, most), self.random.randint(1, most)]

    def _window(self, features, kernel, modes):
        attributes = {"strides": self._pair(2)}
        if self.random.random() < 0.4:
            attributes["dilations"] = self._pair(2)
            features["dilation"] += attributes["dilations"] != [1, 1]
        mode = self.random.choice(modes)
        features[mode] += 1
        if mode == "pads":
            pads = [self.random.randint(0, kernel[i % 2] - 1) for i in range(4)]
            attributes["pads"] = pads
            features["asymmetric"] += pads[:2] != pads[2:]
        else:
            attributes["auto_pad"] = mode
        return attributes

    def conv(self, x, features):
        kernel, channels = self._pair(3), self.maps[x][1]
        modes = ("pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID")
        attributes = self._window(features, kernel, modes)
        group = channels if self.random.random() < 0.2 else 1
        features["depthwise"] += group > 1
        features["Conv"] += 1
        wider = channels if group > 1 else self.random.randint(1, 3)
        return self.writer.conv(x, wider, channels, kernel, group=group, **attributes)

    def pool(self, x, features):
        kernel, kind = self._pair(3), self.random.choice(("MaxPool", "AveragePool"))
        modes = {"MaxPool": ("pads", "SAME_UPPER", "VALID"), "AveragePool": ("pads",)}
        attributes = self._window(features, kernel, modes[kind])
        if attributes.get("auto_pad") is None and self.random.random() < 0.5:
            attributes["ceil_mode"] = 1
            features["ceil_mode"] += 1
        if attributes.get("auto_pad") == "SAME_UPPER":
            # The reference MaxPool pads by a negative number where strides exceed the kernel.
            attributes["strides"] = np.minimum(attributes["strides"], kernel).tolist()
        features[kind] += 1
        return self.writer.node(kind, [x], kernel_shape=kernel, **attributes)

    def join(self, x, features):
        size = self.maps[x][2:]
        other = self.random.choice([m for m, shape in self.maps.items() if shape[2:] == size])
        kind = self.random.choice(("Add", "Mul", "Max", "Concat"))
        if kind != "Concat" and self.maps[x] != self.maps[other]:
            kind = "Concat"
        features[kind] += 1
        return self.writer.node(kind, [x, other], **({"axis": 1} if kind == "Concat" else {}))

    def relu(self, x, features):
        return self.writer.node("Relu", [x])

    def pad(self, x, features):
        edges = [self.random.randint(0, 2) for _ in range(4)]
        features["Pad"] += 1
        pads = self.writer.constant([0, 0, *edges[:2], 0, 0, *edges[2:]])
        return self.writer.node("Pad", [x, pads, self.writer.constant(np.float32(1))])

    def gate(self, x, features):
        features["gate"] += 1
        small = self.writer.node("GlobalAveragePool", [x])
        if self.random.random() < 0.5:
            small = self.writer.conv(small, self.maps[x][1], self.maps[x][1], (1, 1))
        return self.writer.node("Mul", [x, small])

    def shuffle(self, x, features):
        features["shuffle"] += 1
        _, channels, height, width = self.maps[x]
        groups = self.random.choice([g for g in range(1, channels + 1) if channels % g == 0])
        split = self.writer.constant([1, groups, channels // groups, height, width])
        back = self.writer.constant([1, channels, height, width])
        apart = self.writer.node("Reshape", [x, split])
        turned = self.writer.node("Transpose", [apart], perm=[0, 2, 1, 3, 4])
        return self.writer.node("Reshape", [turned, back])

    def slice(self, x, features):
        features["Slice"] += 1
        bounds = [self.writer.constant(v) for v in ([0, 0], [99, 99], [2, 3], self._pair(2))]
        return self.writer.node("Slice", [x, *bounds])

    def pointwise(self, x, features):
        """A 1x1 convolution written as a matrix product with channels last."""
        features["pointwise"] += 1
        image = self.writer.conv(x, 3, self.maps[x][1], (1, 1))
        last = self.writer.node("Transpose", [image], perm=[0, 2, 3, 1])
        weights = self.writer.weights((3, 2))
        product = self.writer.node("MatMul", [last, weights])
        return self.writer.node("Transpose", [product], perm=[0, 3, 1, 2])


def _draw(seed):
    drawing = _Drawing(Random(f"onnx {seed}"))
    while len(drawing.maps) < 12:
        drawing.grow()
    name, shape = list(drawing.maps.items())[-1]
    drawing.writer.conv(name, 1, shape[1], (1, 1))
    return drawing


@pytest.fixture(scope="module")
def drawings():
    return [_draw(seed) for seed in range(GRAPHS)]


def _unread(writer):
    read = {i for node in writer.nodes for i in node.input}
    return [node.output[0] for node in writer.nodes if node.output[0] not in read]


def _passes_whole(network, edge):
    operators = (network[edge.producer].pool, *edge.through, network[edge.consumer].window)
    return any(isinstance(o, Whole) for o in operators)


def _check(network, consumer, producer, last):
    pairs = [
        (edge, need)
        for edge, need in zip(network.edges, network.clamped, strict=True)
        if (edge.producer, edge.consumer) == (producer.name, consumer.name)
    ]
    outputs = range(1, consumer.outputs + 1)
    needs = [max(need(x) for _, need in pairs) for x in outputs]
    read = np.maximum.accumulate(last)
    if any(_passes_whole(network, edge) for edge, _ in pairs):
        # SPEC §3: all of it as soon as any of it, be the last rows read or not.
        everything = np.where(read > 0, producer.outputs, 0)
        assert all(need in (a, b) for need, a, b in zip(needs, read, everything, strict=True))
        assert needs[-1] == everything[-1]
    else:
        assert needs == list(read)


def test_need_maps_are_the_receptive_fields(drawings, tmp_path):
    edges = fused = 0
    for drawing in drawings:
        writer = drawing.writer
        network = read_onnx(writer.save(tmp_path, *_unread(writer)))
        nodes = layer_nodes(writer)
        layers = {n.output[0]: layer for n, layer in zip(nodes, network.layers, strict=True)}
        for node in nodes:
            consumer = layers[node.output[0]]
            fields = last_read(writer, node)
            producers = {e.producer for e in network.edges if e.consumer == consumer.name}
            assert producers == {layers[made].name for made in fields}
            for made, last in fields.items():
                _check(network, consumer, layers[made], last)
            edges += len(fields)
        fused += sum(layer.pool is not None for layer in network.layers)
    assert edges >= 4 * GRAPHS, edges
    assert fused > GRAPHS / 4


def test_the_graphs_show_every_feature(drawings):
    features = sum((drawing.features for drawing in drawings), Counter())
    rare = {feature for feature in FEATURES if features[feature] < draws(5)}
    assert not rare
