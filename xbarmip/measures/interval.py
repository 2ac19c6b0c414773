"""The measure `interval`: the steps between two inferences that follow each other (SPEC §11)."""

from dataclasses import replace

from xbarmip.measures.registry import Measure, register_measure
from xbarmip.measures.steps import STEPS
from xbarmip.measures.view import View
from xbarmip.network.graph import Network


def interval(network: Network) -> View:
    """Every layer alone: no edges, and each layer is an end.

    Once the pipeline is full, a layer begins the next inference as soon as it has made the outputs
    that count of this one, in ceil(N*/R) steps. The slowest layer sets the pace of all others:
    interval = max over layers of ceil(N*/R). Without edges PreOp is 0, and the closed form is that.
    """
    view = STEPS.view(network)
    return replace(view, edges=(), need=(), tails=(), ends=tuple(True for _ in view.ends))


register_measure(
    Measure(
        "interval",
        "period",
        "steps",
        "from one inference to the next, pipelined",
        interval,
        over_layers="greatest",
    )
)
