"""What the ONNX reader refuses, and that it says where and why in one line."""

import pytest
from onnx import TensorProto

from tests.onnx_graphs import GraphWriter, ended, pool, refusal, started
from xbarmip.errors import InputError
from xbarmip.network.onnx import read_onnx

REFUSALS = {
    "unknown operator": (
        lambda w, x: w.node("NonZero", [x], name="where"),
        "node 'where' (NonZero) is an operator that is not understood",
    ),
    "node without a name": (
        lambda w, x: w.node("MaxUnpool", [x, x], kernel_shape=[2, 2]),
        "the node that makes 't1' (MaxUnpool) is an operator that is not understood",
    ),
    "own operator": (
        lambda w, x: w.node("Magic", [x], name="m", domain="my.ops"),
        "node 'm' (my.ops.Magic) is an operator that is not understood",
    ),
    "attention": (
        lambda w, x: w.node("MatMul", [x, x], name="qk"),
        "node 'qk' (MatMul): multiplies two values of the run, as attention does",
    ),
    "attention spelt out": (
        lambda w, x: w.node("Einsum", [x, x], name="qk", equation="bchw,bcij->bhwij"),
        "node 'qk' (Einsum): multiplies two values of the run, as attention does",
    ),
    "recurrent layer": (
        lambda w, x: w.node("GRU", [x, w.weights((1, 12, 8)), w.weights((1, 12, 4))], name="r"),
        "node 'r' (GRU) is a recurrent layer",
    ),
    "batched weights": (
        lambda w, x: w.node("MatMul", [x, w.weights((4, 8, 5))], name="m"),
        "node 'm' (MatMul): its weights have shape [4, 8, 5], must be a matrix",
    ),
    "product with too few weights": (
        lambda w, x: w.node("MatMul", [x, w.weights((7, 5))], name="m"),
        "node 'm' (MatMul): reads a tensor of shape [1, 4, 8, 8] with weights for 7 features",
    ),
    "sum over an axis of both weights and positions": (
        lambda w, x: w.node("Einsum", [x, w.weights((4, 5))], name="e", equation="bchw,cd->bchd"),
        "node 'e' (Einsum): equation 'bchw,cd->bchd' is not a product with a matrix",
    ),
    "weights from a layer": (
        lambda w, x: w.node("Conv", [x, w.node("Reshape", [x, w.constant([4, 4, 4, 4])])]),
        "(Conv): its weights are values of the run, not constants",
    ),
    "weights from the input": (
        lambda w, x: w.conv(w.node("Conv", [x, w.add_input("k", (4, 4, 1, 1))], name="c"), 4, 4),
        "node 'c' (Conv): its weights are values of the run, not constants",
    ),
    "weights scaled by the input": (
        lambda w, x: w.node(
            "Conv",
            [x, w.node("Mul", [w.weights((4, 4, 1, 1)), w.node("ReduceMax", ["x"])])],
            name="c",
        ),
        "node 'c' (Conv): its weights are values of the run, not constants",
    ),
    "unknown pad": (
        lambda w, x: w.node("Pad", [x, w.constant([0, 0, 1, 1] * 2)], name="p", mode="mirror"),
        "node 'p' (Pad): mode 'mirror' is not one of constant, reflect, edge, wrap",
    ),
    "pads for too few axes": (
        lambda w, x: w.node("Pad", [x, w.constant([0, 0, 1])], name="p"),
        "node 'p' (Pad): has 3 pads for 4 axes, must be two an axis",
    ),
    "unknown resize": (
        lambda w, x: w.node("Resize", [x, "", w.constant([1.0] * 4)], name="r", mode="spline"),
        "node 'r' (Resize): mode 'spline'",
    ),
    "resize to nothing": (
        lambda w, x: w.node("Resize", [x, "", w.constant([1.0, 1.0, 0.1, 1.0])], name="r"),
        "node 'r' (Resize): makes 0 of 8 entries along axis 2",
    ),
    "tensors that do not fit together": (
        lambda w, x: w.node("Concat", [x, pool(w, x)], name="c", axis=1),
        "node 'c' (Concat): cannot put [[1, 4, 8, 8], [1, 4, 4, 4]] together along axis 1",
    ),
    "reshape that does not fit": (
        lambda w, x: w.node("Reshape", [x, w.constant([1, 3, -1])], name="r"),
        "node 'r' (Reshape): does not fit: [1, 4, 8, 8] cannot become [1, 3, -1]",
    ),
    "an axis that does not exist": (
        lambda w, x: w.node("Softmax", [x], name="s", axis=4),
        "node 's' (Softmax): axis 4 does not exist in a tensor of 4 axes",
    ),
    "strides for one axis": (
        lambda w, x: w.conv(x, 1, 4, name="c", strides=[2]),
        "node 'c' (Conv): strides [2]: must be 2 integers",
    ),
    "unknown automatic pad": (
        lambda w, x: w.conv(x, 1, 4, name="c", auto_pad="SAME"),
        "node 'c' (Conv): auto_pad 'SAME' is not one of NOTSET, VALID,",
    ),
    "shape that depends on the input": (
        lambda w, x: w.node("Reshape", [x, w.node("Cast", ["x"], to=7)], name="r"),
        "node 'r' (Reshape): 'x' must be a constant",
    ),
    "too many channels for the weights": (
        lambda w, x: w.conv(x, 1, 5, name="c"),
        "node 'c' (Conv): reads 4 channels, but its weights are for 1 x 5",
    ),
    "kernel_shape against weights": (
        lambda w, x: w.conv(x, 1, 4, name="c", kernel_shape=[2, 3]),
        "kernel_shape [2, 3] differs from its weights' [3, 3]",
    ),
    "window larger than the map": (
        lambda w, x: w.conv(x, 1, 4, (9, 9), name="c"),
        "its window does not fit a map of 8 x 8",
    ),
    "zero stride": (
        lambda w, x: w.conv(x, 1, 4, name="c", strides=[0, 1]),
        "stride must be at least 1, got 0",
    ),
    "pads that depend on the input": (
        lambda w, x: w.node(
            "Pad", [x, w.node("Cast", [w.node("ReduceMax", ["x"])], to=7)], name="p"
        ),
        "node 'p' (Pad): 'x' must be a constant",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_not_understood_is_refused_by_name(tmp_path, case):
    build, expected = REFUSALS[case]
    writer, x = started()
    made = writer.node("Cast", [build(writer, x)], to=TensorProto.FLOAT)
    flat = writer.node("Reshape", [made, writer.constant([1, -1])])
    after = writer.node("MatMul", [flat, writer.weights((1, 2))])  # the node feeds a layer
    assert expected in refusal(tmp_path, writer, after)


def test_deformable_convolutions_are_refused(tmp_path):
    writer, x = started(version=19)
    y = writer.node("DeformConv", [x, writer.weights((4, 4, 1, 1)), x], name="d")
    assert refusal(tmp_path, writer, ended(writer, y)) == (
        "node 'd' (DeformConv) is a deformable convolution, whose positions depend on the input: "
        "not understood"
    )


def test_all_causes_are_told_with_counts_and_their_first_nodes(tmp_path):
    writer, x = started()
    for name in ("n1", "n2", "n3"):
        x = writer.node("Magic", [x], name=name, domain="my.ops")
    x = writer.node("MatMul", [x, x], name="qk")
    x = writer.node("MaxUnpool", [x, x], name="up", kernel_shape=[2, 2])
    message = refusal(tmp_path, writer, ended(writer, x))
    magic, attention, unpool = message.split("; ")[0], message, message.split("; ")[-1]
    assert magic == (
        "node 'n1' (my.ops.Magic) is an operator that is not understood (3 such nodes)"
    )
    assert "; node 'qk' (MatMul): multiplies two values of the run" in attention
    assert unpool == "node 'up' (MaxUnpool) is an operator that is not understood"


def test_causes_that_sizes_bring_are_told_together(tmp_path):
    writer, x = started()
    bad = [writer.conv(x, 1, 5, name=name) for name in ("a", "b")]
    bad.append(writer.node("Concat", [x, pool(writer, x)], name="c", axis=1))
    behind = [writer.conv(name, 1, 1) for name in bad]
    message = refusal(tmp_path, writer, *behind)
    assert message == (
        "node 'a' (Conv): reads 4 channels, but its weights are for 1 x 5 (2 such nodes); "
        "node 'c' (Concat): cannot put [[1, 4, 8, 8], [1, 4, 4, 4]] together along axis 1"
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 3, "h", 8), "input 'x' has an open size ('h') on axis 2; give its sizes, as in --inp"),
        ((1, 3, 8, None), "an open size on axis 3; give its sizes, as in --input x=1x3x8x224"),
        (
            (1, 3, 8, 8, 8),
            "(Conv): reads a tensor of shape [1, 3, 8, 8, 8]; must have one or two spatial",
        ),
    ],
)
def test_inputs_of_other_sizes_are_refused(tmp_path, shape, expected):
    writer = GraphWriter(shape)
    assert expected in refusal(tmp_path, writer, writer.conv("x", 4, 3, (1,) * (len(shape) - 2)))


def test_an_input_without_a_shape_is_refused(tmp_path):
    writer = GraphWriter()
    output = writer.conv("x", 4, 3)
    writer.inputs[0].type.tensor_type.ClearField("shape")
    assert refusal(tmp_path, writer, output) == (
        "input 'x' has no shape; give it, as in --input x=1x3x224x224"
    )


def test_weights_of_another_rank_are_refused(tmp_path):
    writer = GraphWriter()
    output = writer.node("Conv", ["x", writer.weights((4, 3, 2))], name="c")
    assert "node 'c' (Conv): its weights have shape [4, 3, 2]" in refusal(tmp_path, writer, output)


def test_a_model_without_layers_is_refused(tmp_path):
    writer = GraphWriter()
    expected = "holds neither a convolution nor a fully connected layer"
    assert refusal(tmp_path, writer, writer.node("Relu", ["x"])) == expected


def test_damaged_files_are_refused_in_one_line(tmp_path):
    writer, x = started()
    whole = writer.save(tmp_path, ended(writer, pool(writer, x))).read_bytes()
    damaged = tmp_path / "damaged.onnx"
    reasons = set()
    for length in range(len(whole)):
        damaged.write_bytes(whole[:length])
        with pytest.raises(InputError) as caught:
            read_onnx(damaged)
        message = str(caught.value)
        assert message.startswith(f"{damaged}: ")
        assert "\n" not in message
        reasons.add(message.removeprefix(f"{damaged}: "))
    assert "is not an ONNX model, or is truncated" in reasons


@pytest.mark.parametrize("content", [b"", b"# a text\n", b"\x00" * 64, bytes(range(256))])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.onnx: is not an ONNX model, or is truncated"):
        read_onnx(path)


def test_missing_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.onnx: No such file"):
        read_onnx(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="Is a directory"):
        read_onnx(tmp_path)
