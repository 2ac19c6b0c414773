"""The rules of the closed form: which need map, which output counts, which tail (SPEC §5)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from xbarmip.errors import InputError
from xbarmip.exact import INT64_MAX
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.need import NeedMap
from xbarmip.network.window import Whole
from xbarmip.problem import allow_rule
from xbarmip.strict import as_text


@dataclass(frozen=True, eq=False)
class RuleView:
    """A network as one rule sees it; tuples by layer or by edge, in the network's order.

    Attributes
    ----------
    network : Network
    name : str
    need : tuple of NeedMap
    outputs : tuple of int
        Outputs that count for NormalOp: N* (pipeline) or N (published).
    capped : bool
        Whether a step makes no output beyond `outputs`: the min(.., N_c) of SPEC §5.
    tail : tuple of (int, int) or None
        (a, b): the tail of the edge is ceil(a/R) - ceil(b/R) steps of its consumer; None for none.
    """

    network: Network
    name: str
    need: tuple[NeedMap, ...]
    outputs: tuple[int, ...]
    capped: bool
    tail: tuple[tuple[int, int] | None, ...]

    def cap(self, layer: int, made: int) -> int:
        """Outputs of a step that would make `made` of them in all."""
        return min(made, self.outputs[layer]) if self.capped else made


@lru_cache(maxsize=64)
def rule_view(network: Network, rule: str) -> RuleView:
    """`network` under `rule`.

    `pipeline`: the exact need maps, N*, and a tail from x* on, the first output of the consumer
    that needs the producer's last needed one; no tail where none does. Each of its terms is a path
    that the pipeline must take, hence steps <= cycles.

    `published`: the printed formulas; Tail_i = ceil(Wo_i * floor(Pc_i / Sc_i) / R_i), with the
    padding above and the stride down the rows.

    Under both, a layer of which nothing is needed puts off nothing: its PreOp term is left out. The
    term PreOp_k - 1 that the formula would give is wrong there. Let a 1x1 convolution with padding
    1 follow a slow chain: its first row is padding alone and it starts at once.
    """
    return _BUILDERS[rule](network)


def _published(network: Network) -> RuleView:
    counts = tuple(layer.outputs for layer in network.layers)
    tails = tuple((_printed_tail(network[edge.consumer]), 0) for edge in network.edges)
    return RuleView(network, "published", network.printed, counts, False, tails)


def _pipeline(network: Network) -> RuleView:
    needed = network.needed
    ends = (
        (needed[network.index[edge.producer]], needed[network.index[edge.consumer]])
        for edge in network.edges
    )
    return RuleView(
        network,
        "pipeline",
        network.clamped,
        needed,
        True,
        tuple(_tail(need, *end) for need, end in zip(network.clamped, ends, strict=True)),
    )


_BUILDERS: dict[str, Callable[[Network], RuleView]] = {
    "pipeline": _pipeline,
    "published": _published,
}


def register_closed_form(name: str, build: Callable[[Network], RuleView]) -> None:
    """Make a rule of the closed form known by its name, for `Problem(..., rule=name)`.

    What it must keep to says docs/adding-a-rule.md; `xbarmip.contract.check_closed_form` tests it.

    Parameters
    ----------
    name : str
    build : callable
        Called with a network, once for each; returns its view.

    Raises
    ------
    InputError
        When the name is empty or taken.
    """
    if as_text(name, "name of a closed form") in _BUILDERS:
        raise InputError(f"closed form {name!r} is registered already")
    _BUILDERS[name] = build
    allow_rule(name)


def _printed_tail(consumer: Layer) -> int:
    if isinstance(consumer.window, Whole):
        return 0
    return consumer.width * (consumer.window.pads[0] // consumer.window.stride[0])


def _tail(need: NeedMap, produced: int, consumed: int) -> tuple[int, int] | None:
    first = need.first(produced, consumed) if produced and consumed else 0
    return (consumed, first) if first else None


def fits_int64(view: RuleView) -> bool:
    """Whether no allocation makes the closed form leave 64 bits.

    Argument: demand grows with the demand behind it, and rounding up to whole steps adds less than
    N_c; so the demands for max(R) = N_c, each rounded up by N_c, bound all others. Steps and
    their sums stay below the total of those.
    """
    network = view.network
    largest = [layer.outputs for layer in network.layers]
    edges = sorted(
        zip(network.edges, view.need, strict=True),
        key=lambda pair: -network.index[pair[0].consumer],
    )
    for edge, need in edges:
        j, c = network.index[edge.producer], network.index[edge.consumer]
        largest[j] = max(largest[j], need(largest[c] + network.layers[c].outputs))
    return sum(largest) + sum(layer.outputs for layer in network.layers) < INT64_MAX // 4
