"""The network: layers in topological order, the edges between them, and what follows from both."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from xbarmip.display import html_table
from xbarmip.errors import InputError
from xbarmip.limits import (
    LARGEST_EXTENT,
    MOST_EDGES,
    MOST_LAYERS,
    MOST_OUTPUTS,
    MOST_PASSED,
    MOST_POSITIONS,
)
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.need import NeedMap, clamped_need, extents, printed_need
from xbarmip.network.stream import Stream, concatenate, has_join, leaves, renamed
from xbarmip.network.window import Raster
from xbarmip.strict import suggestion

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Network:
    """A CNN as a directed acyclic graph of crossbar layers (SPEC §2).

    Joins and pass-through operators are not layers: the consumer behind an addition or a
    concatenation has one edge from every layer that feeds it. Several edges between the same two
    layers are allowed; the largest need counts. How what they carry is put together is told by
    `streams`.

    Attributes
    ----------
    name : str
    layers : tuple of Layer
        In topological order; allocations list their R in this order.
    edges : tuple of Edge
        From earlier to later layers.
    outputs : tuple of str
        Layers whose result leaves the network. Layers without consumers are always among them.
    source : str
        Where the figures come from.
    streams : tuple of (str, Stream)
        For consumers what they read, a tree over their producers' names (SPEC §6). Any other reads
        the concatenation of its producers. Kept in the order of the layers, in normal form, and
        only where there is a join.

    Raises
    ------
    InputError
        On duplicate or unknown names, an edge against the order, map sizes that do not fit, a
        stream of other layers than the edges come from, or more of anything than `xbarmip.limits`
        allows.
    """

    name: str
    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    outputs: tuple[str, ...] = ()
    source: str = ""
    streams: tuple[tuple[str, Stream], ...] = ()

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(f"network {self.name!r} has no layers")
        self._check_limit("layers", len(self.layers), MOST_LAYERS)
        self._check_limit("edges", len(self.edges), MOST_EDGES)
        self._check_limit("outputs", sum(layer.outputs for layer in self.layers), MOST_OUTPUTS)
        counts = Counter(layer.name for layer in self.layers)
        for name, count in counts.items():
            if count > 1:
                raise InputError(
                    f"network {self.name!r}: layer name {name!r} is used {count} times"
                )
        for output in self.outputs:
            if output not in counts:
                raise InputError(f"network {self.name!r}: output {output!r} is not a layer")
        for edge in self.edges:
            self._check_edge(edge)
        positions = sum(self._positions(edge) for edge in self.edges)
        self._check_limit("rows and columns of need maps", positions, MOST_POSITIONS)
        for layer in self.layers:
            self._check_pool(layer)
        object.__setattr__(self, "streams", self._checked_streams())

    def _checked_streams(self) -> tuple[tuple[str, Stream], ...]:
        checked: dict[str, Stream] = {}
        for consumer, given in self.streams:
            where = f"network {self.name!r}: what {consumer!r} reads"
            if consumer in checked:
                raise InputError(f"{where} is given twice")
            producers = {edge.producer for edge in self.edges if edge.consumer == consumer}
            named = set(leaves(given))
            for name in sorted(map(str, producers ^ named)):
                there, gone = ("edges", "stream") if name in producers else ("stream", "edges")
                raise InputError(f"{where}: {name!r} is in its {there}, but not in its {gone}")
            stream = renamed(given, lambda leaf: leaf)
            if stream is not None:
                checked[consumer] = stream
        ordered = sorted(checked.items(), key=lambda pair: self.index[pair[0]])
        return tuple(pair for pair in ordered if has_join(pair[1]))

    def _positions(self, edge: Edge) -> int:
        """Integers of an edge's need map, near enough."""
        consumer = self[edge.consumer]
        if any(isinstance(operator, Raster) for operator in edge.through):
            return consumer.outputs
        return consumer.height + consumer.width

    def _check_limit(self, what: str, count: int, most: int) -> None:
        if count > most:
            raise InputError(f"network {self.name!r} has {count} {what}, must be at most {most}")

    def _check_edge(self, edge: Edge) -> None:
        where = f"network {self.name!r}: edge {edge.producer!r} -> {edge.consumer!r}"
        for end in (edge.producer, edge.consumer):
            if end not in self.index:
                raise InputError(f"{where}: {end!r} is not a layer")
        if self.index[edge.producer] >= self.index[edge.consumer]:
            raise InputError(f"{where} goes against the order of the layers")
        if len(edge.through) > MOST_PASSED:
            raise InputError(
                f"{where} passes {len(edge.through)} operators, must be at most {MOST_PASSED}"
            )
        producer, consumer = self[edge.producer], self[edge.consumer]
        rows, columns = extents(producer, edge, consumer)
        if min(*rows, *columns) < 1:
            raise InputError(f"{where}: a window does not fit, sizes {rows} x {columns}")
        if max(*rows, *columns) > LARGEST_EXTENT:
            raise InputError(
                f"{where}: a map is {max(*rows, *columns)} long, must be at most {LARGEST_EXTENT}"
            )
        if (rows[-1], columns[-1]) != (consumer.height, consumer.width):
            raise InputError(
                f"{where}: the windows give a {rows[-1]} x {columns[-1]} map, "
                f"but {edge.consumer!r} declares {consumer.height} x {consumer.width}"
            )

    def _check_pool(self, layer: Layer) -> None:
        if layer.pool is None:
            return
        size = (layer.pool.size(layer.height, 0), layer.pool.size(layer.width, 1))
        if min(size) < 1:
            raise InputError(
                f"network {self.name!r}: layer {layer.name!r}: the pooling does not fit its "
                f"{layer.height} x {layer.width} map"
            )

    def __getitem__(self, name: str) -> Layer:
        return self.layers[self.index[self.layer_name(name)]]

    def layer_name(self, name: str) -> str:
        """The name of the layer that is called `name`, here or in the file that it comes from.

        Raises
        ------
        InputError
            If there is none; the message lists the nearest.
        """
        if name in self.index:
            return name
        if name not in self._in_file:
            known = (*self.index, *self._in_file)
            raise InputError(f"unknown layer {name!r}{suggestion(name, known)}")
        return self._in_file[name]

    @cached_property
    def _in_file(self) -> dict[str, str]:
        """Layer names by what their file calls the nodes, where only one is called so."""
        times = Counter(layer.node for layer in self.layers)
        named = (layer for layer in self.layers if layer.node and times[layer.node] == 1)
        return {layer.node: layer.name for layer in named}

    @property
    def names_in_file(self) -> tuple[str, ...]:
        """What the file calls each layer, where `layer_name` leads back from that; else its name
        here.
        """
        back = {name: node for node, name in self._in_file.items() if self.layer_name(node) == name}
        return tuple(back.get(layer.name, layer.name) for layer in self.layers)

    @cached_property
    def shared(self) -> dict[str, tuple[str, ...]]:
        """Weights of the file that several layers use, with these layers' names (SPEC §15)."""
        users: dict[str, list[str]] = {}
        for layer in self.layers:
            if layer.weight:
                users.setdefault(layer.weight, []).append(layer.name)
        return {weight: tuple(names) for weight, names in users.items() if len(names) > 1}

    def __str__(self) -> str:
        many = ("layer", len(self.layers)), ("edge", len(self.edges))
        return f"{self.name}: " + ", ".join(f"{n} {what}{'s' * (n != 1)}" for what, n in many)

    def _repr_html_(self) -> str:
        names = ("layer", "in", "out", "height", "width", "kernel", "outputs")
        rows = [
            (one.name, one.in_channels, one.out_channels, one.height, one.width,
             "x".join(map(str, one.kernel)), one.outputs)
            for one in self.layers
        ]  # fmt: skip
        return html_table(str(self), names, rows)

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each layer by name."""
        return {layer.name: position for position, layer in enumerate(self.layers)}

    @cached_property
    def graph(self) -> "nx.DiGraph[str]":
        """The layers as a networkx graph: nodes carry `layer`, edges the tuple `edges`."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph(name=self.name)
        for layer in self.layers:
            graph.add_node(layer.name, layer=layer)
        parallel: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        for edge in self.edges:
            parallel[edge.producer, edge.consumer].append(edge)
        for pair, edges in parallel.items():
            graph.add_edge(*pair, edges=tuple(edges))
        return graph

    @cached_property
    def sinks(self) -> tuple[str, ...]:
        """Layers whose every output counts for the end: no consumer, or a declared output."""
        read = {edge.producer for edge in self.edges}
        return tuple(
            layer.name
            for layer in self.layers
            if layer.name in self.outputs or layer.name not in read
        )

    @cached_property
    def links(self) -> tuple[tuple[int, int], ...]:
        """Producer and consumer of every edge by layer number, in the order of `edges`."""
        return tuple((self.index[e.producer], self.index[e.consumer]) for e in self.edges)

    @cached_property
    def reads(self) -> tuple[Stream | None, ...]:
        """What each layer reads, a tree over its producers' numbers; None for nothing (SPEC §6)."""
        producers: dict[int, set[int]] = defaultdict(set)
        for producer, consumer in self.links:
            producers[consumer].add(producer)
        given = dict(self.streams)
        return tuple(
            renamed(given[layer.name], lambda leaf: self.index[str(leaf)])
            if layer.name in given
            else concatenate(sorted(producers[i]))
            for i, layer in enumerate(self.layers)
        )

    @cached_property
    def clamped(self) -> tuple[NeedMap, ...]:
        """The exact need map of every edge, in the order of `edges` (SPEC §3)."""
        return tuple(clamped_need(self[e.producer], e, self[e.consumer]) for e in self.edges)

    @cached_property
    def printed(self) -> tuple[NeedMap, ...]:
        """The need map of every edge as the paper prints it, in the order of `edges`."""
        return tuple(printed_need(self[e.producer], e, self[e.consumer]) for e in self.edges)

    @cached_property
    def needed(self) -> tuple[int, ...]:
        """N*, the outputs of each layer that the end of inference waits for (SPEC §3)."""
        needed = [layer.outputs if layer.name in self.sinks else 0 for layer in self.layers]
        backwards = sorted(
            zip(self.edges, self.clamped, strict=True),
            key=lambda pair: -self.index[pair[0].consumer],
        )
        for edge, need in backwards:
            wanted = needed[self.index[edge.consumer]]
            if wanted:
                producer = self.index[edge.producer]
                needed[producer] = max(needed[producer], need(wanted))
        return tuple(needed)
