"""Tiny random placements, to compare solvers on."""

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import NamedTuple

from xbarmip.constraint import LinearConstraint
from xbarmip.cores.problem import Placement
from xbarmip.exact import ceil_div
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.network.generate import Shape, random_network


class Case(NamedTuple):
    """A placement with a name that is stable."""

    name: str
    placement: Placement


def random_cases(count: int, seed: int = 0) -> tuple[Case, ...]:
    """Random networks of one to four layers on one to three cores, some larger than a core."""
    random = Random(f"placements {seed}")
    return tuple(
        Case(f"random/{seed}-{number}", random_placement(random)) for number in range(count)
    )


def random_placement(random: Random) -> Placement:
    """A tiny placement: cores for a copy or two of each layer, or for a row block at a time.

    Most chips have room for one copy of every layer and a little more; some have not.
    """
    shape = Shape(layers=random.randint(1, 4), extent=4, outputs=9)
    network = random_network(random, shape)
    crossbar = Crossbar(random.randint(4, 40), random.randint(1, 6))
    blocks = [crossbar.row_blocks(layer) for layer in network.layers]
    smallest = sum(many * width for many, width in blocks)
    cores = random.randint(1, 3)
    widest = max(width for _, width in blocks)
    capacity = max(widest, ceil_div(smallest, cores)) + random.randint(-1, 4)
    return Placement(network, cores, max(1, capacity), crossbar)


def random_variant(random: Random) -> Placement:
    """A tiny placement of either objective; copies may be split, and a constraint be on R."""
    placement = replace(random_placement(random), split=random.random() < 0.3)
    if random.random() < 0.4:
        hardware = Hardware(
            "drawn",
            "drawn",
            placement.crossbar,
            input_bits=8,
            product_ns=Fraction(random.randint(1, 30)),
            memory=(MemoryLevel("memory", Fraction(10**9)),),
        )
        placement = replace(placement, hardware=hardware, objective="period")
    if random.random() < 0.5:
        placement = replace(placement, constraints=(random_constraint(random, placement),))
    return placement


def random_constraint(random: Random, placement: Placement) -> LinearConstraint:
    """A linear constraint on the R of one or two layers, with weights of both signs."""
    names = [part.name for part in placement.parts]
    layers = random.sample(names, min(len(names), random.randint(1, 2)))
    most = max(placement.problem.largest)
    weights = tuple((name, tuple(random.randint(-3, 5) for _ in range(most))) for name in layers)
    return LinearConstraint("weights", weights, random.randint(-2, 6))
