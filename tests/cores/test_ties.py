"""Ties of the search against exhaustive search: fewest crossbars, then fewest cycles (SPEC §16)."""

from random import Random

import pytest

import xbarmip as xb
from tests.sample import draws
from xbarmip.cores.cases import random_variant
from xbarmip.cores.menu import menus, target
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.cores.ties import fewest_crossbars
from xbarmip.errors import InputError
from xbarmip.timing.evaluate import count_of


def figures(placement, result):
    """Value, crossbars, cycles."""
    counted = count_of(placement.problem.view, result.layout.allocation)
    return result.value, score(placement, result.layout).crossbars, counted


def test_the_search_is_exhaustive_search_in_all_three():
    random, told = Random("ties"), 0
    for _ in range(draws(250)):
        placement = random_variant(random)
        best = xb.place(placement, "exhaustive")
        found = xb.place(placement)
        if best.layout is None:
            assert found.layout is None
            continue
        value, crossbars, cycles = figures(placement, best)
        assert figures(placement, found) == (value, crossbars, cycles)
        assert found.statistics["crossbars_at_least"] == found.statistics["crossbars"] == crossbars
        assert found.statistics["cycles_at_least"] == found.statistics["cycles"] == cycles
        wanted = target(placement, value)
        least = fewest_crossbars(placement, wanted, menus(placement, wanted))
        assert least <= crossbars
        told += least == crossbars
    assert told > draws(100)


def test_ties_by_hand():
    """12 and 5 windows on two cores: 17 products, so that one core has 9 at least.

    R of (2, 1) are pieces of 6, 6, 5 on 3 crossbars, the fewest for a piece within 9, but two of
    them meet: 11. With 4 crossbars (2, 2) is 6 + 3 twice, and (3, 1) is 4 + 4 and 4 + 5: both 9.
    The layers do not wait for each other: 6 cycles the former, 5 the latter.
    """
    layers = tuple(
        xb.Layer(name, 1, 1, 1, outputs, xb.Window((1, 1)))
        for name, outputs in (("a", 12), ("b", 5))
    )
    placement = Placement(xb.Network("two", layers, ()), 2, 4, 1)
    wanted = target(placement, 9)
    assert fewest_crossbars(placement, wanted, menus(placement, wanted)) == 3
    result = xb.place(placement)
    assert figures(placement, result) == (9, 4, 5)
    assert dict(result.allocation) == {"a": 3, "b": 1}
    assert result.statistics["crossbars_at_least"] == 4
    assert result.statistics["cycles_at_least"] == 5


def test_what_is_not_decided_stays_open():
    """Without nodes: no claim but the bound of the sum."""
    placement = Placement(xb.load_network("lenet-5"), 4, 12)
    hasty, patient = (xb.place(placement, ties=nodes).statistics for nodes in (0, 20_000))
    assert hasty["crossbars_at_least"] <= patient["crossbars_at_least"] <= patient["crossbars"]
    assert hasty["cycles_at_least"] is None
    with pytest.raises(InputError, match="search option ties must be at least 0"):
        xb.place(placement, ties=-1)
