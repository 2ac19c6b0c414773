"""Small ONNX graphs for tests: written node by node, and run cut apart at their layers."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from xbarmip.errors import InputError
from xbarmip.network.onnx import read_onnx

LAYERS = ("Conv", "Gemm", "MatMul")


class GraphWriter:
    """Writes a model with one input `x`; every operator method returns its output's name."""

    def __init__(self, shape=(1, 3, 8, 8), version=18):
        self.nodes, self.constants, self.inputs = [], [], []
        self.version, self.given = version, {}
        self.add_input("x", shape)

    def add_input(self, name, shape):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        self.given[name] = tuple(shape)
        return name

    def constant(self, array):
        array = np.asarray(array)
        array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def weights(self, shape, name=None):
        """A constant of ones."""
        made = self.constant(np.ones(shape, np.float32))
        if name is not None:
            self.constants[-1].name = made = name
        return made

    def node(self, operator, inputs, name="", outputs=1, domain="", **attributes):
        made = [
            f"t{len(self.nodes)}" if i == 0 else f"t{len(self.nodes)}_{i}" for i in range(outputs)
        ]
        self.nodes.append(
            helper.make_node(operator, inputs, made, name=name, domain=domain, **attributes)
        )
        return made[0] if outputs == 1 else made

    def conv(self, x, out_channels, in_channels, kernel=(3, 3), weight=None, name="", **attributes):
        shape = (out_channels, in_channels // attributes.get("group", 1), *kernel)
        operands = [x, self.weights(shape, weight), self.weights((out_channels,))]
        return self.node("Conv", operands, name, **attributes)

    def model(self, *outputs):
        graph = helper.make_graph(
            self.nodes,
            "graph",
            self.inputs,
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
            self.constants,
        )
        imports = [helper.make_opsetid("", self.version)]
        imports += [helper.make_opsetid(n.domain, 1) for n in self.nodes if n.domain]
        return helper.make_model(graph, opset_imports=imports, ir_version=9)

    def shape(self, name):
        """The inferred shape of a tensor; None when there is none."""
        if name in self.given:
            return self.given[name]
        inferred = shape_inference.infer_shapes(self.model(name), data_prop=True)
        dims = [d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]
        return tuple(dims) if dims and min(dims) > 0 else None

    def save(self, folder: Path, *outputs, name="model.onnx"):
        path = folder / name
        onnx.save(self.model(*outputs or self.nodes[-1].output[:1]), path)
        return path


def read(folder, writer, *outputs):
    """The network that the reader makes of a model; its last node's result is the output."""
    return read_onnx(writer.save(folder, *outputs))


def refusal(folder, writer, *outputs):
    """The one line that refuses a model, without the file's name."""
    path = writer.save(folder, *outputs)
    with pytest.raises(InputError) as caught:
        read_onnx(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def started(version=18):
    """A writer, and the result of a first 3x3 convolution: 4 channels, 8 x 8 positions."""
    writer = GraphWriter(version=version)
    return writer, writer.conv("x", 4, 3, pads=[1, 1, 1, 1], weight="first.weight")


def ended(writer, x):
    """Append the convolution that reads `x`, 1x1, 4 channels in."""
    return writer.conv(x, 5, 4, (1, 1), weight="last.weight")


def pool(writer, x, operator="MaxPool", **attributes):
    return writer.node(operator, [x], kernel_shape=[2, 2], strides=[2, 2], **attributes)


def sliced(writer, x, starts, ends, axes, steps, **attributes):
    bounds = [writer.constant(v) for v in (starts, ends, axes, steps)]
    return writer.node("Slice", [x, *bounds], **attributes)


def layer_nodes(writer):
    return [node for node in writer.nodes if node.op_type in LAYERS]


def run_shape(writer, output):
    """Shape that the reference operators give; None where they fail, as for a window of pads."""
    ones = {name: np.ones(shape, np.float32) for name, shape in writer.given.items()}
    try:
        with np.errstate(invalid="ignore"), warnings.catch_warnings(action="ignore"):
            result = ReferenceEvaluator(writer.model(output)).run(None, ones)[0]
    except (ValueError, RuntimeError):
        return None
    return result.shape if np.isfinite(result).all() else None


def last_read(writer, consumer):
    """Receptive fields by experiment: cut the graph at all other layers, change one position of
    one layer's result, and see which positions of the consumer's result change.

    Returns
    -------
    dict
        Name of each producer's output -> for every output of the consumer in raster order, the
        number of the last producer position that it depends on (0 for none).
    """
    made_by = {o: node for node in writer.nodes for o in node.output}
    results = {node.output[0] for node in layer_nodes(writer)}
    taken, edges, waiting = [], {}, [consumer.output[0]]
    while waiting:
        name = waiting.pop()
        if name in results and name != consumer.output[0]:
            edges[name] = writer.shape(name)
        elif name in made_by and made_by[name] not in taken:
            taken.append(made_by[name])
            waiting += [i for i in made_by[name].input if i]
    cut = GraphWriter(version=writer.version)
    cut.inputs, cut.given = list(writer.inputs), dict(writer.given)
    cut.constants = writer.constants
    cut.nodes = [node for node in writer.nodes if node in taken]
    for name, shape in edges.items():
        cut.add_input(name, shape)
    run = ReferenceEvaluator(cut.model(consumer.output[0]))
    ones = {name: np.ones(shape, np.float32) for name, shape in cut.given.items()}
    plain = run.run(None, ones)[0]
    last = {}
    for name in edges:
        changed = ones[name].copy()
        reads = np.zeros(_by_position(plain, consumer).shape[1], int)
        for position, entries in enumerate(_by_position(changed, made_by[name]).T):
            entries += 1000
            result = run.run(None, {**ones, name: changed})[0]
            entries -= 1000
            reads[(_by_position(result != plain, consumer)).any(axis=0)] = position + 1
        last[name] = reads
    return last


def _by_position(array, node):
    """A view of a layer's result: channels by positions in raster order."""
    channels_first = np.moveaxis(array[0], 0 if node.op_type == "Conv" else -1, 0)
    view = channels_first.reshape(len(channels_first), -1)
    assert np.shares_memory(view, array)
    return view
