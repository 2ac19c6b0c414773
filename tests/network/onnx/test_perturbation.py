"""Need maps of every operator against onnxruntime: exactly what changing one output shows.

The reader's fields and the runtime share no line. A need map that asks for less than was seen is
wrong; one that asks for more is loose, which only a few operators may be, each for a stated reason.
"""

import numpy as np
import pytest
from onnx import TensorProto

from tests.onnx_graphs import GraphWriter, ended, sliced, started
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.onnx import perturb, reader
from xbarmip.network.onnx.perturb import verify_needs
from xbarmip.network.window import Reach, Window


def resized(w, x, scales=(1.0, 1.0, 2.0, 2.0), sizes=None, **attributes):
    if sizes is not None:
        operands = [x, "", "", w.constant(sizes)]
    else:
        operands = [x, "", w.constant([float(scale) for scale in scales])]
    return w.node("Resize", operands, **attributes)


def padded(w, x, pads, **attributes):
    return w.node("Pad", [x, w.constant(pads)], **attributes)


def flattened(w, x):
    """Tokens: (1, 64 positions, 4 channels)."""
    flat = w.node("Reshape", [x, w.constant([1, 4, 64])])
    return w.node("Transpose", [flat], perm=[0, 2, 1])


def with_class_token(w, x):
    return w.node("Concat", [w.weights((1, 1, 4)), flattened(w, x)], axis=1)


def linear(w, x, inputs=4, outputs=4):
    return w.node("MatMul", [x, w.weights((inputs, outputs))])


def unflattened(w, x):
    turned = w.node("Transpose", [x], perm=[0, 2, 1])
    return w.node("Reshape", [turned, w.constant([1, 4, 8, 8])])


def windows(w, x):
    """Four windows of 4 x 4 positions, as tokens."""
    apart = w.node("Reshape", [x, w.constant([1, 4, 2, 4, 2, 4])])
    turned = w.node("Transpose", [apart], perm=[0, 2, 4, 3, 5, 1])
    return w.node("Reshape", [turned, w.constant([4, 16, 4])])


def transposed(w, x, kernel=(3, 3), group=1, **attributes):
    weights = w.weights((4, 4 // group, *kernel))
    return w.node("ConvTranspose", [x, weights], group=group, **attributes)


def rolled(w, x):
    """Rows and columns moved round, as shifted windows do."""
    back = sliced(w, x, [3, 3], [99, 99], [2, 3], [1, 1])
    corner = [sliced(w, x, [0, 3], [3, 99], [2, 3], [1, 1])]
    right = w.node("Concat", [back, *corner], axis=2)
    left = sliced(w, x, [0], [3], [3], [1])
    left = w.node(
        "Concat",
        [sliced(w, left, [3], [99], [2], [1]), sliced(w, left, [0], [3], [2], [1])],
        axis=2,
    )
    return w.node("Concat", [right, left], axis=3)


def attention(w, x):
    tokens = flattened(w, x)
    query, key = linear(w, tokens), linear(w, tokens)
    weights = w.node("MatMul", [query, w.node("Transpose", [key], perm=[0, 2, 1])])
    mixed = w.node("MatMul", [w.node("Softmax", [weights], axis=-1), linear(w, tokens)])
    return unflattened(w, mixed)


OPERATORS = {
    "resize, nearest, asymmetric": lambda w, x: resized(
        w, x, coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    ),
    "resize, nearest, half pixel": lambda w, x: resized(w, x, (1, 1, 1.5, 2.5)),
    "resize, nearest, ceil": lambda w, x: resized(
        w, x, (1, 1, 0.5, 3), coordinate_transformation_mode="asymmetric", nearest_mode="ceil"
    ),
    "resize, nearest, half pixel, ceil": lambda w, x: resized(
        w, x, (1, 1, 2, 0.75), nearest_mode="round_prefer_ceil"
    ),
    "resize, linear": lambda w, x: resized(w, x, mode="linear"),
    "resize, linear, to sizes": lambda w, x: resized(w, x, sizes=[1, 4, 11, 5], mode="linear"),
    "resize, linear, corners": lambda w, x: resized(
        w, x, sizes=[1, 4, 15, 9], mode="linear", coordinate_transformation_mode="align_corners"
    ),
    "resize, linear, PyTorch": lambda w, x: resized(
        w,
        x,
        sizes=[1, 4, 1, 13],
        mode="linear",
        coordinate_transformation_mode="pytorch_half_pixel",
    ),
    "resize, cubic": lambda w, x: resized(w, x, (1, 1, 2, 1.25), mode="cubic"),
    "resize, of rows alone": lambda w, x: resized(w, x, (1, 1, 3, 1), mode="linear"),
    "resize, identity": lambda w, x: resized(w, x, (1, 1, 1, 1), mode="linear"),
    "pad, reflect": lambda w, x: padded(w, x, [0, 0, 3, 1, 0, 0, 2, 7], mode="reflect"),
    "pad, edge": lambda w, x: padded(w, x, [0, 0, 1, 2, 0, 0, 3, 4], mode="edge"),
    "pad, wrap": lambda w, x: padded(w, x, [0, 0, 2, 3, 0, 0, 1, 2], mode="wrap"),
    "pad, constant": lambda w, x: padded(w, x, [0, 0, 2, 1, 0, 0, 0, 3]),
    "pad, negative": lambda w, x: padded(w, x, [0, 0, -2, 1, 0, 0, 3, -4]),
    "crop": lambda w, x: sliced(w, x, [1, 2], [7, 6], [2, 3], [1, 1]),
    "every second from the second on": lambda w, x: sliced(w, x, [1, 1], [8, 8], [2, 3], [2, 2]),
    "flip": lambda w, x: sliced(w, x, [-1, -1], [-99, -99], [2, 3], [-1, -1]),
    "turned map": lambda w, x: w.node("Transpose", [x], perm=[0, 1, 3, 2]),
    "rows laid out anew": lambda w, x: w.node("Reshape", [x, w.constant([1, 4, 4, 16])]),
    "a row of a split": lambda w, x: w.node("Split", [x], outputs=2, axis=2, num_outputs=2)[1],
    "chosen rows": lambda w, x: w.node("Gather", [x, w.constant([5, 2, 2])], axis=2),
    "one column": lambda w, x: w.node("Gather", [x, w.constant([3])], axis=3),
    "rows on top": lambda w, x: w.node("Concat", [x, w.conv(x, 4, 4, (1, 1))], axis=2),
    "beside itself": lambda w, x: w.node("Concat", [x, w.node("Relu", [x])], axis=3),
    "tiles": lambda w, x: w.node("Tile", [x, w.constant([1, 1, 2, 3])]),
    "depth to space": lambda w, x: w.conv(
        w.node("DepthToSpace", [x], blocksize=2), 4, 1, (1, 1), weight="one"
    ),
    "depth to space, columns first": lambda w, x: w.conv(
        w.node("DepthToSpace", [x], blocksize=2, mode="CRD"), 4, 1, (1, 1), weight="one"
    ),
    "space to depth": lambda w, x: w.conv(w.node("SpaceToDepth", [x], blocksize=2), 4, 16, (1, 1)),
    "mean of rows": lambda w, x: w.node("ReduceMean", [x, w.constant([2])]),
    "largest of columns": lambda w, x: w.node("ReduceMax", [x, w.constant([3])]),
    "softmax of columns": lambda w, x: w.node("Softmax", [x], axis=3),
    "softmax of rows": lambda w, x: w.node("Softmax", [x], axis=2),
    "sums of rows so far": lambda w, x: w.node("CumSum", [x, w.constant(2)]),
    "sums of columns behind": lambda w, x: w.node(
        "CumSum", [x, w.constant(3)], reverse=1, exclusive=1
    ),
    "row repeated": lambda w, x: w.node("Add", [x, w.node("ReduceMean", [x, w.constant([2])])]),
    "layer norm of columns": lambda w, x: w.node(
        "LayerNormalization", [x, w.weights((8,))], axis=-1
    ),
    "group norm": lambda w, x: w.node(
        "GroupNormalization", [x, w.weights((2,)), w.weights((2,))], num_groups=2
    ),
    "pooling in torch's ceil mode": lambda w, x: w.node(
        "MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1
    ),
    "transposed convolution": lambda w, x: transposed(w, x, pads=[1, 1, 1, 1]),
    "transposed convolution, doubling": lambda w, x: transposed(w, x, (2, 2), strides=[2, 2]),
    "transposed convolution, pads": lambda w, x: transposed(
        w, x, (4, 3), strides=[2, 3], pads=[1, 0, 2, 1], output_padding=[1, 2]
    ),
    "transposed convolution, gaps": lambda w, x: transposed(w, x, (2, 1), strides=[3, 4]),
    "transposed convolution, dilated": lambda w, x: transposed(
        w, x, (3, 2), strides=[2, 1], dilations=[2, 3], pads=[3, 2, 1, 0]
    ),
    "transposed convolution, cropped": lambda w, x: transposed(w, x, (3, 3), pads=[3, 4, 2, 3]),
    "transposed convolution, depthwise": lambda w, x: transposed(w, x, group=4, strides=[2, 2]),
    "transposed convolution, same": lambda w, x: transposed(
        w, x, strides=[2, 2], auto_pad="SAME_UPPER"
    ),
    "transposed convolution, to a size": lambda w, x: transposed(
        w, x, strides=[2, 2], output_shape=[15, 16]
    ),
    "tokens": lambda w, x: unflattened(w, linear(w, flattened(w, x))),
    "tokens behind a class token": lambda w, x: unflattened(
        w, sliced(w, linear(w, with_class_token(w, x)), [1], [99], [1], [1])
    ),
    "windows": lambda w, x: w.node("Reshape", [linear(w, windows(w, x)), w.constant([1, 4, 8, 8])]),
    "tokens mixed": lambda w, x: w.node(
        "Reshape",
        [
            linear(w, w.node("Reshape", [x, w.constant([1, 4, 64])]), 64, 64),
            w.constant([1, 4, 8, 8]),
        ],
    ),
    "a product for each row": lambda w, x: w.node(
        "Reshape",
        [
            linear(
                w,
                w.node(
                    "Reshape",
                    [w.node("Transpose", [x], perm=[0, 2, 1, 3]), w.constant([1, 8, 32])],
                ),
                32,
                32,
            ),
            w.constant([1, 4, 8, 8]),
        ],
    ),
    "weights before data": lambda w, x: w.node(
        "Reshape",
        [
            w.node("MatMul", [w.weights((4, 4)), w.node("Reshape", [x, w.constant([4, 64])])]),
            w.constant([1, 4, 8, 8]),
        ],
    ),
    "einsum": lambda w, x: w.node("Einsum", [x, w.weights((4, 4))], equation="bchw,cd->bdwh"),
    "roll": rolled,
    "gathered by tuples": lambda w, x: w.node(
        "Transpose",
        [
            w.node(
                "GatherND",
                [
                    w.node("Transpose", [x], perm=[2, 3, 0, 1]),
                    w.constant([[[7, 1], [0, 3]], [[2, 2], [5, 0]]]),
                ],
            )
        ],
        perm=[2, 3, 0, 1],
    ),
    "gathered by tuples, row by row": lambda w, x: w.node(
        "Transpose",
        [
            w.node(
                "GatherND",
                [
                    w.node("Transpose", [x], perm=[2, 3, 1, 0]),
                    w.constant([[[7 - i], [i], [3]] for i in range(8)]),
                ],
                batch_dims=1,
            )
        ],
        perm=[3, 2, 0, 1],
    ),
    "gathered one by one": lambda w, x: w.node(
        "GatherElements",
        [x, w.constant(np.arange(4 * 8 * 3).reshape(1, 4, 8, 3) * 5 % 8)],
        axis=3,
    ),
    "scattered by tuples": lambda w, x: w.node(
        "Transpose",
        [
            w.node(
                "ScatterND",
                [
                    w.node("Transpose", [x], perm=[2, 3, 0, 1]),
                    w.constant([[6, 1], [0, 3]]),
                    w.node(
                        "GatherND",
                        [
                            w.node("Transpose", [w.conv(x, 4, 4, (1, 1))], perm=[2, 3, 0, 1]),
                            w.constant([[2, 2], [7, 7]]),
                        ],
                    ),
                ],
            )
        ],
        perm=[2, 3, 0, 1],
    ),
    "scattered one by one, added": lambda w, x: w.node(
        "ScatterElements",
        [x, w.constant(np.full((1, 4, 2, 8), 5)), sliced(w, x, [6], [8], [2], [1])],
        axis=2,
        reduction="add",
    ),
    "a map and a flipped one": lambda w, x: w.node(
        "Add", [x, sliced(w, x, [-1], [-99], [2], [-1])]
    ),
    "fused convolution": lambda w, x: w.node(
        "FusedConv", [x, w.weights((4, 4, 3, 3))], domain="com.microsoft", activation="Relu"
    ),
}


def verified(folder, writer, *outputs, **options):
    found = verify_needs(writer.save(folder, *outputs), **options)
    assert found.edges >= 1
    assert found.changes >= 2
    assert found.wrong == ()
    return found


@pytest.mark.parametrize("operator", OPERATORS)
def test_needs_are_what_a_change_shows(tmp_path, operator):
    writer, x = started()
    moved = OPERATORS[operator](writer, x)
    writer.conv(moved, 2, 4, (1, 1), weight="last.weight")
    assert verified(tmp_path, writer).loose == ()


@pytest.mark.parametrize(
    "operator", [name for name in OPERATORS if "resize" in name or "pad" in name]
)
def test_needs_behind_a_window_too(tmp_path, operator):
    """Windows take maxima over runs that do not rise, such as a reflected border."""
    writer, x = started()
    moved = OPERATORS[operator](writer, x)
    writer.conv(moved, 2, 4, (3, 2), weight="last.weight", pads=[2, 1, 1, 1], dilations=[1, 2])
    assert verified(tmp_path, writer).loose == ()


def test_one_spatial_axis_is_a_map_of_one_row(tmp_path):
    writer = GraphWriter((1, 3, 40))
    x = writer.conv("x", 4, 3, (3,), pads=[1, 1], weight="a.weight")
    x = writer.node("MaxPool", [x], kernel_shape=[2], strides=[2])
    x = writer.node("ConvTranspose", [x, writer.weights((4, 4, 4))], strides=[2], pads=[1, 1])
    x = writer.node("AveragePool", [x], kernel_shape=[3], strides=[3], pads=[1, 0])
    writer.conv(x, 2, 4, (2,), dilations=[2], weight="b.weight")
    network = reader.read_onnx(writer.save(tmp_path))
    assert [(layer.height, layer.width) for layer in network.layers] == [(1, 40), (1, 40), (1, 11)]
    assert network["a"].window == Window((1, 3), pads=(0, 1, 0, 1))
    assert verified(tmp_path, writer).loose == ()


def test_quantised_convolutions_and_products(tmp_path):
    writer, x = started()
    scale, zero = (
        writer.constant(np.float32(0.1)),
        writer.node("Cast", [writer.constant(0)], to=TensorProto.INT8),
    )
    eight = [writer.node("Cast", [writer.weights(s)], to=TensorProto.INT8) for s in ((4, 4, 3, 3),)]
    q = writer.node("QuantizeLinear", [x, scale, zero])
    q = writer.node("QLinearConv", [q, scale, zero, eight[0], scale, zero, scale, zero])
    network = reader.read_onnx(writer.save(tmp_path))
    assert network.edges == (Edge("first", network.layers[1].name),)
    x = writer.node("DequantizeLinear", [q, scale, zero])
    q, _, point = writer.node("DynamicQuantizeLinear", [x], outputs=3)
    unsigned = writer.node("Cast", [writer.weights((3, 4, 1, 1))], to=TensorProto.UINT8)
    whole = writer.node("ConvInteger", [q, unsigned, point])
    writer.node("Cast", [whole], to=TensorProto.FLOAT)
    assert reader.read_onnx(writer.save(tmp_path)).layers[2].in_channels == 4


def test_a_class_token_needs_what_it_reads_alone(tmp_path):
    """A head that reads one token is a map of one position, not a fully connected layer."""
    writer, x = started()
    mixed = linear(writer, with_class_token(writer, x))
    token = writer.node("Gather", [mixed, writer.constant(0)], axis=1)
    writer.node("MatMul", [token, writer.weights((4, 3), "head.weight")])
    network = reader.read_onnx(writer.save(tmp_path))
    assert network["head"].window == Window((1, 1))
    assert network.edges[-1].through == (Reach((1,), (1,)),)
    assert network.needed == (0, 1, 1)
    assert verified(tmp_path, writer).loose == ()


def test_a_digital_unit_needs_the_whole_of_what_it_reads(tmp_path):
    writer, x = started()
    ended(writer, attention(writer, x))
    path = writer.save(tmp_path)
    with pytest.raises(InputError, match=r"as attention does; .* --digital"):
        reader.read_onnx(path)
    network = reader.read_onnx(path, digital=True)
    assert [layer.outputs for layer in network.layers] == [64] * 5
    whole = [
        need(1)
        for edge, need in zip(network.edges, network.clamped, strict=True)
        if edge.consumer == "last"
    ]
    assert whole == [64] * 3
    # a value that is weighted does not change the weights, so the first of them are seen at once
    assert verified(tmp_path, writer, digital=True).wrong == ()


LOOSE = {
    "zeroed triangle": lambda w, x: w.node("Trilu", [x]),
    "rows that a pooling drops before the whole is read": lambda w, x: w.node(
        "GlobalAveragePool", [w.node("MaxPool", [x], kernel_shape=[3, 3], strides=[3, 3])]
    ),
}


@pytest.mark.parametrize("operator", LOOSE)
def test_stated_cases_ask_for_more_than_a_change_shows(tmp_path, operator):
    writer, x = started()
    ended(writer, LOOSE[operator](writer, x))
    verified(tmp_path, writer)


def lying(monkeypatch, tmp_path, through):
    """A reading that says what is not so."""
    writer, x = started()
    ended(writer, x)
    honest = perturb.read_nodes

    def dishonest(*arguments, **options):
        reading = honest(*arguments, **options)
        network = reading.network
        edges = (Edge("first", "last", through),) if through is not None else ()
        told = Network(network.name, network.layers, edges, ("first", "last"))
        return reader.Reading(told, reading.model, reading.found)

    monkeypatch.setattr(perturb, "read_nodes", dishonest)
    return verify_needs(writer.save(tmp_path))


ROWS = tuple(range(1, 9))


def test_scales_of_an_untrained_normalisation_hide_nothing(tmp_path):
    """A residual branch that is scaled by 0 at first, as many exporters write it."""
    writer, x = started()
    zeros, ones = writer.constant(np.zeros(4)), writer.constant(np.ones(4))
    branch = writer.conv(x, 4, 4, pads=[1, 1, 1, 1], weight="branch.weight")
    scaled = writer.node("BatchNormalization", [branch, zeros, zeros, zeros, ones])
    ended(writer, writer.node("Add", [x, scaled]))
    assert verified(tmp_path, writer).loose == ()


def test_a_need_map_that_asks_for_too_little_is_caught(monkeypatch, tmp_path):
    found = lying(monkeypatch, tmp_path, (Reach((1, *ROWS[:-1]), ROWS),))
    assert found.wrong
    assert all(one.seen < one.stated or not one.stated for one in found.wrong)


def test_an_edge_that_is_missing_is_caught(monkeypatch, tmp_path):
    assert lying(monkeypatch, tmp_path, None).wrong


def test_a_need_map_that_asks_for_too_much_is_caught(monkeypatch, tmp_path):
    found = lying(monkeypatch, tmp_path, (Reach((*ROWS[1:], 8), ROWS),))
    assert found.loose
    assert not found.wrong


def test_layers_are_still_equal_where_only_the_files_names_differ():
    assert Layer("a", 1, 1, 1, 1, Window((1, 1)), node="x") == Layer(
        "a", 1, 1, 1, 1, Window((1, 1))
    )
