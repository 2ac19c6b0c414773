"""Random tiny problems, and their optimum by looking at every allocation."""

from itertools import product
from random import Random

import numpy as np

from xbarmip.network.generate import Shape, random_network
from xbarmip.network.graph import Network
from xbarmip.network.stream import Concat, Join, Stream
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate_many

OBJECTIVES = [("cycles", None), ("steps", "pipeline"), ("steps", "published")]


def brute_force(problem: Problem) -> int | None:
    """Least value over all allocations within the budget; None when there is none."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    allocations = np.array(list(product(*menus)), dtype=np.int64)
    affordable = allocations @ np.array(problem.sets) <= problem.crossbars
    if not affordable.any():
        return None
    return int(evaluate_many(problem, allocations[affordable]).min())


def values_read(network: Network, consumer: str, made: dict[str, int]) -> int:
    """V of SPEC §6 for a layer: joins count once, concatenations and unjoined producers add up."""

    def v(stream: Stream) -> int:
        match stream:
            case Join(parts):
                return max(map(v, parts))
            case Concat(parts):
                return sum(map(v, parts))
        return made[str(stream)]

    for name, stream in network.streams:
        if name == consumer:
            return v(stream)
    return sum(made[j] for j in {e.producer for e in network.edges if e.consumer == consumer})


def tiny_problem(
    random: Random, shape: Shape, objective: str, rule: str | None, most: int = 4000
) -> Problem:
    """A random problem with at most `most` allocations, budgets from one too small to ample."""
    while True:
        network = random_network(random, shape)
        if np.prod([float(layer.outputs) for layer in network.layers]) <= most:
            break
    size = (random.randint(4, 30), random.randint(2, 6))
    smallest = Problem(network, 1, size, objective, rule).smallest_budget
    spare = random.choice([-1, 0, 1, 3, random.randint(0, 20), random.randint(0, 60)])
    return Problem(network, max(1, smallest + spare), size, objective, rule)
