"""`If`: the branch that a known condition chooses, and what is refused."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.onnx_graphs import GraphWriter, ended, pool, read, refusal, started
from xbarmip.errors import InputError
from xbarmip.network.onnx import model, read_onnx
from xbarmip.network.onnx.perturb import verify_needs


def branch(nodes, result, stored=()):
    made = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
    return helper.make_graph(nodes, "branch", [], [made], list(stored))


def weights(name, *shape):
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


def convolving(x, name, pads=(1, 1, 1, 1)):
    """A branch with a layer whose weights come along."""
    node = helper.make_node("Conv", [x, f"{name}.weight"], [name], name=f"/{name}/Conv", pads=pads)
    return branch([node], name, [weights(f"{name}.weight", 4, 4, 3, 3)])


def passing(x, name="same"):
    return branch([helper.make_node("Identity", [x], [name])], name)


def choice(writer, condition, then, otherwise, name=""):
    return writer.node("If", [condition], name, then_branch=then, else_branch=otherwise)


def boolean(writer, value):
    return writer.node("Cast", [writer.constant(int(value))], to=TensorProto.BOOL)


def of_the_run(writer, x="x"):
    most = writer.node("ReduceMax", [x], keepdims=0)
    return writer.node("Cast", [most], to=TensorProto.BOOL)


@pytest.mark.parametrize("taken", [True, False])
def test_the_branch_that_a_constant_chooses_is_read(tmp_path, taken):
    writer, x = started()
    writer.node("Identity", [x])
    small, same = convolving(x, "a", pads=(0, 0, 0, 0)), convolving(x, "b")
    y = choice(writer, boolean(writer, taken), small, same)
    network = read(tmp_path, writer, ended(writer, y))
    assert [layer.name for layer in network.layers] == ["first", "a" if taken else "b", "last"]
    assert [layer.height for layer in network.layers] == ([8, 6, 6] if taken else [8, 8, 8])
    assert [(e.producer, e.consumer) for e in network.edges] == [
        ("first", "a" if taken else "b"),
        ("a" if taken else "b", "last"),
    ]
    assert network.layers[1].node == f"/{'a' if taken else 'b'}/Conv"


@pytest.mark.parametrize("rows", [1, 8])
def test_a_condition_may_follow_from_a_shape(tmp_path, rows):
    """How PyTorch writes a squeeze of an axis whose size was open."""
    writer = GraphWriter((1, 3, rows, 8))
    x = writer.conv("x", 4, 3, pads=[1, 1, 1, 1], weight="first.weight")
    size = writer.node("Gather", [writer.node("Shape", [x]), writer.constant(2)])
    one = writer.node("Equal", [size, writer.constant(1)])
    axes = writer.constant([2])
    squeezed = branch([helper.make_node("Squeeze", [x, axes], ["s"])], "s")
    y = choice(writer, one, squeezed, passing(x))
    flat = writer.node("Reshape", [y, writer.constant([1, 4, -1])])
    end = writer.node("Conv", [flat, writer.weights((5, 4, 1))])
    network = read(tmp_path, writer, end)
    assert [layer.outputs for layer in network.layers] == [8 * rows, 8 * rows]


def test_choices_inside_choices_and_choices_that_others_make_known(tmp_path):
    writer, x = started()
    yes = boolean(writer, 1)
    inner = helper.make_node(
        "If", [yes], ["in"], then_branch=convolving(x, "a"), else_branch=passing(x, "n")
    )
    y = choice(writer, yes, branch([inner], "in"), passing(x))
    size = writer.node("Gather", [writer.node("Shape", [pool(writer, y)]), writer.constant(2)])
    four = writer.node("Equal", [size, writer.constant(4)])
    z = choice(writer, four, convolving(y, "b"), convolving(y, "c"))
    network = read(tmp_path, writer, ended(writer, z))
    assert [layer.name for layer in network.layers] == ["first", "a", "b", "last"]


def test_what_two_branches_call_the_same_stays_two_things(tmp_path):
    writer, x = started()
    yes = boolean(writer, 1)
    for _ in range(2):
        x = choice(writer, yes, convolving(x, "a"), passing(x))
    path = writer.save(tmp_path, ended(writer, x))
    network = read_onnx(path)
    assert [layer.name for layer in network.layers] == ["first", "a", "t3/a", "last"]
    found = verify_needs(path, positions=2)
    assert (found.edges, found.wrong, found.loose) == (3, (), ())


def test_a_branch_may_pass_on_what_is_outside_of_it(tmp_path):
    writer, x = started()
    outside = branch([], pool(writer, x))
    y = choice(writer, boolean(writer, 1), outside, passing(x))
    network = read(tmp_path, writer, ended(writer, y))
    assert [layer.outputs for layer in network.layers] == [64, 16]


def test_a_choice_by_a_value_of_the_run_is_refused_by_name(tmp_path):
    writer, x = started()
    y = choice(writer, of_the_run(writer), passing(x), passing(x), name="choice")
    assert refusal(tmp_path, writer, ended(writer, y)) == (
        "node 'choice' (If) has graphs inside it, which is not understood"
    )


@pytest.mark.parametrize("values", [[], [1, 0]])
def test_a_condition_is_one_value(tmp_path, values):
    writer, x = started()
    several = writer.node("Cast", [writer.constant(np.array(values, int))], to=TensorProto.BOOL)
    y = choice(writer, several, passing(x), passing(x), name="choice")
    expected = "node 'choice' (If) has graphs inside it, which is not understood"
    assert refusal(tmp_path, writer, ended(writer, y)) == expected


def test_a_choice_of_other_results_than_it_has_is_refused(tmp_path):
    writer, x = started()
    y, _ = writer.node(
        "If", [boolean(writer, 1)], "choice", 2, then_branch=passing(x), else_branch=passing(x)
    )
    assert "node 'choice' (If) has graphs inside it" in refusal(tmp_path, writer, ended(writer, y))


def test_weights_may_come_with_a_branch(tmp_path):
    writer, x = started()
    own = branch([], "own.weight", [weights("own.weight", 5, 4, 1, 1)])
    chosen = choice(writer, boolean(writer, 0), branch([], "first.weight"), own)
    network = read(tmp_path, writer, writer.node("Conv", [x, chosen]))
    assert [layer.name for layer in network.layers] == ["first", "own"]


HIDDEN = "node 'choice' (If) has layers in a graph inside it, a branch or a loop, which is not"
WITH_WEIGHTS = {
    "branch": (
        lambda w, x: choice(w, of_the_run(w, x), convolving(x, "a"), passing(x), "choice"),
        HIDDEN,
    ),
    "branch in a branch": (
        lambda w, x: choice(
            w,
            of_the_run(w, x),
            branch(
                [
                    helper.make_node(
                        "If",
                        [of_the_run(w, x)],
                        ["in"],
                        then_branch=convolving(x, "a"),
                        else_branch=passing(x),
                    )
                ],
                "in",
            ),
            passing(x),
            "choice",
        ),
        HIDDEN,
    ),
    "recurrent layer": (
        lambda w, x: w.node("GRU", [x, w.weights((1, 12, 8)), w.weights((1, 12, 4))], name="r"),
        "node 'r' (GRU) is a recurrent layer",
    ),
    "fused attention": (
        lambda w, x: w.node(
            "Attention", [x, w.weights((4, 12))], "f", domain="com.microsoft", num_heads=1
        ),
        "node 'f' (com.microsoft.Attention) is attention fused with the products before it",
    ),
}


@pytest.mark.parametrize("where", ["before the first layer", "behind the last layer"])
@pytest.mark.parametrize("case", WITH_WEIGHTS)
def test_weights_that_are_not_understood_are_refused_wherever_they_stand(tmp_path, case, where):
    build, expected = WITH_WEIGHTS[case]
    writer, x = started()
    if where == "before the first layer":
        writer = GraphWriter((1, 4, 8, 8))
        made = build(writer, "x")
        flat = writer.node("Reshape", [made, writer.constant([1, 4, 8, 8])])
        made = ended(writer, flat)
    else:
        made = build(writer, x)
    assert expected in refusal(tmp_path, writer, made)


def test_rounds_of_choices_have_a_limit(tmp_path, monkeypatch):
    writer, x = started()
    for _ in range(3):
        size = writer.node("Gather", [writer.node("Shape", [x]), writer.constant(2)])
        halve = writer.node("Greater", [size, writer.constant(2)])
        halved = helper.make_node("MaxPool", [x], ["p"], kernel_shape=[2, 2], strides=[2, 2])
        x = choice(writer, halve, branch([halved], "p"), passing(x), name="choice")
    path = writer.save(tmp_path, ended(writer, x))
    assert read_onnx(path)["last"].outputs == 4
    monkeypatch.setattr(model, "MOST_ROUNDS", 2)
    with pytest.raises(InputError, match=r"node 'choice' \(If\) has graphs inside it"):
        read_onnx(path)
