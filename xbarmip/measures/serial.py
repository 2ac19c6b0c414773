"""The measure `serial`: one layer after another (SPEC §11)."""

from dataclasses import replace
from itertools import pairwise

from xbarmip.measures.registry import Measure, register_measure
from xbarmip.measures.steps import STEPS
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.network.need import no_need


def serial(network: Network) -> View:
    """A chain of all layers in the network's order, of which only the last is an end.

    serial = sum over layers of ceil(N*/R). No layer needs anything to begin, hence PreOp is 0, and
    the tail behind its predecessor is all of its own: Op_i = Op_{i-1} + ceil(N*_i/R_i).
    """
    view, count = STEPS.view(network), len(network.layers)
    return replace(
        view,
        edges=tuple(pairwise(range(count))),
        need=tuple(no_need(*pair) for pair in pairwise(network.layers)),
        tails=tuple((outputs, 0) for outputs in view.outputs[1:]),
        ends=tuple(layer == count - 1 for layer in range(count)),
    )


register_measure(
    Measure(
        "serial",
        "latency-serial",
        "steps",
        "one layer after another",
        serial,
        over_layers="sum",
    )
)
