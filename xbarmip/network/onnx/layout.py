"""Where channels and positions of a feature map lie in a tensor's axes.

A *layout* describes each axis of a tensor by its atoms, outermost first: `("C", n)` for n channels
(or any other entries that one map position makes at once), `("H", n)` for all the rows, `("W", n)`
for all the columns. Axes of size 1 have no atoms, so batch axes and 1x1 maps take care of
themselves. A channel shuffle, for instance, only moves channel atoms about: the map stays in place.
"""

from itertools import chain
from math import prod

Atom = tuple[str, int]
Axis = tuple[Atom, ...]
Layout = tuple[Axis, ...]

_SPATIAL = ("H", "W")


def channels_only(shape: tuple[int, ...]) -> Layout:
    """Layout of a tensor that one map position makes whole."""
    return tuple(_axis("C", n) for n in shape)


def image(channels: int, height: int, width: int) -> Layout:
    """Layout (batch of 1, channels, rows, columns)."""
    return ((), _axis("C", channels), _axis("H", height), _axis("W", width))


def is_image(layout: Layout) -> bool:
    """Whether the axes are (batch of 1, channels, rows, columns)."""
    return len(layout) == 4 and all(
        not axis or [tag for tag, _ in axis] == allowed
        for axis, allowed in zip(layout, ([], ["C"], ["H"], ["W"]), strict=True)
    )


def channels_last(layout: Layout | None, channels: int) -> bool:
    """Whether the last axis holds these channels, and no other axis holds any."""
    if not layout or layout[-1] != _axis("C", channels):
        return False
    return all(tag in _SPATIAL for tag, _ in chain.from_iterable(layout[:-1]))


def shape_of(layout: Layout) -> tuple[int, ...]:
    """Size of every axis."""
    return tuple(prod(n for _, n in axis) for axis in layout)


def extent(layout: Layout) -> tuple[int, int]:
    """Rows and columns of the map."""
    sizes = dict(chain.from_iterable(layout))
    return sizes.get("H", 1), sizes.get("W", 1)


def spatial(layout: Layout) -> set[str]:
    """Which of "H" and "W" occur in some axes."""
    return {tag for tag, _ in chain.from_iterable(layout) if tag in _SPATIAL}


def holds_positions(layout: Layout, axis: int) -> bool:
    """Whether rows or columns run along `axis`, be it a single one."""
    return bool(spatial((layout[axis],))) or (is_image(layout) and axis >= 2)


def with_axis(layout: Layout, axis: int, channels: int) -> Layout:
    """The layout with one axis replaced by `channels` channels."""
    return (*layout[:axis], _axis("C", channels), *layout[axis + 1 :])


def regroup(layout: Layout, shape: tuple[int, ...]) -> Layout | None:
    """Layout after a reshape; None when it would take rows or columns apart."""
    atoms = list(_merge(tuple(chain.from_iterable(layout))))
    axes = []
    for size in shape:
        axis: list[Atom] = []
        while size > 1:
            tag, n = atoms.pop(0) if atoms else ("", 0)
            if n and size % n == 0:
                axis.append((tag, n))
                size //= n
            elif tag == "C" and n % size == 0:
                axis.append((tag, size))
                atoms.insert(0, (tag, n // size))
                size = 1
            else:
                return None
        axes.append(_merge(tuple(axis)))
    return None if atoms else tuple(axes)


def common(layouts: list[Layout], shape: tuple[int, ...]) -> Layout | None:
    """Layout of an element-wise join of `shape`; None when the operands disagree.

    Axes are aligned from the last one. Images give an image, be it larger than all of them, as when
    a 1x1 map meets constants. Otherwise an axis along which only constants extend repeats each
    operand's positions and so counts as channels.
    """
    if len(shape) == 4 and shape[0] == 1 and all(is_image(layout) for layout in layouts):
        return image(*shape[1:])
    axes: list[Axis] = []
    for back in range(1, len(shape) + 1):
        found = {layout[-back] for layout in layouts if len(layout) >= back and layout[-back]}
        if len(found) > 1:
            return None
        axes.append(found.pop() if found else _axis("C", shape[-back]))
    return tuple(reversed(axes))


def _axis(tag: str, n: int) -> Axis:
    return ((tag, n),) if n > 1 else ()


def _merge(axis: Axis) -> Axis:
    """Neighbouring channel atoms as one."""
    merged: list[Atom] = []
    for tag, n in axis:
        if tag == "C" and merged and merged[-1][0] == "C":
            merged[-1] = ("C", merged[-1][1] * n)
        else:
            merged.append((tag, n))
    return tuple(merged)
