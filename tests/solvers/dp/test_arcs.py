"""The path bound told from arcs, against all allocations there are."""

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import tiny_problem
from tests.sample import draws
from xbarmip.network.generate import Shape
from xbarmip.solvers.dp.bounds import question as asked
from xbarmip.solvers.dp.bounds.arc_rows import places_of
from xbarmip.solvers.dp.bounds.arcs import ArcProgram
from xbarmip.solvers.dp.bounds.cuts import Goal, Switches
from xbarmip.solvers.dp.bounds.legs import Support
from xbarmip.solvers.dp.bounds.multipliers import find_multipliers, linear_solver
from xbarmip.solvers.dp.bounds.points import path_points
from xbarmip.solvers.dp.bounds.prices import prices
from xbarmip.solvers.dp.bounds.question import Question
from xbarmip.solvers.dp.bounds.seeds import no_seeds, seeds_at
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.dp.table import search_table
from xbarmip.timing.evaluate import evaluate_many

SHAPES = [Shape(layers=3), Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5)]


@pytest.fixture
def all_deep(monkeypatch):
    """Every network is deep."""
    monkeypatch.setattr(asked, "ARCS_FROM", 1)


def instances(name, count):
    """Tiny problems that can be met, with all allocations within the budget and their values."""
    random = Random(name)
    while count:
        problem = tiny_problem(random, SHAPES[count % 2], "cycles", None, most=600)
        menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
        allocations = np.array(list(product(*menus)), dtype=np.int64)
        within = allocations @ np.array(problem.sets) <= problem.crossbars
        if within.any():
            yield random, problem, allocations, within, evaluate_many(problem, allocations)
            count -= 1


def search_of(problem):
    return TargetSearch(search_table(problem), problem, Switches(), lambda *_, **__: None)


def steps_of(flow, allocations):
    """Steps of all legs of a flow, times their multipliers, under each allocation."""
    layer, begin, end, _ = flow.legs.T
    r = allocations[:, layer]
    return (flow.multiplier * (-(-end // r) + (-begin // r))).sum(axis=1)


def test_no_flow_is_longer_than_its_weight_times_the_value(all_deep):
    """Also where it began with what was found within other windows."""
    seen, solver = 0, linear_solver()
    for random, problem, allocations, _, values in instances("arcs: paths", draws(120)):
        most = allocations.max(axis=0)
        table, seeds = search_table(problem), no_seeds()
        for _ in range(3):
            low = np.array([random.randint(1, m) for m in most])
            high = np.array([random.randint(a, m) for a, m in zip(low, most, strict=True)])
            windows = Windows(np.array(problem.sets), low, high)
            target = random.randint(1, int(values.max()))
            question = Question(table, windows, windows.most, target, None, [])
            seeds = seeds.within(table, windows)
            relaxation, seeds = find_multipliers(solver, question, seeds, 1, lambda: None)
            inside = ((low <= allocations) & (allocations <= high)).all(axis=1)
            flow = relaxation.flow
            if flow is not None and flow.weight:
                steps = steps_of(flow, allocations[inside])
                assert (steps <= flow.weight * values[inside]).all()
                seen += 1
    assert seen > draws(100)


def test_a_flow_that_floats_got_wrong_is_none_that_is_too_long(all_deep):
    """Whatever the dual values, as much leaves an entry as comes, and no path is made longer."""
    seen = 0
    for random, problem, allocations, _, values in instances("arcs: wrong", 60):
        high = allocations.max(axis=0)
        windows = Windows(np.array(problem.sets), np.ones_like(high), high)
        table = search_table(problem)
        places = places_of(path_points(table, windows), table.outputs, np.array(table.sinks))
        program = ArcProgram(places, windows.sets, random.randint(1, int(values.max())), 100.0)
        entries = random.sample(range(len(places.points.entry)), 2)
        program.add_entries(np.array(entries))
        for r in (1, 2):
            program.add_choices(np.arange(len(high)), np.minimum(r, high))
        program.solve(random.choice((1.0, 1e-3)), lambda: None)
        duals = program._duals
        program._duals = duals._replace(
            **{
                name: np.array([max(0.0, v + random.gauss(0, 5)) for v in getattr(duals, name)])
                for name in ("prior", "arcs", "sinks", "ends")
            }
        )
        flow = program.whole_flow(1000)
        assert (steps_of(flow, allocations) <= flow.weight * values).all()
        seen += flow.weight > 0
    assert seen > 40


def test_a_program_of_arcs_has_the_value_of_one_of_paths(all_deep, monkeypatch):
    """Both are the same relaxation, though the one of paths may be left early."""
    solver, compared, equal = linear_solver(), 0, 0
    for random, problem, allocations, within, values in instances("arcs: value", draws(80)):
        best = int(values[within].min())
        windows = Windows(
            np.array(problem.sets), np.ones(len(problem.sets), np.int64), allocations.max(axis=0)
        )
        table, search = search_table(problem), search_of(problem)
        target = max(1, best - random.randint(0, 2))
        question = Question(table, windows, problem.crossbars, target, None, [])
        bounds = []
        for start in (1, 100):
            monkeypatch.setattr(asked, "ARCS_FROM", start)
            relaxation, _ = find_multipliers(solver, question, no_seeds(), 2, lambda: None)
            carries = search.carried.stages
            found = prices(search.stages, carries, windows, target, relaxation)
            bounds.append(found.bound / found.scale)
        # where both are beyond the budget, they stop early
        if max(bounds) <= problem.crossbars:
            assert bounds[0] >= 0.99 * bounds[1] - 0.1
            equal += bounds[0] == pytest.approx(bounds[1], rel=0.01, abs=0.1)
            compared += 1
    assert compared > draws(20)
    assert equal >= 0.9 * compared


def test_what_one_path_bound_refutes_is_below_the_optimum(all_deep):
    """Also of targets above it, and around any allocation; and it is a third of what there is."""
    refuted = total = 0
    for random, problem, allocations, within, values in instances("arcs: refuted", draws(250)):
        best = int(values[within].min())
        finder = search_of(problem).finder
        for _ in range(3):
            finder.begin_at(allocations[random.randrange(len(allocations))].tolist())
            goal = Goal(random.randint(1, best + 3), problem.crossbars)
            found = finder.refuted_by_paths(goal, 1)
            assert 0 <= found <= min(goal.target, best - 1)
            refuted, total = refuted + found, total + min(goal.target, best - 1)
    assert refuted > 0.3 * total


def test_deep_networks_have_the_values_of_all_allocations(all_deep):
    for random, problem, _, within, values in instances("arcs: solved", 150):
        result = xb.solve(problem, DynamicProgram(paths=random.random() < 0.8))
        assert result.status == xb.Status.OPTIMAL
        assert result.value == values[within].min()


def test_a_flow_beyond_64_bits_is_looked_for_on_a_smaller_scale(all_deep):
    """Crossbar sets of 2^45 and more are as dear as a path that is too long."""
    for random, problem, _, _, _ in instances("arcs: huge", 40):
        layers = tuple(
            replace(layer, in_channels=2**45, groups=1) for layer in problem.network.layers
        )
        network = replace(problem.network, layers=layers)
        smallest = xb.Problem(network, 1, problem.size).smallest_budget
        huge = xb.Problem(network, smallest * random.randint(4, 12) // 4, problem.size)
        result = xb.solve(huge, "dp")
        assert result.status == xb.Status.OPTIMAL
        assert result.value == xb.solve(huge, "exhaustive").value


def test_without_an_answer_there_is_a_mixture_and_an_allocation_is_one():
    (_, problem, allocations, _, _), *_ = instances("arcs: none", 1)
    high = allocations.max(axis=0)
    windows = Windows(np.array(problem.sets), np.ones_like(high), high)
    table = search_table(problem)
    places = places_of(path_points(table, windows), table.outputs, np.array(table.sinks))
    program = ArcProgram(places, windows.sets, 1, 1.0)
    program.add_choices(np.arange(len(high)), high)
    assert (program.support().r == high).all()
    assert seeds_at([1] * len(high)).rounded.tolist() == [1] * len(high)


def test_a_check_ends_a_program(all_deep):
    """After any iteration, not only after all of one program."""
    (_, problem, allocations, _, _), *_ = instances("arcs: none", 1)
    high = allocations.max(axis=0)
    windows = Windows(np.array(problem.sets), np.ones_like(high), high)
    question = Question(search_table(problem), windows, problem.crossbars, 1, None, [])
    left = [3]

    def check():
        left[0] -= 1
        if not left[0]:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        find_multipliers(linear_solver(), question, no_seeds(), 2, check)


def test_a_mixture_is_rounded_at_the_share_that_a_budget_holds():
    """As when all shares are tried one after another; a budget for the mixture holds it rounded."""
    random = Random("rounded")
    for _ in range(draws(300)):
        sizes = [random.randint(1, 4) for _ in range(random.randint(1, 5))]
        menus = [sorted(random.sample(range(1, 9), size)) for size in sizes]
        # in 64ths, so that floats are exact
        cuts = [sorted(random.sample(range(1, 64), size - 1)) for size in sizes]
        parts = [np.diff([0, *cut, 64]).tolist() for cut in cuts]
        start, r = np.cumsum([0, *sizes]), np.concatenate(menus)
        mixture = Support(start, r, np.concatenate(parts) / 64)
        sets = np.array([random.randint(1, 5) for _ in sizes])
        cost = int((np.repeat(sets, sizes) * r * np.concatenate(parts)).sum())
        budget = -(-cost // 64) + random.randrange(3)
        tried = (
            [
                max(
                    choice
                    for choice in menu
                    if sum(w for c, w in zip(menu, part, strict=True) if c >= choice) >= share
                )
                for menu, part in zip(menus, parts, strict=True)
            ]
            for share in range(1, 65)
        )
        held = next(each for each in tried if np.array(each) @ sets <= budget)
        found = no_seeds()._replace(mixture=mixture).rounded_within(sets, budget)
        assert found.tolist() == held
