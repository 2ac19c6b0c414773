"""A tensor on its way through the graph: which layers made it, and where its positions lie."""

from dataclasses import dataclass, replace

from xbarmip.errors import InputError
from xbarmip.network.onnx.layout import Layout, common, extent, is_image
from xbarmip.network.window import Broadcast, Operator, Whole


@dataclass(frozen=True, slots=True)
class Step:
    """A spatial operator between two layers.

    Attributes
    ----------
    operator : Window, Whole or Broadcast
    pooled : str
        Name of the pooled tensor when this is a pooling that reads one layer's result and nothing
        else, so that it may be fused into that layer; empty otherwise.
    """

    operator: Operator
    pooled: str = ""


Source = tuple[int, tuple[Step, ...]]
"""A layer, by its place in the list of layers, and the steps passed since."""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor.

    Attributes
    ----------
    shape : tuple of int
    sources : tuple of Source
        Without repetition; empty for constants and for whatever the graph's inputs alone decide.
    layout : Layout or None
        None without sources, and once positions can no longer be told apart; then only a reader of
        the whole tensor is right.
    moved : str
        Label of the node that last rearranged the axes.
    """

    shape: tuple[int, ...]
    sources: tuple[Source, ...] = ()
    layout: Layout | None = None
    moved: str = ""

    def passing(self, operator: Operator, pooled: str = "") -> tuple[Source, ...]:
        """The sources after one more spatial operator."""
        lone = len(self.sources) == 1 and not self.sources[0][1]
        step = Step(operator, pooled if lone else "")
        return tuple((layer, (*through, step)) for layer, through in self.sources)


def image_size(value: Value) -> tuple[int, int, int]:
    """Channels, rows and columns of a (1, channels, rows, columns) tensor.

    Raises
    ------
    InputError
        If the tensor has another form, or its axes were rearranged.
    """
    shape = value.shape
    if len(shape) != 4:
        raise InputError(
            f"reads a tensor of shape {list(shape)}, but only (batch, channels, rows, columns), "
            "two spatial axes, is understood"
        )
    if shape[0] != 1:
        raise InputError(
            f"reads a tensor of shape {list(shape)} with batch size {shape[0]}, must be 1"
        )
    if value.sources and (value.layout is None or not is_image(value.layout)):
        raise InputError(
            f"reads rows and columns, but {value.moved} moved them out of the "
            "(batch, channels, rows, columns) order"
        )
    return shape[1], shape[2], shape[3]


def join(values: list[Value], shape: tuple[int, ...], label: str) -> Value:
    """Element-wise join of operands that have sources; a 1x1 map is repeated over the others."""
    layouts = [v.layout for v in values if v.layout is not None]
    layout = common(layouts, shape) if len(layouts) == len(values) else None
    if layout is None:
        return lost(values, shape, label)
    sources = union([_spread(value, extent(layout)) for value in values])
    moved = next((v.moved for v in values if v.layout == layout), label)
    return Value(shape, sources, layout, moved)


def _spread(value: Value, size: tuple[int, int]) -> tuple[Source, ...]:
    """The sources of a map that takes part in a map of `size` rows and columns."""
    if value.layout is None or extent(value.layout) == size:
        return value.sources
    own = extent(value.layout)
    if own == (1, 1):
        return value.passing(Broadcast(size))
    raise InputError(
        f"repeats a {own[0]} x {own[1]} map over {size[0]} x {size[1]} positions, "
        "which is understood for 1 x 1 maps only"
    )


def mix(value: Value) -> Value:
    """A value whose every position depends on all of the map, as after a normalisation over it."""
    if value.layout is None or extent(value.layout) == (1, 1):
        return value
    whole = replace(value, sources=value.passing(Whole()))
    return replace(whole, sources=whole.passing(Broadcast(extent(value.layout))))


def lost(values: list[Value], shape: tuple[int, ...], label: str) -> Value:
    """A value whose positions can no longer be told apart, because of the node `label`."""
    moved = next((v.moved for v in values if v.layout is None), label)
    return Value(shape, union([v.sources for v in values]), None, moved)


def union(groups: list[tuple[Source, ...]]) -> tuple[Source, ...]:
    """All sources, in order, without repetition."""
    return tuple(dict.fromkeys(source for group in groups for source in group))
