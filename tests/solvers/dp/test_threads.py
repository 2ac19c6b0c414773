"""Several threads in one solve: the same optimum, and one end for all of them."""

import threading
from random import Random

import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.sample import draws
from tests.solvers.test_interrupt import press
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp import boxes
from xbarmip.solvers.dp.beside import Beside, OverError
from xbarmip.solvers.dp.standing import Standing
from xbarmip.solvers.protocol import Hint
from xbarmip.solvers.result import Status, Stop

SHAPES = [Shape(layers=4, extent=5, outputs=8), Shape(layers=4, extent=4, branching=0.4)]


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_optimum_does_not_hang_on_threads(objective, rule, monkeypatch):
    """With beams, sweeps and boxes of hardly a label, so that all threads have something to do."""
    monkeypatch.setattr(boxes, "BOX_LABELS", 1)
    random = Random(f"threads {objective} {rule}")
    solved = 0
    for number in range(draws(60)):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=1500)
        best = brute_force(problem)
        for threads in (2, 3):
            options = {"threads": threads, "beam": number % 3, "paths": number % 5 > 0}
            result = xb.solve(problem, **options)
            assert (result.value, result.status is Status.OPTIMAL) == (best, best is not None)
        solved += best is not None
    assert solved > draws(30)


def test_real_problems_with_threads():
    for name, crossbars, objective in (("resnet-18", 1024, "cycles"), ("vgg-a", 4096, "steps")):
        problem = xb.Problem(xb.load_network(name), crossbars, 128, objective)
        alone, beside = xb.solve(problem), xb.solve(problem, threads=3)
        assert beside.value == beside.bound == alone.value
        assert xb.evaluate(problem, beside.allocation) == alone.value


def test_a_solve_leaves_no_thread_behind():
    problem = xb.Problem(xb.load_network("squeezenet-1.1"), 300)
    before = threading.active_count()
    assert xb.solve(problem, threads=3, time_limit=0.05).bound >= 1
    assert threading.active_count() == before


def test_ctrl_c_ends_all_threads():
    """It comes while all of them are at work, in a search that would take seconds."""
    problem = xb.Problem(xb.load_network("onnx:light_inception_v1"), 2264)
    before, pressed = threading.active_count(), []

    def progress(facts):
        if not pressed and threading.active_count() == before + 2:
            pressed.append(facts)
            press()

    result = xb.solve(problem, threads=3, progress=progress)
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.INTERRUPTED)
    assert threading.active_count() == before


@pytest.mark.parametrize("threads", [0, 2.5, True, 1025])
def test_bad_numbers_of_threads(threads):
    with pytest.raises(xb.InputError, match="dp option threads"):
        xb.solve(xb.Problem(xb.load_network("lenet-5"), 10), threads=threads)


# --- pieces of work -------------------------------------------------------------------------------


def test_the_first_to_end_ends_the_others():
    beside, ended = Beside(), []

    def endless():
        try:
            while True:
                beside.check()
        except OverError:
            ended.append(True)
            raise

    beside.run([endless, lambda: None, endless])
    assert ended == [True, True]


@pytest.mark.parametrize("place", [0, 1])
def test_what_a_piece_raises_is_raised(place):
    beside = Beside()

    def fails():
        raise KeyboardInterrupt

    def endless():
        while True:
            beside.check()

    with pytest.raises(KeyboardInterrupt):
        beside.run([fails, endless] if place == 0 else [endless, fails])


def test_a_standing_only_gets_better():
    problem = xb.Problem(xb.load_network("lenet-5"), 20)
    standing = Standing(problem, Hint())
    best, value = standing.allocation, standing.value
    standing.accept((1, 1, 1, 1, 1), 10**9)
    assert (standing.allocation, standing.value) == (best, value)
    standing.refuted(5)
    standing.refuted(3)
    assert standing.bound == 6
