"""Seeded random networks: small, valid and on purpose ugly."""

from dataclasses import dataclass, replace
from random import Random

from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.stream import Stream, concatenate, join_streams
from xbarmip.network.window import Operator, Whole, Window

_Source = tuple[str, tuple[Operator, ...]]


@dataclass(frozen=True, slots=True)
class _Map:
    """A feature map on offer: where it comes from, and its size."""

    sources: tuple[_Source, ...]
    height: int
    width: int
    stream: Stream | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What `random_network` draws from.

    Attributes
    ----------
    layers : int
        Number of layers.
    extent : int
        Largest height and width of the input.
    outputs : int
        Largest number of outputs of a layer.
    branching : float
        Chance that a layer reads an older map instead of the newest one.
    joining : float
        Chance that a layer reads the join of several maps of one size.
    channels : int
        Largest number of channels.
    trees : float
        Chance that what meets is a random tree of element-wise joins and concatenations; otherwise
        it is a concatenation.
    """

    layers: int
    extent: int = 6
    outputs: int = 12
    branching: float = 0.0
    joining: float = 0.0
    channels: int = 6
    trees: float = 0.0


def random_network(random: Random, shape: Shape) -> Network:
    """Draw a network: windows with strides larger than the kernel, pads as wide as it, pooling that
    drops rows, dilation, 1x1 maps, fully connected layers, and (by `shape`) branches and joins.

    The same state of `random` gives the same network.
    """
    maps = [_Map((), random.randint(1, shape.extent), random.randint(1, shape.extent))]
    layers: list[Layer] = []
    edges: list[Edge] = []
    streams: list[tuple[str, Stream]] = []
    for number in range(shape.layers):
        source = _choose(random, maps, shape)
        layer = _random_layer(random, f"l{number + 1}", source, shape)
        layers.append(layer)
        edges += [Edge(producer, layer.name, through) for producer, through in source.sources]
        if source.stream is not None:
            streams.append((layer.name, source.stream))
        maps += _offers(random, layer)
    return Network(
        "random", tuple(layers), tuple(edges), source="random_network", streams=tuple(streams)
    )


def _choose(random: Random, maps: list[_Map], shape: Shape) -> _Map:
    newest = max(i for i, m in enumerate(maps) if m.sources or len(maps) == 1)
    base = maps[random.randrange(len(maps)) if random.random() < shape.branching else newest]
    if random.random() < shape.joining:
        alike = [m for m in maps if (m.height, m.width) == (base.height, base.width)]
        joined = random.sample(alike, min(len(alike), random.randint(1, 3)))
        sources = {s: None for m in [base, *joined] for s in m.sources}
        stream = None
        if shape.trees and random.random() < shape.trees:
            again = random.sample(joined, random.randint(0, 1))
            stream = _tree(random, [base, *joined, *again])
        return replace(base, sources=tuple(sources), stream=stream)
    return base


def _tree(random: Random, maps: list[_Map]) -> Stream | None:
    """A random tree over the producers of the maps."""
    if len(maps) == 1:
        return concatenate(producer for producer, _ in maps[0].sources)
    at = random.randint(1, len(maps) - 1)
    kind = random.choice([join_streams, join_streams, concatenate])
    return kind([_tree(random, maps[:at]), _tree(random, maps[at:])])


def _random_window(random: Random, height: int, width: int, outputs: int) -> Window | None:
    def pair(most: int) -> tuple[int, int]:
        one = random.randint(1, most)
        return (one, one) if random.random() < 0.7 else (one, random.randint(1, most))

    kernel = pair(3)
    one = random.randint(0, min(kernel))
    pads = (one,) * 4 if random.random() < 0.7 else tuple(random.randint(0, 1) for _ in range(4))
    dilation = (1, 1) if random.random() < 0.85 else pair(2)
    top, left, bottom, right = pads
    window = Window(kernel, pair(3), (top, left, bottom, right), dilation, random.random() < 0.2)
    size = (window.size(height, 0), window.size(width, 1))
    return window if min(size) >= 1 and size[0] * size[1] <= outputs else None


def _random_layer(random: Random, name: str, source: _Map, shape: Shape) -> Layer:
    channels = (random.randint(1, shape.channels), random.randint(1, shape.channels))
    window = None
    if random.random() >= 0.05:
        for _ in range(20):
            window = _random_window(random, source.height, source.width, shape.outputs)
            if window is not None:
                break
    if window is None:
        return Layer(name, *channels, 1, 1, Whole())
    height, width = window.size(source.height, 0), window.size(source.width, 1)
    pool: Window | None = None
    if random.random() < 0.4:
        pool = _random_window(random, height, width, shape.outputs)
    return Layer(name, *channels, height, width, window, pool=pool)


def _offers(random: Random, layer: Layer) -> list[_Map]:
    height, width = layer.height, layer.width
    if layer.pool is not None:
        height, width = layer.pool.size(height, 0), layer.pool.size(width, 1)
    offers = [_Map(((layer.name, ()),), height, width)]
    if random.random() < 0.2:
        pool = _random_window(random, height, width, height * width)
        if pool is not None:
            through = ((layer.name, (pool,)),)
            offers.insert(0, _Map(through, pool.size(height, 0), pool.size(width, 1)))
    return offers
