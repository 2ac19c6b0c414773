"""What the ONNX reader refuses, and that it says where and why in one line."""

import pytest
from onnx import TensorProto, helper

from tests.onnx_graphs import GraphWriter, ended, pool, refusal, sliced, started
from xbarmip.errors import InputError
from xbarmip.network.onnx import read_onnx

REFUSALS = {
    "standard operator": (
        lambda w, x: w.node("ConvTranspose", [x, w.weights((4, 2, 2, 2))], name="up"),
        "node 'up' (ConvTranspose) is an operator that is not understood",
    ),
    "node without a name": (
        lambda w, x: w.node("DepthToSpace", [x], blocksize=2),
        "the node that makes 't1' (DepthToSpace) is an operator that is not understood",
    ),
    "own operator": (
        lambda w, x: w.node("Magic", [x], name="m", domain="my.ops"),
        "node 'm' (my.ops.Magic) is an operator that is not understood",
    ),
    "attention": (
        lambda w, x: w.node("MatMul", [x, x], name="qk"),
        "node 'qk' (MatMul): multiplies two results of layers, 't0' and 't0'",
    ),
    "product that keeps positions": (
        lambda w, x: w.node("MatMul", [x, w.weights((8, 5))], name="m"),
        "node 'm' (MatMul): reads a tensor of shape [1, 4, 8, 8] with weights for 8 features",
    ),
    "batched weights": (
        lambda w, x: w.node("MatMul", [x, w.weights((4, 8, 5))], name="m"),
        "node 'm' (MatMul): its weights have shape [4, 8, 5], must be a matrix",
    ),
    "weights from a layer": (
        lambda w, x: w.node("Conv", [x, w.node("Reshape", [x, w.constant([4, 4, 4, 4])])]),
        "must be a constant, but comes from a layer",
    ),
    "slope from a layer": (
        lambda w, x: w.node("PRelu", [x, w.node("GlobalMaxPool", [x])], name="p"),
        "node 'p' (PRelu): operand 't1' must be a constant, but comes from a layer",
    ),
    "reflecting pad": (
        lambda w, x: w.node("Pad", [x, w.constant([0, 0, 1, 1] * 2)], name="p", mode="reflect"),
        "node 'p' (Pad): mode 'reflect' repeats positions",
    ),
    "cropping pad": (
        lambda w, x: w.node("Pad", [x, w.constant([0, 0, -1, 0, 0, 0, 0, 0])], name="p"),
        "node 'p' (Pad): pads must be at least 0, got -1",
    ),
    "crop": (
        lambda w, x: sliced(w, x, [1], [7], [2], [1], name="s"),
        "node 's' (Slice): takes 6 of 8 entries along axis 2",
    ),
    "flip": (
        lambda w, x: sliced(w, x, [-1], [-99], [3], [-1], name="s"),
        "node 's' (Slice): takes 8 of 8 entries along axis 3",
    ),
    "split of rows": (
        lambda w, x: w.node("Split", [x], "s", outputs=2, axis=2, num_outputs=2)[0],
        "node 's' (Split): selects rows or columns along axis 2",
    ),
    "one row": (
        lambda w, x: w.node("Gather", [x, w.constant(0)], name="g", axis=2),
        "node 'g' (Gather): selects rows or columns along axis 2",
    ),
    "selection from lost positions": (
        lambda w, x: w.node(
            "Gather", [w.node("Concat", [x, x], name="c", axis=3), w.constant(0)], axis=1
        ),
        "selects from positions that node 'c' (Concat) rearranged",
    ),
    "reduction of rows only": (
        lambda w, x: w.node("ReduceSum", [x, w.constant([2])], name="r"),
        "node 'r' (ReduceSum): reduces rows without columns",
    ),
    "largest row": (
        lambda w, x: w.node(
            "Cast", [w.node("ArgMax", [x], name="a", axis=2)], to=TensorProto.FLOAT
        ),
        "node 'a' (ArgMax): reduces rows without columns",
    ),
    "an axis that does not exist": (
        lambda w, x: w.node("Softmax", [x], name="s", axis=4),
        "node 's' (Softmax): axis 4 does not exist in a tensor of 4 axes",
    ),
    "strides for one axis": (
        lambda w, x: w.conv(x, 1, 4, name="c", strides=[2]),
        "node 'c' (Conv): strides [2]: only two spatial axes are understood",
    ),
    "unknown automatic pad": (
        lambda w, x: w.conv(x, 1, 4, name="c", auto_pad="SAME"),
        "node 'c' (Conv): auto_pad 'SAME' is not one of NOTSET, VALID,",
    ),
    "shape that depends on the input": (
        lambda w, x: w.node("Reshape", [x, w.node("Cast", ["x"], to=7)], name="r"),
        "node 'r' (Reshape): the shape of 't2' cannot be inferred",
    ),
    "softmax of columns only": (
        lambda w, x: w.node("Softmax", [x], name="s"),
        "node 's' (Softmax): normalises rows without columns",
    ),
    "indices of a pooling": (
        lambda w, x: w.node(
            "Identity", [w.node("MaxPool", [x], outputs=2, kernel_shape=[2, 2])[1]], name="i"
        ),
        "node 'i' (Identity): reads 't1_1', which no understood node makes",
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
        "node 'p' (Pad): ",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_not_understood_is_refused_by_name(tmp_path, case):
    build, expected = REFUSALS[case]
    writer, x = started()
    output = build(writer, x)
    assert expected in refusal(tmp_path, writer, output)


def test_control_flow_is_refused(tmp_path):
    writer, x = started()
    branch = GraphWriter()
    branch.nodes = [helper.make_node("Identity", [x], ["y"])]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(branch.nodes, "branch", [], [result])
    condition = writer.node("Cast", [writer.constant(1)], to=TensorProto.BOOL)
    y = writer.node("If", [condition], name="choice", then_branch=graph, else_branch=graph)
    assert (
        refusal(tmp_path, writer, y)
        == "node 'choice' (If) has graphs inside it, which is not understood"
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 3, "h", 8), "input 'x' has an unknown size ('h') on axis 2; fix it"),
        ((1, 3, 8, None), "input 'x' has an unknown size on axis 3; fix it"),
        ((2, 3, 8, 8), "(Conv): reads a tensor of shape [2, 3, 8, 8] with batch size 2, must be 1"),
        ((1, 3, 8), "(Conv): reads a tensor of shape [1, 3, 8], but only (batch, channels, rows"),
    ],
)
def test_inputs_of_other_sizes_are_refused(tmp_path, shape, expected):
    writer = GraphWriter(shape)
    assert expected in refusal(tmp_path, writer, writer.conv("x", 4, 3, (1,) * (len(shape) - 2)))


def test_an_input_without_a_shape_is_refused(tmp_path):
    writer = GraphWriter()
    output = writer.conv("x", 4, 3)
    writer.inputs[0].type.tensor_type.ClearField("shape")
    assert refusal(tmp_path, writer, output) == "input 'x' has no shape; fix it before reading"


def test_weights_of_another_rank_are_refused(tmp_path):
    writer = GraphWriter()
    output = writer.node("Conv", ["x", writer.weights((4, 3, 2))], name="c")
    assert "node 'c' (Conv): its weights have shape [4, 3, 2]" in refusal(tmp_path, writer, output)


def test_a_model_without_layers_is_refused(tmp_path):
    writer = GraphWriter()
    expected = "holds no convolution and no fully connected layer"
    assert refusal(tmp_path, writer, writer.node("Relu", ["x"])) == expected


def test_shapes_that_contradict_the_windows_are_refused(tmp_path):
    # ONNX infers ceil((8 - 3) / 2) + 1 = 4 columns here, its documentation says 3.
    writer, x = started()
    x = writer.node(
        "MaxPool", [x], "p", kernel_shape=[3, 3], strides=[2, 2], auto_pad="VALID", ceil_mode=1
    )
    message = refusal(tmp_path, writer, writer.conv(x, 1, 4, (1, 1)))
    assert message.startswith("node 'p' (MaxPool): makes 't1' of shape [1, 4, 3, 3], but ONNX ")


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
