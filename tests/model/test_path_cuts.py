"""Path cuts: true of every allocation within their menus, tight at their own."""

from random import Random

import numpy as np
import pytest

from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_statement import SHAPES, allocations
from xbarmip.model.critical_paths import critical_paths
from xbarmip.model.menus import every_r
from xbarmip.model.path_cuts import Entry, Leg, Path, path_cut
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.timing.evaluate import evaluate_many

MEASURES = [*OBJECTIVES, ("serial", None), ("interval", None)]


def some_menus(random, problem, allocation):
    """Every R of a layer, or some of them with that of the allocation."""
    return [
        menu
        if random.random() < 0.5
        else np.union1d(random.sample(menu.tolist(), random.randint(1, len(menu))), [r])
        for menu, r in zip(every_r(problem), allocation, strict=True)
    ]


@pytest.mark.parametrize(("objective", "rule"), MEASURES)
def test_cuts_hold_for_all_and_are_tight_at_their_own(objective, rule):
    random, lost = Random(f"cuts {objective} {rule}"), 0
    for _ in range(60):
        problem = tiny_problem(random, random.choice(SHAPES), objective, rule, 600)
        if not problem.feasible:
            continue
        every = allocations(problem)
        values = evaluate_many(problem, np.array(every))
        for own in random.sample(every, min(3, len(every))):
            menus = some_menus(random, problem, own)
            value, paths = critical_paths(problem.view, own)
            cuts = [path_cut(problem.view, path, menus) for path in paths]
            assert value == values[every.index(own)]
            assert value == max(cut.least(own, menus) for cut in cuts)
            for other, least in zip(every, values, strict=True):
                if all(r in menu for r, menu in zip(other, menus, strict=True)):
                    assert all(cut.least(other, menus) <= least for cut in cuts)
            lost += sum(int(min(steps)) < 0 for cut in cuts for steps in cut.steps.values())
    assert lost > 1 or objective in ("serial", "interval")


def test_what_a_path_asks_for_grows_with_the_menus_least_steps():
    """Paths through any outputs, whose next leg begins at what every R of the menu asks for."""
    random = Random("paths of a mixture")
    for _ in range(60):
        problem = tiny_problem(random, random.choice(SHAPES), "cycles", None, 600)
        if not problem.feasible:
            continue
        view, every = problem.view, allocations(problem)
        menus = some_menus(random, problem, every[0])
        k = max(k for k, end in enumerate(view.ends) if end)
        legs, b = [], view.outputs[k]
        while view.into[k] and b:
            edge, a = random.choice(view.into[k]), random.randint(1, b)
            legs.append(Leg(k, Entry.OUTPUT, edge, a))
            k, b = view.edges[edge][0], view.need[edge](a)
        cut = path_cut(view, Path((), (*legs, Leg(k, Entry.OUTPUT, None, 0))), menus)
        for other, value in zip(every, evaluate_many(problem, np.array(every)), strict=True):
            if all(r in menu for r, menu in zip(other, menus, strict=True)):
                assert cut.least(other, menus) <= value


def chain(layers):
    """3x3 convolutions over 4x4 maps; outputs 1, 2, .. 16 need these of the layer before."""
    network = Network(
        "chain",
        tuple(Layer(name, 1, 1, 4, 4, Window.square(3, 1, 1)) for name in "abc"[:layers]),
        tuple(Edge(*pair) for pair in ("ab", "bc")[: layers - 1]),
    )
    view = Problem(network, 10**6, 16).view
    needs = [6, 7, 8, 8, 10, 11, 12, 12, 14, 15, 16, 16, 16, 16, 16, 16]
    assert all([need(x) for x in range(1, 17)] == needs for need in view.need)
    return view


def test_a_cut_worked_out_by_hand():
    """With R = (4, 4) layer a ends its steps in cycles 1 to 4; step 1 of b needs 8 of a: cycle 2.

    Its other steps follow at once: 5 cycles. Output 3 is the first that needs 8. So b enters at
    output 3: value >= ceil(16/R_b) - ceil(3/R_b) + ceil(8/R_a), which is 4 - 1 + 2 = 5.
    """
    view = chain(2)
    value, (path, *_) = critical_paths(view, (4, 4))
    legs = (Leg(1, Entry.OUTPUT, 0, 3), Leg(0, Entry.OUTPUT, None, 0))
    assert (value, path.legs) == (5, legs)
    cut = path_cut(view, path, [np.arange(1, 17)] * 2)
    assert cut.steps[1].tolist()[:6] == [13, 6, 5, 3, 3, 2]
    assert cut.steps[0].tolist()[:6] == [8, 4, 3, 2, 2, 2]


def test_what_is_lost_is_taken_off():
    """The step of b with its output 8 makes 12 where R_b = 6, and needs 16 of a.

    Other R_b make less in that step, for R_b = 1 .. 8: 8, 8, 9, 8, 10, 12, 14, 8. They need 12, 12,
    14, 12, 15, 16, 16, 12 of a, up to 4 less than 16: as many steps of a may be missing.
    """
    legs = (Leg(2, Entry.OUTPUT, 1, 3), Leg(1, Entry.SAME, 0, 12), Leg(0, Entry.OUTPUT, None, 0))
    cut = path_cut(chain(3), Path((), legs), [np.arange(1, 17)] * 3)
    assert cut.steps[1].tolist()[:8] == [-4, -4, -2, -4, -1, 0, 0, -4]
    assert cut.steps[0].tolist()[:3] == [16, 8, 6]
