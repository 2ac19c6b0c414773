"""The heuristic `annealing`: simulated annealing, by SciPy (the extra `heuristics`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.encoding import Encoding
from xbarmip.solvers.heuristics.extra import missing
from xbarmip.solvers.heuristics.search import Incumbent, Search
from xbarmip.solvers.heuristics.woho import WohoProportional
from xbarmip.solvers.protocol import refused_constraints


@dataclass(frozen=True, slots=True)
class SimulatedAnnealing(Search):
    """Generalised simulated annealing, from the WoHo-proportional allocation.

    In the manner of PIMSYN (W. Li et al., DATE 2024, arXiv 2402.18114), which anneals the weight
    duplication. The algorithm is `scipy.optimize.dual_annealing` without its local search, which
    would follow gradients; it moves the coordinates of `Encoding`.
    """

    name: ClassVar[str] = "annealing"

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse constraints, and where SciPy is not installed."""
        return (*refused_constraints(problem), *missing("scipy"))

    def explore(self, problem: Problem, best: Incumbent) -> None:
        """Anneal until the evaluations are used up."""
        from scipy.optimize import dual_annealing

        encoding = Encoding(problem)

        def energy(point: Sequence[float]) -> float:
            return float(best.values([encoding.allocation(point)])[0])

        if encoding.layers:
            dual_annealing(
                energy,
                [(0.0, 1.0)] * len(encoding.layers),
                x0=encoding.point(WohoProportional().allocation(problem)),
                rng=self.seed,
                no_local_search=True,
                maxiter=self.evaluations,  # more rounds than the evaluations allow
                maxfun=self.evaluations + 1,
            )
