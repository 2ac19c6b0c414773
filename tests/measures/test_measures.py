"""Every measure on every exact solver, and a measure of one's own, registered at run time."""

import json
from dataclasses import replace
from itertools import pairwise, product
from math import prod
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import tiny_problem
from tests.random_hardware import random_hardware
from tests.sample import draws
from tests.views import in_whole_rows
from xbarmip.certificate import check
from xbarmip.certificate.write import write_certificate
from xbarmip.cli.main import main
from xbarmip.compare.fields import read_objectives
from xbarmip.compare.instance import objective_label, problem_for
from xbarmip.compare.integers import from_integers, to_integers
from xbarmip.constraint import LinearConstraint
from xbarmip.contract import check_measure
from xbarmip.errors import InputError
from xbarmip.exact import ceil_div
from xbarmip.measures import registry
from xbarmip.measures.cycles import CYCLES
from xbarmip.measures.registry import Measure, measure_of, register_measure
from xbarmip.measures.view import View
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.need import NeedMap
from xbarmip.solvers.dp.plain import plain_optimum
from xbarmip.timing import reference
from xbarmip.timing.evaluate import count_of, evaluate
from xbarmip.timing.step_time import ticks_of

SHAPES = (
    Shape(layers=3),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=2, extent=6, outputs=16),
)


def interval(network, allocation):
    return max(ceil_div(n, r) for n, r in zip(network.needed, allocation, strict=True))


def serial(network, allocation):
    return sum(ceil_div(n, r) for n, r in zip(network.needed, allocation, strict=True))


DEFINED = {"interval": interval, "serial": serial}


def optimum(problem, value):
    """The least of a function of (network, allocation), by a loop over all allocations."""
    menus = (range(1, most + 1) for most in problem.largest)
    allowed = [chosen for chosen in product(*menus) if problem.meets(chosen)]
    return min((value(problem.network, chosen) for chosen in allowed), default=None)


def some_sum(random, problem):
    """Any weight for each R of each layer, and a limit that some allocations meet."""
    tables = [[random.randint(0, 9) for _ in range(x.outputs)] for x in problem.network.layers]
    pairs = zip(problem.network.index, map(tuple, tables), strict=True)
    limit = sum(map(min, tables)) + random.randint(0, 9)
    return LinearConstraint("some", tuple(pairs), limit)


def drawn(random, number, name):
    problem = tiny_problem(random, SHAPES[number % 3], name, None, 500)
    if number % 5 < 2:
        problem = replace(problem, crossbars=problem.crossbars + 20)
        problem = replace(problem, constraints=(some_sum(random, problem),))
    return problem


@pytest.mark.parametrize("name", DEFINED)
def test_every_solver_finds_the_least_that_there_is(name):
    random, without = Random(f"measure {name}"), 0
    for number in range(draws(250)):
        problem = drawn(random, number, name)
        least = optimum(problem, DEFINED[name])
        without += least is None
        for solver in ("dp", "exhaustive", *["milp"] * (number % 10 == 0)):
            result = xb.solve(problem, solver)
            assert (result.value, result.bound) == (least, least), solver
            if least is not None:
                chosen = problem.allocation(result.allocation)
                assert DEFINED[name](problem.network, chosen) == least
        plain = plain_optimum(problem)
        assert (plain and plain[0]) == least
    assert draws(5) < without < draws(125)


@pytest.mark.parametrize("name", DEFINED)
def test_times_are_the_count_times_the_step_time_of_the_real_edges(name):
    """The chain of `serial` and the layers alone of `interval` move the same data as ever."""
    random, time = Random(f"time of {name}"), measure_of(name).time
    for number in range(draws(60)):
        free = drawn(random, number, name)
        if not free.feasible or prod(free.largest) > 300:
            continue
        hardware = random_hardware(random, free.crossbar)
        problem = replace(free, objective=time, hardware=hardware)
        steps = ticks_of(replace(problem, objective="latency"))

        def latency(network, chosen, steps=steps):
            return DEFINED[name](network, chosen) * steps(chosen)

        least = optimum(problem, latency)
        for solver in ("dp", "exhaustive"):
            result = xb.solve(problem, solver)
            assert (result.value, result.bound) == (least, least), solver


def chain(network):
    """The layers one after another: each needs all that counts of the one before."""
    counted, layers = network.needed, network.layers
    return View(
        network,
        tuple(pairwise(range(len(layers)))),
        tuple(all_of(n, after) for n, after in zip(counted, layers[1:], strict=False)),
        counted,
        tuple(layer is layers[-1] for layer in layers),
        stalls=True,
    )


def all_of(outputs, consumer):
    rows, columns = np.ones(consumer.height, np.int64), np.full(consumer.width, outputs)
    above = np.append(0, np.full(consumer.height, outputs))
    return NeedMap(rows, above, columns, outputs)


def test_serial_is_a_chain_of_layers_that_wait_for_all():
    """SPEC §11: in the pipeline L layers in a row overlap L - 1 times."""
    random = Random("chain")
    for _ in range(draws(300)):
        network = random_network(random, SHAPES[1])
        if 0 in network.needed:
            continue
        allocation = [random.randint(1, layer.outputs) for layer in network.layers]
        waits = reference.cycles(chain(network), allocation)
        value = count_of(measure_of("serial").view(network), allocation)
        assert value == serial(network, allocation) == waits + len(network.layers) - 1


def test_measures_in_their_order():
    """interval <= steps by the pipeline <= cycles <= serial."""
    random, views = Random("order"), [measure_of(name) for name in ("interval", "steps", "cycles")]
    for _ in range(draws(400)):
        network = random_network(random, random.choice(SHAPES))
        allocation = [random.randint(1, layer.outputs) for layer in network.layers]
        values = [count_of(measure.view(network), allocation) for measure in views]
        assert values == sorted(values)
        assert values[0] == interval(network, allocation)


# a measure of one's own


def whole_rows(network):
    """The pipeline, but outputs are handed on in whole rows."""
    return in_whole_rows(CYCLES.view(network))


def first_half(network):
    """The pipeline until the first half of the layers is done."""
    view, half = CYCLES.view(network), -(-len(network.layers) // 2)
    return replace(view, ends=tuple(number < half for number in range(len(view.ends))))


def half_of_serial(network):
    """One layer after another up to the middle of the network, whether or not it is needed."""
    view, half = measure_of("serial").view(network), -(-len(network.layers) // 2)
    outputs = tuple(layer.outputs for layer in network.layers)
    return replace(
        view,
        outputs=outputs,
        tails=tuple((n, 0) for n in outputs[1:]),
        ends=tuple(number == half - 1 for number in range(len(view.ends))),
    )


OWN = {"rows": whole_rows, "half": first_half, "half-serial": half_of_serial}


@pytest.fixture
def own():
    """Measures of one's own."""
    for name, build in OWN.items():
        register_measure(Measure(name, f"{name}-time", "beats", build.__doc__, build))


@pytest.mark.parametrize("name", OWN)
@pytest.mark.usefixtures("own")
def test_a_measure_of_ones_own_keeps_its_contract_on_every_solver(name):
    check_measure(name, problems=40)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.usefixtures("own")
def test_every_solver_takes_a_measure_of_ones_own(name):
    random = Random(f"own {name}")
    for number in range(draws(90)):
        problem = drawn(random, number, name)
        define = reference.cycles if problem.view.stalls else reference.steps
        least = optimum(problem, lambda _, chosen, p=problem, f=define: f(p.view, chosen))
        for solver in ("dp", "exhaustive", *["milp"] * (number % 6 == 0)):
            result = xb.solve(problem, solver)
            assert (result.value, result.bound) == (least, least), solver


@pytest.mark.parametrize("name", OWN)
@pytest.mark.usefixtures("own")
def test_a_frontier_of_a_measure_of_ones_own(name):
    network = xb.load_network("lenet-5")
    curve = xb.frontier(xb.Problem(network, 16, objective=name))
    assert curve.complete
    for point in curve.points:
        least = xb.solve(xb.Problem(network, point.crossbars, objective=name), "exhaustive")
        assert (least.value, point.value) == (
            point.value,
            evaluate(replace(curve.problem, crossbars=point.crossbars), point.allocation),
        )


def proven(problem, path):
    """Whether the certificate of its optimum, made and checked, is accepted."""
    result = xb.solve(problem)
    write_certificate(problem, result, path)
    return check.main([str(path)]) == 0


@pytest.mark.parametrize("name", [*DEFINED, "rows", "half"])
@pytest.mark.usefixtures("own")
def test_certificates_and_integers_state_any_measure(name, tmp_path):
    random = Random(f"stated {name}")
    for number in range(12):
        problem = drawn(random, number, name)
        if name != "half":  # the checker wants no layer that nothing waits for
            assert proven(problem, tmp_path / f"{number}.cert")
        again = from_integers(json.loads(json.dumps(to_integers(problem))))
        assert to_integers(again) == to_integers(problem)
        for _ in range(5):
            allocation = [random.randint(1, layer.outputs) for layer in problem.network.layers]
            assert evaluate(again, allocation) == evaluate(problem, allocation)


@pytest.mark.usefixtures("own")
def test_the_command_line_and_suites_know_a_measure_of_ones_own(capsys):
    assert read_objectives(["half", "half-time"]) == ("half", "half-time")
    network = xb.load_network("lenet-5")
    problem = problem_for(network, 20, 128, "half")
    assert objective_label(problem) == "half"
    best = xb.solve(problem)
    command = ("solve", "lenet-5", "--crossbars", "20", "--objective", "half")
    assert main([*command, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["objective"], answer["rule"], answer["value"]) == ("half", None, best.value)
    assert main(command) == 0
    assert f"{best.value} beats (half), OPTIMAL" in capsys.readouterr().out
    chosen = ",".join(map(str, best.allocation.values()))
    assert main(["simulate", "lenet-5", "--allocation", chosen, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["half"] == best.value
    assert values["cycles"] == xb.cycles(network, best.allocation)
    assert values["steps_published"] == xb.steps(network, best.allocation, "published")
    assert main(["solve", "--help"]) == 0
    assert OWN["half"].__doc__.split()[2] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "cycles"}, "'cycles' is already registered"),
        ({"name": "latency"}, "'latency' belongs to measure 'cycles'"),
        ({"time": "cycles"}, "'cycles' belongs to measure 'cycles'"),
        ({"time": "period"}, "'period' belongs to measure 'interval'"),
        ({"name": "steps", "time": "latency-steps"}, "belongs to measure 'steps/pipeline'"),
        ({"name": "steps", "rule": "mine"}, "'steps' belongs to measure 'steps/pipeline'"),
        ({"time": "mine"}, "its time needs a name of its own"),
        ({"name": "a/b"}, "name must not contain '/'"),
        ({"unit": ""}, "measure: unit"),
    ],
)
def test_names_that_are_taken_or_none(change, message):
    mine = Measure("mine", "my-time", "beats", "a test", whole_rows)
    with pytest.raises(InputError, match=message):
        register_measure(replace(mine, **change))
    assert "mine" not in registry.counts()


def test_objectives_and_rules_that_there_are_not():
    network = xb.load_network("lenet-5")
    with pytest.raises(
        InputError, match="objective must be one of cycles, steps, interval, serial"
    ):
        xb.Problem(network, 20, objective="throughput")
    for objective in ("interval", "serial"):
        with pytest.raises(InputError, match=f"objective '{objective}' takes no rule, got 'pipe"):
            xb.Problem(network, 20, objective=objective, rule="pipeline")
    with pytest.raises(InputError, match="rule must be one of pipeline, published, got 'x'"):
        xb.Problem(network, 20, objective="latency-steps", rule="x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": (1,)}, "there must be 5 outputs, got 1"),
        ({"ends": ()}, "there must be 5 ends, got 0"),
        ({"need": ()}, "there must be 4 need maps, got 0"),
        ({"tails": (None,)}, "there must be 0 tails, got 1"),
        ({"edges": ((1, 0),) * 4}, "edge 1 -> 0 goes against the order"),
        ({"edges": ((3, 7),) * 4}, "edge 3 -> 7 goes against the order"),
        ({"ends": (False,) * 5}, "no output of a layer ends the inference"),
        ({"capped": False}, "a pipeline makes no output beyond"),
    ],
)
def test_a_view_whose_parts_do_not_fit(change, message):
    view = CYCLES.view(xb.load_network("lenet-5"))
    with pytest.raises(InputError, match=message):
        replace(view, **change)
