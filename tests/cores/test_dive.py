"""The dive into mixtures of patterns: they need no more cores than placements, which it finds."""

from itertools import islice

import xbarmip as xb
from tests.sample import draws
from xbarmip.cores.cases import random_cases
from xbarmip.cores.dive import Dive
from xbarmip.cores.improve import Climb
from xbarmip.cores.layout import check_layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score


def nothing():
    """No pause."""


def begun(placement):
    """A climb until it has a placement, and a dive from there."""
    products = sum(part.blocks * part.outputs for part in placement.parts)
    climb = Climb(placement, -(-products // placement.chip))
    for _ in islice(climb, 200):
        if climb.best is not None:
            break
    return climb, None if climb.best is None else Dive(placement, climb, nothing)


def test_a_mixture_needs_no_more_cores_than_the_best_placement():
    """The linear program leaves out that patterns are used whole times: a lower bound."""
    told = 0
    for _, placement in random_cases(60, seed=21):
        best = xb.place(placement, "exhaustive")
        _, dive = begun(placement)
        if best.layout is None or dive is None:
            continue
        dive._copies = best.layout.allocation
        assert dive._fits(best.value)
        told += not dive._fits(best.value - 1)
    assert told > 30


def test_what_it_finds_is_a_placement_and_no_better_than_the_best():
    better = 0
    for _, placement in random_cases(draws(40), seed=22):
        climb, dive = begun(placement)
        if dive is None:
            continue
        first, best = climb.value, xb.place(placement, "exhaustive").value
        for _ in range(20):
            dive.step()
        check_layout(placement, climb.best)
        assert best <= climb.value == score(placement, climb.best).value
        better += climb.value < first
    assert better > draws(3)


def test_it_closes_most_of_the_gap_on_a_real_chip():
    """2910 is a proven bound; the climb alone is at 3082 after 200 tries."""
    placement = Placement(xb.load_network("vgg-16"), 256, 64)
    climb, dive = begun(placement)
    for _ in range(60):
        dive.step()
    check_layout(placement, climb.best)
    assert 2910 <= climb.value <= 2960
