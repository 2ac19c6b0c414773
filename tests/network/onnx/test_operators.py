"""What the ONNX reader makes of the operators between layers, on models of a few nodes."""

import numpy as np
import pytest
from onnx import TensorProto

from tests.onnx_graphs import ended, pool, read, sliced, started
from xbarmip.network.layer import Edge
from xbarmip.network.window import Broadcast, Raster, Reach, Whole, Window

HALVING = Window((2, 2), (2, 2))
PLACES = tuple(range(1, 9))
AFTER_WHOLE_MAP = (Whole(), Broadcast((8, 8)))


# Element-wise operators, normalisations


@pytest.mark.parametrize(
    "operator",
    [
        *("Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Elu", "Selu"),
        *("Softplus", "Softsign", "Erf", "Mish", "Celu", "ThresholdedRelu", "Clip", "Identity"),
        *("Abs", "Exp", "Sqrt", "Neg", "LRN", "Dropout"),
    ],
)
def test_element_wise_operators_pass(tmp_path, operator):
    writer, x = started()
    ended(writer, writer.node(operator, [x], **({"size": 5} if operator == "LRN" else {})))
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_element_wise_operators_with_constants_pass(tmp_path):
    writer, x = started(version=20)
    x = writer.node("Gelu", [x])
    x = writer.node("PRelu", [x, writer.weights((4, 1, 1))])
    x = writer.node("Clip", [x, writer.constant(0.0), writer.constant(6.0)])
    x = writer.node("BatchNormalization", [x, *(writer.weights((4,)) for _ in range(4))])
    x = writer.node("Cast", [writer.node("Cast", [x], to=TensorProto.DOUBLE)], to=TensorProto.FLOAT)
    for operator in ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"):
        x = writer.node(operator, [writer.weights((1, 4, 1, 1)), x])
    scale = [writer.constant(1.0), writer.node("Cast", [writer.constant(0)], to=TensorProto.INT8)]
    x = writer.node("DequantizeLinear", [writer.node("QuantizeLinear", [x, *scale]), *scale])
    ended(writer, x)
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def normalised(writer, x, operator, parameters=(), **attributes):
    outputs = 3 if attributes.get("training_mode") else 1
    operands = [x, *(writer.weights((n,)) for n in parameters)]
    made = writer.node(operator, operands, outputs=outputs, **attributes)
    return made if outputs == 1 else made[0]


NORMALISATIONS = {
    "InstanceNormalization": ((4, 4), {}, AFTER_WHOLE_MAP),
    "GroupNormalization": ((4, 4), {"num_groups": 2}, AFTER_WHOLE_MAP),
    "MeanVarianceNormalization": ((), {}, AFTER_WHOLE_MAP),
    "BatchNormalization": ((4, 4, 4, 4), {"training_mode": 1}, AFTER_WHOLE_MAP),
    "LayerNormalization": ((8,), {"axis": 1}, AFTER_WHOLE_MAP),
    "Softmax": ((), {"axis": 1}, ()),
    "LogSoftmax": ((), {"axis": -3}, ()),
    "LpNormalization": ((), {"axis": 1}, ()),
}


@pytest.mark.parametrize("operator", NORMALISATIONS)
def test_normalisations_read_the_whole_map_or_channels_only(tmp_path, operator):
    parameters, attributes, through = NORMALISATIONS[operator]
    writer, x = started(version=21)
    ended(writer, normalised(writer, x, operator, parameters, **attributes))
    assert read(tmp_path, writer).edges == (Edge("first", "last", through),)


def test_softmax_of_old_operator_sets_covers_all_later_axes(tmp_path):
    writer, x = started(version=11)
    ended(writer, writer.node("Softmax", [x], axis=1))
    assert read(tmp_path, writer).edges == (Edge("first", "last", AFTER_WHOLE_MAP),)


def test_a_norm_over_the_last_axis_passes_where_channels_are_last(tmp_path):
    writer, x = started()
    x = writer.node("Transpose", [x], perm=[0, 2, 3, 1])
    x = normalised(writer, x, "LayerNormalization", (4,))
    ended(writer, writer.node("Transpose", [x], perm=[0, 3, 1, 2]))
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_statistics_without_axes_cover_everything(tmp_path):
    writer, x = started()
    mean = writer.node("ReduceMean", [x])
    ended(writer, writer.node("Sub", [x, mean]))
    assert set(read(tmp_path, writer).edges) == {
        Edge("first", "last"),
        Edge("first", "last", AFTER_WHOLE_MAP),
    }


def test_normalising_a_single_position_passes(tmp_path):
    writer, x = started()
    x = writer.node("GlobalAveragePool", [x])
    ended(writer, normalised(writer, x, "InstanceNormalization", (4, 4)))
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_the_largest_channel_of_each_position_leaves_the_network(tmp_path):
    writer, x = started()
    largest = writer.node("Cast", [writer.node("ArgMax", [x], axis=1)], to=TensorProto.FLOAT)
    assert read(tmp_path, writer, largest).outputs == ("first",)


def test_a_convnext_block_keeps_positions(tmp_path):
    """A normalisation over channels, spelt out, and two products with channels last."""
    writer, x = started()
    y = writer.conv(x, 4, 4, (7, 7), group=4, pads=[3] * 4, weight="depthwise.weight")
    y = writer.node("Transpose", [y], perm=[0, 2, 3, 1])
    centred = writer.node("Sub", [y, writer.node("ReduceMean", [y, writer.constant([-1])])])
    square = writer.node("Pow", [centred, writer.constant(2.0)])
    variance = writer.node("ReduceMean", [square, writer.constant([-1])])
    y = writer.node("Div", [centred, writer.node("Sqrt", [variance])])
    y = writer.node("MatMul", [y, writer.weights((4, 16), "wide.weight")])
    y = writer.node("Add", [writer.weights((16,)), y])
    y = writer.node("MatMul", [y, writer.weights((16, 4), "narrow.weight")])
    y = writer.node("Transpose", [y], perm=[0, 3, 1, 2])
    network = read(tmp_path, writer, ended(writer, writer.node("Add", [x, y])))
    assert [(layer.height, layer.width) for layer in network.layers] == [(8, 8)] * 5
    assert network.edges == (
        Edge("first", "depthwise"),
        Edge("depthwise", "wide"),
        Edge("wide", "narrow"),
        Edge("first", "last"),
        Edge("narrow", "last"),
    )


# Joins


def test_joins_unite_sources_once(tmp_path):
    writer, x = started()
    y = writer.conv(x, 4, 4, (1, 1), weight="second.weight")
    total = writer.node("Sum", [x, y, x])
    ended(writer, writer.node("Max", [writer.node("Add", [total, y]), x]))
    network = read(tmp_path, writer)
    assert network.edges == (
        Edge("first", "second"),
        Edge("first", "last"),
        Edge("second", "last"),
    )
    assert network.outputs == ("last",)


def squeezed(writer, x):
    """Four channel gates, the way squeeze-and-excitation makes them."""
    gate = writer.node("Flatten", [writer.node("GlobalAveragePool", [x])])
    gate = writer.node("Gemm", [gate, writer.weights((4, 4), "squeeze.weight")])
    return writer.node("Reshape", [writer.node("Sigmoid", [gate]), writer.constant([1, 4, 1, 1])])


@pytest.mark.parametrize("expanded", [False, True])
def test_a_channel_gate_is_broadcast(tmp_path, expanded):
    writer, x = started()
    gate = squeezed(writer, x)
    if expanded:
        gate = writer.node("Expand", [gate, writer.node("Shape", [x])])
    ended(writer, writer.node("Mul", [gate, x]))
    network = read(tmp_path, writer)
    assert set(network.edges) == {
        Edge("first", "squeeze", (Whole(),)),
        Edge("first", "last"),
        Edge("squeeze", "last", (Broadcast((8, 8)),)),
    }


def test_a_join_with_the_input_has_the_layers_as_sources(tmp_path):
    writer, x = started()
    writer.conv(writer.node("Concat", ["x", x], axis=1), 1, 7, (1, 1), weight="last.weight")
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_a_map_that_is_one_high_is_repeated_over_rows(tmp_path):
    writer, x = started()
    line = writer.node("AveragePool", [x], kernel_shape=[8, 1])
    ended(writer, writer.node("Add", [x, line]))
    assert read(tmp_path, writer).edges == (
        Edge("first", "last"),
        Edge("first", "last", (Reach((8,) * 8, PLACES),)),
    )


# Rearranging


def test_a_channel_shuffle_leaves_positions_alone(tmp_path):
    writer, x = started()
    x = writer.node("Reshape", [x, writer.constant([1, 2, 2, 8, 8])])
    x = writer.node("Transpose", [x], perm=[0, 2, 1, 3, 4])
    ended(writer, writer.node("Reshape", [x, writer.constant([0, -1, 8, 8])]))
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_a_reshape_computed_from_shapes(tmp_path):
    writer, x = started()
    batch = writer.node("Gather", [writer.node("Shape", [x]), writer.constant([0])])
    shape = writer.node("Concat", [batch, writer.constant([-1])], axis=0)
    x = writer.node("Reshape", [x, shape])
    writer.node("Gemm", [x, writer.weights((256, 2), "fc.weight")])
    assert read(tmp_path, writer).edges == (Edge("first", "fc"),)


def test_flattening_in_any_order_suits_a_fully_connected_layer(tmp_path):
    writer, x = started()
    writer.add_input("x2", (1, 2, 16))
    x = writer.node("Transpose", [x], perm=[0, 3, 2, 1])
    x = writer.node("Reshape", [x, writer.constant([1, 16, 16])])  # takes columns apart
    x = writer.node("Transpose", [writer.node("Softmax", [x])], perm=[0, 2, 1])
    x = writer.node("Expand", [x, writer.constant([1, 1, 1])])
    x = writer.node("ReduceSum", [x, writer.constant([0])])
    x = writer.node("Flatten", [writer.node("Concat", [x, "x2"], axis=1)])
    writer.node("Gemm", [x, writer.weights((288, 2), "fc.weight")])
    assert read(tmp_path, writer).edges == (Edge("first", "fc"),)


def test_positions_put_together_may_leave_the_network(tmp_path):
    writer, x = started()
    boxes = writer.node("Reshape", [x, writer.constant([1, 4, 64])])
    small = writer.node("Reshape", [pool(writer, x), writer.constant([1, 4, 16])])
    network = read(tmp_path, writer, writer.node("Concat", [boxes, small], axis=2))
    assert network.outputs == ("first",)


def test_a_map_on_its_side_is_read_by_columns(tmp_path):
    writer, x = started()
    ended(writer, writer.node("Transpose", [x], perm=[0, 1, 3, 2]))
    turned = np.arange(1, 65).reshape(8, 8).T
    assert read(tmp_path, writer).edges == (
        Edge("first", "last", (Raster(8, 8, tuple(turned.ravel().tolist())),)),
    )


def test_positions_may_be_laid_out_anew(tmp_path):
    writer, x = started()
    ended(writer, writer.node("Reshape", [x, writer.constant([1, 4, 4, 16])]))
    assert read(tmp_path, writer).edges == (
        Edge("first", "last", (Raster(4, 16, tuple(range(1, 65))),)),
    )


def test_maps_on_top_of_one_another_are_read_one_by_one(tmp_path):
    writer, x = started()
    other = writer.conv(x, 4, 4, (1, 1), weight="other.weight")
    ended(writer, writer.node("Concat", [x, other], axis=2))
    none = (0,) * 8
    assert read(tmp_path, writer).edges == (
        Edge("first", "other"),
        Edge("first", "last", (Reach(PLACES + none, PLACES),)),
        Edge("other", "last", (Reach(none + PLACES, PLACES),)),
    )


def test_a_join_of_a_map_with_its_transpose_reads_the_later_of_two_positions(tmp_path):
    writer, x = started()
    both = writer.node("Add", [x, writer.node("Transpose", [x], perm=[0, 1, 3, 2])])
    ended(writer, both)
    number = np.arange(1, 65).reshape(8, 8)
    later = np.maximum(number, number.T)
    assert read(tmp_path, writer).edges == (
        Edge("first", "last", (Raster(8, 8, tuple(later.ravel().tolist())),)),
    )


# Pads, slices, splits


def test_an_explicit_pad_is_a_window_of_one(tmp_path):
    writer, x = started()
    ended(writer, writer.node("Pad", [x, writer.constant([0, 0, 1, 2, 0, 0, 3, 4])]))
    assert read(tmp_path, writer).edges == (
        Edge("first", "last", (Window((1, 1), pads=(1, 2, 3, 4)),)),
    )


def test_a_pad_of_old_and_new_operator_sets(tmp_path):
    writer, x = started(version=9)
    ended(writer, writer.node("Pad", [x], pads=[0, 0, 0, 1, 0, 0, 0, 0]))
    assert read(tmp_path, writer).edges[0].through == (Window((1, 1), pads=(0, 1, 0, 0)),)
    writer, x = started(version=18)
    operands = [writer.constant([1, 0]), "", writer.constant([-1])]
    ended(writer, writer.node("Pad", [x, *operands]))
    assert read(tmp_path, writer).edges[0].through == (Window((1, 1), pads=(0, 1, 0, 0)),)


def test_pads_that_are_computed(tmp_path):
    writer, x = started()
    zeros = writer.node("ConstantOfShape", [writer.constant([2])])
    zeros = writer.node("Cast", [zeros], to=TensorProto.INT64)
    ones = writer.node("Sub", [writer.constant([9, 9]), writer.node("Shape", [x], start=2)])
    ended(writer, writer.node("Pad", [x, writer.node("Concat", [zeros, ones] * 2, axis=0)]))
    assert read(tmp_path, writer).edges[0].through == (Window((1, 1), pads=(1, 1, 1, 1)),)


def test_padding_channels_passes(tmp_path):
    writer, x = started()
    x = writer.node("Pad", [x, writer.constant([0, 1, 0, 0, 0, 2, 0, 0])])
    writer.conv(x, 1, 7, (1, 1), weight="last.weight")
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_channels_are_split_sliced_and_gathered(tmp_path):
    writer, x = started()
    left, _ = writer.node("Split", [x], outputs=2, axis=1, num_outputs=2)
    right = sliced(writer, x, [-1], [-99], [1], [-2])
    chosen = writer.node("Gather", [x, writer.constant([3, 0])], axis=1)
    one = writer.node("Gather", [x, writer.constant(2)], axis=1)
    one = writer.node("Unsqueeze", [one, writer.constant([1])])
    joined = writer.node("Concat", [left, right, chosen, one], axis=1)
    writer.conv(joined, 1, 7, (1, 1), weight="last.weight")
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_every_second_position(tmp_path):
    writer, x = started()
    ended(writer, sliced(writer, x, [0, 0], [99, 8], [2, -1], [2, 3]))
    network = read(tmp_path, writer)
    assert network.edges == (Edge("first", "last", (Window((1, 1), (2, 3)),)),)
    assert (network["last"].height, network["last"].width) == (4, 3)


def test_a_slice_of_old_operator_sets(tmp_path):
    writer, x = started(version=9)
    x = writer.node("Slice", [x], starts=[1, 0], ends=[3, 99], axes=[1, 2])
    writer.conv(x, 1, 2, (1, 1), weight="last.weight")
    assert read(tmp_path, writer).edges == (Edge("first", "last"),)


def test_one_value_of_a_single_position_is_a_channel(tmp_path):
    writer, x = started()
    x = writer.node("GlobalAveragePool", [x])
    x = writer.node("Gather", [x, writer.constant(0)], axis=3)
    x = writer.node("Gather", [x, writer.constant(0)], axis=2)
    writer.node("Gemm", [x, writer.weights((4, 2), "fc.weight")])
    assert read(tmp_path, writer)["first"].pool == Whole()


def test_space_to_depth_reads_blocks(tmp_path):
    writer, x = started()
    x = writer.node("SpaceToDepth", [x], blocksize=2)
    writer.conv(x, 1, 16, (1, 1), weight="last.weight")
    assert read(tmp_path, writer).edges == (Edge("first", "last", (HALVING,)),)
