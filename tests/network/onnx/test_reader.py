"""The ONNX reader on models of a few nodes: layers, weights, poolings, names."""

import time

import onnx
import pytest
from onnx import TensorProto, helper

from tests.onnx_graphs import GraphWriter, ended, pool, read, sliced, started
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.onnx import read_onnx
from xbarmip.network.window import Whole, Window

HALVING = Window((2, 2), (2, 2))


# Convolutions


def test_a_convolution_keeps_every_attribute(tmp_path):
    writer = GraphWriter((1, 6, 20, 30))
    writer.conv(
        "x",
        8,
        6,
        (3, 5),
        group=2,
        strides=[2, 1],
        dilations=[2, 3],
        pads=[1, 2, 3, 4],
        weight="a.w",
    )
    # rows: (20 + 1 + 3 - 5) // 2 + 1 = 10; columns: 30 + 2 + 4 - 13 + 1 = 24
    window = Window((3, 5), (2, 1), (1, 2, 3, 4), (2, 3))
    network = read(tmp_path, writer)
    assert network == Network(
        "model",
        (Layer("a", 6, 8, 10, 24, window, groups=2),),
        (),
        ("a",),
        source="ONNX file model.onnx",
    )


def test_a_depthwise_convolution_has_a_group_per_channel(tmp_path):
    writer = GraphWriter()
    writer.conv("x", 6, 3, group=3)
    assert (
        read(tmp_path, writer).layers[0].groups,
        read(tmp_path, writer).layers[0].out_channels,
    ) == (3, 6)


@pytest.mark.parametrize(
    ("mode", "stride", "pads", "size"),
    [
        # 8 positions, a kernel that reaches over 3 or, dilated, 5 of them
        ("VALID", 1, (0, 0, 0, 0), (6, 4)),
        ("SAME_UPPER", 1, (1, 2, 1, 2), (8, 8)),
        ("SAME_LOWER", 1, (1, 2, 1, 2), (8, 8)),
        # (4 - 1) * 2 + 3 - 8 = 1 pad for the rows, 3 for the columns; the odd one goes last
        ("SAME_UPPER", 2, (0, 1, 1, 2), (4, 4)),
        ("SAME_LOWER", 2, (1, 2, 0, 1), (4, 4)),
        # a stride beyond the kernel needs no pads: (2 - 1) * 6 + 5 - 8 = 3 for the columns
        ("SAME_UPPER", 6, (0, 1, 1, 2), (2, 2)),
    ],
)
def test_automatic_pads(tmp_path, mode, stride, pads, size):
    writer = GraphWriter()
    writer.conv("x", 1, 3, auto_pad=mode, strides=[stride, stride], dilations=[1, 2])
    layer = read(tmp_path, writer).layers[0]
    assert layer.window == Window((3, 3), (stride, stride), pads, (1, 2))
    assert (layer.height, layer.width) == size


# Where weights come from


def test_weights_from_nodes_and_inputs(tmp_path):
    writer = GraphWriter()
    constant = helper.make_tensor("v", TensorProto.FLOAT, [4, 3, 1, 1], [1.0] * 12)
    x = writer.node("Conv", ["x", writer.node("Constant", [], value=constant)])
    made = writer.node("ConstantOfShape", [writer.constant([5, 4, 1, 1])])
    x = writer.node("Conv", [x, made])
    flat = writer.node("Reshape", [writer.weights((30,)), writer.constant([6, 5, 1, 1])])
    x = writer.node("Conv", [x, flat])
    shape = writer.node("Identity", [writer.constant([7, 6, 1, 1])])
    x = writer.node("Conv", [x, writer.node("Reshape", [writer.weights((42,)), shape])])
    assert [layer.out_channels for layer in read(tmp_path, writer).layers] == [4, 5, 6, 7]


def test_weights_in_a_missing_external_file_matter_by_shape_only(tmp_path):
    writer, x = started()
    path = writer.save(tmp_path, x)
    onnx.save(writer.model(x), path, save_as_external_data=True, location="w", size_threshold=0)
    assert read_onnx(path).layers[0].out_channels == 4


# Fully connected layers


def fully_connected(name, inputs, outputs):
    return Layer(name, inputs, outputs, 1, 1, Whole())


def test_fully_connected_layers_of_every_form(tmp_path):
    writer, x = started()
    x = writer.node("Flatten", [x])
    x = writer.node("Gemm", [x, writer.weights((256, 10), "a.weight")])
    x = writer.node("Gemm", [x, writer.weights((9, 10), "b.weight")], transB=1)
    x = writer.node("Relu", [x])
    x = writer.node("MatMul", [x, writer.weights((9, 8), "c.weight")])
    x = writer.node("Add", [x, writer.weights((8,))])
    x = writer.node("Transpose", [x])
    x = writer.node("MatMul", [writer.weights((7, 8), "d.weight"), x])
    x = writer.node("Gemm", [x, writer.weights((7, 6), "e.weight")], transA=1)
    network = read(tmp_path, writer)
    assert network.layers[1:] == (
        fully_connected("a", 256, 10),
        fully_connected("b", 10, 9),
        fully_connected("c", 9, 8),
        fully_connected("d", 8, 7),
        fully_connected("e", 7, 6),
    )
    assert [(e.producer, e.consumer, e.through) for e in network.edges] == [
        (a, b, ()) for a, b in zip(["first", *"abcd"], "abcde", strict=True)
    ]


def test_an_input_may_go_straight_into_a_fully_connected_layer(tmp_path):
    writer = GraphWriter((1, 12))
    writer.node("Gemm", ["x", writer.weights((12, 3), "fc.weight")])
    assert read(tmp_path, writer).layers == (fully_connected("fc", 12, 3),)


def test_a_product_over_the_last_axis_is_a_pointwise_convolution(tmp_path):
    writer, x = started()
    x = writer.node("Transpose", [x], perm=[0, 2, 3, 1])
    x = writer.node("Reshape", [x, writer.constant([64, 4])])
    x = writer.node("Gemm", [x, writer.weights((4, 6), "point.weight")])
    x = writer.node("Reshape", [x, writer.constant([1, 8, 8, 6])])
    x = writer.node("Transpose", [x], perm=[0, 3, 1, 2])
    writer.conv(x, 1, 6, pads=[1, 1, 1, 1], weight="last.weight")
    network = read(tmp_path, writer)
    assert network["point"] == Layer("point", 4, 6, 8, 8, Window((1, 1)))
    assert network.edges == (Edge("first", "point"), Edge("point", "last"))


# Poolings


@pytest.mark.parametrize("operator", ["MaxPool", "AveragePool", "LpPool"])
def test_a_sole_pooling_is_fused_past_activations(tmp_path, operator):
    writer, x = started()
    x = writer.node("Relu", [pool(writer, writer.node("Relu", [x]), operator)])
    ended(writer, x)
    network = read(tmp_path, writer)
    assert network["first"].pool == HALVING
    assert network.edges == (Edge("first", "last"),)


def test_a_pooling_is_fused_when_several_consumers_read_it(tmp_path):
    writer, x = started()
    x = pool(writer, x)
    both = writer.node("Concat", [x, ended(writer, x)], axis=1)
    writer.conv(both, 2, 9, (1, 1), weight="joined.weight")
    network = read(tmp_path, writer)
    assert network["first"].pool == HALVING
    assert network.edges == (
        Edge("first", "last"),
        Edge("first", "joined"),
        Edge("last", "joined"),
    )


def test_a_second_pooling_stays_on_the_edge(tmp_path):
    writer, x = started()
    x = pool(writer, pool(writer, x), "AveragePool")
    ended(writer, x)
    network = read(tmp_path, writer)
    assert network["first"].pool == HALVING
    assert network.edges == (Edge("first", "last", (HALVING,)),)


def test_a_pooling_beside_another_reader_is_not_fused(tmp_path):
    writer, x = started()
    pooled = ended(writer, pool(writer, x))
    plain = writer.conv(x, 5, 4, strides=[2, 2], pads=[1, 1, 1, 1], weight="plain.weight")
    network = read(tmp_path, writer, writer.node("Add", [pooled, plain]))
    assert network["first"].pool is None
    assert network.edges == (Edge("first", "last", (HALVING,)), Edge("first", "plain"))
    assert network.outputs == ("last", "plain")


def test_two_poolings_of_one_layer_are_not_fused(tmp_path):
    writer, x = started()
    joined = writer.node("Add", [pool(writer, x), pool(writer, x, "AveragePool")])
    ended(writer, joined)
    network = read(tmp_path, writer)
    assert network["first"].pool is None
    assert network.edges == (Edge("first", "last", (HALVING,)),)  # alike, so one edge


def test_a_pooling_beside_an_output_of_the_model_is_not_fused(tmp_path):
    writer, x = started()
    network = read(tmp_path, writer, ended(writer, pool(writer, x)), x)
    assert network["first"].pool is None
    assert network.edges == (Edge("first", "last", (HALVING,)),)
    assert network.outputs == ("first", "last")
    assert network.sinks == ("first", "last")


def test_a_pooling_behind_a_join_is_not_fused(tmp_path):
    writer, x = started()
    y = writer.conv(x, 4, 4, (1, 1), weight="side.weight")
    ended(writer, pool(writer, writer.node("Add", [x, y])))
    network = read(tmp_path, writer)
    assert [layer.pool for layer in network.layers] == [None, None, None]
    assert network.edges == (
        Edge("first", "side"),
        Edge("first", "last", (HALVING,)),
        Edge("side", "last", (HALVING,)),
    )


def test_a_pooling_of_the_input_leaves_no_trace(tmp_path):
    writer = GraphWriter((1, 3, 17, 17))
    writer.conv(pool(writer, "x"), 2, 3)
    network = read(tmp_path, writer)
    assert (network.layers[0].height, network.edges) == (6, ())


def test_pooling_windows_keep_every_attribute(tmp_path):
    writer, x = started(version=19)
    attributes = {"ceil_mode": 1, "pads": [0, 1, 1, 0], "dilations": [2, 1], "strides": [3, 2]}
    x = writer.node("AveragePool", [x], kernel_shape=[2, 3], **attributes)
    assert writer.shape(x)[2:] == (3, 4)
    ended(writer, x)
    assert read(tmp_path, writer)["first"].pool == Window(
        (2, 3), (3, 2), (0, 1, 1, 0), (2, 1), True
    )


def test_a_last_ceiled_window_inside_the_pads_is_dropped(tmp_path):
    writer, x = started(version=22)
    x = writer.node(
        "MaxPool", [x], kernel_shape=[1, 1], strides=[4, 4], pads=[0, 0, 0, 0], ceil_mode=1
    )
    ended(writer, x)
    network = read(tmp_path, writer)
    assert (network["last"].height, network["last"].width) == (2, 2)


def reduced(writer, x, **attributes):
    return writer.node("ReduceMean", [x, writer.constant([2, 3])], **attributes)


GLOBAL = {
    "GlobalAveragePool": lambda w, x: w.node("GlobalAveragePool", [x]),
    "GlobalMaxPool": lambda w, x: w.node("GlobalMaxPool", [x]),
    "ReduceMean": reduced,
    "ReduceMean, axes gone": lambda w, x: w.node(
        "Unsqueeze", [reduced(w, x, keepdims=0), w.constant([2, 3])]
    ),
    "ReduceMax over one merged axis": lambda w, x: w.node(
        "Reshape",
        [
            w.node(
                "ReduceMax",
                [w.node("Reshape", [x, w.constant([1, 4, 64])]), w.constant([-1])],
            ),
            w.constant([1, 4, 1, 1]),
        ],
    ),
}


@pytest.mark.parametrize("pooling", GLOBAL.values(), ids=GLOBAL.keys())
def test_global_poolings(tmp_path, pooling):
    writer, x = started()
    ended(writer, pooling(writer, x))
    network = read(tmp_path, writer)
    assert network["first"].pool == Whole()
    assert (network["last"].height, network["last"].width) == (1, 1)


def test_a_reduction_in_old_operator_sets_has_its_axes_as_an_attribute(tmp_path):
    writer, x = started(version=11)
    ended(writer, writer.node("ReduceMean", [x], axes=[-1, -2]))
    assert read(tmp_path, writer)["first"].pool == Whole()


def test_a_reduction_over_channels_passes(tmp_path):
    writer, x = started()
    mask = writer.node("ReduceMax", [x, writer.constant([1])])
    ended(writer, writer.node("Mul", [x, mask]))
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


# What is left out, what is taken as given


def test_nodes_without_influence_are_left_out(tmp_path):
    writer, x = started()
    writer.conv(x, 4, 4, weight="unused.weight")
    writer.node("NonZero", [x])
    network = read(tmp_path, writer, writer.node("Relu", [x]))
    assert [layer.name for layer in network.layers] == ["first"]


def test_an_open_batch_is_one(tmp_path):
    writer, x = started()
    path = writer.save(tmp_path, ended(writer, pool(writer, x)))
    fixed = read_onnx(path)
    writer.inputs[0].type.tensor_type.shape.dim[0].dim_param = "N"
    writer.save(tmp_path, writer.nodes[-1].output[0])
    assert read_onnx(path) == fixed


def test_a_thousand_nodes_are_read_in_under_a_second(tmp_path):
    """Residual blocks, ten to a stage; of processor time."""
    writer, x = GraphWriter((1, 4, 16, 16)), "x"
    for block in range(256):
        y = writer.conv(x, 4, 4, pads=[1, 1, 1, 1])
        y = writer.conv(writer.node("Relu", [y]), 4, 4, pads=[1, 1, 1, 1])
        x = writer.node("Add", [x, y]) if block % 10 else y
    path = writer.save(tmp_path, x)
    read_onnx(path)  # what is imported and compiled once
    start = time.process_time()
    network = read_onnx(path)
    assert time.process_time() - start < 1
    assert len(writer.nodes) == 998
    assert len(network.layers) == 512


def test_the_name_is_the_files_or_given(tmp_path):
    writer, x = started()
    path = writer.save(tmp_path, x, name="tiny.v2.onnx")
    assert read_onnx(path).name == "tiny.v2"
    assert read_onnx(path, name="other").name == "other"


def test_local_functions_unfold(tmp_path):
    writer, x = started()
    y = writer.node("Twice", [x], domain="own")
    model = writer.model(ended(writer, y))
    body = [helper.make_node("Add", ["a", "a"], ["b"]), helper.make_node("Relu", ["b"], ["c"])]
    imports = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("own", "Twice", ["a"], ["c"], body, imports))
    onnx.save(model, tmp_path / "f.onnx")
    assert read_onnx(tmp_path / "f.onnx").edges == (Edge("first", "last"),)


# Names


def names_of(tmp_path, *layers):
    writer, x = GraphWriter((1, 1, 4, 4)), "x"
    for weight, node in layers:
        x = writer.conv(x, 1, 1, (1, 1), weight=weight, name=node)
    return [layer.name for layer in read(tmp_path, writer).layers]


@pytest.mark.parametrize(
    ("weight", "node", "expected"),
    [
        ("layer1.0.conv1.weight", "/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"),
        ("res2a_w_0", "n17", "res2a"),
        ("net_conv0_weight", "", "net_conv0"),
        ("block/conv/kernel:0", "", "conv"),  # a folder that all layers share is dropped
        ("onnx::Conv_193", "/stem/conv/Conv", "conv"),
        ("onnx::Conv_193", "Conv_4", "Conv_4"),
        ("193", "", "conv1"),
    ],
)
def test_a_layer_is_named_after_weights_or_node_or_number(tmp_path, weight, node, expected):
    assert names_of(tmp_path, (weight, node)) == [expected]


def test_names_are_unique_and_without_a_common_folder(tmp_path):
    assert names_of(
        tmp_path, ("gpu/a/x_w", ""), ("1", "gpu/a/x"), ("gpu/b.weight", ""), ("2", "gpu/a/x_2/Conv")
    ) == ["a/x", "a/x_3", "b", "a/x_2"]


def test_layers_are_numbered_by_kind(tmp_path):
    writer = GraphWriter((1, 1, 4, 4))
    x = writer.conv(writer.conv("x", 1, 1, (1, 1)), 1, 1, (1, 1))
    x = writer.node("Gemm", [writer.node("Flatten", [x]), writer.weights((16, 4))])
    writer.node("Gemm", [x, writer.weights((4, 4))])
    assert [layer.name for layer in read(tmp_path, writer).layers] == [
        "conv1",
        "conv2",
        "fc1",
        "fc2",
    ]


def test_weights_rearranged_on_their_way_keep_their_name(tmp_path):
    writer = GraphWriter((1, 12))
    turned = writer.node("Transpose", [writer.weights((3, 12), "head.weight")])
    writer.node("MatMul", ["x", turned])
    assert read(tmp_path, writer).layers[0].name == "head"


def test_trees_that_double_from_block_to_block_stay_within_the_limit(tmp_path):
    """Dual-path blocks cut what they read, add to one part and concatenate again; slices keep the
    whole tree, so beyond the limit each producer counts once.
    """
    writer, x = started()
    for block in range(16):
        width = 4 + block
        made = writer.conv(x, 3, width, (1, 1))
        parts = [
            sliced(writer, tensor, [low], [high], [1], [1])
            for tensor, low, high in ((x, 0, 2), (made, 0, 2), (x, 2, width), (made, 2, 3))
        ]
        added = writer.node("Add", parts[:2])
        x = writer.node("Concat", [added, *parts[2:]], axis=1)
    network = read(tmp_path, writer, writer.conv(x, 5, 20, (1, 1), weight="last.weight"))
    assert len(network.layers) == 18
    assert len([edge for edge in network.edges if edge.consumer == "last"]) == 17
