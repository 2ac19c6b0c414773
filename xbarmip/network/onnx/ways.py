"""The ways from a layer to a tensor: only those that decide are kept, and not too many."""

from collections.abc import Sequence
from dataclasses import replace

from xbarmip.errors import InputError
from xbarmip.limits import MOST_EDGES, MOST_PASSED, MOST_WAYS
from xbarmip.network.onnx.layers import Found
from xbarmip.network.onnx.value import Source, Value
from xbarmip.network.paths import deciding


def check_edges(found: Sequence[Found]) -> None:
    """Refuse more edges than a network may have, before they are made.

    Raises
    ------
    InputError
        Naming their number.
    """
    edges = sum(len(one.reads) for one in found)
    if edges > MOST_EDGES:
        raise InputError(f"has {edges} edges between its layers, must be at most {MOST_EDGES}")


def bounded(value: Value, output: str, found: Sequence[Found]) -> Value:
    """`value` with the sources that decide what is needed (`xbarmip.network.paths`).

    A pooling that may yet be fused stays apart from other ways to its layer: whether it is fused
    depends on all of them.

    Parameters
    ----------
    value : Value
    output : str
        The tensor's name, for messages.
    found : sequence of Found
        All layers so far.

    Raises
    ------
    InputError
        If more than `MOST_WAYS` of them lead from one layer, or one passes more than `MOST_PASSED`
        operators.
    """
    groups: dict[object, list[Source]] = {}
    for source in value.sources:
        layer, steps = source
        if len(steps) > MOST_PASSED:
            raise InputError(
                f"{output!r} lies {len(steps)} operators behind {found[layer].layer.name!r}, "
                f"must be at most {MOST_PASSED}"
            )
        fusable = steps[0].pooled if steps else ""
        groups.setdefault((layer, fusable), []).append(source)
    if len(groups) == len(value.sources):
        return value
    kept = {source for group in groups.values() for source in _deciding(group, output, found)}
    return replace(value, sources=tuple(source for source in value.sources if source in kept))


def _deciding(group: list[Source], output: str, found: Sequence[Found]) -> list[Source]:
    layer = found[group[0][0]].layer
    paths = [tuple(step.operator for step in steps) for _, steps in group]
    numbers = deciding(paths, layer.height, layer.width)
    if len(numbers) > MOST_WAYS:
        raise InputError(
            f"{output!r} depends on {layer.name!r} in {len(numbers)} ways, none of which needs "
            f"at least what another does; must be at most {MOST_WAYS}"
        )
    return [group[number] for number in numbers]
