"""Walks: what arrives meets every row exactly; where nothing can arrive, nothing does."""

from itertools import product
from random import Random

import numpy as np

from tests.brute import tiny_problem
from tests.model.test_statement import SHAPES
from xbarmip.model.critical_paths import critical_paths
from xbarmip.model.menus import every_r
from xbarmip.solvers.cuts.master import Master
from xbarmip.solvers.cuts.walk import walk
from xbarmip.timing.evaluate import evaluate


def test_what_arrives_meets_every_row():
    random, arrivals, missed, none = Random("walks"), 0, 0, 0
    for _ in range(60):
        problem = tiny_problem(random, random.choice(SHAPES), "cycles", None, 300)
        if not problem.feasible:
            continue
        menus = every_r(problem)
        begin = tuple(random.choice(menu.tolist()) for menu in menus)
        master = Master(problem, menus, critical_paths(problem.view, begin)[1], lambda: None)
        most = evaluate(problem, begin) - random.randint(1, 3)
        rows, limits = master.inequalities(most)
        every = [master.columns(some) for some in product(*(menu.tolist() for menu in menus))]
        met = [columns for columns in every if (rows[:, columns].sum(axis=1) <= limits).all()]
        arrived = walk(master, most, master.columns(begin))
        if arrived is None:
            none += not met
            missed += bool(met)
        else:
            arrivals += 1
            assert any(np.array_equal(arrived, columns) for columns in met)
    assert min(arrivals, none) > 5
    assert missed < arrivals / 5


def test_an_r_that_is_left_out_has_the_column_of_its_successor():
    problem = tiny_problem(Random("columns"), SHAPES[0], "cycles", None, 300)
    menus = [np.array([1, 3]) for _ in problem.sets]
    master = Master(problem, menus, [], lambda: None)
    for r, place in ((1, 0), (2, 1), (3, 1), (9, 1)):
        columns = master.columns((r,) * len(menus))
        assert columns.tolist() == [2 * k + place for k in range(len(menus))]
