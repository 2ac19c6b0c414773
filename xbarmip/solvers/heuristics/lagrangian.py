"""The heuristic `lagrangian`: a price for crossbars, and each layer on its own."""

from dataclasses import dataclass
from math import isqrt, lcm
from typing import ClassVar

from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.answer import Allocation
from xbarmip.solvers.heuristics.recipe import Recipe, largest_fit


@dataclass(frozen=True, slots=True)
class Lagrangian(Recipe):
    """Minimise sum_l N_l / R_l with the budget in the objective, at the lowest price that fits.

    In the manner of "Optimization of Memristor Crossbar's Mapping Using Lagrange Multiplier Method
    and Genetic Algorithm" (Information 15(7) 409, 2024, doi 10.3390/info15070409): the layers'
    delays are added up, as if they ran one after another. With a price p for a crossbar the layers
    part, and each takes the R that minimises N/R + p*set*R. Its r-th copy pays when
    N/(r-1) - N/r >= p*set, that is r*(r-1) <= N/(p*set): the largest such r is optimal, since the
    gains fall with r. So R_l is about sqrt(N_l / (p*set_l)).

    No price may spend the whole budget; what is left stays unused.
    """

    name: ClassVar[str] = "lagrangian"

    def allocation(self, problem: Problem) -> Allocation:
        """R of every layer.

        The price is scale / m with an integer m and scale = lcm of all N: every price at which a
        layer gains a copy, N / (r*(r-1)*set), is of that form, so that no allocation is missed. At
        the largest scale * set * (N - 1) every layer has all its copies.
        """
        outputs = [layer.outputs for layer in problem.network.layers]
        scale = lcm(*outputs)

        def family(m: int) -> Allocation:
            copies = zip(outputs, problem.sets, strict=True)
            return tuple(min(each, _copies(m * each // (scale * price))) for each, price in copies)

        last = max(price * (each - 1) for each, price in zip(outputs, problem.sets, strict=True))
        return largest_fit(problem, family, scale * last)


def _copies(most: int) -> int:
    """The largest r with r * (r - 1) <= most."""
    return (1 + isqrt(1 + 4 * most)) // 2
