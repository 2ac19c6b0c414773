"""New random problems at every run: `make fresh`, until Ctrl-C or for SECONDS=60."""

import os
import time
from itertools import count, product
from random import Random, SystemRandom

import pytest

from tests.conformance.corpus import Case
from tests.conformance.instances import KINDS, MEASURES, brute_force, draw
from tests.conformance.ways import WAYS


def drawn(seed: int, number: int) -> Case:
    """Problem `number` of a seed, whatever was drawn before it."""
    kind, label = list(product(KINDS, MEASURES))[number % (len(KINDS) * len(MEASURES))]
    problem = draw(Random(f"{seed} {number}"), kind, label)
    return Case(number, kind, label, problem, brute_force(problem))


@pytest.mark.fresh
def test_new_draws_are_answered_like_brute_force(capsys):
    seconds = float(os.environ.get("FRESH_SECONDS") or "inf")
    seed = int(os.environ.get("FRESH_SEED") or SystemRandom().randrange(2**32))
    began, number = time.monotonic(), 0
    with capsys.disabled():
        print(f"FRESH_SEED={seed}", flush=True)
    for number in count():
        if time.monotonic() - began >= seconds:
            break
        case = drawn(seed, number)
        for way in WAYS:
            try:
                way(case)
            except Exception as error:
                raise AssertionError(f"{way.__name__}: problem {number} of seed {seed}") from error
    with capsys.disabled():
        print(f"{number} problems, {len(WAYS)} ways each", flush=True)


def test_a_seed_draws_the_same_again():
    assert drawn(1, 8).answer == drawn(1, 8).answer
    assert drawn(1, 8).problem.crossbars == drawn(1, 8).problem.crossbars
    assert {drawn(1, number).kind for number in range(len(KINDS) * len(MEASURES))} == set(KINDS)
    for way in WAYS:
        way(drawn(1, 3))
