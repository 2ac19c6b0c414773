"""What of a file is not understood: all causes, in one line."""

from dataclasses import dataclass, field

from xbarmip.errors import InputError
from xbarmip.network.onnx.layers import CONVOLUTIONS, EINSUM, LAYERS, PRODUCTS
from xbarmip.network.onnx.model import Model
from xbarmip.network.onnx.node import Node
from xbarmip.network.onnx.operators import RULES
from xbarmip.network.onnx.products import weight_position

ATTENTIONS = frozenset({"Attention", "com.microsoft.MultiHeadAttention"})
"""Operators that multiply activations and hold no weights."""

_WITH_WEIGHTS = {
    **dict.fromkeys(
        ("LSTM", "GRU", "RNN", "com.microsoft.DynamicQuantizeLSTM"),
        "is a recurrent layer, whose outputs depend on all before them: not understood",
    ),
    **dict.fromkeys(
        ("DeformConv", "mmdeploy.MMCVDeformConv2d", "mmdeploy.MMCVModulatedDeformConv2d"),
        "is a deformable convolution, whose positions depend on the input: not understood",
    ),
    **dict.fromkeys(
        ("com.microsoft.Attention", "com.microsoft.QAttention"),
        "is attention fused with the products before it: not understood",
    ),
}
"""Operators that hold weights, wherever they stand, and that are not understood."""


@dataclass(slots=True)
class Refusals:
    """Causes, each with its first node and how many nodes share it."""

    causes: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, node: Node, why: str, cause: str = "") -> None:
        """Refuse `node`; nodes with the same operator and `cause` (or `why`) are told once."""
        self.causes.setdefault((node.operator, cause or why), []).append(f"{node.label}{why}")

    def raise_if_any(self) -> None:
        """Refuse the file.

        Raises
        ------
        InputError
            If there is a cause.
        """
        if self.causes:
            told = (
                first + (f" ({len(more) + 1} such nodes)" if more else "")
                for first, *more in self.causes.values()
            )
            raise InputError("; ".join(told))


def is_layer(node: Node, model: Model) -> bool:
    """Whether a node holds weights: the same whatever enters."""
    if node.operator in CONVOLUTIONS:
        return node.inputs[CONVOLUTIONS[node.operator].weight] in model.fixed
    if node.operator in PRODUCTS or node.operator == EINSUM:
        return weight_position(node, [name in model.fixed for name in node.inputs]) is not None
    return False


def feeding(model: Model) -> set[str]:
    """Tensors that a layer depends on."""
    feeds: set[str] = set()
    for node in reversed(model.nodes):
        if is_layer(node, model) or not feeds.isdisjoint(node.outputs):
            feeds.update((*node.inputs, *node.captured))
    return feeds


def behind_layers(model: Model) -> set[str]:
    """Tensors that depend on a layer."""
    behind: set[str] = set()
    for node in model.nodes:
        if is_layer(node, model) or not behind.isdisjoint((*node.inputs, *node.captured)):
            behind.update(node.outputs)
    return behind


def refuse_operators(model: Model, feeds: set[str], digital: bool) -> None:
    """Refuse what cannot be understood whatever the sizes are.

    Raises
    ------
    InputError
        With every cause, if there is one.
    """
    refusals = Refusals()
    behind = behind_layers(model)
    for node in model.nodes:
        why = _why_not(node, model, behind, digital)
        if why and (not feeds.isdisjoint(node.outputs) or _holds(node, model)):
            refusals.add(node, why)
    refusals.raise_if_any()


def _holds(node: Node, model: Model) -> bool:
    """Whether a node is work that leaving the network does not excuse: a convolution with weights
    of the run, a product of activations, weights that are not understood or in a graph inside it.
    """
    return (
        node.operator in _WITH_WEIGHTS
        or (node.operator in LAYERS and not is_layer(node, model))
        or _hides_layers(node)
    )


def _hides_layers(node: Node) -> bool:
    return not node.inside.isdisjoint((*LAYERS, *_WITH_WEIGHTS))


def _why_not(node: Node, model: Model, behind: set[str], digital: bool) -> str:
    if node.operator in _WITH_WEIGHTS:
        return f" {_WITH_WEIGHTS[node.operator]}"
    if _hides_layers(node):
        return _HIDDEN
    operands = [name for name in node.inputs if name]
    if is_layer(node, model) or behind.isdisjoint((*operands, *node.captured)):
        dynamic = node.operator in CONVOLUTIONS and not is_layer(node, model)
        return _DYNAMIC if dynamic else ""
    if node.operator in CONVOLUTIONS:
        return _DYNAMIC
    if node.operator in LAYERS or node.operator in ATTENTIONS:
        return "" if digital else _PRODUCT
    if node.subgraphs:
        return " has graphs inside it, which is not understood"
    return "" if node.operator in RULES else " is an operator that is not understood"


_HIDDEN = " has layers in a graph inside it, a branch or a loop, which is not understood"
_DYNAMIC = ": its weights are values of the run, not constants, so no crossbar can hold them"
_PRODUCT = (
    ": multiplies two values of the run, as attention does; no crossbar holds them, but with "
    "--digital it is read as a digital unit that needs the whole of what it reads"
)
