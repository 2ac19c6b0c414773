"""The measure `steps`: the closed form that approximates the pipeline, by several rules (SPEC §5).

The rules differ in which need map, which outputs and which tail they take. Under all of them a
layer of which nothing is needed puts off nothing: its PreOp term is left out. The term PreOp_k - 1
that the formula would give is wrong there. Let a 1x1 convolution with padding 1 follow a slow
chain: its first row is padding alone and it starts at once.
"""

from collections.abc import Callable
from dataclasses import replace

from xbarmip.errors import InputError
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.registry import Measure, measure_of, register_measure, rules
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.window import Whole


def pipeline(network: Network) -> View:
    """That of the pipeline: the exact need maps, N*, tails from x* on. Hence steps <= cycles."""
    return CYCLES.view(network).closed_form


def published(network: Network) -> View:
    """The formulas as the paper prints them; Tail_i = ceil(Wo_i * floor(Pc_i / Sc_i) / R_i).

    With the padding above and the stride down the rows.
    """
    return replace(
        CYCLES.view(network),
        need=network.printed,
        stalls=False,
        capped=False,
        tails=tuple((_printed_tail(network[edge.consumer]), 0) for edge in network.edges),
    )


def _printed_tail(consumer: Layer) -> int:
    if isinstance(consumer.window, Whole):
        return 0
    return consumer.width * (consumer.window.pads[0] // consumer.window.stride[0])


STEPS = register_measure(
    Measure(
        "steps",
        "latency-steps",
        "steps",
        "the closed form that approximates the pipeline",
        pipeline,
        rule="pipeline",
    )
)
register_measure(replace(STEPS, rule="published", build=published))


def register_closed_form(name: str, build: Callable[[Network], View]) -> None:
    """Make a further rule of `steps` known by its name, for `Problem(..., rule=name)`.

    What it must keep to says docs/adding-a-rule.md; `xbarmip.contract.check_closed_form` tests it.

    Parameters
    ----------
    name : str
    build : callable
        Called with a network, once for each; returns its view, a closed form.

    Raises
    ------
    InputError
        When the name is empty or taken.
    """
    if name in rules():
        raise InputError(f"closed form {name!r} is already registered")
    register_measure(replace(STEPS, rule=name, build=build))


def rule_view(network: Network, rule: str) -> View:
    """`network` under one rule of `steps`."""
    return measure_of("steps", rule).view(network)
