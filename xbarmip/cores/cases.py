"""Placements that are compared: real networks on chips, and tiny random ones."""

from dataclasses import dataclass
from random import Random

from xbarmip.cores.problem import Placement
from xbarmip.exact import ceil_div
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.library import load_network

REAL = (  # network, cores, crossbars per core
    ("squeezenet-1.1-112", 64, 8),
    ("squeezenet-1.1-112", 64, 16),
    ("resnet-18-full-112", 64, 32),
    ("resnet-18-full-112", 64, 64),
    ("vgg-16", 256, 64),
    ("resnet-50", 256, 16),
    ("resnet-50", 256, 64),
)


@dataclass(frozen=True, slots=True)
class PlacementCase:
    """A placement with a name that is stable: network/cores x crossbars/objective."""

    name: str
    placement: Placement


def real_cases() -> tuple[PlacementCase, ...]:
    """Published networks on chips of 64 and 256 cores."""
    return tuple(
        PlacementCase(
            f"{network}/{cores}x{capacity}/core-interval",
            Placement(load_network(network), cores, capacity),
        )
        for network, cores, capacity in REAL
    )


def random_cases(count: int, seed: int = 0) -> tuple[PlacementCase, ...]:
    """Random networks of one to four layers on one to three cores, some larger than a core."""
    random = Random(f"placements {seed}")
    return tuple(
        PlacementCase(f"random/{seed}-{number}", random_placement(random))
        for number in range(count)
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
