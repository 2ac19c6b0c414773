"""The ways from a layer to a tensor: only those that decide are kept, and not too many."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from xbarmip.errors import InputError
from xbarmip.limits import MOST_EDGES, MOST_PASSED, MOST_WAYS
from xbarmip.network.onnx.layers import Found
from xbarmip.network.onnx.value import Source, Value
from xbarmip.network.paths import Demand, deciding, formula_of


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


def bounded(value: Value) -> Value:
    """`value` with the sources that decide what is needed (`xbarmip.network.paths`).

    A pooling that may yet be fused stays apart from other ways to its layer: whether it is fused
    depends on all of them. Where more than `MOST_WAYS` remain, all become one that depends on what
    any of them does: still exact, but listed position by position.

    Raises
    ------
    InputError
        If one passes more than `MOST_PASSED` operators.
    """
    groups: dict[object, list[Source]] = {}
    for source in value.sources:
        if len(source.steps) > MOST_PASSED:
            raise InputError(
                f"lies {len(source.steps)} operators behind the last layer, "
                f"must be at most {MOST_PASSED}"
            )
        fusable = source.steps[0].pooled if source.steps else ""
        groups.setdefault((source.layer, fusable), []).append(source)
    if len(groups) == len(value.sources):
        return value
    return replace(value, sources=tuple(one for group in groups.values() for one in _few(group)))


def _few(group: list[Source]) -> list[Source]:
    demands = [Demand(one.field.values(), formula_of(one.way, *one.size)) for one in group]
    kept = [group[number] for number in deciding(demands)]
    if len(kept) <= MOST_WAYS:
        return kept
    return [replace(kept[0], field=reduce(lambda a, b: a.joined(b), (one.field for one in kept)))]
