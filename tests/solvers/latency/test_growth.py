"""The least latency never grows with tiles, nor with the bandwidth of a level.

It is true of every movement rule. The bytes of a step are a function of the duplications alone: a
rule sees the crossbars of one tile, never the number of tiles nor a bandwidth. So

- another tile leaves the latency of each allocation as it is, and allows more of them: the least of
  more numbers is not larger;
- a wider level makes the T_A of each allocation smaller or leaves it, hence Tstep = max(T_C, T_A),
  hence its latency, the count being what it was; the same allocations are allowed.

A constraint may forbid allocations as long as it does not change with the budget. Heuristics keep
no such promise: that of the paper (doi 10.1145/3631523) takes longer on 32 tiles than on 21.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

import xbarmip as xb
from tests.random_hardware import OWN, SHIPPED
from tests.sample import draws
from tests.solvers.latency.test_latency import ISAAC, KINDS, SHAPES, timed
from xbarmip.problem import Problem
from xbarmip.solvers.result import Status

NEVER = float("inf")  # no allocation fits


def latencies(problems, solver="dp"):
    """The latency of each, in seconds."""
    found = []
    for problem in problems:
        result = xb.solve(problem, solver)
        assert solver != "dp" or result.status in (Status.OPTIMAL, Status.INFEASIBLE)
        found.append(NEVER if result.latency is None else result.latency)
    return found


def never_grows(found):
    assert all(after <= before for before, after in pairwise(found)), [*map(float, found)]


def with_more_tiles(problem, numbers):
    return [replace(problem, crossbars=n * problem.hardware.crossbars_per_tile) for n in numbers]


def with_wider(problem, level, factors):
    hardware = problem.hardware
    return [replace(problem, hardware=hardware.with_bandwidth(f, level)) for f in factors]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_on_random_problems(kind, shape):
    """Of each kind and shape; most of the time there is something to gain."""
    random = Random(f"growth {kind} {shape}")
    fell = {"tiles": 0, "bandwidth": 0}
    for number in range(draws(24)):
        rules = SHIPPED if number % 3 else (*SHIPPED, *OWN)
        problem = timed(random, shape, kind, 150, rules)
        first = problem.smallest_budget // problem.hardware.crossbars_per_tile
        tiles = latencies(with_more_tiles(problem, range(max(1, first), first + 4)))
        never_grows(tiles)
        fell["tiles"] += tiles[-1] < tiles[0]
        level = random.choice(problem.hardware.memory).name
        wider = latencies(with_wider(problem, level, (Fraction(1, 4), Fraction(1), Fraction(9, 2))))
        never_grows(wider)
        fell["bandwidth"] += wider[-1] < wider[0]
    assert min(fell.values()) > draws(5), fell


def alexnet(objective, tiles):
    rule = "published" if objective == "latency-steps" else None
    network = xb.load_network("alexnet")
    return Problem(network, 72 * tiles, None, objective, rule, hardware=ISAAC)


@pytest.mark.parametrize("objective", ["latency", "latency-steps"])
def test_on_alexnet(objective):
    tiles = latencies(alexnet(objective, number) for number in (3, 4, 12, 21, 32))
    never_grows(tiles)
    assert tiles[0] == NEVER
    assert tiles[-1] == tiles[-2] < tiles[-4], "memory binds from some number of tiles on"
    for level in ("buffer", "bus"):
        factors = [Fraction(1, 2), Fraction(4)]
        wider = latencies(with_wider(alexnet(objective, 12), level, factors))
        never_grows(wider)
        assert wider[-1] < wider[0], level


@pytest.mark.parametrize("heuristic", ["published-dp", "stride"])
def test_heuristics_do_grow(heuristic):
    """So the check can fail. Figure 8 of the paper has 313 and 386 us, and 1,105 and 1,779."""
    found = latencies([alexnet("latency-steps", tiles) for tiles in (21, 32)], heuristic)
    with pytest.raises(AssertionError):
        never_grows(found)
