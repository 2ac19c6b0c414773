"""What a layer reads: a tree of joins and concatenations over its producers (SPEC §6).

An element-wise join (an addition, a product, a gate) is one stream: it brings as many values as the
largest of its operands. A concatenation brings its parts side by side. With V(k) for the values
that producer k makes in a step,

    V(join of a, b, ..) = max(V(a), V(b), ..)      V(concatenation of a, b, ..) = V(a) + V(b) + ..

Trees are made in *normal form*: a join among the parts of a join is taken apart, and so is a
concatenation in a concatenation; what is twice among the parts of one counts once, as its values
do; and a single part is the tree. So a tree without a join is a producer, or a concatenation of
producers.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from xbarmip.errors import InputError
from xbarmip.limits import DEEPEST_STREAM, MOST_STREAMED

Leaf = str | int
"""A producer: its name, or a number for it."""


@dataclass(frozen=True, eq=False)
class _Parts:
    """Parts in any order: it makes no difference."""

    parts: "tuple[Stream, ...]"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and set(self.parts) == set(other.parts)

    def __hash__(self) -> int:
        return hash((type(self), frozenset(self.parts)))


class Join(_Parts):
    """One stream made of several, element by element."""


class Concat(_Parts):
    """Several streams side by side."""


Stream = Leaf | Join | Concat
Pick = dict[Leaf, int]
"""How often each producer counts when one operand of every join is picked."""


def join_streams(streams: "Iterable[Stream | None]") -> Stream | None:
    """The join of those that are there; None if there are none."""
    return _made(Join, streams)


def concatenate(streams: "Iterable[Stream | None]") -> Stream | None:
    """The concatenation of those that are there; None if there are none."""
    return _made(Concat, streams)


def _made(kind: type[Join] | type[Concat], streams: "Iterable[Stream | None]") -> Stream | None:
    parts: dict[Stream, None] = {}
    for stream in streams:
        if stream is not None:
            parts |= dict.fromkeys(stream.parts if isinstance(stream, kind) else (stream,))
    if len(parts) < 2:
        return next(iter(parts), None)
    made = kind(tuple(parts))
    if sum(1 for _ in leaves(made)) > MOST_STREAMED or _depth(made) > DEEPEST_STREAM:
        raise InputError(
            f"joins and concatenations form a tree of more than {MOST_STREAMED} producers, or more "
            f"than {DEEPEST_STREAM} deep"
        )
    return made


def _depth(stream: Stream) -> int:
    return 0 if isinstance(stream, Leaf) else 1 + max(map(_depth, stream.parts))


def leaves(stream: Stream | None) -> Iterator[Leaf]:
    """The producers of a tree, as often as they occur."""
    if isinstance(stream, Leaf):
        yield stream
    elif stream is not None:
        for part in stream.parts:
            yield from leaves(part)


def has_join(stream: Stream | None) -> bool:
    """Whether it is more than producers side by side."""
    parts = stream.parts if isinstance(stream, Concat) else (stream,)
    return any(isinstance(part, Join) for part in parts)


def renamed(stream: Stream | None, name: Callable[[Leaf], Leaf | None]) -> Stream | None:
    """The tree with other names for its producers; one that has none leaves it."""
    if stream is None or isinstance(stream, Leaf):
        return None if stream is None else name(stream)
    return _made(type(stream), (renamed(part, name) for part in stream.parts))


def only(stream: Stream | None, kept: Collection[Leaf]) -> Stream | None:
    """What is left of a tree when all other producers leave it."""
    return renamed(stream, lambda leaf: leaf if leaf in kept else None)


def volume(stream: Stream, of: Callable[[Leaf], Any], larger: Callable[..., Any] = max) -> Any:
    """V of the tree, given V of its producers; `larger` takes two of them."""
    if isinstance(stream, Leaf):
        return of(stream)
    first, *others = (volume(part, of, larger) for part in stream.parts)
    for other in others:
        first = larger(first, other) if isinstance(stream, Join) else first + other
    return first


def picks(stream: Stream, most: int) -> list[Pick] | None:
    """V as the largest of sums: for each way of picking one operand of every join, its producers.

    No pick is left out but those in which every producer counts at most as often as in another.
    None where a join or concatenation of the tree has more than `most`.
    """
    if isinstance(stream, Leaf):
        return [{stream: 1}]
    found: list[Pick] = [] if isinstance(stream, Join) else [{}]
    for part in stream.parts:
        more = picks(part, most)
        if more is None or (isinstance(stream, Concat) and len(found) * len(more) > 2 * most):
            return None
        if isinstance(stream, Join):
            found += more
        else:
            found = _undominated([_sum(a, b) for a in found for b in more])
        if len(found) > most:
            return None
    return _undominated(found)


def _sum(a: Pick, b: Pick) -> Pick:
    return {leaf: a.get(leaf, 0) + b.get(leaf, 0) for leaf in {**a, **b}}


def _undominated(found: list[Pick]) -> list[Pick]:
    """Those that count no producer more often than another does; of equal ones the first."""
    unique = list({frozenset(pick.items()): pick for pick in found}.values())
    if all(len(pick) == 1 == next(iter(pick.values())) for pick in unique):
        return unique
    return [
        one
        for one in unique
        if not any(
            one is not other and all(other.get(leaf, 0) >= times for leaf, times in one.items())
            for other in unique
        )
    ]
