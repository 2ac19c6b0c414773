"""Values of small constants: stored, or computed from stored ones (pads, axes, slice bounds)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, TypeProto, ValueInfoProto, numpy_helper
from onnx.helper import get_attribute_value, make_graph
from onnx.reference import ReferenceEvaluator

from xbarmip.errors import InputError


class Constants:
    """Looks values up by tensor name.

    Parameters
    ----------
    graph : GraphProto
        Where the tensors live.
    version : int
        Version of the standard operator set.
    shapes : mapping
        Known tensor shapes, for what is computed from a shape.
    """

    def __init__(
        self, graph: GraphProto, version: int, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self._stored: dict[str, TensorProto] = {t.name: t for t in graph.initializer}
        self._makers = {made: node for node in graph.node for made in node.output}
        self._version = version
        self._shapes = shapes
        self._values: dict[str, NDArray[Any]] = {}  # of makers: one may be asked for by many

    def array(self, name: str) -> NDArray[Any]:
        """The value of a fixed tensor.

        Raises
        ------
        InputError
            If it cannot be computed, for instance because it depends on what enters the network.
        """
        try:
            return self._value(name)
        except (InputError, MemoryError):
            raise
        except Exception as error:  # the reference operators raise what they like
            raise InputError(f"the constant {name!r} cannot be computed") from error

    def _value(self, name: str) -> NDArray[Any]:
        if name in self._stored:
            return numpy_helper.to_array(self._stored[name])
        if name not in self._makers:
            raise InputError(f"{name!r} must be a constant")
        if name not in self._values:
            self._values[name] = self._made(self._makers[name], name)
        return self._values[name]

    def _made(self, node: NodeProto, name: str) -> NDArray[Any]:
        if node.op_type == "Shape":
            return self._shape(node)
        inputs = {i: self._value(i) for i in node.input if i}
        return self._apply(node, name, inputs)

    def _shape(self, node: NodeProto) -> NDArray[Any]:
        if node.input[0] not in self._shapes:
            raise InputError(f"the shape of {node.input[0]!r} is not known")
        bounds = {a.name: get_attribute_value(a) for a in node.attribute}
        shape = self._shapes[node.input[0]]
        return np.array(shape[bounds.get("start", 0) : bounds.get("end")], dtype=np.int64)

    def _apply(self, node: NodeProto, name: str, inputs: dict[str, NDArray[Any]]) -> NDArray[Any]:
        graph = make_graph(
            [node],
            "constant",
            [ValueInfoProto(name=i, type=TypeProto()) for i in inputs],
            [ValueInfoProto(name=name, type=TypeProto())],
        )
        evaluator = ReferenceEvaluator(graph, opsets={"": self._version})
        (value,) = evaluator.run([name], inputs)
        return np.asarray(value)
