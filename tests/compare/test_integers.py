"""Problems as integers alone, and back: the same problem, by every measure that there is."""

import json
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from tests.random_hardware import LARGEST, SHIPPED, UNEVEN, random_hardware
from tests.sample import draws
from xbarmip.compare.instance import objective_label, problem_for, smallest_budget
from xbarmip.compare.integers import from_integers, to_integers
from xbarmip.compare.suite import read_suite
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.json_format import from_dict, to_dict
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.solvers.registry import solve
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import ticks_of

LABELS = ("cycles", "steps/pipeline", "steps/published", "interval", "serial")


def drawn(number):
    """A tiny problem with branches and joins, and some allocations."""
    random = Random(number)
    shape = Shape(random.randint(1, 6), 7, 14, branching=0.4, joining=0.5)
    network = random_network(random, shape)
    label = LABELS[number % len(LABELS)]
    problem = problem_for(network, smallest_budget(network, 4) + random.randint(0, 12), 4, label)
    allocations = [[random.randint(1, x.outputs) for x in network.layers] for _ in range(5)]
    return problem, allocations


def test_every_random_problem_comes_back_the_same():
    for number in range(draws(600)):
        problem, allocations = drawn(number)
        written = json.loads(json.dumps(to_integers(problem)))
        again = from_integers(written)
        assert to_integers(again) == written
        assert again.sets == problem.sets
        for allocation in allocations:
            assert evaluate(again, allocation) == evaluate(problem, allocation)


def test_solvers_find_the_same_optimum():
    for number in range(12):
        problem, _ = drawn(number)
        again = from_integers(to_integers(problem))
        for solver in ("dp", "milp", "exhaustive"):
            assert solve(again, solver).value == solve(problem, solver).value


@pytest.mark.parametrize("name", ["published", "onnx"])
def test_real_networks_come_back_the_same(name):
    for instance in read_suite(name).instances[::4]:
        problem = instance.problem
        again = from_integers(to_integers(problem))
        ones = [1] * len(problem.sets)
        assert evaluate(again, ones) == evaluate(problem, ones)
        assert evaluate(again, again.largest) == evaluate(problem, problem.largest)


def test_a_listed_reach_is_part_of_the_network_format():
    network = from_integers(to_integers(drawn(1)[0])).network
    assert from_dict(json.loads(json.dumps(to_dict(network)))) == network
    with pytest.raises(InputError, match="does not cover a listed reach"):
        evaluate(Problem(network, 99, 1, "steps", "published"), [1] * len(network.layers))


def test_a_problem_given_by_its_numbers_keeps_its_objective():
    problem = from_integers(to_integers(drawn(3)[0]))
    assert (problem.objective, problem.rule) == ("interval", None)
    assert replace(problem, crossbars=99).view is problem.view
    with pytest.raises(InputError, match="keeps its objective, 'interval'"):
        replace(problem, objective="cycles")


def test_a_measure_that_is_not_known_is_read_by_its_numbers():
    for number in range(20):
        problem, allocations = drawn(number)
        written = {**to_integers(problem), "measure": "throughput/of ours"}
        again = from_integers(written)
        assert objective_label(again) == "throughput/of ours"
        assert to_integers(again) == written
        assert [evaluate(again, a) for a in allocations] == [
            evaluate(problem, a) for a in allocations
        ]


def test_constraints_go_along():
    problem, _ = drawn(3)
    name = problem.network.layers[0].name
    weights = tuple(range(1, problem.largest[0] + 1))
    asked = replace(problem, constraints=(LinearConstraint("c", ((name, weights),), 2),))
    again = from_integers(to_integers(asked))
    assert again.constraints == asked.constraints
    free = replace(problem, constraints=(Predicate("free", (name,), lambda r: r > 1),))
    with pytest.raises(UnsupportedError, match="'free' is not linear"):
        to_integers(free)


def broken(change):
    data = json.loads(json.dumps(to_integers(chain())))
    change(data)
    return data


def chain():
    random = Random(5)
    while True:
        network = random_network(random, Shape(3, 5, 12))
        if network.layers[2].outputs > 1 and len(network.edges) == 2:
            return Problem(network, smallest_budget(network, 4) + 3, 4)


def ticks_by_the_book(step, allocation):
    """The step time from the tables alone, as docs/suite-format.md says."""
    times = [step["compute"]]
    for layer, r in zip(step["layers"], allocation, strict=True):
        moved = sum(table[r - 1] * allocation[k] for k, table in layer["producers"])
        times.append(layer["own"][r - 1] + moved)
    return max(times)


def test_latencies_as_integers_are_the_same_latencies():
    bound_by_memory = 0
    for number in range(draws(600)):
        problem, _ = drawn(number)
        random = Random(number)
        objective = problem.measure.time
        hardware = random_hardware(random, problem.crossbar, (*SHIPPED, UNEVEN.name))
        asked = replace(problem, objective=objective, hardware=hardware)
        written = json.loads(json.dumps(to_integers(asked)))
        step = written.pop("step")
        counted = from_integers({**written, "measure": problem.measure.label})
        assert Fraction(*step["tick"]) == ticks_of(asked).tick
        for _ in range(5):
            allocation = [random.randint(1, most) for most in asked.largest]
            ticks = ticks_by_the_book(step, allocation)
            bound_by_memory += ticks > step["compute"]
            assert evaluate(counted, allocation) * ticks == evaluate(asked, allocation)
    assert draws(500) < bound_by_memory < draws(2500)


def test_the_published_step_times_come_out_of_the_integers():
    hardware = load_hardware("isaac-like")
    asked = Problem(load_network("vgg-a"), 2304, objective="latency", hardware=hardware)
    step = to_integers(asked)["step"]
    tick = Fraction(*step["tick"])
    for allocation, microseconds in (
        ([200, 50, 13, 13, 4, 4, 1, 1], "7.57"),
        ([112, 28, 10, 10, 5, 4, 2, 2], "2.20"),
    ):
        assert f"{float(ticks_by_the_book(step, allocation) * tick * 10**6):.2f}" == microseconds


def test_what_moves_by_no_table_is_refused_by_name():
    hardware = load_hardware("isaac-like")
    level = replace(hardware.memory[0], name="odd", rule=LARGEST.name)
    odd = replace(hardware, memory=(*hardware.memory, level))
    with pytest.raises(UnsupportedError, match="memory level 'odd': rule 'test-largest' is not"):
        to_integers(Problem(load_network("alexnet"), 2304, objective="latency", hardware=odd))


BAD = {
    "unknown key": (lambda d: d.update(extra=1), "unknown key 'extra'"),
    "missing key": (lambda d: d.pop("edges"), "missing key 'edges'"),
    "latency": (lambda d: d.update(step={}), "latency is written for other programs"),
    "measure": (lambda d: d.update(measure=3), "measure must be"),
    "tails of a pipeline": (lambda d: d["view"].update(tails=[[1, 0], None]), "must be 0 tails"),
    "tails": (lambda d: d["view"].update(stalls=0, tails=[[1], None]), "tails must be pairs"),
    "falling tail": (lambda d: d["view"].update(stalls=0, tails=[[1, 2], None]), "begin must be"),
    "offset": (lambda d: d["view"].update(offset=1), "view: offset must be at most 0"),
    "capped": (lambda d: d["view"].update(capped=0), "a pipeline makes no output beyond"),
    "counted": (lambda d: d["view"]["counted"].pop(), "counted must be"),
    "counts more": (lambda d: d["view"].update(stalls=0, counted=[10**9] * 3), "counted of layer"),
    "no outputs": (lambda d: d["layers"][0].update(outputs=0), "outputs must be at least 1"),
    "other outputs": (lambda d: d["layers"][2].update(outputs=7919), "but its edges make it"),
    "float set": (lambda d: d["layers"][1].update(set=1.0), "layer number 1: set must be an int"),
    "end of 2": (lambda d: d["layers"][1].update(end=2), "end must be at most 1"),
    "no end": (lambda d: d["layers"][2].update(end=0), "no output of a layer ends the inference"),
    "growth": (lambda d: d["edges"][0].update(growth=-1), "growth must be at least 0"),
    "huge": (lambda d: d["edges"][0].update(columns=[2**70]), "columns must be at most"),
    "beyond the producer": (
        lambda d: d["edges"][0].update(rows=[10**6] * len(d["edges"][0]["rows"])),
        "a window does not fit",
    ),
    "no rows": (lambda d: d["edges"][0].update(rows=[]), "rows must not be empty"),
    "text row": (lambda d: d["edges"][0].update(rows=["x"]), "rows must be an integer"),
    "no such layer": (lambda d: d["edges"][0].update(consumer=9), "there are only 3 layers"),
    "backward": (lambda d: d["edges"][0].update(producer=2, consumer=0), "edge"),
    "edges no list": (lambda d: d.update(edges={}), "edges must be a list"),
    "weights": (
        lambda d: d.update(constraints=[{"name": "c", "limit": 1, "weights": [[0]]}]),
        "weights must be pairs",
    ),
    "short weights": (
        lambda d: d.update(constraints=[{"name": "c", "limit": 1, "weights": [[0, []]]}]),
        "weights, but R up to",
    ),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD.keys())
def test_bad_integers(change, message):
    with pytest.raises(InputError, match=message):
        from_integers(broken(change))
