"""One node together with what flows into it, as the operators' rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from xbarmip.errors import InputError
from xbarmip.network.onnx.model import Model
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.value import Value


@dataclass(frozen=True, slots=True)
class Operation:
    """A node and its operands.

    Attributes
    ----------
    node : Node
    model : Model
    values : mapping of str to Value
        Every tensor that earlier nodes made.
    """

    node: Node
    model: Model
    values: Mapping[str, Value]

    @property
    def operands(self) -> tuple[Value, ...]:
        """The values of the inputs that are given."""
        return tuple(self.value(i) for i, name in enumerate(self.node.inputs) if name)

    def value(self, position: int) -> Value:
        """The operand at `position`."""
        name = self.node.inputs[position]
        if name in self.model.fixed:
            return Value(self.model.shapes.get(name, ()))
        if name not in self.values:
            raise InputError(f"reads {name!r}, which no understood node makes before it")
        return self.values[name]

    def fixed(self, position: int) -> bool:
        """Whether the operand at `position` is the same whatever enters the network."""
        return self.node.inputs[position] in self.model.fixed

    def sole(self) -> Value:
        """The first operand, after a check that no other one depends on a layer."""
        for position in range(1, len(self.node.inputs)):
            if self.value(position).sources:
                raise InputError(
                    f"operand {self.node.inputs[position]!r} must be a constant, "
                    "but comes from a layer"
                )
        return self.value(0)

    def shape(self, output: int = 0) -> tuple[int, ...]:
        """The inferred shape of an output."""
        return self.known_shape(self.node.outputs[output])

    def known_shape(self, name: str) -> tuple[int, ...]:
        """The inferred shape of any tensor."""
        if name not in self.model.shapes:
            raise InputError(f"the shape of {name!r} cannot be inferred")
        return self.model.shapes[name]

    def integers(self, attribute: str, position: int) -> tuple[int, ...] | None:
        """Integers that an attribute or, in later operator sets, the operand at `position` gives.

        None when neither is there.
        """
        if attribute in self.node.attributes:
            return tuple(int(n) for n in self.node.attributes[attribute])
        if position < len(self.node.inputs) and self.node.inputs[position]:
            values = self.model.constants.array(self.node.inputs[position])
            return tuple(int(n) for n in values.ravel())
        return None

    def axis(self, axis: int, rank: int) -> int:
        """An axis of a tensor of `rank` axes, counted from the front."""
        if not -rank <= axis < rank:
            raise InputError(f"axis {axis} does not exist in a tensor of {rank} axes")
        return axis % rank
