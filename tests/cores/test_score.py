"""What a placement takes, worked out by hand (SPEC §16)."""

from dataclasses import replace
from fractions import Fraction

import pytest

import xbarmip as xb
from xbarmip.constraints import LargestDuplication
from xbarmip.cores.layout import (
    Layout,
    Share,
    check_layout,
    layout_as_dict,
    layout_from_dict,
    layout_of,
)
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.errors import InputError
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel

# a: 3x3 on 2 channels, 18 rows: b = 3 of 8 rows; 4 channels out, w = 2 of 3 columns; N = 5 * 4.
# b: 1x1 on 4 channels, b = 1, w = 1; N = 20.
A = xb.Layer("a", 2, 4, 5, 4, xb.Window((3, 3), pads=(1, 1, 1, 1)))
B = xb.Layer("b", 4, 3, 5, 4, xb.Window((1, 1)))
NETWORK = xb.Network("two", (A, B), (xb.Edge("a", "b"),))
HARDWARE = Hardware(
    "chip",
    "by hand",
    Crossbar(8, 3),
    crossbars_per_tile=7,
    tiles=2,
    input_bits=16,
    product_ns=Fraction(10),
    memory=(MemoryLevel("memory", Fraction(10**9)), MemoryLevel("fast", Fraction(2 * 10**9))),
)
WHOLE = Placement(NETWORK, 2, 7, (8, 3))
SMALL = Placement(NETWORK, 3, 4, (8, 3))  # a copy of a takes 6 crossbars: split into 3 row blocks


def shares(*cores):
    return tuple(tuple(Share(*share) for share in core) for core in cores)


def test_parts():
    a, b = WHOLE.parts
    assert (a.outputs, a.blocks, a.width, a.per_copy, a.crossbars, a.products) == (
        20,
        3,
        2,
        1,
        6,
        3,
    )
    assert (b.outputs, b.blocks, b.width, b.per_copy, b.crossbars, b.products) == (
        20,
        1,
        1,
        1,
        1,
        1,
    )
    a = SMALL.parts[0]
    assert (a.per_copy, a.crossbars, a.products, a.hosts) == (3, 2, 1, 2)
    assert replace(WHOLE, split=True).parts[0].per_copy == 3


def test_loads_of_whole_copies():
    """R = (2, 1): 10 windows a copy of a, 3 products each, and 20 windows of b."""
    layout = Layout((2, 1), shares([(0, 0, 3), (1, 0, 1)], [(0, 1, 3)]))
    check_layout(WHOLE, layout)
    found = score(WHOLE, layout)
    assert (found.loads, found.used) == ((50, 30), (7, 6))
    assert (found.interval, found.busiest, found.crossbars, found.value) == (50, (0,), 13, 50)
    assert found.period is None


def test_windows_are_rounded_up():
    layout = Layout((1, 3), shares([(0, 0, 3), (1, 0, 1)], [(1, 1, 1), (1, 2, 1)]))
    assert score(WHOLE, layout).loads == (60 + 7, 14)


def test_a_split_copy_loads_each_core_by_its_row_blocks():
    layout = Layout((1, 1), shares([(0, 0, 2)], [(0, 0, 1), (1, 0, 1)], []))
    check_layout(SMALL, layout)
    assert score(SMALL, layout).loads == (40, 40, 0)


def test_traffic_and_period():
    """A copy reads its windows in every core that holds a part; other cores send partial sums.

    a in two cores: 2 * 20 * 18 read, 20 * 4 sums, 20 * 4 outputs; b: 20 * 4 read, 20 * 3 outputs.
    2 bytes a value, 10**9 bytes a second at the slowest level; 10 ns a product.
    """
    placement = replace(SMALL, hardware=HARDWARE, objective="period")
    layout = Layout((1, 1), shares([(0, 0, 2)], [(0, 0, 1), (1, 0, 1)], []))
    found = score(placement, layout)
    assert found.traffic == 720 + 80 + 80 + 80 + 60
    assert found.period == Fraction(2 * 1020, 10**9)  # 40 products take 400 ns
    assert found.value * placement.unit == found.period
    slow = replace(placement, hardware=replace(HARDWARE, product_ns=Fraction(1000)))
    assert score(slow, layout).period == Fraction(40, 10**6)
    assert placement.parts[0].traffic(1, 2) == 720 + 80 + 80
    assert placement.parts[0].least_traffic(1) == 720 + 80 + 80  # no core holds three blocks


def test_hardware_gives_cores_and_size():
    placement = Placement(NETWORK, hardware=HARDWARE)
    assert (placement.chip, placement.capacity) == (2, 7)
    assert placement.problem.crossbar == Crossbar(8, 3)


@pytest.mark.parametrize(
    ("cores", "message"),
    [
        (([(0, 0, 3), (1, 0, 1)],), "a layout of 1 cores, there are 2"),
        (([(0, 0, 3), (0, 1, 3)], [(1, 0, 1)]), "core 0 holds 12 crossbars, it has 7"),
        (([(0, 0, 2)], [(0, 0, 1), (1, 0, 1)]), "2 of 3 row blocks of a copy of layer 'a'"),
        (([(0, 0, 3)], []), "copy 0 of layer 'b': 0 row blocks are placed, there are 1"),
        (([(0, 0, 3)], [(1, 0, 1), (1, 1, 1)]), "copy 1 of layer 'b': 1 row blocks are placed"),
    ],
)
def test_layouts_that_are_none(cores, message):
    with pytest.raises(InputError, match=message):
        check_layout(WHOLE, Layout((1, 1), shares(*cores)))


def test_a_layout_must_meet_the_constraints():
    placement = replace(WHOLE, constraints=(LargestDuplication(1, ("a",)),))
    layout = Layout((2, 1), shares([(0, 0, 3), (1, 0, 1)], [(0, 1, 3)]))
    with pytest.raises(InputError, match="breaks the constraint 'largest-duplication'"):
        check_layout(placement, layout)


def test_layouts_as_json():
    layout = layout_of(SMALL, (1, 2), [{0: 1, 1: 1}, {0: 2}, {1: 1}])
    check_layout(SMALL, layout)
    record = layout_as_dict(SMALL, layout)
    assert record["duplication"] == {"a": 1, "b": 2}
    assert layout_from_dict(SMALL, record) == layout
    for share, message in (
        (["c", 0, 1], "unknown layer 'c'"),
        (["a", -1, 1], "copy of layer 'a' must be at least 0"),
        (["a", 0, 4], "row blocks of layer 'a' must be at most 3"),
        (["a", 0], "a share must be"),
    ):
        with pytest.raises(InputError, match=message):
            layout_from_dict(SMALL, {**record, "cores": [[share], [], []]})
    with pytest.raises(InputError, match="core 0: names a copy twice"):
        layout_from_dict(SMALL, {**record, "cores": [[["a", 0, 1], ["a", 0, 2]], [], []]})


def test_parts_of_split_copies_stay_together():
    """Six row blocks in cores of 3, 2 and 1: the first core holds one copy whole."""
    layout = layout_of(
        replace(SMALL, crossbars_per_core=6, split=True), (2, 1), [{0: 2}, {0: 3}, {0: 1, 1: 1}]
    )
    assert layout.cores == shares([(0, 1, 2)], [(0, 0, 3)], [(0, 1, 1), (1, 0, 1)])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cores": 0, "crossbars_per_core": 4}, "cores must be at least 1"),
        ({"cores": 2}, "crossbars_per_core must be given, or hardware that has crossbars_per_tile"),
        ({"cores": 2, "crossbars_per_core": 4, "objective": "cycles"}, "objective must be one of"),
        (
            {"cores": 2, "crossbars_per_core": 4, "objective": "period"},
            "objective 'period' needs hardware",
        ),
        (
            {"objective": "period", "hardware": replace(HARDWARE, product_ns=None)},
            "hardware 'chip' gives no period: it has no product_ns",
        ),
    ],
)
def test_placements_that_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        Placement(NETWORK, **given)


def test_what_cannot_be_placed_at_all():
    assert Placement(NETWORK, 9, 1, (8, 3)).obstacle == (
        "layer 'a': a row block takes 2 crossbars, a core has 1"
    )
    assert Placement(NETWORK, 1, 6, (8, 3)).obstacle == (
        "one copy of every layer takes 7 crossbars, 1 cores of 6 have 6"
    )
    assert not WHOLE.obstacle
