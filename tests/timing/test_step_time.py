"""Step times: the published ones, SPEC §6 by a second hand, and bounds on them as constraints."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import tiny_problem, values_read
from tests.random_hardware import LARGEST, OWN, SHIPPED, UNEVEN, random_hardware
from tests.sample import draws
from xbarmip.constraint import LinearConstraint, Predicate, allowed
from xbarmip.errors import InputError
from xbarmip.hardware.movement import (
    GeneralRule,
    SeparableRule,
    list_rules,
    register_rule,
    rule_named,
)
from xbarmip.hardware.preset import MemoryLevel, load_hardware
from xbarmip.network.generate import Shape
from xbarmip.timing.evaluate import evaluate, evaluate_count, evaluate_many, seconds_of
from xbarmip.timing.step_limit import least_step, step_limit
from xbarmip.timing.step_time import step_ticks, step_time

ISAAC = load_hardware("isaac-like")

# Table 6 of doi 10.1145/3631523: R, and the step time of each layer in microseconds.
TABLE_6 = [
    ("alexnet", [106, 21, 7, 6, 6], [2.10, 31.17, 5.58, 2.42, 2.11]),
    ("vgg-a", [200, 50, 13, 13, 4, 4, 1, 1], [2.10, 7.57, 3.86, 3.52, 2.10, 2.10, 2.10, 2.10]),
    ("alexnet", [26, 6, 2, 22, 2], [2.10, 2.25, 2.10, 2.54, 2.56]),
    ("vgg-a", [112, 28, 10, 10, 5, 4, 2, 2], [2.10, 2.20, 2.10, 2.10, 2.10, 2.10, 2.10, 2.10]),
]


@pytest.mark.parametrize(("network", "allocation", "published"), TABLE_6)
def test_table_6(network, allocation, published):
    time = step_time(xb.load_network(network), ISAAC, allocation)
    layers = [max(time.compute, layer.total) * 10**6 for layer in time.layers]
    assert [round(float(layer), 2) for layer in layers] == published
    assert time.seconds * 10**6 == max(layers)


def test_what_binds():
    alexnet = xb.load_network("alexnet")
    time = step_time(alexnet, ISAAC, [106, 21, 7, 6, 6])
    assert time.binding == (("conv2", "bus"),)
    assert time.layers[1].bytes == (25 * 96 * 2 * 2, 21 * 106 * 96 * 2)
    assert step_time(alexnet, ISAAC, [1, 1, 1, 1, 1]).binding == ()


def by_the_spec(problem, hardware, allocation):
    """T_A of every layer for a buffer and a bus, as SPEC §6 writes it for square kernels."""
    tile, network, value_bytes = hardware.crossbars_per_tile, problem.network, hardware.input_bits
    times = []
    for layer, crossbar_set, r in zip(network.layers, problem.sets, allocation, strict=True):
        height, width = layer.kernel
        inputs = Fraction(
            height
            * width
            * layer.in_channels
            * ceil(Fraction(layer.out_channels, problem.crossbar.columns))
            * value_bytes,
            8,
        )
        if crossbar_set <= tile:
            sets = tile // crossbar_set
            tiles, intra = ceil(Fraction(r, sets)), min(sets, r) * inputs
        else:
            split = ceil(Fraction(crossbar_set, tile))
            share = Fraction(ceil(Fraction(crossbar_set, split)), crossbar_set)
            tiles, intra = r, inputs * share
        made = {
            j.name: r_j * j.out_channels * value_bytes
            for j, r_j in zip(network.layers, allocation, strict=True)
        }
        read = values_read(network, layer.name, made)
        buffer, bus = (level.bytes_per_second for level in hardware.memory)
        times.append(intra / buffer + Fraction(tiles * read, 8) / bus)
    return times


def random_case(random, rules=SHIPPED):
    """A tiny network, hardware for it, and a problem on both."""
    shape = Shape(random.randint(1, 4), extent=4, outputs=6, branching=0.5, joining=0.7, trees=0.7)
    plain = tiny_problem(random, shape, "cycles", None, most=700)
    hardware = random_hardware(random, plain.crossbar, rules)
    return replace(plain, objective="latency", hardware=hardware)


def every_allocation(problem):
    menus = [range(1, most + 1) for most in problem.largest]
    return np.array(list(product(*menus)), dtype=np.int64)


def test_the_isaac_pair_is_that_of_the_spec():
    random = Random("isaac pair")
    for _ in range(draws(300)):
        problem = random_case(random)
        memory = tuple(
            MemoryLevel(name, Fraction(random.randint(1, 50), 7), f"isaac-{name}-tile")
            for name in ("intra", "inter")
        )
        hardware = replace(problem.hardware, memory=memory)
        allocation = [random.randint(1, layer.outputs) for layer in problem.network.layers]
        time = step_time(problem.network, hardware, allocation)
        assert [layer.total for layer in time.layers] == by_the_spec(problem, hardware, allocation)


@pytest.mark.parametrize("rules", [SHIPPED, (*SHIPPED, *OWN)], ids=["shipped", "own"])
def test_ticks_are_the_rational_times(rules):
    random = Random(f"ticks {rules}")
    for _ in range(draws(150)):
        problem = random_case(random, rules)
        ticks = step_ticks(problem.network, problem.hardware)
        allocations = every_allocation(problem)
        many = ticks.many(allocations)
        values = evaluate_many(problem, allocations)
        for row in random.sample(range(len(allocations)), min(10, len(allocations))):
            allocation = allocations[row].tolist()
            time = step_time(problem.network, problem.hardware, allocation)
            assert ticks(allocation) * ticks.tick == time.seconds
            assert int(many[row]) == ticks(allocation)
            latency = evaluate_count(problem, allocation) * time.seconds
            assert int(values[row]) == evaluate(problem, allocation)
            assert seconds_of(problem, evaluate(problem, allocation)) == latency


def test_beyond_64_bits():
    random = Random("huge")
    for _ in range(draws(40)):
        problem = random_case(random, (*SHIPPED, *OWN))
        odd = Fraction(10**30 + 57, 10**11 + 3)
        hardware = replace(problem.hardware.with_bandwidth(odd), compute_ns=Fraction(1, 10**20))
        problem = replace(problem, hardware=hardware)
        allocations = every_allocation(problem)[:50]
        expected = [evaluate(problem, row) for row in allocations.tolist()]
        assert max(expected) > 2**63
        assert evaluate_many(problem, allocations).tolist() == expected


@pytest.mark.parametrize("rules", [SHIPPED, (*SHIPPED, *OWN)], ids=["shipped", "own"])
def test_a_limit_holds_exactly_where_the_step_is_short_enough(rules):
    random = Random(f"limit {rules}")
    kinds = set()
    for _ in range(draws(250)):
        problem = random_case(random, rules)
        ticks = step_ticks(problem.network, problem.hardware)
        allocations = every_allocation(problem)
        without_compute = replace(ticks, compute=0)
        times = without_compute.many(allocations)
        assert least_step(problem) <= ticks.many(allocations).min()
        for most in {0, int(random.choice(times)), int(random.choice(times)) - 1, int(times.max())}:
            limits = step_limit(problem, most)
            kinds |= {type(limit) for limit in limits}
            mask = allowed(limits, problem.network.index, allocations)
            assert (mask == (times <= most)).all(), (problem, most)
        assert step_limit(problem, int(times.max())) == () or rules != SHIPPED
    assert kinds == ({LinearConstraint} if rules == SHIPPED else {LinearConstraint, Predicate})


def test_weights_of_a_limit_are_small():
    """AlexNet, Tstep <= 2.1 us: R of conv1 is at most 145 for R = 1 of conv2, 72 for R = 2, .."""
    problem = xb.Problem(xb.load_network("alexnet"), 2304, None, "latency", hardware=ISAAC)
    ticks = step_ticks(problem.network, ISAAC)
    limit = step_limit(problem, ticks.compute)[0]
    assert limit.layers == ("conv2", "conv1")
    assert limit.weights[0][1][:4] == (-145, -72, -48, -36)
    assert limit.weights[1][1][:4] == (1, 2, 3, 4)
    assert limit.limit == 0


def test_flat_buffers_by_hand():
    """A 3x3 convolution of 2 channels on a 4 x 4 map, stride 1: 18 values a window.

    Two copies in a row share 2 of 3 columns: 3 x 4 x 2 = 24 values instead of 36. Five copies are a
    row of four (3 x 6 x 2 = 36) and one of the next row (18). The producer writes 2 values a copy.
    """
    first = xb.Layer("first", 1, 2, 4, 4, xb.Window.square(1))
    second = xb.Layer("second", 2, 3, 4, 4, xb.Window.square(3, pad=1))
    network = xb.Network("two", (first, second), (xb.Edge("first", "second"),))

    def values(rule, own, producer):
        hardware = replace(ISAAC, memory=(MemoryLevel("buffer", Fraction(2), rule),))
        return step_time(network, hardware, [producer, own]).layers[1].total

    assert [values("shared-buffer", r, 1) for r in (1, 2, 5)] == [18 + 2, 36 + 2, 90 + 2]
    assert [values("shared-buffer-reuse", r, 3) for r in (1, 2, 5)] == [18 + 6, 24 + 6, 54 + 6]


def test_shared_columns_against_counting_them():
    for width, stride, dilation in product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3, 6)):
        window = xb.Window((1, width), (1, stride), dilation=(1, dilation))
        layer = xb.Layer("only", 1, 1, 1, 9, window)
        memory = (MemoryLevel("buffer", Fraction(2), "shared-buffer-reuse"),)
        hardware = replace(ISAAC, memory=memory)
        for copies in range(1, 10):
            read = {x * stride + k * dilation for x in range(copies) for k in range(width)}
            moved = step_time(xb.Network("one", (layer,), ()), hardware, [copies]).layers[0].total
            assert moved == len(read), (width, stride, dilation, copies)


def test_dilated_windows_share_the_columns_that_they_have_in_common():
    """Kernel 1x2, dilation 2, stride 1: columns {0, 2}, {1, 3}, {2, 4}; the third shares one."""
    window = xb.Window((1, 2), dilation=(1, 2))
    layer = xb.Layer("only", 1, 1, 1, 5, window)
    network = xb.Network("one", (layer,), ())
    memory = (MemoryLevel("buffer", Fraction(2), "shared-buffer-reuse"),)
    hardware = replace(ISAAC, memory=memory)
    found = [step_time(network, hardware, [r]).layers[0].total for r in (1, 2, 3, 4)]
    assert found == [2, 4, 5, 6]


def test_rules_are_known_by_name():
    names = [rule.name for rule in list_rules()]
    assert set(SHIPPED) <= set(names)
    assert all(len(rule.text) > 20 and len(rule.source) > 20 for rule in list_rules()[:4])
    assert register_rule(rule_named("shared-buffer")) is rule_named("shared-buffer")
    with pytest.raises(InputError, match="'shared-buffer' is already registered"):
        register_rule(replace(UNEVEN, name="shared-buffer"))
    with pytest.raises(InputError, match="must be a non-empty string"):
        register_rule(replace(LARGEST, name=""))
    with pytest.raises(InputError, match="unknown data-movement rule 'isaac-inter'; did you mean"):
        MemoryLevel("bus", Fraction(1), "isaac-inter")


@pytest.mark.parametrize("amount", [-1, Fraction(1, 3), 1.0, True, "2", None])
def test_a_rule_that_moves_no_whole_values_is_refused(amount):
    """The tick would not divide the time: named with its layer and R, not rounded."""
    problem = random_case(Random("grain"))
    allocation = [1] * len(problem.sets)
    for kind, field in ((SeparableRule, "own"), (GeneralRule, "amount")):
        name = f"test-bad-{kind.__name__}-{amount}"
        rule = register_rule(kind(name, "nothing", "a test", **{field: lambda *_: amount}))
        memory = (MemoryLevel("bad", Fraction(1), rule.name),)
        hardware = replace(problem.hardware, input_bits=8, memory=memory)
        with pytest.raises(InputError, match=rf"{rule.name}'.*with R = 1 moves .*multiple of 1"):
            step_time(problem.network, hardware, allocation)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"compute_ns": None, "compute_cycles": None}, "compute_ns"),
        ({"input_bits": None}, "input_bits"),
        ({"memory": ()}, "memory"),
        ({"memory": (MemoryLevel("bus", Fraction(1)),)}, "rule of memory level 'bus'"),
        ({"crossbars_per_tile": None}, "crossbars_per_tile"),
    ],
)
def test_hardware_without_a_step_time(change, missing):
    hardware = replace(ISAAC, **change)
    assert not hardware.has_step_time
    message = f"hardware 'isaac-like' gives no step time: it has no {missing}"
    alexnet = xb.load_network("alexnet")
    with pytest.raises(InputError, match=message):
        step_time(alexnet, hardware, [1] * 5)
    with pytest.raises(InputError, match=message):
        xb.Problem(alexnet, 2304, objective="latency", hardware=hardware)
    assert xb.Problem(alexnet, 2304, hardware=hardware).count == "cycles"


def test_bandwidth_scaled():
    assert ISAAC.with_bandwidth(Fraction(2)).memory[1].bytes_per_second == Fraction(128, 5) * 2**30
    bus = ISAAC.with_bandwidth(Fraction(1, 2), "bus").memory
    assert bus == (
        ISAAC.memory[0],
        replace(ISAAC.memory[1], bytes_per_second=Fraction(32, 5) * 2**30),
    )
    with pytest.raises(InputError, match="no memory level 'bsu'; did you mean 'bus'"):
        ISAAC.with_bandwidth(Fraction(2), "bsu")


def test_problems_with_hardware():
    alexnet = xb.load_network("alexnet")
    problem = xb.Problem(alexnet, 2304, objective="latency-steps", hardware=ISAAC)
    assert (problem.crossbar, problem.rule, problem.count) == (ISAAC.crossbar, "pipeline", "steps")
    with pytest.raises(InputError, match="objective 'latency' needs hardware, got none"):
        xb.Problem(alexnet, 2304, objective="latency")
    with pytest.raises(InputError, match="objective 'latency' takes no rule, got 'published'"):
        xb.Problem(alexnet, 2304, None, "latency", "published", hardware=ISAAC)
    with pytest.raises(
        InputError, match="must be that of hardware 'isaac-like', 128x128, got 64x64"
    ):
        xb.Problem(alexnet, 2304, 64, "latency", hardware=ISAAC)
