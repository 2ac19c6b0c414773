"""Building a network map by map: joins and poolings become edges and fused poolings by themselves.

A residual block and its classifier:

    build = NetworkBuilder("tiny", channels=3, height=8, width=8)
    x = build.conv(build.input, "conv1", 16, kernel=3, pads=1)
    y = build.conv(x, "conv2", 16, kernel=3, pads=1)
    build.fc(build.pool(build.add(x, y), kernel=2, stride=2), "fc", 10)
    network = build.network()
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import NamedTuple

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.stream import Stream, concatenate, join_streams
from xbarmip.network.window import Broadcast, Operator, Whole, Window

Pair = int | tuple[int, int]


class Step(NamedTuple):
    """An operator on the way from a layer; `fusable` if it pools that layer's result alone."""

    operator: Operator
    fusable: bool = False


Source = tuple[str, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """A feature map on its way between layers.

    Attributes
    ----------
    sources : tuple of (str, tuple of Step)
        The layers that make it, each with the steps passed since; none for the input.
    channels, height, width : int
    stream : Stream, optional
        How it is put together of these layers.
    """

    sources: tuple[Source, ...]
    channels: int
    height: int
    width: int
    stream: Stream | None = None

    def pooled(self, pooling: Window | Whole) -> "FeatureMap":
        """The map behind a pooling."""
        alone = len(self.sources) == 1 and not self.sources[0][1]
        return self._through(Step(pooling, fusable=alone))

    def repeated(self, height: int, width: int) -> "FeatureMap":
        """A 1 x 1 map's values, each repeated over a map of `height` by `width`."""
        return self._through(Step(Broadcast((height, width))))

    def _through(self, step: Step) -> "FeatureMap":
        return replace(
            self,
            sources=tuple((name, (*passed, step)) for name, passed in self.sources),
            height=step.operator.size(self.height, 0),
            width=step.operator.size(self.width, 1),
        )


class NetworkBuilder:
    """Collects layers and edges in the order of the calls.

    Parameters
    ----------
    name, source : str
        As in `Network`.
    channels, height, width : int
        Size of the network's input, on offer as the map `input`.
    """

    def __init__(self, name: str, channels: int, height: int, width: int, source: str = "") -> None:
        self.input = FeatureMap((), channels, height, width)
        self._name, self._source = name, source
        self._layers: list[Layer] = []
        self._reads: list[tuple[str, tuple[Source, ...]]] = []
        self._streams: list[tuple[str, Stream]] = []

    def conv(
        self,
        x: FeatureMap,
        name: str,
        channels: int,
        kernel: Pair,
        stride: int = 1,
        pads: Pair = 0,
        groups: int = 1,
    ) -> FeatureMap:
        """A convolution with `channels` output channels; pads alike on opposite sides."""
        window = _window(kernel, stride, pads)
        size = window.size(x.height, 0), window.size(x.width, 1)
        return self._append(x, Layer(name, x.channels, channels, *size, window, groups))

    def fc(self, x: FeatureMap, name: str, channels: int) -> FeatureMap:
        """A fully connected layer with `channels` outputs, over all values of `x`."""
        inputs = x.channels * x.height * x.width
        return self._append(x, Layer(name, inputs, channels, 1, 1, Whole()))

    def pool(
        self, x: FeatureMap, kernel: int, stride: int, pads: int = 0, ceil_mode: bool = False
    ) -> FeatureMap:
        """A pooling."""
        return x.pooled(replace(_window(kernel, stride, pads), ceil_mode=ceil_mode))

    def global_pool(self, x: FeatureMap) -> FeatureMap:
        """A global pooling, to one value a channel."""
        return x.pooled(Whole())

    def add(self, *maps: FeatureMap) -> FeatureMap:
        """The element-wise sum of maps of one size.

        Raises
        ------
        InputError
            If the sizes differ.
        """
        sizes = {(x.channels, x.height, x.width) for x in maps}
        if len(sizes) != 1:
            raise InputError(f"network {self._name!r}: add needs maps of one size, got {sizes}")
        stream = join_streams(x.stream for x in maps)
        return replace(maps[0], sources=_union(maps), stream=stream)

    def concat(self, *maps: FeatureMap) -> FeatureMap:
        """Maps of one height and width behind one another in the order of channels.

        Raises
        ------
        InputError
            If heights or widths differ.
        """
        sizes = {(x.height, x.width) for x in maps}
        if len(sizes) != 1:
            raise InputError(f"network {self._name!r}: concat needs one map size, got {sizes}")
        channels, stream = sum(x.channels for x in maps), concatenate(x.stream for x in maps)
        return replace(maps[0], sources=_union(maps), channels=channels, stream=stream)

    def gate(self, x: FeatureMap, factor: FeatureMap) -> FeatureMap:
        """`x` times one `factor` a channel, as behind squeeze-and-excitation.

        Raises
        ------
        InputError
            If `factor` is no 1 x 1 map with the channels of `x`.
        """
        if (factor.channels, factor.height, factor.width) != (x.channels, 1, 1):
            raise InputError(
                f"network {self._name!r}: a gate over {x.channels} channels needs as many 1 x 1 "
                f"factors, got {factor.channels} of {factor.height} x {factor.width}"
            )
        return self.add(x, factor.repeated(x.height, x.width))

    def network(self) -> Network:
        """The network. A pooling is fused into the layer before it if it pools that layer's result
        alone and every reader of the layer reads through it; else it stays on the edges.
        """
        pools = self._fused()
        layers = tuple(replace(layer, pool=pools.get(layer.name)) for layer in self._layers)
        edges = tuple(
            Edge(producer, consumer, tuple(step.operator for step in steps[producer in pools :]))
            for consumer, sources in self._reads
            for producer, steps in sources
        )
        return Network(self._name, layers, edges, source=self._source, streams=tuple(self._streams))

    def _fused(self) -> dict[str, Window | Whole]:
        first: dict[str, set[Step | None]] = defaultdict(set)
        for _, sources in self._reads:
            for producer, steps in sources:
                first[producer].add(steps[0] if steps else None)
        return {
            producer: step.operator
            for producer, (step, *others) in first.items()
            if not others
            and step is not None
            and step.fusable
            and isinstance(step.operator, Window | Whole)
        }

    def _append(self, x: FeatureMap, layer: Layer) -> FeatureMap:
        self._layers.append(layer)
        self._reads.append((layer.name, x.sources))
        if x.stream is not None:
            self._streams.append((layer.name, x.stream))
        size = layer.out_channels, layer.height, layer.width
        return FeatureMap(((layer.name, ()),), *size, stream=layer.name)


def _window(kernel: Pair, stride: int, pads: Pair) -> Window:
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    top, left = (pads, pads) if isinstance(pads, int) else pads
    return Window((height, width), (stride, stride), (top, left, top, left))


def _union(maps: tuple[FeatureMap, ...]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(source for x in maps for source in x.sources))
