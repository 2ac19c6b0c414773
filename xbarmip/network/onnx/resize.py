"""Resize and Upsample: which entries along an axis a resized entry is made of.

Places are exact fractions. ONNX computes them as floats; where one falls on an entry exactly, a
float may miss it by a rounding error, and the entry behind it then takes part with a weight of that
size, which is not a dependence.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

from xbarmip.errors import InputError
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value

_HALF = Fraction(1, 2)


class Line(NamedTuple):
    """One axis: `n` entries become `made`; `scale` is made / n up to rounding."""

    n: int
    made: int
    scale: Fraction
    begin: Fraction = Fraction(0)
    end: Fraction = Fraction(1)


Place = Callable[[int, Line], Fraction]
_PLACES: dict[str, Place] = {
    "half_pixel": lambda x, a: (x + _HALF) / a.scale - _HALF,
    "half_pixel_symmetric": lambda x, a: (
        Fraction(a.n, 2) * (1 - a.made / (a.scale * a.n)) + (x + _HALF) / a.scale - _HALF
    ),
    "pytorch_half_pixel": lambda x, a: (x + _HALF) / a.scale - _HALF if a.made > 1 else Fraction(0),
    "align_corners": lambda x, a: (
        Fraction(x * (a.n - 1), a.made - 1) if a.made > 1 else Fraction(0)
    ),
    "asymmetric": lambda x, a: x / a.scale,
    "tf_half_pixel_for_nn": lambda x, a: (x + _HALF) / a.scale,
    "tf_crop_and_resize": lambda x, a: (
        a.begin * (a.n - 1) + x * (a.end - a.begin) * (a.n - 1) / (a.made - 1)
        if a.made > 1
        else (a.begin + a.end) * (a.n - 1) / 2
    ),
}
_NEAREST: dict[str, Callable[[Fraction], int]] = {
    "round_prefer_floor": lambda place: ceil(place - _HALF),
    "round_prefer_ceil": lambda place: floor(place + _HALF),
    "floor": floor,
    "ceil": ceil,
}
_SUPPORT = {"linear": 1, "cubic": 2}


def resize(operation: Operation) -> tuple[Value, ...]:
    """A map of another size; every axis for itself."""
    data, node = operation.value(0), operation.node
    mode = node.text("mode", "nearest")
    place = node.text("coordinate_transformation_mode", "half_pixel")
    nearest = node.text("nearest_mode", "round_prefer_floor")
    if node.operator == "Upsample" or node.version < 11:
        place, nearest = "asymmetric", "floor"
    if place not in _PLACES or nearest not in _NEAREST or mode not in ("nearest", *_SUPPORT):
        raise InputError(f"mode {mode!r}, {place!r}, {nearest!r} is not known")
    smooth = bool(node.integer("antialias", 0))
    made = data
    for axis, line in _lines(operation, data):
        if line.made != line.n or line.scale != 1 or place == "tf_crop_and_resize":
            first, behind = _runs(line, mode, place, nearest, smooth)
            made = made.spanned(axis, first, behind)
    return (made,)


@lru_cache(maxsize=256)
def _runs(
    line: Line, mode: str, place: str, nearest: str, smooth: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First entry of each resized one, and the one behind the last."""
    first, behind = [], []
    last = line.n - 1
    wider = 1 / line.scale if smooth and line.scale < 1 else Fraction(1)
    for x in range(line.made):
        at = _PLACES[place](x, line)
        if mode == "nearest":
            low = high = _NEAREST[nearest](at)
        elif mode == "cubic" and at == floor(at) and wider == 1:
            low = high = floor(at)  # its neighbours' weights are 0
        else:
            support = _SUPPORT[mode] * wider
            low, high = floor(at - support) + 1, ceil(at + support) - 1
        first.append(min(max(low, 0), last))
        behind.append(min(max(high, 0), last) + 1)
    return tuple(first), tuple(behind)


def _lines(operation: Operation, data: Value) -> list[tuple[int, Line]]:
    node, rank = operation.node, len(data.shape)
    given = node.attributes.get("axes", range(rank))
    axes = [operation.axis(int(axis), rank) for axis in given]
    scales, sizes = _scales(operation), _sizes(operation)
    roi = _roi(operation, len(axes))
    if node.text("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise InputError("keep_aspect_ratio_policy is not understood")
    lines = []
    for place, axis in enumerate(axes):
        n = data.shape[axis]
        if sizes:
            made = (
                1 if axis == 0 and sizes[place] == operation.tensors.model.batch else sizes[place]
            )
            scale = Fraction(made, n)
        elif scales:
            scale = scales[place]
            made = floor(n * (roi[place][1] - roi[place][0]) * scale)
        else:
            raise InputError("has neither scales nor sizes")
        if made < 1 or scale <= 0:
            raise InputError(f"makes {made} of {n} entries along axis {axis}")
        lines.append((axis, Line(n, made, scale, *roi[place])))
    return lines


def _scales(operation: Operation) -> list[Fraction]:
    node = operation.node
    if "scales" in node.attributes:
        return [Fraction(value) for value in node.attributes["scales"]]
    position = 1 if node.operator == "Upsample" or node.version < 11 else 2
    if not operation.given(position):
        return []
    return [Fraction(float(value)) for value in operation.array(position).ravel()]


def _sizes(operation: Operation) -> list[int]:
    if not operation.given(3):
        return []
    return [int(value) for value in operation.array(3).ravel()]


def _roi(operation: Operation, axes: int) -> list[tuple[Fraction, Fraction]]:
    crop = operation.node.text("coordinate_transformation_mode", "") == "tf_crop_and_resize"
    if not crop or not operation.given(1):
        return [(Fraction(0), Fraction(1))] * axes
    values = [Fraction(float(value)) for value in operation.array(1).ravel()]
    return list(zip(values[:axes], values[axes:], strict=True))
