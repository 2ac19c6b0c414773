"""What a measure makes of a network: the numbers that decide how long an inference takes."""

from dataclasses import dataclass
from functools import cached_property

from xbarmip.errors import InputError
from xbarmip.exact import INT64_MAX
from xbarmip.network.graph import Network
from xbarmip.network.need import NeedMap


@dataclass(frozen=True, eq=False)
class View:
    """A network as one measure sees it; tuples by layer or by edge of the view.

    All that evaluates, states or searches a problem reads its view, and nothing else of the
    measure. The layers are those of the network; the edges need not be: data moves along the
    network's edges, whatever the view.

    Attributes
    ----------
    network : Network
    edges : tuple of (int, int)
        Producer and consumer by layer number, the smaller first. Edges may be parallel.
    need : tuple of NeedMap
        By edge: outputs of the producer behind the first outputs of the consumer.
    outputs : tuple of int
        By layer: the outputs that it makes (N) or, in a closed form, that NormalOp counts.
    ends : tuple of bool
        By layer: whether its last output ends the inference. The count is the largest over them.
    stalls : bool
        True: the pipeline, cycle by cycle (SPEC §4). False: the closed form (SPEC §5).
    capped : bool
        Whether a step makes no output beyond `outputs`: the min(.., N_c) of SPEC §5. A pipeline is.
    tails : tuple of (int, int) or None
        By edge of a closed form: (a, b) for a tail of ceil(a/R) - ceil(b/R) steps of its consumer;
        None for none. A pipeline has none.

    Raises
    ------
    InputError
        When these do not fit together.
    """

    network: Network
    edges: tuple[tuple[int, int], ...]
    need: tuple[NeedMap, ...]
    outputs: tuple[int, ...]
    ends: tuple[bool, ...]
    stalls: bool
    capped: bool = True
    tails: tuple[tuple[int, int] | None, ...] = ()

    def __post_init__(self) -> None:
        layers, where = len(self.network.layers), f"view of network {self.network.name!r}"
        tails = 0 if self.stalls else len(self.edges)
        for what, have, want in (
            ("outputs", self.outputs, layers),
            ("ends", self.ends, layers),
            ("need maps", self.need, len(self.edges)),
            ("tails", self.tails, tails),
        ):
            if len(have) != want:
                raise InputError(f"{where}: there must be {want} {what}, got {len(have)}")
        for producer, consumer in self.edges:
            if not 0 <= producer < consumer < layers:
                raise InputError(
                    f"{where}: edge {producer} -> {consumer} goes against the order of the layers"
                )
        if not any(n for n, end in zip(self.outputs, self.ends, strict=True) if end):
            raise InputError(f"{where}: no output of a layer ends the inference")
        if self.stalls and not self.capped:
            raise InputError(f"{where}: a pipeline makes no output beyond those that there are")

    def cap(self, layer: int, made: int) -> int:
        """Outputs of a step that would make `made` of them in all."""
        return min(made, self.outputs[layer]) if self.capped else made

    @cached_property
    def into(self) -> tuple[tuple[int, ...], ...]:
        """By layer: the numbers of the edges into it, in ascending order."""
        numbers: list[list[int]] = [[] for _ in self.outputs]
        for number, (_, consumer) in enumerate(self.edges):
            numbers[consumer].append(number)
        return tuple(map(tuple, numbers))

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """By layer: the outputs that the end waits for; at least ceil(counted / R) steps pass.

        Of a pipeline that is N* (SPEC §3): all of an end, and of a producer the most that a
        consumer needs for its own. In a closed form a layer counts, or does not: Op takes in
        NormalOp, and tails carry it to an end.
        """
        counted = [n if end else 0 for n, end in zip(self.outputs, self.ends, strict=True)]
        for consumer in reversed(range(len(counted))):
            for number in self.into[consumer] if counted[consumer] else ():
                producer = self.edges[number][0]
                if self.stalls:
                    wanted = self.need[number](counted[consumer])
                else:
                    wanted = 0 if self.tails[number] is None else self.outputs[producer]
                counted[producer] = max(counted[producer], wanted)
        return tuple(counted)

    @cached_property
    def closed_form(self) -> "View":
        """A closed form that never exceeds the view: itself, or that of a pipeline without stalls.

        The latter counts what the end waits for, `N*`, with a tail from `x*` on, the first output
        of the consumer that needs the producer's last one that counts; none where none does. Each
        term of it is a path that the pipeline must take.
        """
        if not self.stalls:
            return self
        counted = self.counted
        tails = tuple(
            _tail(need, counted[producer], counted[consumer])
            for need, (producer, consumer) in zip(self.need, self.edges, strict=True)
        )
        return View(
            self.network, self.edges, self.need, counted, self.ends, stalls=False, tails=tails
        )

    @cached_property
    def fits_int64(self) -> bool:
        """Whether no allocation makes the closed form leave 64 bits.

        Argument: demand grows with the demand behind it, and rounding up to whole steps adds less
        than N_c; so the demands for max(R) = N_c, each rounded up by N_c, bound all others. Steps
        and their sums stay below the total of those.
        """
        made = [layer.outputs for layer in self.network.layers]
        largest = list(made)
        for consumer in reversed(range(len(made))):
            for number in self.into[consumer]:
                need, producer = self.need[number], self.edges[number][0]
                largest[producer] = max(largest[producer], need(largest[consumer] + made[consumer]))
        return sum(largest) + sum(made) < INT64_MAX // 4


def _tail(need: NeedMap, produced: int, consumed: int) -> tuple[int, int] | None:
    first = need.first(produced, consumed) if produced and consumed else 0
    return (consumed, first) if first else None
