"""What would do where nothing is allowed (SPEC §12)."""

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import pytest

import xbarmip as xb
from tests.brute import tiny_problem
from tests.constraints.test_ready import fits_one_by_one
from tests.goals import best_tuple, goal_problem
from tests.model.test_statement import SHAPES
from tests.random_constraints import constrained
from tests.sample import draws
from xbarmip import constraints as ready
from xbarmip.cli.main import main
from xbarmip.errors import InputError
from xbarmip.hardware.preset import load_hardware
from xbarmip.questions.amounts import amount_of
from xbarmip.questions.remedy import remedies
from xbarmip.questions.then import GoalWalk
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.exhaustive import Exhaustive

LENET = xb.load_network("lenet-5")


def test_each_number_is_the_least_that_would_do():
    random, found = Random("remedies"), 0
    while found < draws(25):
        problem = goal_problem(random, most=300)
        if not problem.at_most or not problem.feasible or best_tuple(problem) is not None:
            continue
        said = remedies(problem, DynamicProgram())
        for key, _ in problem.at_most:
            label = key.removesuffix("_us")
            objective, _, rule = label.partition("/")
            rest = tuple(pair for pair in problem.at_most if pair[0] != key)
            goal = replace(problem, objective=objective, rule=rule or None, at_most=rest, then=())
            least = every_least(goal)
            mine = [words for words in said if words.startswith(f"{key} at most")]
            if least is None:
                assert mine == []
            else:
                value = amount_of(goal, label).shown(least)[1]
                assert mine[0].endswith(f"is too little, {value} would do")
                found += 1


def every_least(goal):
    """The first of the best tuple, also of a problem with neither bounds nor ties."""
    best = best_tuple(goal)
    return None if best is None else best[0]


def fewest_cores(problem, core, most):
    """Up to `most`, by packing every allocation that the rest allows; None where none fits."""
    found = []
    for chosen in product(*(range(1, largest + 1) for largest in problem.largest)):
        if problem.meets(chosen):
            sizes = map(problem.crossbar.row_blocks, problem.network.layers)
            pairs = zip(chosen, sizes, strict=True)
            blocks = [width for r, (count, width) in pairs for _ in range(r * count)]
            found.append(sorted(blocks, reverse=True))
    for cores in range(1, most + 1):
        for blocks in found:
            if sum(blocks) <= core * cores and fits_one_by_one(blocks, [core] * cores):
                return cores
    return None


def test_cores_are_the_fewest_that_would_do():
    random, outcomes = Random("cores"), Counter()
    while sum(outcomes.values()) < draws(150):
        free = tiny_problem(random, random.choice(SHAPES), "cycles", None, 60)
        core = random.randint(1, 6)
        if free.feasible and random.random() < 0.8:
            free = constrained(random, free)
        if not free.feasible or free.crossbars > 24:
            continue
        packing = ready.CorePacking(core, random.randint(1, 5))
        problem = replace(free, constraints=(*free.constraints, packing))
        least = fewest_cores(free, core, free.crossbars)
        if least is not None and least <= packing.cores:
            continue
        expected = f"core-packing: {packing.cores} is too little, {least} would do"
        for solver in (DynamicProgram(), Exhaustive()):
            if GoalWalk(solver).unsupported(problem):
                outcomes["refused"] += 1
                continue
            said = [words for words in remedies(problem, solver) if words.startswith("core-pack")]
            assert said == ([] if least is None else [expected]), (problem, packing)
            ones = [1] * len(free.sets)
            outcomes["none" if least is None else "ones" if free.meets(ones) else "more"] += 1
    assert min(outcomes[key] for key in ("none", "ones", "more")) >= draws(6), outcomes


def test_limits_of_constraints_by_hand():
    """Lenet-5 takes 9 crossbars for a copy of all layers, and a tile for each of its 5 layers."""
    for constraint, words in (
        (ready.TileGranularity(72, 4), "tile-granularity: 4 is too little, 5 would do"),
        (ready.PowerBudget(1.5, 0.25), "power-budget: 3/2 is too little, 9/4 would do"),
    ):
        problem = xb.Problem(LENET, 40, constraints=(constraint,))
        assert remedies(problem, DynamicProgram()) == [words]
    both = (ready.TileGranularity(72, 4), ready.PowerBudget(1.5, 0.25))
    assert remedies(xb.Problem(LENET, 40, constraints=both), DynamicProgram()) == []


def test_tiles_and_cores_of_the_hardware():
    hardware = load_hardware("isaac-like")
    own = xb.Problem(LENET, 720, hardware=hardware, constraints=(ready.TileGranularity(),))
    given = xb.Problem(LENET, 720, constraints=(ready.TileGranularity(72),))
    assert own.constraints == given.constraints
    own = xb.Problem(LENET, 720, hardware=hardware, constraints=(ready.CorePacking(),))
    assert (
        own.constraints == xb.Problem(LENET, 720, constraints=(ready.CorePacking(72),)).constraints
    )
    for recipe, name in (
        (ready.TileGranularity(), "crossbars_per_tile"),
        (ready.CorePacking(), "crossbars_per_core"),
    ):
        with pytest.raises(InputError, match=f"{name} must be given, or hardware"):
            xb.Problem(LENET, 40, constraints=(recipe,))


def test_on_the_command_line(capsys):
    assert main(["solve", "lenet-5", "--crossbars", "20", "--at-most", "cycles=20"]) == 0
    assert "cycles at most 20 is too little, 81 would do" in capsys.readouterr().out
    tiles = ("--hardware", "isaac-like", "--tiles", "1", "--from", "70")
    assert main(["frontier", "lenet-5", *tiles]) == 0
    assert "optimal cycles of the budgets 70 to 72, complete" in capsys.readouterr().out
    assert main(["frontier", "lenet-5"]) == 2
    assert "needs --up-to, or --tiles and --hardware" in capsys.readouterr().err
