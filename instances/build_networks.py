"""Writes instances/networks/*.json: `python instances/build_networks.py [FOLDER]`."""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from xbarmip.network.builder import NetworkBuilder
from xbarmip.network.graph import Network
from xbarmip.network.json_format import write_json
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window

PAPER = (
    "W. Li, Y. Han, X. Chen, Mathematical Framework for Optimizing Crossbar Allocation for "
    "ReRAM-based CNN Accelerators, ACM TODAES 29(1) 21, 2023, doi 10.1145/3631523, Table 2: "
    "a chain of convolutions, each with the pooling behind it; no fully connected layers."
)


def published_chain(
    name: str, convolutions: list[tuple[int, ...]], pools: dict[int, tuple[int, ...]], note: str
) -> Network:
    """A chain of the paper's Table 2.

    Parameters
    ----------
    convolutions : list of (Co, Wo, Kc, Sc, Pc)
        Square; Ci is the Co of the layer before, 3 at first.
    pools : dict
        Kp, Sp and possibly Pp by the number of the layer, from 1.
    note : str
        What the source needs besides the citation.
    """
    layers, channels = [], 3
    for number, (out, size, *window) in enumerate(convolutions, start=1):
        pool = Window.square(*pools[number]) if number in pools else None
        conv = Window.square(*window)
        layers.append(Layer(f"conv{number}", channels, out, size, size, conv, pool=pool))
        channels = out
    edges = tuple(Edge(before.name, after.name) for before, after in pairwise(layers))
    return Network(name, tuple(layers), edges, source=PAPER + note)


def alexnet() -> Network:
    convolutions = [
        (96, 55, 11, 4, 2),
        (256, 27, 5, 1, 2),
        (384, 13, 3, 1, 1),
        (384, 13, 3, 1, 1),
        (256, 13, 3, 1, 1),
    ]
    note = (
        " Its paddings of the convolutions are printed as 3, 3, 1, 1, 3, most likely the row of"
        " the pooling kernels once more; 2, 2, 1, 1, 1 give the published step counts."
    )
    return published_chain("alexnet", convolutions, {1: (3, 2), 2: (3, 2), 5: (3, 2)}, note)


def published_vgg(name: str, stages: list[tuple[int, int, int]], note: str = "") -> Network:
    """Stages of (number of 3x3 convolutions, channels, map size), each before a 2x2 pooling."""
    convolutions: list[tuple[int, ...]] = []
    pools: dict[int, tuple[int, ...]] = {}
    for depth, channels, size in stages:
        convolutions += [(channels, size, 3, 1, 1)] * depth
        pools[len(convolutions)] = (2, 2)
    return published_chain(name, convolutions, pools, note)


def vgg_a() -> Network:
    stages = [(1, 64, 224), (1, 128, 112), (2, 256, 56), (2, 512, 28), (2, 512, 14)]
    note = " The map of the first layer is printed as 112 in Table 1 and as 224 in Table 2."
    return published_vgg("vgg-a", stages, note)


def vgg_e() -> Network:
    stages = [(2, 64, 224), (2, 128, 112), (4, 256, 56), (4, 512, 28), (4, 512, 14)]
    return published_vgg("vgg-e", stages)


def resnet_18() -> Network:
    convolutions: list[tuple[int, ...]] = [(64, 112, 7, 2, 3), *[(64, 56, 3, 1, 1)] * 4]
    for channels, size in ((128, 28), (256, 14), (512, 7)):
        convolutions += [(channels, size, 3, 2, 1), *[(channels, size, 3, 1, 1)] * 3]
    return published_chain("resnet-18", convolutions, {1: (3, 2, 1)}, " Without skips.")


def mobilenet_v1() -> Network:
    build = NetworkBuilder(
        "mobilenet-v1",
        *(3, 224, 224),
        source="A. Howard et al., MobileNets, arXiv:1704.04861, Table 1: its convolutions as a "
        "chain, without the pooling and the fully connected layer behind them.",
    )
    x = build.conv(build.input, "conv1", 32, kernel=3, stride=2, pads=1)
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
    for number, (channels, stride) in enumerate([*blocks, (1024, 2), (1024, 1)], start=2):
        x = build.conv(x, f"conv{number}_dw", x.channels, 3, stride, pads=1, groups=x.channels)
        x = build.conv(x, f"conv{number}_pw", channels, kernel=1)
    return build.network()


NETWORKS: dict[str, Callable[[], Network]] = {
    "alexnet": alexnet,
    "vgg-a": vgg_a,
    "vgg-e": vgg_e,
    "resnet-18": resnet_18,
    "mobilenet-v1": mobilenet_v1,
}


def main(folder: Path) -> None:
    """Write every network to `folder`, each to the file of its name."""
    for name, build in NETWORKS.items():
        write_json(build(), folder / f"{name}.json")


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or [Path(__file__).parent / "networks"]))
