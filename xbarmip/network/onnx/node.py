"""An ONNX node with its attributes unpacked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onnx import AttributeProto, NodeProto
from onnx.helper import get_attribute_value

from xbarmip.errors import InputError

STANDARD_DOMAINS = ("", "ai.onnx")
_SUBGRAPHS = (AttributeProto.GRAPH, AttributeProto.GRAPHS)


@dataclass(frozen=True, slots=True)
class Node:
    """One operator application.

    Attributes
    ----------
    operator : str
        Operator type; `domain.type` outside the standard domain.
    name : str
        The node's own name, often empty.
    inputs, outputs : tuple of str
        Tensor names; an omitted optional one is empty.
    attributes : mapping
        Attribute values by name.
    version : int
        Version of the operator set of its domain.
    captured : tuple of str
        Tensors that graphs inside it (If, Loop, Scan) read from outside it.
    subgraphs : bool
        Whether it carries such graphs.
    inside : frozenset of str
        Operators of these graphs.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    version: int
    captured: tuple[str, ...]
    subgraphs: bool
    inside: frozenset[str]

    @classmethod
    def of(cls, proto: NodeProto, versions: Mapping[str, int]) -> "Node":
        """Unpack `proto`; `versions` are the operator sets that the model imports."""
        domain = "" if proto.domain in STANDARD_DOMAINS else proto.domain
        return cls(
            operator=_operator(proto),
            name=proto.name,
            inputs=tuple(proto.input),
            outputs=tuple(proto.output),
            attributes={a.name: get_attribute_value(a) for a in proto.attribute},
            version=versions.get(domain, 1),
            captured=tuple(dict.fromkeys(_captured(proto))),
            subgraphs=any(a.type in _SUBGRAPHS for a in proto.attribute),
            inside=frozenset(map(_operator, _nested(proto))),
        )

    @property
    def label(self) -> str:
        """How messages name the node: its name, else the tensor that it makes."""
        if self.name:
            return f"node {self.name!r} ({self.operator})"
        made = next((o for o in self.outputs if o), "")
        return f"the node that makes {made!r} ({self.operator})"

    def integer(self, attribute: str, default: int) -> int:
        """An integer attribute."""
        return int(self.attributes.get(attribute, default))

    def integers(self, attribute: str, count: int, default: int) -> tuple[int, ...]:
        """An attribute with one integer for each of `count` axes or sides."""
        values = tuple(int(n) for n in self.attributes.get(attribute, (default,) * count))
        if len(values) != count:
            raise InputError(f"{attribute} {list(values)}: must be {count} integers")
        return values

    def text(self, attribute: str, default: str) -> str:
        """A string attribute."""
        value = self.attributes.get(attribute, default)
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _operator(proto: NodeProto) -> str:
    return proto.op_type if proto.domain in STANDARD_DOMAINS else f"{proto.domain}.{proto.op_type}"


def _nested(proto: NodeProto) -> Iterator[NodeProto]:
    """The nodes of the graphs inside a node, and of those inside these."""
    for attribute in proto.attribute:
        for graph in (attribute.g, *attribute.graphs) if attribute.type in _SUBGRAPHS else ():
            for node in graph.node:
                yield node
                yield from _nested(node)


def _captured(proto: NodeProto) -> Iterator[str]:
    """Names that the graphs inside a node read and do not make; some may be their own inputs."""
    for attribute in proto.attribute:
        for graph in (attribute.g, *attribute.graphs) if attribute.type in _SUBGRAPHS else ():
            made = {name for node in graph.node for name in node.output}
            made |= {tensor.name for tensor in graph.initializer} | {i.name for i in graph.input}
            for node in graph.node:
                yield from (name for name in (*node.input, *_captured(node)) if name not in made)
            yield from (entry.name for entry in graph.output if entry.name not in made)
