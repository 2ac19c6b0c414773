"""Tiny random schedules, to compare solvers on."""

from math import prod
from random import Random
from typing import NamedTuple

from xbarmip.hardware.crossbar import Crossbar
from xbarmip.network.generate import Shape, random_network
from xbarmip.problem import Problem
from xbarmip.schedules.problem import Schedule

_MOST_UNITS = 7
_MOST_ALLOCATIONS = 3000


class Case(NamedTuple):
    """A schedule with a name that is stable."""

    name: str
    schedule: Schedule


def random_cases(count: int, seed: int = 0, objective: str = "cycles") -> tuple[Case, ...]:
    """Random networks of one to five layers, chains and graphs, on chips too small or ample."""
    random = Random(f"schedules {seed}")
    return tuple(
        Case(f"random/{seed}-{number}", random_schedule(random, objective))
        for number in range(count)
    )


def random_schedule(random: Random, objective: str = "cycles") -> Schedule:
    """A tiny schedule: on a chip too small or ample, writing free or dear, a batch or one image."""
    while True:
        shape = Shape(
            random.randint(1, 5), 4, 9, branching=random.choice((0, 0.4)),
            joining=random.choice((0, 0.4)),
        )  # fmt: skip
        network = random_network(random, shape)
        if prod(layer.outputs for layer in network.layers) > _MOST_ALLOCATIONS:
            continue
        crossbar = Crossbar(random.randint(4, 40), random.randint(1, 6))
        whole = Problem(network, 1, crossbar)
        largest, smallest = max(whole.sets), whole.smallest_budget
        few = random.choice((largest, largest // 2, (largest + smallest) // 2, smallest))
        made = Schedule(
            network,
            max(1, few + random.choice((0, 2, 5, 10, 20))),
            crossbar,
            objective,
            write_cycles=random.choice((0, 0, 1, 2, 5, 50)),
            batch=random.choice((1, 1, 2, 3, 16)),
            divide=random.random() < 0.3,
        )
        if len(made.units) <= _MOST_UNITS:
            return made
