"""Networks as users have them: open sizes, batches, names, suites, modules of PyTorch."""

import json
from importlib.util import find_spec

import pytest
from onnx import helper

import xbarmip as xb
from tests.onnx_graphs import GraphWriter, ended, started
from xbarmip.cli.main import main
from xbarmip.compare.integers import from_integers, to_integers
from xbarmip.compare.suite import read_suite
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.constraints import EqualDuplication, LargestDuplication
from xbarmip.errors import InputError
from xbarmip.model.hooks import add_condition
from xbarmip.network.json_format import from_dict, to_dict
from xbarmip.network.layer import Edge
from xbarmip.network.onnx import read_onnx
from xbarmip.network.window import Raster
from xbarmip.timing.evaluate import evaluate


@pytest.fixture
def open_file(tmp_path):
    """Two convolutions of an image whose batch, height and width are open."""
    writer, x = started()
    path = writer.save(tmp_path, ended(writer, x), name="open.onnx")
    for axis, name in ((0, "n"), (2, "h"), (3, "w")):
        writer.inputs[0].type.tensor_type.shape.dim[axis].dim_param = name
    writer.save(tmp_path, writer.nodes[-1].output[0], name="open.onnx")
    return path


def sizes(network):
    return [(layer.height, layer.width) for layer in network.layers]


# Sizes


def test_sizes_are_given_by_name(open_file):
    assert sizes(xb.load_network(open_file, {"x": (1, 3, 6, 9)})) == [(6, 9), (6, 9)]


def test_sizes_of_the_file_may_be_replaced(tmp_path):
    writer, x = started()
    path = writer.save(tmp_path, ended(writer, x))
    assert sizes(read_onnx(path)) == [(8, 8)] * 2
    assert sizes(read_onnx(path, inputs={"x": [1, 3, 5, 7]})) == [(5, 7)] * 2


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, "input 'x' has an open size ('h') on axis 2; give its sizes, as in --input x=1x3x224"),
        ({"y": (1, 3, 8, 8)}, "has no input 'y'; its inputs are x"),
        ({"x": (1, 3, 8)}, "input 'x' has 4 axes, got 3: 1x3x8"),
        ({"x": (1, 3, 8, 0)}, "input 'x': a size must be at least 1, got 0"),
        ([(1, 3, 8, 8)], "inputs of a file must be a mapping of names to shapes"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(open_file, inputs, expected):
    with pytest.raises(InputError) as caught:
        xb.load_network(open_file, inputs)
    assert expected in str(caught.value)


def test_sizes_and_digital_units_are_for_files_that_leave_them_open():
    for options in ({"inputs": {"x": (1, 3, 8, 8)}}, {"digital": True}):
        with pytest.raises(InputError, match=r"alexnet: .* only for ONNX and PyTorch files"):
            xb.load_network("alexnet", **options)


# Batches


def batched(tmp_path, batch):
    writer = GraphWriter((batch, 3, 8, 8))
    x = writer.conv("x", 4, 3, weight="first.weight")
    x = writer.node("Reshape", [x, writer.constant([batch, -1])])
    x = writer.node("Reshape", [x, writer.constant([batch, 4, 6, 6])])
    x = writer.node("Resize", [x, "", "", writer.constant([batch, 4, 12, 12])])
    x = writer.node("Add", [x, writer.node("Expand", [x, writer.constant([batch, 4, 12, 12])])])
    x = writer.node("Reshape", [x, writer.constant([batch * 12, 48])])
    return read_onnx(writer.save(tmp_path, writer.node("MatMul", [x, writer.weights((48, 2))])))


def test_a_batch_is_read_as_one_image_and_said_so(tmp_path):
    one, ten = batched(tmp_path, 1), batched(tmp_path, 10)
    assert (ten.layers, ten.edges) == (one.layers, one.edges)
    assert one.source == "ONNX file model.onnx"
    assert ten.source == "ONNX file model.onnx, a batch of 10 read as one image"


@pytest.mark.parametrize("stated", [(1, 3, 8, 8), (10, 3, 8, 8), (1, 3, "h", "w"), (1, 3, 16, 16)])
def test_shapes_that_onnx_infers_are_those_of_the_sizes_that_are_read(tmp_path, stated):
    """Before the first layer the reader asks ONNX; a transform that it does not know stands there,
    and what the file states of later shapes is for other sizes.
    """
    writer = GraphWriter(stated, version=20)
    wide = writer.node("Unsqueeze", ["x", writer.constant([4])])
    x = writer.node("ReduceSum", [writer.node("DFT", [wide]), writer.constant([4])], keepdims=0)
    path = writer.save(tmp_path, writer.conv(x, 4, 3))
    assert read_onnx(path, inputs={"x": (1, 3, 16, 16)}).layers[0].height == 14
    if stated == (10, 3, 8, 8):
        assert read_onnx(path).layers[0].height == 6


# Names


def named(tmp_path):
    writer = GraphWriter((1, 3, 8, 8))
    x = writer.conv("x", 4, 3, weight="body.0.weight", name="/body/body.0/Conv")
    x = writer.conv(x, 4, 4, weight="body.1.weight", name="/body/body.1/Conv")
    copied = writer.node("Identity", ["body.1.weight"])
    x = writer.node("Conv", [x, copied], name="/body/body.2/Conv")
    return writer.save(tmp_path, x, name="named.onnx")


def test_the_files_own_names_are_accepted_wherever_a_layer_is_named(tmp_path):
    network = read_onnx(named(tmp_path))
    assert [layer.name for layer in network.layers] == ["body.0", "body.1", "body.1_2"]
    assert network["/body/body.1/Conv"] is network.layers[1]
    assert network.layer_name("/body/body.2/Conv") == "body.1_2"
    problem = xb.Problem(
        network, 20, constraints=(LargestDuplication(2, layers=("/body/body.0/Conv",)),)
    )
    assert [constraint.layers for constraint in problem.constraints] == [("body.0",)]
    own = {"/body/body.0/Conv": 1, "/body/body.1/Conv": 2, "body.1_2": 1}
    assert problem.allocation(own) == (1, 2, 1)
    model = xb.build_model(xb.Problem(network, 20))
    added = add_condition(model, "even", ["/body/body.1/Conv"], lambda r: r % 2 == 0)
    assert added is model.even
    answer = xb.solve(model)
    assert answer.allocation["body.1"] % 2 == 0


def test_constraint_objects_may_name_layers_as_the_file_does(tmp_path):
    network = read_onnx(named(tmp_path))
    by_node, by_name = (
        xb.Problem(
            network,
            20,
            constraints=(
                Predicate("even", (one, other), lambda r, s: (r + s) % 2 == 0),
                LinearConstraint("few", ((other, tuple(range(1, 19))),), 4),
            ),
        )
        for one, other in (("/body/body.0/Conv", "/body/body.1/Conv"), ("body.0", "body.1"))
    )
    scopes = [constraint.layers for constraint in by_node.constraints]
    assert scopes == [("body.0", "body.1"), ("body.1",)]
    answers = [xb.solve(problem).allocation for problem in (by_node, by_name)]
    assert answers[0] == answers[1]
    assert (answers[0]["body.0"] + answers[0]["body.1"]) % 2 == 0


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (
            lambda names: Predicate("p", names, lambda r, s: True),
            "constraint 'p' names layer 'body.0' twice",
        ),
        (
            lambda names: EqualDuplication(names),
            "equal-duplication: layers names layer 'body.0' twice",
        ),
    ],
)
def test_two_names_of_one_layer_are_one_layer(tmp_path, make, expected):
    names = ("body.0", "/body/body.0/Conv")
    network = read_onnx(named(tmp_path))
    with pytest.raises(InputError, match=expected):
        xb.Problem(network, 20, constraints=(make(names),))
    with pytest.raises(InputError, match=r"names layer .* twice"):
        xb.Problem(network, 20).allocation(dict.fromkeys((*names, "body.1", "body.1_2"), 1))


def test_an_unknown_layer_is_told_with_the_nearest_names(tmp_path):
    network = read_onnx(named(tmp_path))
    with pytest.raises(InputError) as caught:
        network.layer_name("/body/body.1/Con")
    assert "unknown layer '/body/body.1/Con'; did you mean '/body/body.1/Conv'" in str(caught.value)
    with pytest.raises(
        InputError, match="largest-duplication: unknown layer 'body0'; did you mean"
    ):
        xb.Problem(network, 20, constraints=(LargestDuplication(2, layers=("body0",)),))


def test_shared_weights_are_as_many_sets_and_said_so(tmp_path, capsys):
    path = named(tmp_path)
    network = read_onnx(path)
    assert network.shared == {"body.1.weight": ("body.1", "body.1_2")}
    assert xb.Problem(network, 9).smallest_budget == 3
    assert main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert (
        "the tensor 'body.1.weight' is used 2 times, 2 sets of its own:\n  body.1, body.1_2" in out
    )
    assert "/body/body.2/Conv" in out
    assert main(["show", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["shared"] == {"body.1.weight": ["body.1", "body.1_2"]}
    assert [layer["node"] for layer in shown["layers"]][1] == "/body/body.1/Conv"


# Positions that are listed


def turned(tmp_path):
    """A layer behind a turned map, beside a layer that reads the same map as it is."""
    writer, x = started()
    on_its_side = writer.node("Transpose", [x], perm=[0, 1, 3, 2])
    both = writer.node("Add", [ended(writer, x), writer.conv(on_its_side, 5, 4, (1, 1))])
    writer.conv(both, 2, 5, weight="after.weight")
    return read_onnx(writer.save(tmp_path))


def test_listed_positions_come_back_from_json_and_from_integers(tmp_path):
    network = turned(tmp_path)
    assert any(isinstance(o, Raster) for edge in network.edges for o in edge.through)
    assert from_dict(json.loads(json.dumps(to_dict(network)))) == network
    problem = xb.Problem(network, 40)
    again = from_integers(json.loads(json.dumps(to_integers(problem))))
    for allocation in ([1, 1, 1, 1], [4, 2, 3, 1], [64, 9, 7, 5]):
        assert evaluate(again, allocation) == evaluate(problem, allocation)
    assert xb.solve(problem).value == xb.solve(problem, "milp").value


def test_listed_positions_are_checked():
    raster = {"size": [1, 2], "positions": [1, 17]}
    layers = [
        {"name": "a", "in_channels": 1, "out_channels": 1, "size": 4, "kernel": 1},
        {"name": "b", "in_channels": 1, "out_channels": 1, "size": [1, 2], "kernel": 1},
    ]
    edges = [{"from": "a", "to": "b", "through": [{"raster": raster}]}]
    data = {
        "format": "xbarmip-network",
        "version": 1,
        "name": "n",
        "layers": layers,
        "edges": edges,
    }
    with pytest.raises(InputError, match="raster positions must be at most 16, got 17"):
        assert from_dict(data).clamped
    raster["positions"] = [1]
    with pytest.raises(InputError, match="raster positions must be 2 integers"):
        from_dict(data)
    raster["positions"] = [16, 3]
    network = from_dict(data)
    assert [network.clamped[0](x) for x in (1, 2)] == [16, 16]
    with pytest.raises(InputError, match="does not cover listed positions"):
        assert network.printed


# The command line and suites


def test_sizes_on_the_command_line(open_file, capsys):
    for command in (
        ["show", str(open_file)],
        ["solve", str(open_file), "--crossbars", "9"],
        ["explain", str(open_file), "--crossbars", "9"],
    ):
        assert main([*command, "--input", "x=1x3x4x4"]) == 0
    capsys.readouterr()
    assert main(["show", str(open_file)]) == 2
    assert "--input x=1x3x224x224" in capsys.readouterr().err
    assert main(["show", str(open_file), "--input", "x=1x3x"]) == 2
    assert "must be a name and sizes, as x=1x3x320x320, got 'x=1x3x'" in capsys.readouterr().err


def test_digital_units_on_the_command_line(tmp_path, capsys):
    writer, x = started()
    path = writer.save(tmp_path, ended(writer, writer.node("MatMul", [x, x])))
    assert main(["show", str(path)]) == 2
    assert "as attention does" in capsys.readouterr().err
    assert main(["show", str(path), "--digital"]) == 0


def test_need_maps_are_verified_on_the_command_line(open_file, capsys):
    pytest.importorskip("onnxruntime")
    arguments = ["show", str(open_file), "--input", "x=1x3x6x6", "--verify-needs"]
    assert main(arguments) == 0
    assert "1 edges," in (out := capsys.readouterr().out)
    assert "never too little (0 times)" in out
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["wrong"] == []
    assert main(["show", "alexnet", "--verify-needs"]) == 2
    assert "only ONNX files can be run" in capsys.readouterr().err


SUITE = """
format = "xbarmip-suite"
version = 1
name = "sizes"
description = "One file at two sizes."
[[case]]
name = "small"
network = "open.onnx"
inputs = {{ x = [1, 3, 4, 4] }}
crossbars = 6
[[case]]
name = "large"
network = "open.onnx"
inputs = {{ x = {large} }}
crossbars = 6
"""


def test_suites_give_sizes(open_file):
    path = open_file.parent / "sizes.toml"
    path.write_text(SUITE.format(large="[1, 3, 5, 6]"))
    networks = [instance.problem.network for instance in read_suite(path).instances]
    assert [sizes(network)[0] for network in networks] == [(4, 4), (5, 6)]
    path.write_text(SUITE.format(large="6"))
    with pytest.raises(InputError, match="inputs, x: must be an array of sizes, got 6"):
        read_suite(path)
    path.write_text(SUITE.format(large="[1, 3, 0, 6]"))
    with pytest.raises(InputError, match="inputs, x must be at least 1, got 0"):
        read_suite(path)


# What feeds no layer


def test_what_feeds_no_layer_leaves_the_network(tmp_path):
    """Unknown operators, control flow and boxes behind the last layers are no reason to refuse."""
    writer, x = started()
    last = ended(writer, x)
    scores = writer.node("Reshape", [last, writer.constant([1, 5, -1])])
    boxes = writer.node("Transpose", [scores], perm=[0, 2, 1])
    boxes = writer.node("Slice", [boxes, *(writer.constant([v]) for v in (0, 4, 2))])
    limits = [writer.constant(v) for v in ([10], [0.5], [0.5])]
    chosen = writer.node("NonMaxSuppression", [boxes, scores, *limits])
    after = writer.node("Relu", [writer.node("Magic", [chosen], domain="own")])
    branch = helper.make_graph(
        [helper.make_node("Identity", [last], ["y"])],
        "branch",
        [],
        [helper.make_tensor_value_info("y", 1, None)],
    )
    condition = writer.node("Cast", [writer.constant(1)], to=9)
    either = writer.node("If", [condition], then_branch=branch, else_branch=branch)
    network = read_onnx(writer.save(tmp_path, after, either))
    assert network.edges == (Edge("first", "last"),)
    assert network.outputs == ("last",)


# PyTorch


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_without_torch_its_files_are_refused_with_what_to_do(tmp_path):
    for given in (tmp_path / "net.pt2", type("Net", (), {"named_parameters": None})()):
        with pytest.raises(InputError) as caught:
            xb.load_network(given, [(1, 3, 8, 8)] if not hasattr(given, "name") else None)
        assert "needs torch; install it (pip install 'xbarmip[torch]'), or" in str(caught.value)
        assert "torch.onnx.export(module, example_inputs, 'network.onnx')" in str(caught.value)


def test_a_module_of_pytorch_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.ConvTranspose2d(8, 4, 2, stride=2),
        torch.nn.Flatten(),
        torch.nn.Linear(4 * 8 * 8, 10),
    )
    network = xb.load_network(module, [(1, 3, 8, 8)])
    assert sizes(network) == [(8, 8), (8, 8), (1, 1)]
    assert module.training
    program = torch.export.export(module.eval(), (torch.zeros(1, 3, 8, 8),))
    torch.export.save(program, tmp_path / "net.pt2")
    assert xb.load_network(tmp_path / "net.pt2").edges == network.edges
    with pytest.raises(InputError, match="give the shapes of its inputs"):
        xb.load_network(module)
