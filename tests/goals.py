"""Random tiny problems with bounds, ties and sums; their answer by looking at every allocation."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np

from tests.brute import tiny_problem
from tests.model.test_statement import SHAPES
from tests.random_constraints import constrained
from tests.random_hardware import random_hardware
from xbarmip.constraint import allowed
from xbarmip.exact import ceil_div
from xbarmip.goal import Largest, Sum
from xbarmip.hardware.tiles import tiles_taken
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.registry import measure_of
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import count_many
from xbarmip.timing.step_time import ticks_of

COUNTS = ("cycles", "steps/pipeline", "steps/published")
TIMES = ("latency", "latency-steps/published", "period", "latency-serial")
OVER_LAYERS = ("interval", "serial", "crossbars", "tiles", "mine")


def goal_problem(
    random: Random, several: bool = False, most: int = 1500, parts: int = 1
) -> Problem:
    """A random goal on a tiny problem; `several` counts and times in it, or one at most.

    Its own measure is the largest of so many `parts`. Its bounds are near what one of the
    allocations has.
    """
    free = tiny_problem(random, random.choice(SHAPES), "cycles", None, most)
    if random.random() < 0.5:
        free = constrained(random, free)
    hardware = random_hardware(random, free.crossbar)
    weights = [
        {
            layer.name: [random.randint(-2, 9) for _ in range(layer.outputs)]
            for layer in random.sample(free.network.layers, random.randint(1, len(free.sets)))
        }
        for _ in range(parts)
    ]
    own = Sum("mine", weights[0]) if parts == 1 else Largest("mine", weights)
    free = replace(free, hardware=hardware, sums=(own,))
    here = [name for name in OVER_LAYERS if name != "tiles" or hardware.crossbars_per_tile]
    core = random.sample([*COUNTS, *TIMES], 2 if several else 1)
    names = [*core, *random.sample(here, random.randint(1, 3))]
    random.shuffle(names)
    ties = random.randint(1, min(3, len(names)))
    bounded = names[ties:] + ([random.choice(names[:ties])] if random.random() < 0.2 else [])
    objective, _, rule = names[0].partition("/")
    table, at_most = every_measure(free), {}
    rows = len(table["crossbars"])
    some = random.randrange(rows) if rows else 0
    for name in bounded if rows else ():
        bound = int(table[name][some]) + random.choice([0, 0, 0, 1, 3, -1])
        if name in TIMES:
            at_most[f"{name}_us"] = max(1, bound) * ticks_of(free).tick * 10**6
        else:
            at_most[name] = bound if name == "mine" else max(1, bound)
    made = replace(
        free,
        objective=objective,
        rule=rule or None,
        at_most=at_most,
        then=tuple(names[1:ties]),
    )
    return goal_problem(random, several, most, parts) if made.is_core else made


def every_measure(problem: Problem) -> dict[str, np.ndarray]:
    """Each measure of all allocations that are within the budget and the constraints."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    rows = np.array(list(product(*menus)), dtype=np.int64)
    rows = rows[rows @ np.array(problem.sets) <= problem.crossbars]
    rows = rows[allowed(problem.constraints, problem.network.index, rows)]
    ticks = ticks_of(problem).many(rows) if len(rows) else np.zeros(0, dtype=np.int64)
    counted = CYCLES.view(problem.network).counted
    own = np.array([[ceil_div(n, r) for n, r in zip(counted, row, strict=True)] for row in rows])
    own = own.reshape(-1, len(counted))
    found = {"interval": own.max(axis=1), "serial": own.sum(axis=1)} if len(rows) else {}
    for name in COUNTS:
        objective, _, rule = name.partition("/")
        found[name] = count_many(measure_of(objective, rule or None).view(problem.network), rows)
    for name, count in (
        ("latency", "cycles"),
        ("latency-steps/published", "steps/published"),
        ("period", "interval"),
        ("latency-serial", "serial"),
    ):
        found[name] = found.get(count, ticks[:0]).astype(object) * ticks
    found["crossbars"] = rows @ np.array(problem.sets)
    tile = problem.hardware.crossbars_per_tile
    found["tiles"] = np.array(
        [sum(tiles_taken(s, r, tile) for s, r in zip(problem.sets, row, strict=True))
         for row in rows.tolist()] if tile else []
    )  # fmt: skip
    index = problem.network.index
    found["mine"] = np.array(
        [max(sum(table[row[index[layer]] - 1] for layer, table in part)
             for part in problem.sums[0].parts)
         for row in rows.tolist()], dtype=np.int64
    )  # fmt: skip
    empty = np.zeros(0, dtype=np.int64)
    return {"interval": empty, "serial": empty, **found}


def best_tuple(problem: Problem) -> tuple[int, ...] | None:
    """The lexicographically least values of what is minimised; None where nothing is allowed."""
    table = every_measure(problem)
    within = np.ones(len(table["crossbars"]), dtype=bool)
    for key, most in problem.at_most:
        name = key.removesuffix("_us")
        bound = Fraction(most) / 10**6 / ticks_of(problem).tick if key.endswith("_us") else most
        within &= np.array([value <= bound for value in table[name].tolist()], dtype=bool)
    columns = [table[label] for label in (problem.label, *problem.then)]
    rows = [tuple(int(column[k]) for column in columns) for k in np.flatnonzero(within)]
    return min(rows, default=None)
