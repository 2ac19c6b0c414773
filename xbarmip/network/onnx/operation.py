"""One node together with what flows into it, as the operators' rules see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from xbarmip.errors import InputError
from xbarmip.network.onnx.constants import Constants
from xbarmip.network.onnx.inference import infer_shapes
from xbarmip.network.onnx.model import Model
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.value import Value, join


class Tensors:
    """Every tensor that is known so far.

    Parameters
    ----------
    model : Model
    folder : Path
        Where the model lies.
    rules : mapping
        What operators without weights make of their operands.
    """

    def __init__(self, model: Model, folder: Path, rules: Mapping[str, "Rule"]) -> None:
        self.model = model
        self.values = {name: Value(shape) for name, shape in model.inputs.items()}
        self.constants = Constants(
            model.stored, model.protos, model.version, folder, lambda name: self.value(name).shape
        )
        self._rules = rules
        self._inferred: dict[str, tuple[int, ...]] | None = None

    def value(self, name: str) -> Value:
        """A tensor that is given, constant, or made by a node before.

        Raises
        ------
        InputError
            If nothing understood makes it, or its shape cannot be found.
        """
        if name not in self.values:
            if name not in self.model.fixed:
                raise InputError(f"reads {name!r}, which no understood node makes before it")
            self.values[name] = self._constant(name)
        return self.values[name]

    def made(self, node: Node) -> tuple[Value, ...]:
        """What a node without weights makes of its operands."""
        if node.operator in self._rules:
            return self._rules[node.operator](Operation(node, self))
        return tuple(Value(self._infer(name)) for name in node.outputs if name)

    def _constant(self, name: str) -> Value:
        if name in self.model.stored:
            return Value(tuple(self.model.stored[name].dims))
        node = self.model.makers.get(name)
        if node is not None and node.operator in self._rules:
            return self.made(node)[node.outputs.index(name)]
        return Value(self.constants.array(name).shape)

    def _infer(self, name: str) -> tuple[int, ...]:
        """A shape by ONNX's own inference, for operators on the way from the inputs to the first
        layers: positions do not matter there.
        """
        if self._inferred is None:
            self._inferred = infer_shapes(self.model.proto)
        if name not in self._inferred:
            raise InputError(f"the shape of {name!r} cannot be inferred")
        return self._inferred[name]


@dataclass(frozen=True, slots=True)
class Operation:
    """A node and its operands.

    Attributes
    ----------
    node : Node
    tensors : Tensors
        What earlier nodes made.
    """

    node: Node
    tensors: Tensors

    @property
    def operands(self) -> tuple[Value, ...]:
        """The values of the inputs that are given."""
        return tuple(self.value(i) for i, name in enumerate(self.node.inputs) if name)

    def with_scales(self, data: Value) -> Value:
        """`data`, each entry of which also depends on the single values among the other operands
        that come from layers: scales and zero points that follow from what is quantised.
        """
        single = [value for value in self.operands[1:] if value.sources and value.shape == ()]
        return join([data, *single], data.shape) if single else data

    def given(self, position: int) -> bool:
        """Whether there is an operand at `position`."""
        return position < len(self.node.inputs) and bool(self.node.inputs[position])

    def value(self, position: int) -> Value:
        """The operand at `position`."""
        return self.tensors.value(self.node.inputs[position])

    def fixed(self, position: int) -> bool:
        """Whether the operand at `position` is the same whatever enters the network."""
        return self.node.inputs[position] in self.tensors.model.fixed

    def array(self, position: int) -> NDArray[Any]:
        """The value of a constant operand."""
        return self.tensors.constants.array(self.node.inputs[position])

    def integers(self, attribute: str, position: int) -> tuple[int, ...] | None:
        """Integers that an attribute or, in later operator sets, the operand at `position` gives.

        None when neither is there.
        """
        if attribute in self.node.attributes:
            return tuple(int(n) for n in self.node.attributes[attribute])
        if self.given(position):
            return tuple(int(n) for n in self.array(position).ravel())
        return None

    def axis(self, axis: int, rank: int) -> int:
        """An axis of a tensor of `rank` axes, counted from the front."""
        if not -rank <= axis < rank:
            raise InputError(f"axis {axis} does not exist in a tensor of {rank} axes")
        return axis % rank


Rule = Callable[[Operation], tuple[Value, ...]]
