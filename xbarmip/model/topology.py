"""A view's edges by layer number, as both lowerings and their windows read them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from xbarmip.measures.view import View


class Link(NamedTuple):
    """One edge seen from one of its ends: the edge's number and the layer at the other end."""

    edge: int
    layer: int


class Topology(NamedTuple):
    """Tuples by layer number.

    Attributes
    ----------
    into, out_of : tuple of tuple of Link
        Edges from producers, edges to consumers; parallel edges each on their own.
    ancestors : tuple of tuple of int
        Layers from which a path leads to the layer, nearest in the order first.
    sink : tuple of bool
        The ends of the view.
    """

    into: tuple[tuple[Link, ...], ...]
    out_of: tuple[tuple[Link, ...], ...]
    ancestors: tuple[tuple[int, ...], ...]
    sink: tuple[bool, ...]

    def towards(self, layer: int, end: int) -> tuple[Link, ...]:
        """Edges from `layer` to `end` or to an ancestor of it."""
        reach = {end, *self.ancestors[end]}
        return tuple(link for link in self.out_of[layer] if link.layer in reach)


@lru_cache(maxsize=64)
def topology(view: View, edges: tuple[int, ...] | None = None) -> Topology:
    """A view as a `Topology`, with all edges or only those whose numbers are in `edges`."""
    count = len(view.outputs)
    into: list[list[Link]] = [[] for _ in range(count)]
    out_of: list[list[Link]] = [[] for _ in range(count)]
    for number in range(len(view.edges)) if edges is None else edges:
        producer, consumer = view.edges[number]
        into[consumer].append(Link(number, producer))
        out_of[producer].append(Link(number, consumer))
    ancestors: list[set[int]] = []
    for links in into:
        ancestors.append({a for link in links for a in (link.layer, *ancestors[link.layer])})
    return Topology(
        _tuples(into),
        _tuples(out_of),
        tuple(tuple(sorted(found, reverse=True)) for found in ancestors),
        view.ends,
    )


def _tuples(links: Iterable[list[Link]]) -> tuple[tuple[Link, ...], ...]:
    return tuple(tuple(some) for some in links)
