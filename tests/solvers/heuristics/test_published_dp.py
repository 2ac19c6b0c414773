"""The paper's heuristic against a slow version that evaluates every prefix as a network anew."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

import xbarmip as xb
from tests.sample import draws
from xbarmip.compare.suite import read_suite
from xbarmip.hardware.preset import Hardware, MemoryLevel, load_hardware
from xbarmip.measures.steps import rule_view
from xbarmip.network.generate import Shape, random_network
from xbarmip.solvers.heuristics import published_dp
from xbarmip.solvers.heuristics.published_dp import PublishedDynamicProgram
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.registry import make_solver
from xbarmip.timing import reference
from xbarmip.timing.evaluate import evaluate, seconds_of
from xbarmip.timing.step_time import step_time

# (Ci, Co, Wo, Kc, Sc, Pc, Kp, Sp) of the paper's table 2
ALEXNET = [
    (3, 96, 55, 11, 4, 2, 3, 2),
    (96, 256, 27, 5, 1, 2, 3, 2),
    (256, 384, 13, 3, 1, 1, 1, 1),
    (384, 384, 13, 3, 1, 1, 1, 1),
    (384, 256, 13, 3, 1, 1, 3, 2),
]
VGG_A = [
    (3, 64, 224, 3, 1, 1, 2, 2),
    (64, 128, 112, 3, 1, 1, 2, 2),
    (128, 256, 56, 3, 1, 1, 1, 1),
    (256, 256, 56, 3, 1, 1, 2, 2),
    (256, 512, 28, 3, 1, 1, 1, 1),
    (512, 512, 28, 3, 1, 1, 2, 2),
    (512, 512, 14, 3, 1, 1, 1, 1),
    (512, 512, 14, 3, 1, 1, 2, 2),
]


def chain(name, table):
    layers = []
    for number, (ci, co, wo, kc, sc, pc, kp, sp) in enumerate(table):
        window, pool = xb.Window.square(kc, sc, pc), xb.Window.square(kp, sp)
        layers.append(xb.Layer(f"l{number}", ci, co, wo, wo, window, pool=pool))
    edges = tuple(xb.Edge(a.name, b.name) for a, b in pairwise(layers))
    return xb.Network(name, tuple(layers), edges)


def prefix(network, count):
    names = {layer.name for layer in network.layers[:count]}
    edges = tuple(edge for edge in network.edges if edge.consumer in names)
    return replace(network, layers=network.layers[:count], edges=edges)


def slow(problem):
    """Algorithm 2 on tuples: every prefix of every budget through the whole closed form, times the
    step time of the prefix if that matters. Value and allocation where all is spent, or not.
    """
    best = {0: (0, ())}
    behind = problem.smallest_budget
    for number, each in enumerate(problem.sets):
        behind -= each
        network = prefix(problem.network, number + 1)
        view = rule_view(network, "published")
        longer = {}
        for b in range(problem.crossbars - behind + 1):
            for r in range(1, problem.largest[number] + 1):
                if b - r * each in best:
                    allocation = (*best[b - r * each][1], r)
                    value = reference.steps(view, allocation)
                    if problem.hardware is not None:
                        value *= step_time(network, problem.hardware, allocation).seconds
                    if b not in longer or value < longer[b][0]:
                        longer[b] = (value, allocation)
        best = longer
    return {True: best[max(best)], False: best[min(best, key=lambda b: (best[b][0], b))]}


def solve(problem, spend_all=True, limits=None, anew=False):
    return PublishedDynamicProgram(spend_all, anew).solve(problem, Watch(limits or Limits()))


def chains(count, layers=4):
    random = Random(f"published-dp {layers}")
    for _ in range(count):
        network = random_network(random, Shape(layers, extent=8, outputs=30))
        small = (random.randint(4, 30), random.randint(2, 6))
        smallest = xb.Problem(network, 1, small).smallest_budget
        yield xb.Problem(network, smallest + random.randint(0, 25), small, "steps", "published")


def test_equals_the_slow_version():
    worse = {True: 0, False: 0}
    for problem in chains(draws(150)):
        if PublishedDynamicProgram().unsupported(problem):
            continue
        optimum = xb.solve(problem).value
        for spend_all, expected in slow(problem).items():
            for anew in (True, False):
                result = solve(problem, spend_all, anew=anew)
                assert (result.value, tuple(result.allocation.values())) == expected, problem
                assert (result.status, result.bound) == (xb.Status.FEASIBLE, None)
            value, allocation = expected
            assert problem.crossbars_used(allocation) <= problem.crossbars
            assert value >= optimum
            worse[spend_all] += value > optimum
    assert all(worse.values())  # it is a heuristic, and the test looks where that shows


def hardware(random, size):
    """Bandwidths around which data access and computation take turns to be the longer."""
    buffer, bus = (
        MemoryLevel(name, Fraction(random.randint(10, 10_000), random.randint(1, 9)), rule)
        for name, rule in (("buffer", "isaac-intra-tile"), ("bus", "isaac-inter-tile"))
    )
    tile, compute = random.randint(1, 12), Fraction(10**9, random.randint(1, 99))
    return Hardware(
        "random", "a test", xb.Crossbar(*size), crossbars_per_tile=tile, input_bits=16,
        compute_ns=compute, memory=(buffer, bus),
    )  # fmt: skip


def test_equals_the_slow_version_with_bandwidth():
    random, bound = Random("bandwidth"), {True: 0, False: 0}
    for problem in chains(draws(80)):
        on = hardware(random, (problem.crossbar.rows, problem.crossbar.columns))
        problem = replace(problem, objective="latency-steps", hardware=on)
        if PublishedDynamicProgram().unsupported(problem):
            continue
        for spend_all, (value, allocation) in slow(problem).items():
            result = solve(problem, spend_all)
            assert tuple(result.allocation.values()) == allocation, problem
            assert seconds_of(problem, result.value) == value
            bound[spend_all] += step_time(problem.network, on, allocation).binding != ()
    assert min(bound.values()) > draws(10)


def test_finds_the_published_allocations_with_bandwidth():
    """Table 6: both lines with bandwidth, every crossbar spent."""
    for name, published in (
        ("alexnet", [26, 6, 2, 22, 2]),
        ("vgg-a", [112, 28, 10, 10, 5, 4, 2, 2]),
    ):
        problem = xb.Problem(
            xb.load_network(name), 2304, objective="latency-steps", rule="published",
            hardware=load_hardware("isaac-like"),
        )  # fmt: skip
        assert list(solve(problem).allocation.values()) == published


def test_finds_the_published_allocations():
    alexnet = xb.Problem(chain("alexnet", ALEXNET), 2304, 128, "steps", "published")
    result = solve(alexnet)
    assert (result.value, list(result.allocation.values())) == (46, [106, 21, 7, 6, 6])
    vgg_a = xb.Problem(chain("vgg-a", VGG_A), 2304, 128, "steps", "published")
    result = solve(vgg_a)
    assert (result.value, list(result.allocation.values())) == (306, [200, 50, 13, 13, 4, 4, 1, 1])


def test_spending_less_is_never_slower():
    for problem in chains(60, layers=3):
        assert solve(problem, False).value <= solve(problem, True).value


def test_both_rules_through_the_registry():
    network = chain("alexnet", ALEXNET)
    for rule in ("published", "pipeline"):
        problem = xb.Problem(network, 600, 128, "steps", rule)
        result = xb.solve(xb.build_model(problem), solver="published-dp", spend_all=False)
        assert result.value == xb.steps(network, result.allocation, rule)
        assert result.value >= xb.solve(problem).value


def refusal(problem):
    with pytest.raises(xb.UnsupportedError) as caught:
        xb.solve(problem, solver="published-dp")
    return str(caught.value)


def test_refuses_by_name(monkeypatch):
    network = chain("alexnet", ALEXNET)
    steps = xb.Problem(network, 2304, 128, "steps", "published")
    assert "'steps', not 'cycles'" in refusal(xb.Problem(network, 2304))
    skip = replace(network, edges=(*network.edges, xb.Edge("l2", "l4")))
    assert "network 'alexnet' is not one" in refusal(replace(steps, network=skip))
    early = replace(network, outputs=("l0",))
    assert "network 'alexnet' is not one" in refusal(replace(steps, network=early))
    monkeypatch.setattr(published_dp, "MOST_STATES", 5 * 2305 - 1)
    assert "make 11525 states, the most is 11524" in refusal(steps)


def test_limits_and_bad_options():
    problem = xb.Problem(chain("vgg-a", VGG_A), 2304, 128, "steps", "published")
    late = solve(problem, limits=Limits(seconds=0))
    assert (late.status, late.stop, late.value) == (xb.Status.UNKNOWN, xb.Stop.TIME, None)
    large = solve(problem, limits=Limits(memory_bytes=1000))
    assert (large.status, large.stop) == (xb.Status.UNKNOWN, xb.Stop.MEMORY)
    poor = solve(replace(problem, crossbars=3))
    assert poor.status is xb.Status.INFEASIBLE
    assert str(problem.smallest_budget) in poor.message
    with pytest.raises(xb.InputError, match="spend_all must be a bool, got 1"):
        make_solver("published-dp", spend_all=1)
    with pytest.raises(xb.InputError, match="anew must be a bool, got 'no'"):
        make_solver("published-dp", anew="no")


def test_an_interruption_ends_it_without_an_allocation():
    def press(facts):
        raise KeyboardInterrupt

    problem = xb.Problem(chain("alexnet", ALEXNET), 600, 128, "steps", "published")
    result = PublishedDynamicProgram().solve(problem, Watch(Limits(), press))
    assert (result.status, result.stop) == (xb.Status.UNKNOWN, xb.Stop.INTERRUPTED)


def test_networks_that_need_no_step():
    """By the rule `pipeline` layers whose outputs nobody needs take none: whole networks, even."""
    none = 0
    problems = (instance.problem for instance in read_suite("random").instances)
    for problem in (one for one in problems if isinstance(one, xb.Problem)):
        if problem.rule == "pipeline" and not PublishedDynamicProgram().unsupported(problem):
            result = solve(problem)
            chosen = problem.allocation(result.allocation)
            assert result.value == evaluate(problem, chosen)
            none += problem.network.needed[0] == 0
    assert none > 10
