"""A tensor on its way through the graph: its shape, and what its entries depend on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from xbarmip.errors import InputError
from xbarmip.network.onnx.field import Field, Index, Shape, reach_of
from xbarmip.network.stream import Stream, concatenate, join_streams, leaves, only
from xbarmip.network.window import Broadcast, Operator, Whole, Window


@dataclass(frozen=True, slots=True)
class Step:
    """A spatial operator between two layers.

    Attributes
    ----------
    operator : Window, Whole, Broadcast, Reach or Raster
    pooled : str
        Name of the pooled tensor when this is a pooling that reads one layer's result and nothing
        else, so that it may be fused into that layer; empty otherwise.
    """

    operator: Operator
    pooled: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What the entries of a tensor depend on in one layer's result.

    Attributes
    ----------
    layer : int
        Its place in the list of layers.
    size : (int, int)
        Rows and columns of its map.
    field : Field
        How far each entry sees: what is true.
    steps : tuple of Step
        The windows that were passed: how that is said where it is all of the truth.
    """

    layer: int
    size: tuple[int, int]
    field: Field
    steps: tuple[Step, ...] = ()

    @property
    def way(self) -> tuple[Operator, ...]:
        """The operators that were passed."""
        return tuple(step.operator for step in self.steps)

    def passing(self, window: Window, size: tuple[int, int], pooled: str = "") -> "Source":
        """The source with one more window, over a map of `size` rows and columns, on its way."""
        steps = self.steps
        if reach_of(*self.size, self.way).shape == (1, 1) != size:
            steps = (*steps, Step(Broadcast(size)))
        return replace(self, steps=(*steps, Step(window, pooled)))

    def collapsed(self, axes: Iterable[int], pooled: str = "") -> "Source":
        """Entries along `axes` joined to one; what joins a whole map needs all of it (SPEC §3)."""
        field = self.field.collapse(axes)
        if field is self.field:
            return self
        joined = replace(self, field=field)
        return joined.whole(pooled) if field.last.size == 1 < self.field.last.size else joined

    def whole(self, pooled: str = "") -> "Source":
        """The source of an entry that reads all there is: all outputs, if no way left some out."""
        most = self.field.most
        if most != reach_of(*self.size, self.way).max():
            return self
        needed = np.full_like(self.field.last, self.size[0] * self.size[1])
        field = Field(needed, self.field.mask)
        return replace(self, field=field, steps=(*self.steps, Step(Whole(), pooled)))


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor.

    Attributes
    ----------
    shape : tuple of int
    sources : tuple of Source
        Empty for constants and for whatever the graph's inputs alone decide.
    stream : Stream, optional
        How it is put together of the layers in `sources`; None where there are none.
    """

    shape: Shape
    sources: tuple[Source, ...] = ()
    stream: Stream | None = None

    def mapped(self, shape: Shape, rule: Callable[[Field], Field]) -> "Value":
        """Another tensor whose entries come from this one's as `rule` says."""
        sources = tuple(replace(one, field=rule(one.field)) for one in self.sources)
        return Value(shape, sources, self.stream)

    def reshaped(self, shape: Shape) -> "Value":
        """The same entries in row-major order under other axes."""
        return self.mapped(shape, lambda field: field.reshape(self.shape, shape))

    def windowed(self, axis: int, window: Window, of: int) -> "Value":
        """A window over `axis`; `of` is 0 for its rows, 1 for its columns."""
        n = self.shape[axis]
        shape = (*self.shape[:axis], window.size(n, of), *self.shape[axis + 1 :])
        return self.mapped(shape, lambda field: field.window(axis, n, window, of))

    def spanned(self, axis: int, first: Index, behind: Index) -> "Value":
        """Entries along `axis` that are each made of a run, `first` to before `behind`."""
        n = self.shape[axis]
        shape = (*self.shape[:axis], len(first), *self.shape[axis + 1 :])
        return self.mapped(shape, lambda field: field.spans(axis, n, first, behind))

    def picked(self, axis: int, index: Index) -> "Value":
        """Entries along `axis` chosen by `index`, -1 for a constant; sources that are not among
        them are gone.
        """
        shape = (*self.shape[:axis], len(index), *self.shape[axis + 1 :])
        n = self.shape[axis]
        return self.mapped(shape, lambda field: field.pick(axis, n, index)).needed()

    def needed(self) -> "Value":
        """The value without sources that none of its entries depends on."""
        sources = tuple(one for one in self.sources if one.field.most)
        stream = only(self.stream, {one.layer for one in sources})
        return replace(self, sources=sources, stream=stream)

    def collapsed(self, axes: Iterable[int], pooled: str = "") -> "Value":
        """Every entry made of all entries along `axes`, repeated over them."""
        over, name = tuple(axes), pooled if self.lone else ""
        return replace(self, sources=tuple(one.collapsed(over, name) for one in self.sources))

    def squeezed(self, axes: Iterable[int], keep: bool) -> "Value":
        """`axes`, along which no entries differ, with size 1 each or gone."""
        over = set(axes)
        small = tuple(1 if axis in over else n for axis, n in enumerate(self.shape))
        kept = small if keep else tuple(n for axis, n in enumerate(small) if axis not in over)
        return self.mapped(kept, lambda field: field.reshape(small, kept))

    @property
    def lone(self) -> bool:
        """Whether this is one layer's result, unmoved."""
        return len(self.sources) == 1 and not self.sources[0].steps


def broadcast_shape(shapes: Iterable[Shape]) -> Shape:
    """The shape that element-wise operators give; as NumPy's, errors too."""
    return np.broadcast_shapes(*shapes)


def join(values: Iterable[Value], shape: Shape) -> Value:
    """One stream: entry by entry, what any of the values depends on, repeated to `shape`."""
    joined = tuple(values)
    return Value(shape, _united(joined, shape), stream_of(join_streams, joined))


def side_by_side(values: Iterable[Value], shape: Shape) -> Value:
    """Streams beside each other: values of one shape, no two with something at the same entry."""
    placed = tuple(values)
    return Value(shape, _united(placed, shape), stream_of(concatenate, placed))


def stream_of(
    make: Callable[[Iterable[Stream | None]], Stream | None], values: Iterable[Value]
) -> Stream | None:
    """The tree that `make` makes of the values' trees; its producers side by side, each once, if
    that is too large. A slice keeps the tree of all that it is cut from, so that trees double where
    blocks cut, add and concatenate again, as in dual-path networks.
    """
    streams = [value.stream for value in values]
    try:
        return make(streams)
    except InputError:
        return concatenate(sorted({leaf for one in streams for leaf in leaves(one)}))


def _united(values: Iterable[Value], shape: Shape) -> tuple[Source, ...]:
    united: dict[tuple[int, tuple[Step, ...]], Source] = {}
    for value in values:
        for one in value.sources:
            source = replace(one, field=one.field.of_rank(len(shape)))
            key = source.layer, source.steps
            if key in united:
                joined = united[key].field.joined(source.field)
                source = replace(source, field=joined)
            united[key] = source
    return tuple(united.values())


def all_of(values: Iterable[Value], shape: Shape) -> Value:
    """A tensor whose every entry depends on all of the values, as on a digital unit."""
    made = []
    for value in values:
        whole = value.collapsed(range(len(value.shape)))
        made.append(whole.squeezed(range(len(value.shape)), keep=False))
    return join(made, shape)
