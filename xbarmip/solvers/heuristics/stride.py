"""The heuristic `stride`: copies balanced by the strides behind a layer (SPEC §7)."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.recipe import Recipe, largest_fit


@dataclass(frozen=True, slots=True)
class StrideBalanced(Recipe):
    """R_{i-1} = Sc_i^2 * R_i from the last layer on, which gets as many copies as are paid for.

    The balance of ISAAC (A. Shafiee et al., ISCA 2016) as the allocation paper uses it, with the
    strides of the convolutions alone. With weights w_l, the product of the stride areas behind
    layer l (on a graph the largest over its consumers, 1 where none is a convolution), R_l is
    min(m * w_l, N_l) for the largest m that fits. Where one copy of the last layer is too much
    already, R_l = max(1, floor(w_l / d)) for the smallest d that fits.

    Attributes
    ----------
    pooling : bool
        Count the strides of poolings, too: then a layer makes its outputs about as fast as its
        consumer takes them in. The paper's own figures are without.
    """

    name: ClassVar[str] = "stride"
    pooling: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.pooling, bool):
            raise InputError(f"stride option pooling must be a bool, got {self.pooling!r}")

    def allocation(self, problem: Problem) -> Allocation:
        """R of every layer."""
        outputs = [layer.outputs for layer in problem.network.layers]
        weights = stride_weights(problem.network, self.pooling)
        heaviest = max(weights)

        def family(m: int) -> Allocation:
            """Divided by heaviest - m up to the weights themselves, multiplied from there on."""
            divisor, factor = max(1, heaviest - m), max(1, m - heaviest + 2)
            return tuple(
                min(each, max(1, weight * factor // divisor))
                for each, weight in zip(outputs, weights, strict=True)
            )

        return largest_fit(problem, family, heaviest + max(outputs))


def stride_weights(network: Network, pooling: bool) -> tuple[int, ...]:
    """The product of the stride areas behind each layer; poolings count if `pooling`."""
    weights = [1] * len(network.layers)
    for edge in sorted(network.edges, key=lambda edge: -network.index[edge.consumer]):
        window, j = network[edge.consumer].window, network.index[edge.producer]
        if isinstance(window, Window):
            behind = prod(window.stride) * weights[network.index[edge.consumer]]
            if pooling:
                behind *= _pooling_area(network, edge)
            weights[j] = max(weights[j], behind)
    return tuple(weights)


def _pooling_area(network: Network, edge: Edge) -> int:
    passed = (network[edge.producer].pool, *edge.through)
    return prod(prod(window.stride) for window in passed if isinstance(window, Window))
