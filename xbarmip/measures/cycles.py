"""The measure `cycles`: the pipeline itself (SPEC §4)."""

from xbarmip.measures.registry import Measure, register_measure
from xbarmip.measures.view import View
from xbarmip.network.graph import Network


def pipeline(network: Network) -> View:
    """The network's own edges, exact need maps and outputs; what leaves the network ends it."""
    return View(
        network,
        network.links,
        network.clamped,
        tuple(layer.outputs for layer in network.layers),
        tuple(layer.name in network.sinks for layer in network.layers),
        stalls=True,
    )


CYCLES = register_measure(
    Measure("cycles", "latency", "cycles", "the pipeline, cycle by cycle", pipeline)
)
