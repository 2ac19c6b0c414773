"""Seeded random networks that are built like real ones: stages, skips and parallel branches."""

from dataclasses import dataclass
from random import Random

from xbarmip.errors import InputError
from xbarmip.limits import MOST_EDGES
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.stream import Stream, concatenate, join_streams, leaves
from xbarmip.network.window import Whole, Window


@dataclass(frozen=True, slots=True)
class Stages:
    """What `staged_network` draws from.

    A stage is a row of blocks on maps of one size; the first convolution of every stage but the
    first halves the map. A block is `branches` parallel chains of convolutions that are
    concatenated; with the chance `skips`, what went into the block is added to that.

    Attributes
    ----------
    extent : int
        Height and width of the first map.
    stages, blocks : int
        Number of stages, and of blocks in each.
    depth : (int, int)
        Fewest and most convolutions of a branch.
    branches : int
        Parallel branches of a block.
    skips : float
        Chance that a block is skipped by its own input; not where the map is halved.
    channels : (int, int)
        Fewest and most output channels of a convolution.
    kernels : tuple of int
        Odd kernel sizes that a convolution draws from; maps keep their size.
    head : bool
        Whether a fully connected layer ends the network.
    """

    extent: int
    stages: int = 1
    blocks: int = 1
    depth: tuple[int, int] = (1, 1)
    branches: int = 1
    skips: float = 0.0
    channels: tuple[int, int] = (1, 8)
    kernels: tuple[int, ...] = (3,)
    head: bool = False


def staged_network(random: Random, shape: Stages) -> Network:
    """Draw a network; the same state of `random` gives the same one.

    Raises
    ------
    InputError
        On more edges or layers than a network may have.
    """
    drawing = _Drawing(random, shape)
    extent = shape.extent
    source: Stream | None = None
    for stage in range(shape.stages):
        halved = stage > 0
        if halved:
            extent = -(-extent // 2)
        for block in range(shape.blocks):
            source = drawing.block(source, extent, halve=halved and block == 0)
    if shape.head:
        drawing.layer(source, 1, Whole())
    return Network(
        "staged",
        tuple(drawing.layers),
        tuple(drawing.edges),
        source="staged_network",
        streams=tuple(drawing.streams),
    )


class _Drawing:
    """The layers, edges and streams so far."""

    def __init__(self, random: Random, shape: Stages) -> None:
        self._random, self._shape = random, shape
        self.layers: list[Layer] = []
        self.edges: list[Edge] = []
        self.streams: list[tuple[str, Stream]] = []

    def block(self, source: Stream | None, extent: int, halve: bool) -> Stream | None:
        """Add a block behind `source`; what leaves it."""
        ends: list[Stream | None] = []
        for _ in range(self._shape.branches):
            end = source
            for place in range(self._random.randint(*self._shape.depth)):
                kernel = self._random.choice(self._shape.kernels)
                stride = 2 if halve and place == 0 else 1
                window = Window.square(kernel, stride, kernel // 2)
                end = self.layer(end, extent, window)
            ends.append(end)
        made = concatenate(ends)
        skipped = self._random.random() < self._shape.skips and not halve
        return join_streams([made, source]) if skipped else made

    def layer(self, source: Stream | None, extent: int, window: Window | Whole) -> str:
        """Add a layer that reads `source`; its name."""
        name, producers = f"l{len(self.layers) + 1}", dict.fromkeys(leaves(source))
        inputs = next((x.out_channels for x in self.layers if x.name in producers), 1)
        outputs = self._random.randint(*self._shape.channels)
        self.layers.append(Layer(name, inputs, outputs, extent, extent, window))
        if len(self.edges) + len(producers) > MOST_EDGES:
            raise InputError(f"draws more than {MOST_EDGES} edges into one network")
        self.edges += [Edge(str(producer), name) for producer in producers]
        if source is not None:
            self.streams.append((name, source))
        return name
