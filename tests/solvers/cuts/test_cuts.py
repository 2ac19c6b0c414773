"""`cycles` by path cuts: the optimum of plain search, exact prices, limits, and lies of HiGHS."""

from random import Random

import numpy as np
import pytest

from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.model.test_statement import SHAPES, allocations
from tests.sample import draws
from tests.solvers.test_milp import STALLING, Patience, alexnet, vgg_a
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.model.critical_paths import critical_paths
from xbarmip.model.menus import every_r
from xbarmip.problem import Problem
from xbarmip.solvers import memory
from xbarmip.solvers.cuts import search
from xbarmip.solvers.cuts.master import Master
from xbarmip.solvers.highs import End
from xbarmip.solvers.milp import Milp
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.evaluate import evaluate, evaluate_many


def solve(problem, solver=None, **limits):
    return (solver or Milp()).solve(problem, Watch(Limits(**limits)))


HARD = Problem(alexnet(), 2304, 128)  # 46 cycles
SLOW = Problem(vgg_a(), 2304, 128)  # 317 cycles, seconds of HiGHS


def test_alexnet_takes_46_cycles():
    result = solve(HARD)
    assert (result.status, result.value, result.bound) == (Status.OPTIMAL, 46, 46)
    assert result.statistics["cuts"] > 0


@pytest.mark.parametrize("start", [True, False])
def test_the_optimum_under_constraints(start):
    """Sums and predicates over two layers; some leave nothing."""
    random = Random(f"cuts constrained {start}")
    infeasible = 0
    for _ in range(draws(60)):
        free = tiny_problem(random, random.choice(SHAPES), "cycles", None, 1000)
        if not free.feasible:
            continue
        names = list(free.network.index)
        a, b = random.sample(names, 2)
        weights = tuple(
            (name, tuple(random.randint(-3, 5) for _ in range(most)))
            for name, most in zip(names, free.largest, strict=True)
        )
        rule, limit = random.randint(2, 4), random.randint(-6, 8)
        added = (
            LinearConstraint("sum", weights, limit),
            Predicate("odd", (a, b), lambda x, y, rule=rule: (x + 2 * y) % rule != 1),
        )
        problem = Problem(free.network, free.crossbars, free.size, constraints=added)
        every = [r for r in allocations(problem) if problem.meets(r)]
        best = (
            min(map(int, evaluate_many(problem, np.array(every))), default=None) if every else None
        )
        result = solve(problem, Milp(start=start))
        assert result.stop is Stop.FINISHED
        infeasible += best is None
        if best is None:
            assert result.status is Status.INFEASIBLE
        else:
            assert (result.status, result.value, result.bound) == (Status.OPTIMAL, best, best)
            assert problem.meets(tuple(result.allocation.values()))
    assert infeasible > draws(3)


def test_prices_bound_every_allocation_whatever_the_multipliers():
    random, told = Random("prices"), 0
    for _ in range(40):
        problem = tiny_problem(random, random.choice(SHAPES), "cycles", None, 400)
        if not problem.feasible:
            continue
        every = allocations(problem)
        values = evaluate_many(problem, np.array(every))
        paths = [p for r in random.sample(every, min(4, len(every))) for p in
                 critical_paths(problem.view, r)[1]]  # fmt: skip
        master = Master(problem, every_r(problem), paths, lambda: None)
        rows = len(problem.sets) + 1 + len(master.paths)
        duals = np.array([random.uniform(-1, 1) for _ in range(rows)])
        prices = master.prices(duals)
        if prices is None:
            continue
        told += 1
        assert prices.bound <= values.min()
        for limit in (int(values.min()), int(np.median(values))):
            left = master.narrowed(prices.fits(limit))
            for allocation, value in zip(every, values, strict=True):
                if value <= limit:
                    assert all(r in menu for r, menu in zip(allocation, left, strict=True))
    assert told > 15


def test_prices_that_64_bits_might_not_hold_are_none(monkeypatch):
    master = Master(HARD, every_r(HARD), critical_paths(HARD.view, (1,) * 5)[1], lambda: None)
    duals = np.ones(len(HARD.sets) + 1 + len(master.paths))
    assert master.prices(duals).bound > 1
    assert master.prices(0 * duals) is None
    monkeypatch.setattr("xbarmip.solvers.cuts.master.MOST", 1)
    assert master.prices(duals) is None


def test_time_that_is_over_ends_the_work_at_once():
    patient = Patience(10**9)
    best = Milp().solve(HARD, patient)
    asked = patient.questions
    for most in sorted({0, 1, 2, asked // 2, asked - 2}):
        hasty = Patience(most)
        result = Milp().solve(HARD, hasty)
        assert hasty.questions <= most + 3  # HiGHS is told, and ends
        assert result.bound <= best.value <= result.value == evaluate(HARD, result.allocation)


def test_a_time_limit_within_highs():
    result = solve(SLOW, seconds=1)
    assert result.stop is Stop.TIME or result.status is Status.OPTIMAL
    assert result.bound <= 317 <= result.value == evaluate(SLOW, result.allocation)


def test_a_memory_limit(monkeypatch):
    readings = iter([0, 0, 0])
    monkeypatch.setattr(memory, "_resident", lambda: next(readings, 100))
    result = solve(HARD, memory_bytes=99)
    assert (result.stop, result.status) == (Stop.MEMORY, Status.FEASIBLE)
    assert result.bound <= 46 <= result.value


@pytest.mark.parametrize("moment", [1, 2, 9])
def test_an_interrupt_keeps_what_was_found(moment):
    told = []

    def interrupt(facts):
        told.append(facts)
        if len(told) == moment:
            raise KeyboardInterrupt

    result = Milp().solve(SLOW, Watch(Limits(), interrupt))
    assert result.stop is Stop.INTERRUPTED
    assert result.bound <= 317 <= result.value == evaluate(SLOW, result.allocation)
    bounds = [facts["bound"] for facts in told if facts.get("bound")]
    assert bounds == sorted(bounds)


def lying(monkeypatch, **lies):
    """Let HiGHS solve the master, then replace parts of what it says."""
    finish = search.finish

    def lie(*arguments):
        told = finish(*arguments)
        return told._replace(**{k: v(told) if callable(v) else v for k, v in lies.items()})

    monkeypatch.setattr(search, "finish", lie)


BARE = Milp(start=False)


def test_the_same_allocation_again_is_an_error(monkeypatch):
    """HiGHS returns what a row rules out: nothing would ever end."""
    lying(monkeypatch, end=End.OPTIMAL, bound=1.0, values=lambda told: np.zeros(10**4))
    result = solve(STALLING, BARE)
    assert result.stop is Stop.ERROR
    assert "ruled out by a row" in result.message


def test_a_bound_beyond_a_value_is_an_error(monkeypatch):
    monkeypatch.setattr(search, "walk", lambda *_: None)  # the master finds something
    lying(monkeypatch, bound=10.0**6)
    result = solve(HARD, BARE)
    assert (result.stop, result.status, result.proof) == (Stop.ERROR, Status.FEASIBLE, Proof.EXACT)
    assert result.bound <= 46
    assert "HiGHS claims a bound of" in result.message


def test_small_numbers_are_rounded_and_recomputed(monkeypatch):
    random = np.random.default_rng(1)
    blur = lambda told: None if told.values is None else (  # noqa: E731
        np.array(told.values) + random.uniform(-1e-4, 1e-4, len(told.values))
    )  # fmt: skip
    lying(monkeypatch, values=blur)
    result = solve(STALLING, BARE)
    assert (result.status, result.value) == (Status.OPTIMAL, brute_force(STALLING))


def test_proofs_say_what_they_rest_on():
    """Where windows or prices close the gap, integers alone; else HiGHS."""
    assert solve(Problem(alexnet(), 2048, 128)).proof is Proof.EXACT
    assert solve(SLOW, seconds=0).proof is Proof.EXACT
    assert solve(HARD).proof is Proof.NUMERICAL


@pytest.mark.parametrize("objective", [*OBJECTIVES[1:], ("serial", None), ("interval", None)])
def test_closed_forms_that_are_too_large_to_be_stated(monkeypatch, objective):
    monkeypatch.setattr("xbarmip.solvers.milp.linear_obstacle", lambda *_: "too large")
    random = Random(f"cuts closed {objective}")
    for number in range(draws(30)):
        problem = tiny_problem(random, random.choice(SHAPES), *objective, 1000)
        if not problem.feasible:
            continue
        result, best = solve(problem, Milp(start=number % 2 == 0)), brute_force(problem)
        assert (result.status, result.value, result.bound) == (Status.OPTIMAL, best, best)
        assert "relaxations" in result.statistics
