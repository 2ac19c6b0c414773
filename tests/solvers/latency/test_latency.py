"""Latencies: the walk of each solver against exhaustive search, and that against its definition."""

import signal
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import tiny_problem
from tests.random_hardware import OWN, SHIPPED, random_hardware
from tests.sample import draws
from tests.solvers.dp.test_constraints import SHAPES as PLAIN
from tests.solvers.dp.test_constraints import random_constraint
from xbarmip.constraint import allowed
from xbarmip.hardware.preset import load_hardware
from xbarmip.problem import Problem
from xbarmip.solvers.dp.solver import DynamicProgram
from xbarmip.solvers.latency.facts import Facts, Spans
from xbarmip.solvers.latency.solver import LatencyWalk
from xbarmip.solvers.protocol import Hint, Limits, Watch
from xbarmip.solvers.registry import solver_for
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.evaluate import evaluate, evaluate_count
from xbarmip.timing.step_time import step_ticks, step_time

KINDS = [
    ("cycles", "latency", None),
    ("steps", "latency-steps", "pipeline"),
    ("steps", "latency-steps", "published"),
]
SHAPES = [PLAIN[0], replace(PLAIN[1], trees=0.8), replace(PLAIN[2], joining=0.9, trees=0.8)]
ISAAC = load_hardware("isaac-like")


def timed(random, shape, kind, most, rules=SHIPPED):
    """A random problem with random hardware, at times with a constraint more."""
    count, objective, rule = kind
    problem = tiny_problem(random, shape, count, rule, most)
    hardware = random_hardware(random, problem.crossbar, rules)
    if random.random() < 0.2:
        problem = replace(problem, constraints=(random_constraint(random, problem, 0),))
    return replace(problem, objective=objective, hardware=hardware)


def by_definition(problem):
    """(count, Tstep, latency) of every allowed allocation, in Fractions."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    names = problem.network.index
    found = []
    for allocation in product(*menus):
        if problem.crossbars_used(allocation) > problem.crossbars:
            continue
        if not allowed(problem.constraints, names, np.array([allocation])).all():
            continue
        step = step_time(problem.network, problem.hardware, allocation).seconds
        count = evaluate_count(problem, allocation)
        found.append((count, step, count * step))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_dp_equals_exhaustive_search(kind, shape):
    random = Random(f"latency {kind} {shape}")
    statuses = set()
    for number in range(draws(30)):
        rules = SHIPPED if number % 3 else (*SHIPPED, *OWN)
        problem = timed(random, shape, kind, 400, rules)
        expected = xb.solve(problem, solver="exhaustive")
        result = xb.solve(problem)
        statuses.add(result.status)
        assert (result.status, result.value) == (expected.status, expected.value), problem
        if result.allocation is not None:
            assert evaluate(problem, result.allocation) == result.value
            assert result.latency == result.count * result.step_time.seconds
            assert result.latency_bound == result.latency
            assert result.proof is Proof.EXACT
    assert statuses == {Status.OPTIMAL, Status.INFEASIBLE}


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_frontier_and_the_least_latency_by_their_definition(kind):
    random = Random(f"latency frontier {kind}")
    for number in range(draws(40)):
        problem = timed(random, SHAPES[number % 3], kind, 100, (*SHIPPED, *OWN))
        every = by_definition(problem)
        pareto, shortest = [], None
        for count, step, _ in sorted(every):
            if shortest is None or step < shortest:
                pareto.append((count, step))
                shortest = step
        for solver in ("dp", "exhaustive"):
            result = xb.solve(problem, solver=solver, whole_frontier=True)
            if not problem.feasible or not every:
                assert result.status is Status.INFEASIBLE
                continue
            assert result.latency == min(latency for _, _, latency in every)
            assert result.whole
            assert [(point.count, point.step) for point in result.points] == pareto


@pytest.mark.parametrize("kind", KINDS)
def test_a_hint_changes_no_answer(kind):
    random = Random(f"hint {kind}")
    for _ in range(draws(60)):
        problem = replace(timed(random, SHAPES[1], kind, 400), objective=kind[0], hardware=None)
        plain = xb.solve(problem)
        if plain.allocation is None:
            continue
        names = problem.network.index
        most = [1 + (problem.crossbars - problem.smallest_budget) // s for s in problem.sets]
        k = random.randrange(len(most))
        one = [1] * len(most)
        one[k] = min(most[k], problem.network.layers[k].outputs)
        hint = Hint((tuple(one), tuple(plain.allocation[name] for name in names)), plain.value)
        for known in (hint, Hint(hint.allocations[:1], random.randint(1, plain.value))):
            hinted = DynamicProgram().solve_from(problem, Watch(Limits()), known)
            assert (hinted.status, hinted.value) == (plain.status, plain.value)


@pytest.mark.parametrize("rounds", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_after_some_rounds_is_true(kind, rounds):
    """The answer has an allocation where there is one, and a bound."""
    random = Random(f"quick {kind}")
    statuses = set()
    for _ in range(60 if rounds == 0 else 20):
        problem = replace(timed(random, SHAPES[1], kind, 400), objective=kind[0], hardware=None)
        best = xb.solve(problem, "exhaustive")
        quick = DynamicProgram().solve_from(problem, Watch(Limits()), Hint(rounds=rounds))
        statuses.add(quick.status)
        assert quick.stop is Stop.FINISHED
        assert (quick.status is Status.INFEASIBLE) == (best.status is Status.INFEASIBLE)
        if best.value is not None:
            assert quick.bound <= best.value <= quick.value
    assert {Status.INFEASIBLE, Status.OPTIMAL} <= statuses


@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_with_a_hint_proves_as_much_as_was_asked_for(kind):
    """Whether there is a latency below a cut, whatever allocations it begins with."""
    random = Random(f"latency cut {kind}")
    stopped = 0
    for _ in range(draws(90)):
        problem = timed(random, random.choice(SHAPES), kind, 400)
        solver = LatencyWalk(DynamicProgram())
        least = xb.solve(problem, solver="exhaustive").value
        cut = (
            random.choice((1, 2**40)) if least is None else least + random.choice((-9, -1, 0, 1, 9))
        )
        menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
        known = [tuple(random.choice(menu) for menu in menus) for _ in range(3)]
        known = [one for one in known if problem.crossbars_used(one) <= problem.crossbars]
        hint = Hint(tuple(known), random.choice((1, least or 1)), cut)
        result = solver.solve_from(problem, Watch(Limits()), hint)
        assert result.stop is Stop.FINISHED
        if least is None:
            assert result.status is Status.INFEASIBLE or result.bound == cut
        elif least < cut:
            assert (result.status, result.value) == (Status.OPTIMAL, least)
        else:
            stopped += result.status is not Status.OPTIMAL
            assert cut <= result.bound <= least <= (result.value or least)
    assert stopped


def test_a_walk_knows_a_bound_before_it_looks_for_short_steps():
    """The first report behind the first question: the bound of the count, times T_C."""
    problem = Problem(xb.load_network("alexnet"), 2304, objective="latency", hardware=ISAAC)
    told = []
    result = xb.solve(problem, progress=told.append)
    second = next(facts for facts in told if facts["subproblem"] == 2)
    free = xb.solve(replace(problem, objective="cycles", hardware=None)).value
    assert second["best"] is not None
    assert 0.8 * free * step_ticks(problem.network, ISAAC).compute < second["bound"] < result.value


@dataclass(frozen=True, slots=True)
class Lazy(DynamicProgram):
    """Says what it knows at once as long as it is given fewer than four rounds."""

    def solve_from(self, problem, watch, hint):
        rounds = hint.rounds if hint.rounds is None or hint.rounds >= 4 else 0
        return DynamicProgram.solve_from(self, problem, watch, hint._replace(rounds=rounds))


def test_a_walk_asks_for_more_rounds_until_they_are_enough():
    """Questions that stay open are put again, of both ends of a span, and no answer changes."""
    random, again = Random("rounds"), 0
    for number in range(draws(90)):
        problem = timed(random, SHAPES[number % 3], KINDS[number % 2], 400)
        expected = xb.solve(problem, "exhaustive")
        result = LatencyWalk(Lazy()).solve(problem, Watch(Limits()))
        assert (result.status, result.value) == (expected.status, expected.value)
        asked = [one.at_most for one in result.subproblems if one.enough is not None]
        again += len(asked) > len(set(asked))
    assert again > 0


def test_spans_keep_every_step_that_can_be_better():
    """Random facts, splits and better values; a step is left out only if it gives no less."""
    random = Random("spans")
    for _ in range(draws(200)):
        least = sorted((random.randint(1, 30) for _ in range(200)), reverse=True)  # c(1), c(2), ..
        facts = Facts(1, least[-1])
        spans, best = Spans(facts), random.randint(20, 200)
        for _ in range(12):
            spans.trim(best)
            products = {step: step * count for step, count in enumerate(least, 1)}
            ranges = [range(low, (high or 200) + 1) for low, high in spans._open]
            left = {step for each in ranges for step in each}
            assert all(products[step] >= best for step in products.keys() - left)
            if not spans:
                break
            assert spans.least <= min(products[step] for step in left)
            span = spans.weakest
            if span.high is not None and span.high > span.low:
                middle = (span.low + span.high) // 2
                facts.add(middle, random.randint(1, least[middle - 1]))
                spans.split(span, middle)
            best = random.randint(1, best)


def test_alexnet_of_the_paper():
    """Figure 8 gives 386 us at 32 tiles; 143 steps of 2.1 us are the least."""
    alexnet = xb.load_network("alexnet")
    result = xb.solve(Problem(alexnet, 32 * 72, None, "latency-steps", "published", hardware=ISAAC))
    assert result.status is Status.OPTIMAL
    assert result.latency * 10**6 == Fraction(3003, 10)
    assert (result.count, result.step_time.binding) == (143, ())
    fewer = Problem(alexnet, 1461, None, "latency-steps", "published", hardware=ISAAC)
    assert xb.solve(fewer).latency == result.latency


def test_a_walk_that_is_cut_short_keeps_a_bound():
    problem = Problem(xb.load_network("vgg-a"), 2304, None, "latency", None, hardware=ISAAC)
    result = xb.solve(problem, time_limit=0.0)
    assert (result.status, result.stop) == (Status.UNKNOWN, Stop.TIME) or result.value is not None
    assert result.bound is not None
    assert result.bound <= evaluate(problem, [107, 28, 12, 8, 5, 4, 2, 2])


def test_what_a_walk_reports_is_about_the_latency():
    """Bounds below, values above, as they get better, and all by the clock of the whole walk."""
    network, told = xb.load_network("alexnet"), []
    result = xb.solve(
        Problem(network, 1152, objective="latency", hardware=ISAAC), progress=told.append
    )
    values = [facts["best"] for facts in told if facts["best"] is not None]
    bounds = [facts["bound"] for facts in told]
    seconds = [facts["seconds"] for facts in told]
    assert values == sorted(values, reverse=True)
    assert values[-1] == result.value
    assert max(bounds) <= result.value
    assert seconds == sorted(seconds)
    assert {facts["subproblem"] for facts in told} == set(range(1, len(result.subproblems) + 1))
    assert any("best_count" in facts for facts in told)


def test_ctrl_c_ends_a_walk_with_the_subproblem_that_it_meets():
    """At some reports, also where that subproblem is over or has proven enough all the same."""
    problem = Problem(xb.load_network("alexnet"), 700, objective="latency", hardware=ISAAC)
    told = []
    whole = xb.solve(problem, progress=told.append)
    assert len(whole.subproblems) > 2
    for moment, facts in list(enumerate(told))[:: 1 + len(told) // 20]:
        calls = iter(range(len(told) + 1))

        def press(facts, calls=calls, moment=moment):
            if next(calls) == moment:
                signal.raise_signal(signal.SIGINT)

        result = xb.solve(problem, progress=press)
        assert len(result.subproblems) <= facts["subproblem"]
        assert result.bound <= whole.value
        assert result.status is Status.OPTIMAL or result.stop is Stop.INTERRUPTED


def test_the_pieces_of_a_walk_go_by_its_clock():
    """A clock that stands still, as that of a run does while machine code is compiled, stands still
    for the subproblems, too.
    """
    now = 0.0
    watch = Watch(Limits(10, 99), clock=lambda: now)
    now = 4.0
    part = watch.part(lambda facts: None)
    assert (part.limits, part.seconds) == (Limits(6, 99), 0)
    now = 9.0
    assert (part.seconds, part.remaining, part.expired) == (5, 1, False)
    now = 10.0
    assert part.expired

    class Still(Watch):
        seconds = 0.0

    problem = Problem(xb.load_network("alexnet"), 1152, objective="latency", hardware=ISAAC)
    still = Still(Limits(1e-9))
    assert not still.part(still.tell).expired
    assert solver_for(problem, DynamicProgram()).solve(problem, still).status is Status.OPTIMAL
