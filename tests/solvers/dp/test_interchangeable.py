"""Layers that are asked for the same share a staircase; poor multipliers; ranks of signatures."""

from random import Random

import numpy as np
import pytest

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.sample import draws
from xbarmip.network.generate import Shape
from xbarmip.network.staged import Stages, staged_network
from xbarmip.problem import Problem
from xbarmip.solvers.dp.bounds import cuts as module
from xbarmip.solvers.dp.bounds.multipliers import find_multipliers
from xbarmip.solvers.dp.bounds.prices import Path
from xbarmip.solvers.dp.effort import RANKS
from xbarmip.solvers.dp.sweep.dominance import ranks_of
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.registry import solve
from xbarmip.solvers.result import Status

SHAPES = [Shape(layers=5, extent=5, outputs=8), Shape(layers=4, extent=4, branching=0.4)]


def test_joined_branches_are_interchangeable():
    """Two blocks of branches: the ends of the first are asked for the same by the second's."""
    network = staged_network(Random(1), Stages(4, blocks=2, branches=3, depth=(1, 1), head=True))
    table = search_table(Problem(network, 100))
    assert table.leader.tolist() == [0, 0, 0, 3, 3, 3, 6]
    steps = search_table(Problem(network, 100, objective="steps", rule="pipeline"))
    assert steps.leader.tolist() == list(range(7))


def test_interchangeable_layers_keep_the_optimum():
    """Branches that are joined again and again, with and without dominance, by brute force."""
    random, tried, shared = Random("twins"), 0, 0
    while tried < draws(300):
        stages = Stages(random.randint(1, 3), blocks=2, branches=2, depth=(1, 1), skips=0.2)
        network = staged_network(random, stages)
        if np.prod([float(layer.outputs) for layer in network.layers]) > 7000:
            continue
        size = (random.randint(4, 30), random.randint(2, 6))
        smallest = Problem(network, 1, size).smallest_budget
        problem = Problem(network, smallest + random.randint(0, 40), size)
        leader = search_table(problem).leader
        shared += (leader != np.arange(len(leader))).any()
        result = solve(
            problem,
            "dp",
            dominance=random.random() < 0.5,
            beam=random.choice([0, 1, 4]),
            paths=tried % 2 == 0,
        )
        assert result.status is Status.OPTIMAL
        assert result.value == brute_force(problem)
        tried += 1
    assert shared > draws(100)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_any_multipliers_do(objective, rule, monkeypatch):
    """Multipliers that are far from good change no answer, nor do windows that they empty."""
    random = Random(f"poor {objective} {rule}")

    def poor(*arguments):
        relaxation, seeds = find_multipliers(*arguments)
        paths = [Path(p.legs, p.multiplier * random.randint(0, 8) // 4) for p in relaxation.paths]
        return relaxation._replace(paths=paths), seeds

    monkeypatch.setattr(module, "find_multipliers", poor)
    for number in range(draws(200)):
        problem = tiny_problem(random, SHAPES[number % 2], objective, rule, most=1500)
        result = solve(problem, "dp")
        best = brute_force(problem)
        assert result.status is (Status.INFEASIBLE if best is None else Status.OPTIMAL)
        assert best is None or result.value == best


def test_ranks_keep_the_order():
    """No lower a value, no lower a rank; all of it is used where values differ."""
    rng = np.random.default_rng(5)
    for count in (1, 2, 33, 700, 3000):
        value = rng.integers(-5, 10 ** rng.integers(1, 9), (count, 3))
        rank = ranks_of(value)
        for column in range(3):
            order = np.argsort(value[:, column], kind="stable")
            assert (np.diff(rank[order, column].astype(int)) >= 0).all()
            same = np.diff(value[order, column]) == 0
            assert (np.diff(rank[order, column].astype(int))[same] == 0).all()
    assert rank.max() == RANKS - 1
