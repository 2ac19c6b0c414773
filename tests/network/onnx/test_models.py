"""The nine models that the `onnx` package ships, against the papers of their architectures.

They were exported from Caffe2. Where that rounds map sizes down and the papers round up, sizes are
those of the files: 54 rather than 55 in AlexNet, 55 and 27 rather than 56 and 28 in GoogLeNet.
"""

from dataclasses import dataclass, field
from pathlib import Path

import onnx
import pytest

from xbarmip.hardware.crossbar import Crossbar
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.onnx import read_onnx
from xbarmip.network.window import Whole, Window

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
SIZE_128 = Crossbar(128, 128)


def _inception(inputs: int, rows: list[tuple[int, ...]]) -> int:
    """Weights of modules (1x1, 3x3 reduce, 3x3, double reduce, double, projection) in a row."""
    total = 0
    for single, reduce, three, double_reduce, double, projection in rows:
        total += inputs * (single + reduce + double_reduce + projection)
        total += 9 * (reduce * three + double_reduce * double + double * double)
        inputs = single + three + double + (projection or inputs)
    return total


# Ioffe and Szegedy 2015, "Batch Normalization", figure 5
BN_INCEPTION = [
    *((64, 64, 64, 64, 96, 32), (64, 64, 96, 64, 96, 64), (0, 128, 160, 64, 96, 0)),
    *((224, 64, 96, 96, 128, 128), (192, 96, 128, 96, 128, 128), (160, 128, 160, 128, 160, 96)),
    *((96, 128, 192, 160, 192, 96), (0, 128, 192, 192, 256, 0)),
    *((352, 192, 320, 160, 224, 128), (352, 192, 320, 192, 224, 128)),
]


@dataclass(frozen=True)
class Expected:
    """What a model must come out as; `shapes` are (Ci, Co, Ho, Wo), `sets` crossbars of 128x128."""

    convolutions: int
    dense: int
    edges: int
    weights: int
    shapes: dict[str, tuple[int, int, int, int]]
    sets: dict[str, int]
    pools: dict[str, Window | Whole | None] = field(default_factory=dict)


def _overlapping(*pads: int) -> Window:
    return Window((3, 3), (2, 2), pads or (0, 0, 0, 0))


MODELS = {
    # Krizhevsky et al. 2012, in Caffe's form: 60,965,224 parameters, 10,568 of them biases.
    "bvlc_alexnet": Expected(
        5,
        3,
        7,
        60_965_224 - 10_568,
        {
            "conv1": (3, 96, 54, 54),
            "conv2": (96, 256, 26, 26),
            "conv5": (384, 256, 12, 12),
            "fc6": (9216, 4096, 1, 1),
            "fc8": (4096, 1000, 1, 1),
        },
        # conv1: ceil(11*11*3/128) = 3; conv2: two groups of 5*5*48 = 1200 rows, 128 columns: 2 * 10
        # conv4: two groups of 1728 rows, 192 columns: 2 * 14 * 2; fc6: 72 * 32
        {"conv1": 3, "conv2": 20, "conv3": 54, "conv4": 56, "conv5": 28, "fc6": 2304, "fc8": 256},
        {
            "conv1": _overlapping(),
            "conv3": None,
            "conv5": _overlapping(0, 0, 1, 1),
        },
    ),
    # Zeiler and Fergus 2013 with 512 maps in conv3 to conv5
    "zfnet512": Expected(
        5,
        3,
        7,
        7 * 7 * 3 * 96
        + 5 * 5 * 96 * 256
        + 9 * (256 * 512 + 512 * 512 + 512 * 512)
        + (512 * 6 * 6 * 4096 + 4096 * 1024 + 1024 * 1000),
        {"conv1": (3, 96, 109, 109), "conv2": (96, 256, 25, 25), "fc6": (18432, 4096, 1, 1)},
        # conv1: ceil(147/128) = 2; conv2: ceil(2400/128) * 2 = 38; fc6: 144 * 32
        {"conv1": 2, "conv2": 38, "conv4": 144, "fc6": 4608},
        {"conv1": _overlapping(), "conv4": None, "conv5": Window.square(2, 2)},
    ),
    # Simonyan and Zisserman 2014, table 2: 144 million; 143,667,240, 14,696 of them biases
    "vgg19": Expected(
        16,
        3,
        18,
        143_667_240 - 14_696,
        {
            "conv1_1": (3, 64, 224, 224),
            "conv3_4": (256, 256, 56, 56),
            "conv5_4": (512, 512, 14, 14),
            "fc6": (25088, 4096, 1, 1),
        },
        # conv1_1: 27 rows; conv3_1: ceil(1152/128) * 2; conv5_4: 36 * 4; fc6: 196 * 32
        {"conv1_1": 1, "conv1_2": 5, "conv3_1": 18, "conv5_4": 144, "fc6": 6272, "fc7": 1024},
        {"conv1_1": None, "conv1_2": Window.square(2, 2), "conv5_4": Window.square(2, 2)},
    ),
    # Iandola et al. 2016, version 1.1: 1,235,496 parameters, 3,944 of them biases.
    # Edges: fire2 reads conv1 (1 + 2), seven more fires read two expansions (2 + 2), conv10 two.
    "squeezenet": Expected(
        26,
        0,
        3 + 7 * 4 + 2,
        1_235_496 - 3_944,
        {
            "conv1": (3, 64, 111, 111),
            "fire2/expand3x3": (16, 64, 55, 55),
            "fire9/expand3x3": (64, 256, 13, 13),
            "conv10": (512, 1000, 13, 13),
        },
        # fire9/expand3x3: ceil(576/128) * 2; conv10: 4 * 8
        {"conv1": 1, "fire2/expand3x3": 2, "fire9/expand3x3": 10, "conv10": 32},
        {"conv1": _overlapping(), "fire3/expand1x1": None, "conv10": Whole()},
    ),
    # He et al. 2015: 25,557,032 parameters; each of the 26,560 convolution outputs has a scale and
    # a shift, each class a bias. Edges of a stage of u units whose input has k sources: 2k + 2 for
    # the first unit with its projection, m + 2 for unit m; its output has u + 1 sources.
    "resnet50": Expected(
        53,
        1,
        (2 * 1 + 2 + 4 + 5)
        + (2 * 4 + 2 + 4 + 5 + 6)
        + (2 * 5 + 2 + 4 + 5 + 6 + 7 + 8)
        + (2 * 7 + 2 + 4 + 5)
        + 4,
        25_557_032 - 2 * 26_560 - 1000,
        {
            "conv1": (3, 64, 112, 112),
            "res2_0_branch2a": (64, 64, 56, 56),
            "res3_0_branch1": (256, 512, 28, 28),
            "res5_2_branch2c": (512, 2048, 7, 7),
            "pred": (2048, 1000, 1, 1),
        },
        # conv1: ceil(147/128); res2_0_branch2b: ceil(576/128); res5_0_branch1: 8 * 16; pred: 16 * 8
        {
            "conv1": 2,
            "res2_0_branch2b": 5,
            "res5_0_branch1": 128,
            "res5_0_branch2b": 144,
            "pred": 128,
        },
        {"conv1": _overlapping(1, 1, 1, 1), "res5_2_branch2c": None},
    ),
    # Szegedy et al. 2014 without the auxiliary classifiers: 6,998,552 parameters, 8,280 biases.
    # Edges: stem 2; a module reads its k sources four times and has two inner edges, k is 1 for the
    # first and 4 for the eight others; classifier 4.
    "inception_v1": Expected(
        57,
        1,
        2 + (4 * 1 + 2) + 8 * (4 * 4 + 2) + 4,
        6_998_552 - 8_280,
        {
            "conv1/7x7_s2": (3, 64, 112, 112),
            "conv2/3x3": (64, 192, 55, 55),
            "inception_3a/5x5": (16, 32, 27, 27),
            "inception_4e/pool_proj": (528, 128, 13, 13),
            "inception_5b/1x1": (832, 384, 6, 6),
            "loss3/classifier": (1024, 1000, 1, 1),
        },
        # conv2/3x3: ceil(576/128) * 2; inception_5b/3x3: ceil(1728/128) * 3; classifier: 8 * 8
        {"conv1/7x7_s2": 2, "conv2/3x3": 10, "inception_5b/3x3": 42, "loss3/classifier": 64},
        {"conv1/7x7_s2": _overlapping(), "inception_3a/1x1": None},
    ),
    # Ioffe and Szegedy 2015. Edges: stem 2; a module reads k sources four times and has three inner
    # edges, one with a stride (3c, 4e) twice and hands on its input, so k is 1, 4, 4, 6, 4, 4, 4,
    # 4, 6, 4; classifier 4.
    "inception_v2": Expected(
        69,
        1,
        2 + (4 * 1 + 3) + 5 * (4 * 4 + 3) + 2 * (2 * 4 + 3) + 2 * (4 * 6 + 3) + 4,
        7 * 7 * 3 * 64 + 64 * 64 + 9 * 64 * 192 + _inception(192, BN_INCEPTION) + 1024 * 1000,
        {
            "conv1/7x7_s2": (3, 64, 112, 112),
            "inception_3c/3x3": (128, 160, 14, 14),
            "inception_4a/1x1": (576, 224, 14, 14),
            "inception_5b/pool_proj": (1024, 128, 7, 7),
            "loss3/classifier": (1024, 1000, 1, 1),
        },
        # inception_5b/1x1: 8 * ceil(352/128) = 24; double3x3b: ceil(2016/128) * 2 = 32
        {"conv2/3x3": 10, "inception_5b/1x1": 24, "inception_5b/double3x3b": 32},
        {"conv1/7x7_s2": _overlapping(0, 0, 1, 1), "inception_4e/3x3": None},
    ),
    # Zhang et al. 2017, four groups, at half the width (136, 272, 544 channels): 16 units of three
    # convolutions. Edges: unit m reads m sources, the units before it and the stem, and has two
    # inner edges; the classifier reads all 17.
    "shufflenet": Expected(
        49,
        1,
        sum(m + 2 for m in range(1, 17)) + 17,
        # stem; first unit's 24 -> 112 (four groups), 3x3, 112 -> 112; then units of c -> c, 3x3,
        # c -> c with four groups each: 4 of 136, 8 of 272, 3 of 544 and the classifier
        27 * 24
        + (24 * 112 // 4 + 9 * 112 + 112 * 112 // 4)
        + sum(n * (2 * c * c // 4 + 9 * c) for n, c in ((4, 136), (8, 272), (3, 544)))
        + 544 * 1000,
        {
            "conv3_0": (3, 24, 112, 112),
            "gconv1_0": (24, 112, 56, 56),
            "gconv3_0": (112, 112, 28, 28),
            "gconv3_15": (544, 544, 7, 7),
            "pred": (544, 1000, 1, 1),
        },
        # gconv3_1: 14 of 136 blocks of 9 x 1 on a crossbar's diagonal; gconv1_31: four blocks of
        # 136 x 136, each over 2 * 2 crossbars; pred: ceil(544/128) * 8
        {"conv3_0": 1, "gconv3_1": 10, "gconv1_31": 16, "gconv3_15": 39, "pred": 40},
        {"conv3_0": _overlapping(1, 1, 1, 1), "gconv1_9": None},
    ),
    # Huang et al. 2016: 7,978,856 parameters; 41,824 normalised channels, 1000 biases. The
    # classifier is a 1x1 convolution. Edges of a block of n layers: layer m reads m sources and has
    # an inner edge; the transition or classifier behind it reads n + 1.
    "densenet121": Expected(
        121,
        0,
        sum(n * (n + 1) // 2 + n + n + 1 for n in (6, 12, 24, 16)),
        7_978_856 - 2 * 41_824 - 1000,
        {
            "conv1": (3, 64, 112, 112),
            "conv2_6/x1": (224, 128, 56, 56),
            "conv3_blk": (512, 256, 28, 28),
            "conv5_16/x2": (128, 32, 7, 7),
            "fc6": (1024, 1000, 1, 1),
        },
        # a 3x3 layer: ceil(1152/128); conv3_blk: 4 * 2; fc6: 8 * 8
        {"conv1": 2, "conv2_6/x1": 2, "conv5_16/x2": 9, "conv3_blk": 8, "fc6": 64},
        {"conv1": _overlapping(1, 1, 1, 1), "conv3_blk": Window.square(2, 2), "conv5_16/x2": None},
    ),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> tuple[Network, Expected]:
    return read_onnx(FOLDER / f"light_{request.param}.onnx"), MODELS[request.param]


def _weights(layer: Layer) -> int:
    height, width = layer.kernel
    return height * width * (layer.in_channels // layer.groups) * layer.out_channels


def test_layers_and_edges_are_as_many_as_the_architecture_has(model):
    network, expected = model
    dense = sum(layer.fully_connected for layer in network.layers)
    assert (len(network.layers) - dense, dense) == (expected.convolutions, expected.dense)
    assert len(network.edges) == expected.edges
    assert len(set(network.edges)) == len(network.edges)


def test_weights_are_as_many_as_published(model):
    network, expected = model
    assert sum(map(_weights, network.layers)) == expected.weights


def test_channels_and_sizes(model):
    network, expected = model
    for name, shape in expected.shapes.items():
        layer = network[name]
        assert (layer.in_channels, layer.out_channels, layer.height, layer.width) == shape


def test_crossbar_sets(model):
    network, expected = model
    assert {name: SIZE_128.crossbar_set(network[name]) for name in expected.sets} == expected.sets


def test_fused_poolings(model):
    network, expected = model
    assert {name: network[name].pool for name in expected.pools} == expected.pools


def test_the_last_layer_alone_leaves_the_network(model):
    network, _ = model
    assert network.outputs == network.sinks == (network.layers[-1].name,)


def test_every_layer_is_needed_and_reads_the_layers_before_it(model):
    network, _ = model
    assert {edge.consumer for edge in network.edges} == {x.name for x in network.layers[1:]}
    assert {edge.producer for edge in network.edges} == {x.name for x in network.layers[:-1]}
    assert min(network.needed) >= 1


def test_joins_and_poolings_between_layers():
    resnet = read_onnx(FOLDER / "light_resnet50.onnx")
    average = Window.square(7)
    last_stage = ("res5_0_branch2c", "res5_0_branch1", "res5_1_branch2c", "res5_2_branch2c")
    assert [e for e in resnet.edges if e.consumer == "pred"] == [
        Edge(producer, "pred", (average,)) for producer in reversed(last_stage[2:])
    ] + [Edge(producer, "pred", (average,)) for producer in last_stage[:2]]
    shuffle = read_onnx(FOLDER / "light_shufflenet.onnx")
    # The shortcut of a unit with stride 2 is a pooling beside the unit.
    halving = Window.square(3, 2, 1)
    assert [e for e in shuffle.edges if e.consumer == "gconv1_2"] == [
        Edge("gconv1_1", "gconv1_2"),
        Edge("conv3_0", "gconv1_2", (halving,)),
    ]
