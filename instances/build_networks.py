"""Writes instances/networks/*.json: `python instances/build_networks.py [FOLDER]`."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from xbarmip.network.builder import FeatureMap, NetworkBuilder
from xbarmip.network.graph import Network
from xbarmip.network.json_format import write_json
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window

IMAGE = (3, 224, 224)
INCEPTIONS = (
    ("3a", 64, 96, 128, 16, 32, 32),
    ("3b", 128, 128, 192, 32, 96, 64),
    ("4a", 192, 96, 208, 16, 48, 64),
    ("4b", 160, 112, 224, 24, 64, 64),
    ("4c", 128, 128, 256, 24, 64, 64),
    ("4d", 112, 144, 288, 32, 64, 64),
    ("4e", 256, 160, 320, 32, 128, 128),
    ("5a", 256, 160, 320, 32, 128, 128),
    ("5b", 384, 192, 384, 48, 128, 128),
)
PAPER = (
    "W. Li, Y. Han, X. Chen, Mathematical Framework for Optimizing Crossbar Allocation for "
    "ReRAM-based CNN Accelerators, ACM TODAES 29(1) 21, 2023, doi 10.1145/3631523, Table 2: "
    "a chain of convolutions, each with the pooling behind it; no fully connected layers."
)


def published_chain(
    name: str, convolutions: Sequence[tuple[int, ...]], pools: dict[int, tuple[int, ...]], note: str
) -> Network:
    """A chain of the paper's Table 2.

    Parameters
    ----------
    convolutions : sequence of (Co, Wo, Kc, Sc, Pc)
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
    """The five convolutions of AlexNet, without groups."""
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
    """The convolutions of VGG-11."""
    stages = [(1, 64, 224), (1, 128, 112), (2, 256, 56), (2, 512, 28), (2, 512, 14)]
    note = " The map of the first layer is printed as 112 in Table 1 and as 224 in Table 2."
    return published_vgg("vgg-a", stages, note)


def vgg_e() -> Network:
    """The convolutions of VGG-19."""
    stages = [(2, 64, 224), (2, 128, 112), (4, 256, 56), (4, 512, 28), (4, 512, 14)]
    return published_vgg("vgg-e", stages)


def resnet_18() -> Network:
    """The convolutions on the main path of ResNet-18."""
    convolutions: list[tuple[int, ...]] = [(64, 112, 7, 2, 3), *[(64, 56, 3, 1, 1)] * 4]
    for channels, size in ((128, 28), (256, 14), (512, 7)):
        convolutions += [(channels, size, 3, 2, 1), *[(channels, size, 3, 1, 1)] * 3]
    return published_chain("resnet-18", convolutions, {1: (3, 2, 1)}, " Without skips.")


def mobilenet_v1() -> Network:
    """MobileNet of width 1 at 224 x 224."""
    build = NetworkBuilder(
        "mobilenet-v1",
        *IMAGE,
        source="A. Howard et al., arXiv:1704.04861, Table 1: its convolutions as a chain, without "
        "the pooling and the fully connected layer behind them. The last depthwise one is printed "
        "with stride 2 on a map that keeps its size; here the stride is 1.",
    )
    x = build.conv(build.input, "conv1", 32, kernel=3, stride=2, pads=1)
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
    for number, (channels, stride) in enumerate([*blocks, (1024, 2), (1024, 1)], start=2):
        x = build.conv(x, f"conv{number}_dw", x.channels, 3, stride, pads=1, groups=x.channels)
        x = build.conv(x, f"conv{number}_pw", channels, kernel=1)
    return build.network()


def vgg(name: str, depths: tuple[int, ...]) -> Network:
    """Numbers of 3x3 convolutions before each of the five poolings; then three FC layers."""
    build = NetworkBuilder(
        name, *IMAGE, source="K. Simonyan, A. Zisserman, arXiv:1409.1556, Table 1"
    )
    x, number = build.input, 0
    for depth, channels in zip(depths, (64, 128, 256, 512, 512), strict=True):
        for _ in range(depth):
            number += 1
            x = build.conv(x, f"conv{number}", channels, kernel=3, pads=1)
        x = build.pool(x, kernel=2, stride=2)
    for channels in (4096, 4096, 1000):
        number += 1
        x = build.fc(x, f"fc{number}", channels)
    return build.network()


def resnet(name: str, depths: tuple[int, ...], bottleneck: bool, side: int = 224) -> Network:
    """Numbers of blocks of two 3x3 convolutions, or of bottlenecks, in stages 2 to 5."""
    build = NetworkBuilder(
        name,
        3,
        side,
        side,
        source="K. He, X. Zhang, S. Ren, J. Sun, arXiv:1512.03385, Table 1, with projections where "
        "the size changes (option B); bottlenecks have their stride at the 3x3 convolution "
        "(ResNet v1.5, as in torchvision), not at the first 1x1.",
    )
    x = build.conv(build.input, "conv1", 64, kernel=7, stride=2, pads=3)
    x = build.pool(x, kernel=3, stride=2, pads=1)
    block = bottleneck_block if bottleneck else basic_block
    for stage, depth in enumerate(depths, start=2):
        for number in range(1, depth + 1):
            stride = 2 if stage > 2 and number == 1 else 1
            x = block(build, x, f"conv{stage}_{number}", 16 * 2**stage, stride)
    build.fc(build.global_pool(x), "fc", 1000)
    return build.network()


def basic_block(
    build: NetworkBuilder, x: FeatureMap, name: str, width: int, stride: int
) -> FeatureMap:
    """Two 3x3 convolutions and the skip."""
    y = build.conv(x, f"{name}a", width, kernel=3, stride=stride, pads=1)
    y = build.conv(y, f"{name}b", width, kernel=3, pads=1)
    return build.add(y, projected(build, x, name, width, stride))


def bottleneck_block(
    build: NetworkBuilder, x: FeatureMap, name: str, width: int, stride: int
) -> FeatureMap:
    """Convolutions 1x1, 3x3 and 1x1, the last four times as wide, and the skip."""
    y = build.conv(x, f"{name}a", width, kernel=1)
    y = build.conv(y, f"{name}b", width, kernel=3, stride=stride, pads=1)
    y = build.conv(y, f"{name}c", 4 * width, kernel=1)
    return build.add(y, projected(build, x, name, 4 * width, stride))


def projected(
    build: NetworkBuilder, x: FeatureMap, name: str, channels: int, stride: int
) -> FeatureMap:
    """The skip of a residual block: a 1x1 convolution where the size changes, else `x` itself."""
    if (x.channels, stride) == (channels, 1):
        return x
    return build.conv(x, f"{name}skip", channels, kernel=1, stride=stride)


def squeezenet(name: str, side: int) -> Network:
    """SqueezeNet 1.1: smaller and pooled earlier than the 1.0 of the article."""
    build = NetworkBuilder(
        name,
        3,
        side,
        side,
        source="F. Iandola et al., arXiv:1602.07360; version 1.1 as released by its authors at "
        "https://github.com/forresti/SqueezeNet.",
    )
    x = build.conv(build.input, "conv1", 64, kernel=3, stride=2)
    for number, width in enumerate((16, 16, 32, 32, 48, 48, 64, 64), start=2):
        if number in (2, 4, 6):
            x = build.pool(x, kernel=3, stride=2)
        squeezed = build.conv(x, f"fire{number}_squeeze", width, kernel=1)
        x = build.concat(
            build.conv(squeezed, f"fire{number}_expand1x1", 4 * width, kernel=1),
            build.conv(squeezed, f"fire{number}_expand3x3", 4 * width, kernel=3, pads=1),
        )
    # Global pooling of the last result, which no layer reads, takes no crossbars and no step.
    build.conv(x, "conv10", 1000, kernel=1)
    return build.network()


def googlenet() -> Network:
    """GoogLeNet, of which later versions of Inception are variants."""
    build = NetworkBuilder(
        "googlenet",
        *IMAGE,
        source="C. Szegedy et al., Going Deeper with Convolutions, arXiv:1409.4842, Table 1, "
        "without the auxiliary classifiers.",
    )

    def halved(x: FeatureMap) -> FeatureMap:
        return build.pool(x, kernel=3, stride=2, ceil_mode=True)

    x = halved(build.conv(build.input, "conv1", 64, kernel=7, stride=2, pads=3))
    x = build.conv(x, "conv2_reduce", 64, kernel=1)
    x = halved(build.conv(x, "conv2", 192, kernel=3, pads=1))
    for name, *widths in INCEPTIONS:
        if name in ("4a", "5a"):
            x = halved(x)
        x = inception(build, x, f"inception{name}", *widths)
    build.fc(build.global_pool(x), "fc", 1000)
    return build.network()


def inception(
    build: NetworkBuilder,
    x: FeatureMap,
    name: str,
    one: int,
    reduce3: int,
    three: int,
    reduce5: int,
    five: int,
    pool: int,
) -> FeatureMap:
    """Four branches side by side; the numbers of channels are those of the article's Table 1."""
    first = build.conv(x, f"{name}_1x1", one, kernel=1)
    second = build.conv(x, f"{name}_3x3reduce", reduce3, kernel=1)
    second = build.conv(second, f"{name}_3x3", three, kernel=3, pads=1)
    third = build.conv(x, f"{name}_5x5reduce", reduce5, kernel=1)
    third = build.conv(third, f"{name}_5x5", five, kernel=5, pads=2)
    fourth = build.pool(x, kernel=3, stride=1, pads=1)
    fourth = build.conv(fourth, f"{name}_pool", pool, kernel=1)
    return build.concat(first, second, third, fourth)


def densenet_121() -> Network:
    """DenseNet with growth rate 32: every layer of a block reads all before it in the block."""
    build = NetworkBuilder(
        "densenet-121",
        *IMAGE,
        source="G. Huang, Z. Liu, L. van der Maaten, K. Weinberger, arXiv:1608.06993, Table 1.",
    )
    x = build.conv(build.input, "conv1", 64, kernel=7, stride=2, pads=3)
    x = build.pool(x, kernel=3, stride=2, pads=1)
    for block, depth in enumerate((6, 12, 24, 16), start=1):
        for number in range(1, depth + 1):
            y = build.conv(x, f"dense{block}_{number}a", 128, kernel=1)
            x = build.concat(x, build.conv(y, f"dense{block}_{number}b", 32, kernel=3, pads=1))
        if block < 4:
            x = build.conv(x, f"transition{block}", x.channels // 2, kernel=1)
            x = build.pool(x, kernel=2, stride=2)
    build.fc(build.global_pool(x), "fc", 1000)
    return build.network()


def mobilenet_v2() -> Network:
    """Inverted residuals of width 1; a skip where a block keeps the size."""
    build = NetworkBuilder(
        "mobilenet-v2", *IMAGE, source="M. Sandler et al., arXiv:1801.04381, Table 2."
    )
    x = build.conv(build.input, "conv1", 32, kernel=3, stride=2, pads=1)
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)]
    stages += [(6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for number, (expansion, channels, depth, stride) in enumerate(stages, start=1):
        for block in range(1, depth + 1):
            step = stride if block == 1 else 1
            y = expanded(build, x, f"block{number}_{block}", expansion, 3, step)
            y = build.conv(y, f"block{number}_{block}_project", channels, kernel=1)
            x = build.add(x, y) if (x.channels, step) == (channels, 1) else y
    x = build.conv(x, "conv_last", 1280, kernel=1)
    build.fc(build.global_pool(x), "fc", 1000)
    return build.network()


def expanded(
    build: NetworkBuilder, x: FeatureMap, name: str, expansion: int, kernel: int, stride: int
) -> FeatureMap:
    """A 1x1 convolution to `expansion` times the channels (if more), then a depthwise one."""
    width = expansion * x.channels
    if expansion > 1:
        x = build.conv(x, f"{name}_expand", width, kernel=1)
    return build.conv(x, f"{name}_dw", width, kernel, stride, pads=kernel // 2, groups=width)


def efficientnet_b0() -> Network:
    """Inverted residuals with a squeeze-and-excitation gate behind the depthwise convolution."""
    build = NetworkBuilder(
        "efficientnet-b0",
        *IMAGE,
        source="M. Tan, Q. Le, arXiv:1905.11946, Table 1, with the squeeze-and-excitation gates of "
        "its reference implementation (a quarter of the block's input channels) and symmetric "
        "paddings, as in torchvision.",
    )
    x = build.conv(build.input, "conv1", 32, kernel=3, stride=2, pads=1)
    stages = [(1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2)]
    stages += [(6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1)]
    for number, (expansion, kernel, channels, depth, stride) in enumerate(stages, start=1):
        for block in range(1, depth + 1):
            name, step = f"block{number}_{block}", stride if block == 1 else 1
            y = expanded(build, x, name, expansion, kernel, step)
            gate = build.fc(build.global_pool(y), f"{name}_squeeze", x.channels // 4)
            y = build.gate(y, build.fc(gate, f"{name}_excite", y.channels))
            y = build.conv(y, f"{name}_project", channels, kernel=1)
            x = build.add(x, y) if (x.channels, step) == (channels, 1) else y
    x = build.conv(x, "conv_last", 1280, kernel=1)
    build.fc(build.global_pool(x), "fc", 1000)
    return build.network()


def alexnet_full() -> Network:
    """AlexNet as trained in 2012: convolutions 2, 4 and 5 in two groups, one for each GPU."""
    build = NetworkBuilder(
        "alexnet-full",
        *(3, 227, 227),
        source="A. Krizhevsky, I. Sutskever, G. Hinton, ImageNet Classification with Deep "
        "Convolutional Neural Networks, NIPS 2012. It states an input of 224 x 224, but its 55 x "
        "55 map behind an unpadded first convolution needs 227.",
    )
    x = build.pool(build.conv(build.input, "conv1", 96, kernel=11, stride=4), kernel=3, stride=2)
    x = build.pool(build.conv(x, "conv2", 256, kernel=5, pads=2, groups=2), kernel=3, stride=2)
    x = build.conv(x, "conv3", 384, kernel=3, pads=1)
    x = build.conv(x, "conv4", 384, kernel=3, pads=1, groups=2)
    x = build.pool(build.conv(x, "conv5", 256, kernel=3, pads=1, groups=2), kernel=3, stride=2)
    for number, channels in ((6, 4096), (7, 4096), (8, 1000)):
        x = build.fc(x, f"fc{number}", channels)
    return build.network()


def alexnet_torchvision() -> Network:
    """AlexNet as torchvision has it: fewer channels, no groups."""
    build = NetworkBuilder(
        "alexnet-torchvision",
        *IMAGE,
        source="A. Krizhevsky, One weird trick for parallelizing convolutional neural networks, "
        "arXiv:1404.5997, as in torchvision; the sizes of PIMSYN's models/JSON/alexnet.json "
        "(https://github.com/lixixi-jook/PIMSYN-NN).",
    )
    x = build.conv(build.input, "conv1", 64, kernel=11, stride=4, pads=2)
    x = build.conv(build.pool(x, kernel=3, stride=2), "conv2", 192, kernel=5, pads=2)
    x = build.conv(build.pool(x, kernel=3, stride=2), "conv3", 384, kernel=3, pads=1)
    x = build.conv(x, "conv4", 256, kernel=3, pads=1)
    x = build.pool(build.conv(x, "conv5", 256, kernel=3, pads=1), kernel=3, stride=2)
    for number, channels in ((6, 4096), (7, 4096), (8, 1000)):
        x = build.fc(x, f"fc{number}", channels)
    return build.network()


def lenet_5() -> Network:
    """LeNet-5; its radial basis functions at the end count as a fully connected layer."""
    build = NetworkBuilder(
        "lenet-5",
        *(1, 32, 32),
        source="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to "
        "Document Recognition, Proceedings of the IEEE 86(11), 1998, doi 10.1109/5.726791, "
        "figure 2; C3 reads all six maps (the article's Table I connects 60 of the 96 pairs).",
    )
    x = build.pool(build.conv(build.input, "c1", 6, kernel=5), kernel=2, stride=2)
    x = build.pool(build.conv(x, "c3", 16, kernel=5), kernel=2, stride=2)
    x = build.conv(x, "c5", 120, kernel=5)
    build.fc(build.fc(x, "f6", 84), "output", 10)
    return build.network()


NETWORKS: dict[str, Callable[[], Network]] = {
    "alexnet": alexnet,
    "vgg-a": vgg_a,
    "vgg-e": vgg_e,
    "resnet-18": resnet_18,
    "mobilenet-v1": mobilenet_v1,
    "alexnet-full": alexnet_full,
    "alexnet-torchvision": alexnet_torchvision,
    "densenet-121": densenet_121,
    "efficientnet-b0": efficientnet_b0,
    "googlenet": googlenet,
    "lenet-5": lenet_5,
    "mobilenet-v2": mobilenet_v2,
    "resnet-18-full": partial(resnet, "resnet-18-full", (2, 2, 2, 2), bottleneck=False),
    "resnet-18-full-112": partial(
        resnet, "resnet-18-full-112", (2, 2, 2, 2), bottleneck=False, side=112
    ),
    "resnet-34": partial(resnet, "resnet-34", (3, 4, 6, 3), bottleneck=False),
    "resnet-50": partial(resnet, "resnet-50", (3, 4, 6, 3), bottleneck=True),
    "resnet-101": partial(resnet, "resnet-101", (3, 4, 23, 3), bottleneck=True),
    "resnet-152": partial(resnet, "resnet-152", (3, 8, 36, 3), bottleneck=True),
    "squeezenet-1.1": partial(squeezenet, "squeezenet-1.1", 224),
    "squeezenet-1.1-112": partial(squeezenet, "squeezenet-1.1-112", 112),
    "vgg-11": partial(vgg, "vgg-11", (1, 1, 2, 2, 2)),
    "vgg-13": partial(vgg, "vgg-13", (2, 2, 2, 2, 2)),
    "vgg-16": partial(vgg, "vgg-16", (2, 2, 3, 3, 3)),
    "vgg-19": partial(vgg, "vgg-19", (2, 2, 4, 4, 4)),
}


def main(folder: Path) -> None:
    """Write every network to `folder`, each to the file of its name."""
    for name, build in NETWORKS.items():
        write_json(build(), folder / f"{name}.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "networks")
