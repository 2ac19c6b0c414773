"""Targets looked for in boxes, against every allocation there is."""

from random import Random

import pytest

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.sample import draws
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp import boxes
from xbarmip.solvers.dp.bounds.cuts import Goal
from xbarmip.solvers.dp.run import Run
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.dp.sweep.search import Answer
from xbarmip.solvers.protocol import Hint, Limits, Watch
from xbarmip.timing.evaluate import evaluate

SHAPES = [Shape(layers=4, extent=5, outputs=8), Shape(layers=4, extent=4, branching=0.4)]


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("paths", [True, False])
def test_boxes_find_what_there_is(objective, rule, paths, monkeypatch):
    """With sweeps of one label, so that boxes are halved to the end."""
    monkeypatch.setattr(boxes, "BOX_LABELS", 1)
    random = Random(f"boxes {objective} {rule}")
    refuted = found = 0
    for number in range(draws(50)):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=1500)
        best = brute_force(problem)
        if best is None:
            continue
        run = Run(problem, Watch(Limits()), lambda: None, Hint())
        search = run.search(DynamicProgram(paths=paths).switches)
        offered = []

        def near(allocation, _, problem=problem, offered=offered):
            if problem.crossbars_used(allocation) <= problem.crossbars:
                offered.append(evaluate(problem, allocation))
            return min(offered, default=10**9)

        look = boxes.Boxes(search, near).look
        for target in (best + 2, best + 1, best, best - 1, best):
            offered.clear()
            answer = Answer(None, complete=False)
            while not answer.complete and not answer.allocation:
                answer = look(Goal(target, run.budget), 1 + number % 3)
                if min(offered, default=target + 1) <= target:
                    break
            if answer.allocation is not None:
                assert evaluate(problem, answer.allocation) <= target
            met = answer.allocation is not None or min(offered, default=target + 1) <= target
            assert met == (target >= best)
            assert answer.complete == (not met)
            refuted, found = refuted + (not met), found + met
    assert min(refuted, found) > draws(30)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_no_box_is_no_proof(objective, rule):
    random = Random(f"no box {objective} {rule}")
    open_ends = 0
    for _ in range(draws(60)):
        problem = tiny_problem(random, SHAPES[0], objective, rule, most=1500)
        best = brute_force(problem)
        if best is None:
            continue
        run = Run(problem, Watch(Limits()), lambda: None, Hint())
        search = run.search(DynamicProgram().switches)
        answer = boxes.Boxes(search, lambda *_: 10**9).look(Goal(best, run.budget), 0)
        assert not answer.complete
        open_ends += 1
    assert open_ends
