"""Values of small constants: stored, or computed from stored ones (pads, axes, slice bounds)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, TypeProto, ValueInfoProto, helper, numpy_helper
from onnx.helper import get_attribute_value, make_graph
from onnx.reference import ReferenceEvaluator

from xbarmip.errors import InputError
from xbarmip.limits import MOST_CONSTANT

_PLAIN: Mapping[str, Callable[..., Any]] = {
    "Add": lambda of, a, b: a + b,
    "Cast": lambda of, a: a.astype(helper.tensor_dtype_to_np_dtype(of["to"])),
    "Concat": lambda of, *parts: np.concatenate(parts, axis=of["axis"]),
    "ConstantOfShape": lambda of, shape: np.broadcast_to(
        numpy_helper.to_array(of["value"]) if "value" in of else np.float32(0), tuple(shape)
    ),
    "Gather": lambda of, a, index: np.take(a, index, axis=of.get("axis", 0)),
    "Identity": lambda of, a: a,
    "Mul": lambda of, a, b: a * b,
    "Sub": lambda of, a, b: a - b,
    "Unsqueeze": lambda of, a, *axes: np.expand_dims(
        a, tuple(int(axis) for axis in (axes[0].ravel() if axes else of["axes"]))
    ),
}
"""What shapes are computed by: the reference operators take a hundred times as long."""


class Constants:
    """Looks values up by tensor name.

    Parameters
    ----------
    stored : mapping
        The stored tensors.
    makers : mapping
        The node behind every tensor that one makes.
    version : int
        Version of the standard operator set.
    folder : Path
        Where files with tensors that are stored outside of the model lie.
    shape_of : callable
        Shape of any tensor, for what is computed from a shape.
    """

    def __init__(
        self,
        stored: Mapping[str, TensorProto],
        makers: Mapping[str, NodeProto],
        version: int,
        folder: Path,
        shape_of: Callable[[str], tuple[int, ...]],
    ) -> None:
        self._stored, self._makers = stored, makers
        self._version, self._folder, self._shape_of = version, folder, shape_of
        self._known: dict[str, NDArray[Any]] = {}

    def array(self, name: str) -> NDArray[Any]:
        """The value of a fixed tensor.

        Raises
        ------
        InputError
            If it cannot be computed, for instance because it depends on what enters the network.
        """
        if name not in self._known:
            try:
                self._known[name] = self._value(name)
            except (InputError, MemoryError):
                raise
            except Exception as error:  # the reference operators raise what they like
                raise InputError(f"the constant {name!r} cannot be computed") from error
        return self._known[name]

    def _value(self, name: str) -> NDArray[Any]:
        if name in self._stored:
            return numpy_helper.to_array(self._stored[name], str(self._folder))
        if name not in self._makers:
            raise InputError(f"{name!r} must be a constant")
        node = self._makers[name]
        if node.op_type in ("Shape", "Size"):
            return self._shape(node)
        inputs = {i: self._operand(i) for i in node.input if i}
        attributes = {a.name: get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant" and "value" in attributes:
            return numpy_helper.to_array(attributes["value"], str(self._folder))
        if node.op_type in _PLAIN:
            operands = (inputs[i] for i in node.input)
            return np.asarray(_PLAIN[node.op_type](attributes, *operands))
        return self._apply(node, name, inputs)

    def _operand(self, name: str) -> NDArray[Any]:
        value = self.array(name)
        if value.size > MOST_CONSTANT:
            raise InputError(
                f"is computed from the constant {name!r} of {value.size} entries, must be at most "
                f"{MOST_CONSTANT}"
            )
        return value

    def _shape(self, node: NodeProto) -> NDArray[Any]:
        bounds = {a.name: get_attribute_value(a) for a in node.attribute}
        shape = np.array(self._shape_of(node.input[0]), dtype=np.int64)
        if node.op_type == "Size":
            return np.asarray(shape.prod())
        return shape[bounds.get("start", 0) : bounds.get("end")]

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
