"""Building a network map by map: joins and poolings become edges and fused windows by themselves.

    build = NetworkBuilder("tiny", channels=3, height=8, width=8)
    x = build.conv(build.input, "conv1", 16, kernel=3, pads=1)
    y = build.conv(x, "conv2", 16, kernel=3, pads=1)
    build.fc(build.pool(build.add(x, y), kernel=2, stride=2), "fc", 10)
    network = build.network()
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Broadcast, Operator, Whole, Window

Source = tuple[str, tuple[Operator, ...]]
Pair = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """A feature map on its way between layers.

    Attributes
    ----------
    sources : tuple of (str, tuple of operators)
        The layers that make it, each with the operators passed since; none for the input.
    channels, height, width : int
    """

    sources: tuple[Source, ...]
    channels: int
    height: int
    width: int

    def through(self, operator: Operator) -> "FeatureMap":
        """The map behind one more operator."""
        return replace(
            self,
            sources=tuple((name, (*passed, operator)) for name, passed in self.sources),
            height=operator.size(self.height, 0),
            width=operator.size(self.width, 1),
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

    def __init__(
        self, name: str, channels: int, height: int, width: int, source: str = ""
    ) -> None:
        self.input = FeatureMap((), channels, height, width)
        self._name, self._source = name, source
        self._layers: list[Layer] = []
        self._edges: list[Edge] = []

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
        y = x.through(window)
        return self._append(
            x, Layer(name, x.channels, channels, y.height, y.width, window, groups)
        )

    def fc(self, x: FeatureMap, name: str, channels: int) -> FeatureMap:
        """A fully connected layer with `channels` outputs, over all values of `x`."""
        inputs = x.channels * x.height * x.width
        return self._append(x, Layer(name, inputs, channels, 1, 1, Whole()))

    def pool(
        self, x: FeatureMap, kernel: int, stride: int, pads: int = 0, ceil_mode: bool = False
    ) -> FeatureMap:
        """A pooling."""
        return x.through(replace(_window(kernel, stride, pads), ceil_mode=ceil_mode))

    def global_pool(self, x: FeatureMap) -> FeatureMap:
        """A global pooling, to one value a channel."""
        return x.through(Whole())

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
        return replace(maps[0], sources=_union(maps))

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
        return replace(maps[0], sources=_union(maps), channels=sum(x.channels for x in maps))

    def gate(self, x: FeatureMap, factor: FeatureMap) -> FeatureMap:
        """`x` times one `factor` a channel, as behind squeeze-and-excitation.

        Raises
        ------
        InputError
            If `factor` is no 1 x 1 map with the channels of `x`.
        """
        return self.add(x, factor.through(Broadcast((x.height, x.width))))

    def network(self) -> Network:
        """The network; a pooling that every reader of a layer passes first is fused into it."""
        first: dict[str, set[Operator | None]] = defaultdict(set)
        for edge in self._edges:
            first[edge.producer].add(edge.through[0] if edge.through else None)
        pools = {
            name: pool
            for name, (pool, *others) in first.items()
            if not others and isinstance(pool, Window | Whole)
        }
        layers = tuple(replace(layer, pool=pools.get(layer.name)) for layer in self._layers)
        edges = tuple(
            replace(edge, through=edge.through[1:]) if edge.producer in pools else edge
            for edge in self._edges
        )
        return Network(self._name, layers, edges, source=self._source)

    def _append(self, x: FeatureMap, layer: Layer) -> FeatureMap:
        self._layers.append(layer)
        self._edges += [Edge(producer, layer.name, passed) for producer, passed in x.sources]
        return FeatureMap(((layer.name, ()),), layer.out_channels, layer.height, layer.width)


def _window(kernel: Pair, stride: int, pads: Pair) -> Window:
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    top, left = (pads, pads) if isinstance(pads, int) else pads
    return Window((height, width), (stride, stride), (top, left, top, left))


def _union(maps: tuple[FeatureMap, ...]) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(source for x in maps for source in x.sources))
