"""Step times of real networks, worked out by hand from the trees that their layers read (SPEC §6).

All on the ISAAC-like hardware: 2 bytes a value, tiles of 72 crossbars of 128 x 128. A layer whose
set takes s crossbars has 72 // s copies in a tile. Its buffer moves K * K * Ci * ceil(Co / 128)
values for each copy in a tile, its bus one V for each tile.
"""

from fractions import Fraction

import pytest

import xbarmip as xb
from xbarmip.hardware.preset import load_hardware
from xbarmip.timing.step_time import step_time

ISAAC = load_hardware("isaac-like")
COMPUTE = Fraction(21, 10**7)  # 2.1 us
BUFFER, BUS = 128 * 2**30, Fraction(128, 10) * 2**30  # bytes a second

# Of the first stage of ResNet-50, block 0 makes res2_0_branch2c + res2_0_branch1, and each block
# adds its branch2c to that; all have 256 channels, 512 bytes. branch2a takes 2 crossbars.
RESNET = [
    (
        {"res2_0_branch1": 20, "res2_0_branch2c": 16, "res2_1_branch2c": 80, "res2_2_branch2a": 3},
        {
            "res2_1_branch2a": (512, 20 * 512),  # the larger of 16 and 20
            "res2_2_branch2a": (3 * 512, 80 * 512),  # of 80, 16 and 20
            "res3_0_branch2a": (512, 80 * 512),
            "res3_0_branch1": (4 * 128 * 2 * 2, 80 * 512),  # 512 channels: 4 column blocks
        },
        "res3_0_branch1",
    ),
    (
        {"res2_0_branch1": 50, "res2_2_branch2a": 37},
        {
            "res2_1_branch2a": (512, 50 * 512),
            "res2_2_branch2a": (36 * 512, 2 * 50 * 512),  # 36 copies in a tile, so two tiles
        },
        "res2_2_branch2a",
    ),
    (  # as a sum, 120 * 512 bytes would take 4.5 us
        {f"res2_{block}_branch2c": 30 for block in range(3)} | {"res2_0_branch1": 30},
        {"res2_2_branch2a": (512, 30 * 512), "res3_0_branch2a": (512, 30 * 512)},
        None,
    ),
]
# Layers of a dense block read conv1 (64 channels) beside the b layers (32 channels each) before.
DENSENET = [
    (
        {"conv1": 10, "dense1_1b": 5, "dense1_2b": 7},
        {
            "dense1_3a": (128 * 2, (10 * 64 + (5 + 7) * 32) * 2),
            "dense1_4a": (160 * 2, (10 * 64 + (5 + 7 + 1) * 32) * 2),
        },
        None,
    ),
    (
        {"conv1": 400, "dense1_2b": 3, "dense1_3a": 73},
        {"dense1_3a": (72 * 128 * 2, 2 * (400 * 64 + (1 + 3) * 32) * 2)},  # 72 in a tile
        "dense1_3a",
    ),
    (
        {"dense1_1b": 200},
        {
            "dense1_2a": (96 * 2, (64 + 200 * 32) * 2),
            "transition1": (256 * 2, (64 + (200 + 5) * 32) * 2),
        },
        None,
    ),
]
# Module 3a makes 64 + 128 + 32 + 32 channels side by side, 3b 128 + 192 + 96 + 64.
INCEPTION = [
    (
        {"3a/1x1": 9, "3a/3x3": 4, "3a/5x5": 6, "3a/pool_proj": 2},
        dict.fromkeys(
            ("3b/1x1", "3b/3x3_reduce", "3b/5x5_reduce", "3b/pool_proj"),
            (256 * 2, (9 * 64 + 4 * 128 + 6 * 32 + 2 * 32) * 2),
        ),
        None,
    ),
    (
        {"3a/1x1": 300, "3b/1x1": 37},
        {"3b/1x1": (36 * 256 * 2, 2 * (300 * 64 + 128 + 32 + 32) * 2)},
        "3b/1x1",
    ),
    (
        {"3b/3x3": 50, "3b/5x5": 30},
        {"4a/1x1": (480 * 2 * 2, (128 + 50 * 192 + 30 * 96 + 64) * 2)},
        None,
    ),
]
CASES = [
    *(("onnx:light_resnet50", "", case) for case in RESNET),
    *(("densenet-121", "", case) for case in DENSENET),
    *(("onnx:light_inception_v1", "inception_", case) for case in INCEPTION),
]


@pytest.mark.parametrize(("name", "prefix", "case"), CASES)
def test_step_times_by_hand(name, prefix, case):
    chosen, moved, binding = case
    network = xb.load_network(name)
    allocation = dict.fromkeys(network.index, 1)
    allocation |= {prefix + layer: r for layer, r in chosen.items()}
    time = step_time(network, ISAAC, allocation)
    found = {each.layer: each.bytes for each in time.layers}
    assert {layer: found[prefix + layer] for layer in moved} == moved
    if binding is None:
        assert time.seconds == COMPUTE
    else:
        buffer, bus = moved[binding]
        assert time.seconds == buffer / Fraction(BUFFER) + bus / BUS > COMPUTE
