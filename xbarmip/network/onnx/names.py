"""Readable names for the layers of an ONNX file.

A layer is called after its weights where these tell their layer (`conv1_w_0`,
`layer1.0.conv1.weight`, `conv/kernel`: the ending that says "weights" goes), else after its node
without the operator (`/layer1/conv1/Conv`), else by kind and number (`conv1`, `fc2`). A leading
folder that all names share (`gpu_0/`) goes, too. A name that is taken gets `_2`, `_3`, ...
"""

import re
from collections.abc import Mapping, Sequence
from itertools import count

from xbarmip.network.onnx.layers import Found
from xbarmip.network.onnx.node import Node

_WEIGHTS = re.compile(r"[._/](w|weights?|kernel|filter)(_0|:0|_quantized)?$", re.IGNORECASE)
_REARRANGING = ("Cast", "DequantizeLinear", "Identity", "Reshape", "Squeeze", "Transpose")


def layer_names(found: Sequence[Found], makers: Mapping[str, Node]) -> list[str]:
    """A unique name for every layer."""
    numbers = {"conv": count(1), "fc": count(1)}
    names = []
    for one in found:
        kind = "fc" if one.layer.fully_connected else "conv"
        numbered = f"{kind}{next(numbers[kind])}"
        names.append(_of_weights(one.weight, makers) or _of_node(one.node) or numbered)
    return _unique(_without_common_folder(names))


def stored_weights(weight: str, makers: Mapping[str, Node]) -> str:
    """The tensor that weights are, before they are rearranged."""
    while weight in makers and makers[weight].operator in _REARRANGING:
        weight = makers[weight].inputs[0]
    return weight


def _of_weights(weight: str, makers: Mapping[str, Node]) -> str:
    name, replaced = _WEIGHTS.subn("", stored_weights(weight, makers))
    return name.strip("/") if replaced else ""


def _of_node(node: Node) -> str:
    return node.name.removesuffix(f"/{node.operator}").strip("/")


def _without_common_folder(names: list[str]) -> list[str]:
    while True:
        folders = {name.partition("/")[0] for name in names}
        shorter = [name.partition("/")[2] for name in names]
        if len(folders) > 1 or not all(shorter):
            return names
        names = shorter


def _unique(names: list[str]) -> list[str]:
    taken = set(names)
    seen: set[str] = set()
    unique = []
    for name in names:
        if name in seen:
            name = next(n for i in count(2) if (n := f"{name}_{i}") not in taken)
            taken.add(name)
        seen.add(name)
        unique.append(name)
    return unique
