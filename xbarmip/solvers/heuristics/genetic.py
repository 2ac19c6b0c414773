"""The heuristic `genetic`: a genetic algorithm, by pymoo (the extra `heuristics`)."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar

import numpy as np

from xbarmip.exact import as_int
from xbarmip.problem import Problem
from xbarmip.solvers.heuristics.draws import shares
from xbarmip.solvers.heuristics.encoding import Encoding
from xbarmip.solvers.heuristics.extra import missing
from xbarmip.solvers.heuristics.search import Incumbent, Search
from xbarmip.solvers.heuristics.woho import WohoProportional
from xbarmip.solvers.protocol import refused_constraints


@dataclass(frozen=True, slots=True)
class GeneticAlgorithm(Search):
    """A population of allocations that mate and mutate; the fittest survive.

    In the manner of PIMCOMP (X. Sun et al., DAC 2023, arXiv 2307.01475), whose genes say how often
    each layer is replicated. The algorithm is pymoo's `GA` with its own selection, crossover and
    mutation (J. Blank, K. Deb, IEEE Access 8, 2020); the genes are the coordinates of `Encoding`.
    The first generation is random (`draws.shares`) but for the WoHo-proportional allocation.

    Attributes
    ----------
    population : int
        Allocations in a generation.
    """

    name: ClassVar[str] = "genetic"
    population: int = 100

    def __post_init__(self) -> None:
        Search.__post_init__(self)
        as_int(self.population, "genetic option population", 2)

    def unsupported(self, problem: Problem) -> tuple[str, ...]:
        """Refuse constraints, and where pymoo is not installed."""
        return (*refused_constraints(problem), *missing("pymoo"))

    def explore(self, problem: Problem, best: Incumbent) -> None:
        """Breed until the evaluations are used up, or no child is new."""
        from pymoo.algorithms.soo.nonconvex.ga import GA
        from pymoo.core.evaluator import Evaluator
        from pymoo.core.problem import Problem as Cube
        from pymoo.core.termination import NoTermination
        from pymoo.problems.static import StaticProblem

        encoding, random = Encoding(problem), Random(self.seed)
        if not encoding.layers:
            return
        first = [WohoProportional().allocation(problem)]
        first += [shares(problem, random) for _ in range(self.population - 1)]
        cube = Cube(n_var=len(encoding.layers), n_obj=1, xl=0.0, xu=1.0)
        algorithm = GA(self.population, np.array([encoding.point(each) for each in first]))
        algorithm.setup(cube, termination=NoTermination(), seed=self.seed)
        while True:
            generation = algorithm.ask()
            if generation is None or not len(generation):
                return
            values = best.values([encoding.allocation(each) for each in generation.get("X")])
            fitness = np.array(values, dtype=float)[:, np.newaxis]
            Evaluator().eval(StaticProblem(cube, F=fitness), generation)
            algorithm.tell(infills=generation)
