"""The solver `milp`: the optimum of plain search, limits kept, and HiGHS's lies caught."""

import math
from itertools import pairwise
from random import Random

import pytest
from pyomo.common.collections import ComponentMap

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.model.test_statement import SHAPES, pair
from tests.sample import draws
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.model import statement
from xbarmip.model.cycles_windows import cycles_windows, sweep_pairs
from xbarmip.model.statement import build_model, linear_obstacle
from xbarmip.model.steps_windows import window_bound
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.solvers import highs, memory, milp
from xbarmip.solvers.descent import descend
from xbarmip.solvers.highs import End, run_highs
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.evaluate import evaluate


def solve(problem, solver=None, **limits):
    return (solver or Milp()).solve(problem, Watch(Limits(**limits)))


def chain(name, *rows):
    """A chain of padded convolutions; a row: Ci, Co, side, kernel, stride, pad, pooling or None."""
    layers = [
        Layer(f"conv{n}", ci, co, side, side, Window.square(k, s, p), pool=pool)
        for n, (ci, co, side, k, s, p, pool) in enumerate(rows, start=1)
    ]
    edges = [Edge(a.name, b.name) for a, b in pairwise(layers)]
    return Network(name, tuple(layers), tuple(edges))


def alexnet():
    pool = Window.square(3, 2)
    return chain(
        "alexnet",
        (3, 96, 55, 11, 4, 2, pool),
        (96, 256, 27, 5, 1, 2, pool),
        (256, 384, 13, 3, 1, 1, None),
        (384, 384, 13, 3, 1, 1, None),
        (384, 256, 13, 3, 1, 1, pool),
    )


def vgg_a():
    pool = Window.square(2, 2)
    return chain(
        "vgg-a",
        (3, 64, 224, 3, 1, 1, pool),
        (64, 128, 112, 3, 1, 1, pool),
        (128, 256, 56, 3, 1, 1, None),
        (256, 256, 56, 3, 1, 1, pool),
        (256, 512, 28, 3, 1, 1, None),
        (512, 512, 28, 3, 1, 1, pool),
        (512, 512, 14, 3, 1, 1, None),
        (512, 512, 14, 3, 1, 1, pool),
    )


@pytest.mark.parametrize("start", [True, False], ids=["start", "bare"])
@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_optimum_is_that_of_plain_search(objective, rule, start):
    random = Random(f"milp {objective} {rule}")
    for _ in range(draws(25)):
        problem = tiny_problem(random, random.choice(SHAPES), objective, rule, 2000)
        solver, best = Milp(start=start), brute_force(problem)
        assert solver.unsupported(problem) == ()
        result = solve(problem, solver)
        assert result.stop is Stop.FINISHED
        if best is None:
            assert result.status is Status.INFEASIBLE
            assert str(problem.smallest_budget) in result.message
        else:
            assert (result.status, result.value, result.bound) == (Status.OPTIMAL, best, best)
            assert list(result.allocation) == [layer.name for layer in problem.network.layers]
            assert evaluate(problem, result.allocation) == best
            assert problem.crossbars_used(tuple(result.allocation.values())) <= problem.crossbars
            if objective != "cycles":  # by path cuts, which need not come to ask HiGHS
                assert math.ceil(result.statistics["dual_bound"] - 1e-6) == best


def test_alexnet_takes_44_steps():
    """2304 crossbars of 128 x 128, the published rule: the paper's heuristic reaches 46."""
    problem = Problem(alexnet(), 2304, 128, "steps", "published")
    assert problem.sets == (3, 38, 54, 81, 54)
    result = solve(problem)
    assert (result.status, result.value, result.bound) == (Status.OPTIMAL, 44, 44)


def test_vgg_a_takes_480_steps():
    problem = Problem(vgg_a(), 512, 256, "steps", "published")
    assert problem.sets == (1, 3, 5, 9, 18, 36, 36, 36)
    result = solve(problem)
    assert (result.status, result.value, result.bound) == (Status.OPTIMAL, 480, 480)


def test_a_budget_beyond_all_use_is_no_obstacle():
    problem = Problem(pair().network, 10**15, 16)
    assert Milp().unsupported(problem) == ()
    assert solve(problem).value == evaluate(problem, (16, 4))


def test_descent_stays_within_the_budget_and_is_often_best():
    random = Random("descent")
    best = count = 0
    for _ in range(draws(150)):
        problem = tiny_problem(random, random.choice(SHAPES), *random.choice(OBJECTIVES), 1000)
        if problem.feasible:
            allocation = problem.allocation(descend(problem))
            assert problem.crossbars_used(allocation) <= problem.crossbars
            count += 1
            best += evaluate(problem, allocation) == brute_force(problem)
    assert best > count / 2


def test_what_is_too_large_is_named():
    layer = Layer("wide", 10**4, 10**4, 6, 6, Window.square(1))
    network = Network("one", (layer,), ())
    (reason,) = Milp().unsupported(Problem(network, 10**9, 1))
    assert "layer 'wide' may take 1000000000 crossbars" in reason
    assert f"up to {highs.LARGEST_NUMBER} only" in reason
    assert Milp().unsupported(Problem(vgg_a(), 1)) == ()  # infeasible: answered without a model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threads": 0}, "milp option threads must be at least 1, got 0"),
        ({"seed": -1}, "milp option seed must be at least 0, got -1"),
        ({"start": 1}, "milp option start must be a bool, got 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        Milp(**options)


def test_threads_and_seed_do_not_change_the_answer():
    problem = Problem(alexnet(), 1024, 128, "steps", "published")
    for solver in (Milp(threads=2), Milp(seed=7), Milp(threads=1)):
        assert solve(problem, solver).value == 105


def test_without_time_the_start_and_its_bound_remain():
    problem = Problem(alexnet(), 1024, 128, "steps", "pipeline")
    result = solve(problem, seconds=0)
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.TIME)
    assert evaluate(problem, result.allocation) == result.value
    assert result.bound <= solve(problem).value <= result.value
    bare = solve(problem, Milp(start=False), seconds=0)
    assert (bare.status, bare.value, bare.bound) == (Status.UNKNOWN, None, result.bound)


LONG = Problem(vgg_a(), 1024, 128, "steps", "published")  # optimum 904, seconds of HiGHS


def test_a_time_limit_within_the_run_of_highs():
    result = solve(LONG, seconds=1)
    assert (result.stop is Stop.TIME) or result.status is Status.OPTIMAL
    assert result.bound <= 904 <= result.value == evaluate(LONG, result.allocation)


class Patience(Watch):
    """A watch that expires with question number `most` + 1, whatever the clock says."""

    def __init__(self, most):
        super().__init__(Limits())
        self.most, self.questions = most, 0

    @property
    def expired(self):
        self.questions += 1
        return self.questions > self.most


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES[1:])
def test_time_that_ends_before_highs_begins_ends_the_work_at_once(monkeypatch, objective, rule):
    """Whichever question finds the time over (a sample of them), none is asked after it."""
    problem = Problem(HARD.network, HARD.crossbars, HARD.size, objective, rule)
    patient, begun = Patience(10**9), []
    supervise = highs._supervise

    def note(solver, watch, memory):
        begun.append(watch.questions)
        return supervise(solver, watch, memory)

    monkeypatch.setattr(highs, "_supervise", note)
    best = Milp().solve(problem, patient)
    assert best.status is Status.OPTIMAL
    model = build_model(problem, "linear", at_most=best.statistics["start"])
    rows = sum(len(c) for c in model.component_objects(statement.pyo.Constraint))
    assert begun[0] > 5 * rows  # built, recorded, verified, read, and twice copied
    last = begun[0] - 1
    for most in sorted({0, 1, 2, last, *range(3, last, last // 20)}):
        hasty = Patience(most)
        result = Milp().solve(problem, hasty)
        assert hasty.questions == most + 1
        assert (result.status, result.stop) in (
            (Status.FEASIBLE, Stop.TIME),
            (Status.OPTIMAL, Stop.TIME),  # where the start meets the windows' bound
        )
        assert result.bound <= best.value <= result.value == evaluate(problem, result.allocation)
        assert (result.value, result.proof) == (best.statistics["start"], Proof.EXACT)
    assert len(begun) == 1


def test_highs_is_given_what_remains_when_the_model_is_passed(monkeypatch):
    class Remaining(Watch):
        remaining = 77.0

    options = []
    setting = highs._set
    monkeypatch.setattr(highs, "_set", lambda *given: (options.append(given[1:]), setting(*given)))
    assert Milp().solve(HARD, Remaining(Limits(1000))).value == 12
    assert options[-1] == ("time_limit", 77.0)


def test_the_sweeps_of_the_pipeline_are_refused_before_they_are_made(monkeypatch):
    """Counted on full menus and on those that `steps` leaves; one pair less is too few."""
    menus = sum(16 * most for most in STALLING.largest[1:])  # the two consumers
    assert sweep_pairs(STALLING) == menus
    for at_most, pairs in ((None, menus), (12, sweep_pairs(STALLING, 12))):
        assert 0 < pairs <= menus
        assert sum(16 * len(menu) for menu in cycles_windows(STALLING, at_most).menus[1:]) <= pairs
        monkeypatch.setattr(statement, "MOST_PAIRS", pairs)
        assert linear_obstacle(STALLING, at_most) is None
        monkeypatch.setattr(statement, "MOST_PAIRS", pairs - 1)
        with monkeypatch.context() as context:
            context.setattr(statement, "_windows", None)  # not called
            obstacle = linear_obstacle(STALLING, at_most)
        assert f"{pairs} pairs of R and output, the limit is {pairs - 1}" in obstacle
    assert sweep_pairs(STALLING, 1) == 0


@pytest.mark.parametrize("readings", [2, 3])
def test_a_memory_limit(monkeypatch, readings):
    """Reached while the model is built, or while HiGHS runs."""
    monkeypatch.setattr(memory, "_resident", chain_of([0] * (readings - 1), 100))
    result = solve(LONG, memory_bytes=99)
    assert (result.stop, result.status) == (Stop.MEMORY, Status.FEASIBLE)
    assert result.bound <= 904 <= result.value


def chain_of(first, then):
    readings = iter(first)
    return lambda: next(readings, then)


@pytest.mark.parametrize("moment", [1, 2])
def test_an_interrupt_keeps_what_was_found(moment):
    calls = []

    def interrupt(facts):
        calls.append(facts)
        if len(calls) == moment:
            raise KeyboardInterrupt

    result = Milp().solve(LONG, Watch(Limits(), interrupt))
    assert result.stop is Stop.INTERRUPTED
    assert calls[0]["best"] >= result.value == evaluate(LONG, result.allocation)
    assert calls[0]["bound"] <= result.bound <= result.value


def lying_run(monkeypatch, **lies):
    """Let HiGHS solve, then replace parts of what it says."""

    def lie(model, *arguments, **options):
        run = run_highs(model, *arguments, **options)
        return run._replace(**{k: v(run, model) if callable(v) else v for k, v in lies.items()})

    monkeypatch.setattr(milp, "run_highs", lie)


def three(crossbars=8, objective="steps", rule="published"):
    """Three 3x3 convolutions over 4x4 maps; a copy of each takes one crossbar."""
    layers = [Layer(name, 1, 1, 4, 4, Window.square(3, 1, 1)) for name in "abc"]
    edges = (Edge("a", "b"), Edge("b", "c"))
    return Problem(Network("three", tuple(layers), edges), crossbars, 16, objective, rule)


HARD = three()
STALLING = three(objective="cycles", rule=None)


def test_windows_alone_do_not_solve_the_hard_problem():
    assert (window_bound(HARD), brute_force(HARD)) == (10, 12)


def test_a_bound_above_a_true_value_is_an_error(monkeypatch):
    lying_run(monkeypatch, bound=13.0)
    result = solve(HARD)
    assert (result.stop, result.status) == (Stop.ERROR, Status.FEASIBLE)
    assert (result.value, result.bound, result.proof) == (12, 10, Proof.EXACT)
    assert "bound of 13 above the exact value 12" in result.message


def test_false_infeasibility_is_an_error(monkeypatch):
    lying_run(monkeypatch, end=End.INFEASIBLE, bound=None, values=None)
    for solver, status in ((Milp(), Status.FEASIBLE), (Milp(start=False), Status.UNKNOWN)):
        result = solve(HARD, solver)
        assert (result.stop, result.status, result.bound) == (Stop.ERROR, status, 10)
        assert "infeasible that is not" in result.message


def test_optimality_without_a_bound_to_match_is_an_error(monkeypatch):
    lying_run(monkeypatch, bound=9.0)
    result = solve(HARD)
    assert (result.stop, result.status, result.bound) == (Stop.ERROR, Status.FEASIBLE, 10)
    assert "HiGHS calls 9.0 optimal, the exact value found is 12" in result.message


def test_choices_that_are_no_allocation_are_dropped(monkeypatch):
    def nothing(run, model):
        return ComponentMap((variable, 0.0) for variable in run.values)

    def everything(run, model):
        values = ComponentMap((variable, 0.0) for variable in run.values)
        for name in model.LAYERS:
            values[model.choose[name, max(r for n, r in model.CHOICES if n == name)]] = 1.0
        return values

    for lie in (nothing, everything):
        lying_run(monkeypatch, values=lie)
        result = solve(HARD, Milp(start=False))
        assert (result.status, result.value, result.bound) == (Status.UNKNOWN, None, 12)
        assert result.stop is Stop.ERROR


def test_almost_whole_numbers_are_rounded_and_recomputed(monkeypatch):
    def blur(run, model):
        return ComponentMap((v, x + random.uniform(-1e-4, 1e-4)) for v, x in run.values.items())

    random = Random("blur")
    lying_run(monkeypatch, values=blur, bound=lambda run, model: run.bound - 1e-5)
    result = solve(HARD, Milp(start=False))
    assert (result.status, result.value, result.bound) == (Status.OPTIMAL, 12, 12)


def test_an_unknown_status_is_an_error(monkeypatch):
    monkeypatch.setattr(highs, "_ENDS", {})
    result = solve(HARD)
    assert (result.stop, result.status) == (Stop.ERROR, Status.FEASIBLE)
    assert "HiGHS ended with status 'Optimal'" in result.message


def bare_run(model):
    return run_highs(model, Watch(Limits()), Memory(None))


def test_numbers_that_highs_would_blur_are_refused():
    model = build_model(pair(), "linear")
    model.budget.set_value(model.R["a"] * (10**6 + 1) + model.R["b"] <= 7)
    with pytest.raises(UnsupportedError, match="'budget': number 1000001 is beyond 1000000"):
        bare_run(model)


def test_fixed_variables_and_bounds_reach_highs():
    model = build_model(pair(20), "linear")
    model.choose["a", 2].fix(1)
    run = bare_run(model)
    assert run.end is End.OPTIMAL
    assert round(run.values[model.choose["a", 2]]) == 1
    assert math.ceil(run.bound - 1e-6) == min(evaluate(pair(20), (2, r)) for r in range(1, 5))
    model.value.setub(2)
    again = bare_run(model)
    assert (again.end, again.bound, again.values) == (End.INFEASIBLE, None, None)


def test_progress_is_told():
    told = []
    Milp().solve(Problem(alexnet(), 2048, 256, "steps", "published"), Watch(Limits(), told.append))
    assert told[0]["best"] >= 17 >= told[0]["bound"]
