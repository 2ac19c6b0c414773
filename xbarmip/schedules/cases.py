"""Schedules that are compared: real networks on small chips, and tiny random ones."""

from dataclasses import dataclass
from itertools import product
from math import prod
from random import Random

from xbarmip.hardware.crossbar import Crossbar
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.schedules.problem import Schedule

REAL = (  # network, crossbars of 128x128; of all but the first 1/4, 1/2, 3/4 of the smallest budget
    ("vgg-16", (1000, 2000, 4000, 8000)),
    ("resnet-50", (394, 788, 1182)),
    ("squeezenet-1.1", (27, 54, 81)),
    ("mobilenet-v2", (204, 408, 612)),
)
WRITES = (0, 10, 100, 1000)  # cycles to write a crossbar
BATCHES = (1, 16)
_MOST_UNITS = 7
_MOST_ALLOCATIONS = 3000


@dataclass(frozen=True, slots=True)
class ScheduleCase:
    """A schedule with a name that is stable."""

    name: str
    schedule: Schedule


def real_cases() -> tuple[ScheduleCase, ...]:
    """Published networks on chips that hold a part of them."""
    return tuple(
        ScheduleCase(
            f"{name}/{crossbars}/W={write}/b={batch}",
            Schedule(network, crossbars, write_cycles=write, batch=batch),
        )
        for name, budgets in REAL
        for network in (load_network(name),)
        for crossbars, batch, write in product(budgets, BATCHES, WRITES)
    )


def random_cases(count: int, seed: int = 0, objective: str = "cycles") -> tuple[ScheduleCase, ...]:
    """Random networks of one to five layers, chains and graphs, on chips too small or ample."""
    random = Random(f"schedules {seed}")
    return tuple(
        ScheduleCase(f"random/{seed}-{number}", random_schedule(random, objective))
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
