"""Sweeps that give up and go on later, against those that run through."""

from random import Random

import pytest

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.sample import draws
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.bounds.cuts import Goal, Switches
from xbarmip.solvers.dp.sweep import search as module
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.dp.table import search_table

SHAPES = [Shape(layers=5, extent=5, outputs=8), Shape(layers=4, extent=4, branching=0.4)]


def searching(problem):
    """A search that cuts little, so that its sweeps are wide."""
    switches = Switches(spending=False, dominance=False, paths=False)
    return TargetSearch(search_table(problem), problem, switches, lambda *_, **__: None)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("paused", [1, 4])
def test_what_goes_on_finds_what_runs_through(objective, rule, paused, monkeypatch):
    """For several targets in turn: as many labels in all, where enough sweeps are paused."""
    monkeypatch.setattr(module, "PAUSED_SWEEPS", paused)
    random, went_on = Random(f"held {objective} {rule}"), 0
    for number in range(draws(40)):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=1500)
        best = brute_force(problem)
        if best is None:
            continue
        search, through = searching(problem), searching(problem)
        targets = [best - 1, best, best + 1]
        for target in targets:
            goal = Goal(target, problem.crossbars)
            cuts = through.cuts(goal)
            whole = cuts and through.sweep(cuts, goal, None)
            assert (whole is not None and whole.allocation is not None) == (target >= best)
        for width in (1, 2, 4, 8, None):
            for target in targets:
                goal = Goal(target, problem.crossbars)
                cuts = search.cuts(goal)
                if cuts is None:
                    continue
                answer = search.sweep(cuts, goal, width, again=True)
                went_on += not answer.complete
                assert width or answer.complete
                assert (answer.allocation is not None) <= (target >= best)
                if answer.complete:
                    assert (answer.allocation is not None) == (target >= best)
                    targets = [left for left in targets if left != target]
        assert not [left for left in targets if search.cuts(Goal(left, problem.crossbars))]
        if paused == 4:
            assert search.labels_made == through.labels_made
    assert went_on > draws(25)
