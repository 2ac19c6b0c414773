"""Bounds of placements against exhaustive search; prices that prove nothing are told (SPEC §16)."""

from dataclasses import replace
from functools import cache
from itertools import product
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.cores.bounds.knapsack import content, dearest, table
from xbarmip.cores.bounds.patterns import Patterns
from xbarmip.cores.bounds.prices import Refutation, holds
from xbarmip.cores.bounds.simple import SIMPLE, Reach, Rounded, Volume
from xbarmip.cores.cases import random_cases, random_placement
from xbarmip.cores.menu import menus, target
from xbarmip.cores.problem import Placement


def one_layer(outputs, channels=1):
    layer = xb.Layer("a", 1, channels, 1, outputs, xb.Window((1, 1)))
    return xb.Network("one", (layer,), ())


def wide_copies(k):
    """2k + 1 layers of 3 crossbars, of which a core holds k, and 2 cores: there is no placement.

    All copies together are no larger than the chip.
    """
    layers = tuple(xb.Layer(f"l{n}", 1, 3, 1, 1, xb.Window((1, 1))) for n in range(2 * k + 1))
    placement = Placement(xb.Network("wide", layers, ()), 2, 3 * (k + 1) - 1, 1)
    return placement, placement.most + 1


def long_copies(k):
    """2k + 1 layers of 3 windows and no crossbar to spare: one of two cores has k + 1 of them.

    For a load of 3k + 2 the volume is no obstacle.
    """
    layers = tuple(
        xb.Layer(f"l{number}", 1, 1 + (number == 0), 1, 3, xb.Window((1, 1)))
        for number in range(2 * k + 1)
    )
    return Placement(xb.Network("long", layers, ()), 2, k + 1, 1), 3 * (k + 1)


@cache
def solved():
    """Random placements with the least value of each, where there is one."""
    cases = [case.placement for case in random_cases(60, seed=7)]
    results = [(placement, xb.place(placement, "exhaustive")) for placement in cases]
    return [(placement, result.value) for placement, result in results if result.value is not None]


HARD = [make(k) for k in (1, 2, 3) for make in (wide_copies, long_copies)]
BOUNDS = (*SIMPLE, Patterns())


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_a_bound_refutes_no_target_that_is_reached(bound):
    for placement, value in solved():
        for beyond in (value, value + 1, value + 4):
            refutation = bound.refutation(placement, target(placement, beyond))
            assert refutation is None, (placement.network.layers, beyond)


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_what_a_bound_refutes_is_confirmed(bound):
    found = 0
    for placement, value in [*solved(), *HARD]:
        for below in {value - 1, value // 2} - {0}:
            refutation = bound.refutation(placement, target(placement, below))
            if refutation is not None:
                assert holds(placement, refutation)
                found += 1
    assert found, "it refutes nothing at all"


def test_patterns_are_the_strongest():
    """Where a simple bound refutes a target, patterns do, or the menus are empty."""
    for placement, value in solved():
        for below in range(max(1, value - 2), value):
            wanted = target(placement, below)
            if menus(placement, wanted) is None:
                continue
            if any(bound.refutation(placement, wanted) for bound in SIMPLE):
                assert Patterns().refutation(placement, wanted) is not None


def test_volume_by_hand():
    """24 windows on 2 cores: 12 products each; 11 are refuted, 12 are reached by R = 2."""
    placement = Placement(one_layer(24), 2, 4, 1)
    assert Volume().refutation(placement, target(placement, 11)) is not None
    assert Volume().refutation(placement, target(placement, 12)) is None
    assert xb.place(placement).value == 12


def test_reach_by_hand():
    """One core of 3 crossbars holds 3 copies of 7 windows: 3 each, together 9."""
    placement = Placement(one_layer(7), 3, 1, 1)
    assert Reach().refutation(placement, target(placement, 2)) is not None
    assert Reach().refutation(placement, target(placement, 3)) is None


@pytest.mark.parametrize("k", [1, 2, 3])
def test_rounded_by_hand(k):
    for crossbars, (placement, least) in ((True, wide_copies(k)), (False, long_copies(k))):
        wanted = target(placement, least - 1)
        assert Volume().refutation(placement, wanted) is None
        assert Rounded(k, crossbars).refutation(placement, wanted) is not None
        found = {xb.place(placement, name).value for name in ("search", "exhaustive")}
        assert found == {None if crossbars else least}


def test_prices_that_prove_nothing_are_told():
    placement = Placement(one_layer(24), 2, 4, 1)
    right = Volume().refutation(placement, target(placement, 11))
    assert holds(placement, right)
    assert not holds(placement, replace(right, value=12)), "12 is reached"
    assert not holds(placement, replace(right, most=right.most - 1)), "a core may cost more"
    dear = tuple({windows: 2 * price for windows, price in one.items()} for one in right.prices)
    assert not holds(placement, replace(right, prices=dear)), "above the slope and above `most`"
    assert not holds(placement, replace(right, prices=({},)))
    assert holds(placement, replace(right, slope=None)), "a knapsack finds the same"
    nothing = Refutation("mine", 24, ({},), 0)
    assert not holds(placement, nothing)


def test_a_grain_only_weakens():
    for placement, value in solved():
        refutation = Volume().refutation(placement, target(placement, value - 1))
        if refutation is None or value == 1:
            continue
        for grain in (2, 3, 5):
            coarse = replace(refutation, slope=None, grain=grain)
            assert not holds(placement, coarse) or holds(placement, refutation)


def test_the_knapsack_against_every_set():
    random = Random(5)
    for _ in range(60):
        capacity, units, kinds = random.randint(1, 5), random.randint(1, 9), random.randint(1, 3)
        sizes, loads, prices = (
            [random.randint(least, 5) for _ in range(kinds)] for least in (1, 0, 0)
        )
        best = max(
            sum(n * p for n, p in zip(counts, prices, strict=True))
            for counts in product(range(6), repeat=kinds)
            if sum(n * s for n, s in zip(counts, sizes, strict=True)) <= capacity
            and sum(n * w for n, w in zip(counts, loads, strict=True)) <= units
        )
        assert dearest(capacity, units, sizes, loads, prices) == best
        arrays = [np.array(column, dtype=np.int64) for column in (sizes, loads, prices)]
        held = content(table(capacity, units, *arrays), capacity, units, *arrays)
        assert sum(n * prices[part] for part, n in held.items()) == best
        assert sum(n * sizes[part] for part, n in held.items()) <= capacity
        assert sum(n * loads[part] for part, n in held.items()) <= units


def test_the_knapsack_refuses_to_wrap():
    with pytest.raises(OverflowError):
        dearest(4, 4, [1], [1], [2**62])


def test_menus_leave_out_no_r_that_matters():
    """The least value over the R of the menus is that over all R."""
    for placement, value in solved()[:25]:
        menu = menus(placement, target(placement, value))
        copies = [{one.copies for one in options} for options in menu]
        best = xb.place(placement, "exhaustive")
        smallest = tuple(
            max((r for r in some if r <= own), default=None)
            for some, own in zip(copies, best.allocation.values(), strict=True)
        )
        assert None not in smallest
        assert smallest == tuple(best.allocation.values()), "it has the fewest crossbars already"


def test_constraints_in_menus():
    """About a layer alone: the least R allowed for each n. With others: every R."""
    placement = Placement(one_layer(6), 2, 6, 1)
    assert [one.copies for one in menus(placement, target(placement, 6))[0]] == [1, 2, 3, 6]
    not_two = LinearConstraint("not 2", (("a", (0, 1, 0) + (0,) * 9),), 0)
    alone = replace(placement, constraints=(not_two,))
    assert [one.copies for one in menus(alone, target(alone, 6))[0]] == [1, 3, 6]
    even = Predicate("even", ("a",), lambda r: r % 2 == 0)
    alone = replace(placement, constraints=(even,))
    assert [one.copies for one in menus(alone, target(alone, 6))[0]] == [2, 4, 6]
    layers = (*placement.network.layers, xb.Layer("b", 1, 1, 1, 1, xb.Window((1, 1))))
    both = LinearConstraint("both", (("a", (0,) * 12), ("b", (0,) * 12)), 0)
    coupled = Placement(xb.Network("two", layers, ()), 2, 6, 1, constraints=(both,))
    assert [one.copies for one in menus(coupled, target(coupled, 6))[0]] == [1, 2, 3, 4, 5, 6]
    rising = LinearConstraint("rising", (("a", tuple(range(12))), ("b", (2,) * 12)), 4)
    coupled = replace(coupled, constraints=(rising,))
    assert [one.copies for one in menus(coupled, target(coupled, 6))[0]] == [1, 2, 3]
    wanted = target(coupled, 6, ((2, 6), (1, 1)))
    assert [one.copies for one in menus(coupled, wanted)[0]] == [2, 3]
    assert menus(coupled, target(coupled, 6, ((4, 6), (1, 1)))) is None


def test_random_placements_are_of_every_kind():
    drawn = [random_placement(Random(number)) for number in range(80)]
    assert any(part.is_split for placement in drawn for part in placement.parts)
    assert any(placement.obstacle for placement in drawn)
    assert len(solved()) > 30
