"""Small and deep chains for smoke tests and for growth: seeded, shaped as real CNNs are."""

from random import Random

import xbarmip as xb
from xbarmip.network.builder import NetworkBuilder

_STAGES = 4  # maps of 56, 28, 14 and 7 rows, as behind the stem of a residual network


def deep_chain(layers: int, seed: int = 1, extent: int = 56, channels: int = 32) -> xb.Network:
    """A chain of convolutions in four stages.

    Parameters
    ----------
    layers : int
        At least 1.
    seed : int
        Kernels (1x1 or 3x3) and channels (once or one and a half times the stage's) follow from it
        and from `layers`.
    extent : int
        Height and width of the first maps; each stage halves them by pooling.
    channels : int
        Channels of the first stage; each stage doubles them.
    """
    random = Random(f"deep chain {layers} {seed}")
    build = NetworkBuilder(f"deep-{layers}", 3, extent, extent, source="benchmarks/ladder.py")
    x, stage = build.input, 0
    for number in range(layers):
        if number * _STAGES // layers > stage:
            stage += 1
            x = build.pool(x, kernel=2, stride=2)
        kernel = random.choice((1, 3))
        width = random.choice((2, 3)) * channels * 2**stage // 2
        x = build.conv(x, f"conv{number + 1}", width, kernel, pads=kernel // 2)
    return build.network()


def small_problems(objectives: tuple[tuple[str, str | None], ...]) -> dict[str, xb.Problem]:
    """Problems that every solver settles at once, by name."""
    network = deep_chain(4, extent=16, channels=4)
    budget = 2 * xb.Problem(network, 1, 16).smallest_budget
    return {
        f"{network.name}@16/{budget}/{'/'.join(filter(None, label))}": xb.Problem(
            network, budget, 16, *label
        )
        for label in objectives
    }
