"""The heuristic `cim-mlc`: copies in whole cores by a sum over layers, then what these hold."""

from dataclasses import dataclass
from operator import itemgetter
from typing import ClassVar

from xbarmip.exact import as_int, ceil_div
from xbarmip.network.layer import Layer
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.recipe import Recipe


@dataclass(frozen=True, slots=True)
class CimMlc(Recipe):
    """The least sum of N_l / k_l with k_l copies in whole cores, then what these cores hold.

    The duplication of CIM-MLC (S. Qu et al., ASPLOS 2024): k_l divides the width of the layer's
    map, and a copy takes ceil(set_l / core) cores; a dynamic program over the cores finds the least
    sum exactly. Its step crossbar by crossbar then fills the cores that a layer has:
    R_l = floor(cores * core / set_l), at most N_l. Of equal sums the one with the fewest cores is
    taken. Where one copy of every layer does not fit in whole cores, every layer has one.

    Attributes
    ----------
    core : int
        Crossbars of a core.
    """

    name: ClassVar[str] = "cim-mlc"
    core: int = 16

    def __post_init__(self) -> None:
        as_int(self.core, "cim-mlc option core", 1)

    def allocation(self, problem: Problem) -> Allocation:
        """R of every layer."""
        layers = problem.network.layers
        copies = self.copies(problem)
        if copies is None:
            return (1,) * len(layers)
        return tuple(
            min(layer.outputs, k * ceil_div(each, self.core) * self.core // each)
            for layer, each, k in zip(layers, problem.sets, copies, strict=True)
        )

    def copies(self, problem: Problem) -> Allocation | None:
        """k_l of every layer; None where one of each does not fit in whole cores.

        A state is the number of cores taken so far; of those with no smaller sum and no fewer cores
        than another nothing better comes, since both only grow.
        """
        cores = problem.crossbars // self.core
        front: list[tuple[int, int, Allocation]] = [(0, 0, ())]  # cores, sum, copies
        for layer, each in zip(problem.network.layers, problem.sets, strict=True):
            size = ceil_div(each, self.core)
            reached = [
                (used + k * size, total + ceil_div(layer.outputs, k), (*copies, k))
                for used, total, copies in front
                for k in divisors(layer)
                if used + k * size <= cores
            ]
            front = []
            for state in sorted(reached):
                if not front or state[1] < front[-1][1]:
                    front.append(state)
        return min(front, key=itemgetter(1))[2] if front else None


def divisors(layer: Layer) -> list[int]:
    """The numbers of copies that it may have: divisors of the width of its map."""
    return [k for k in range(1, layer.width + 1) if layer.width % k == 0]
