"""Solvers of placements: against each other, against brute force, and when they are stopped."""

import signal
import threading
from dataclasses import replace
from fractions import Fraction
from functools import cache
from random import Random

import pyomo.environ as pyo
import pytest

import xbarmip as xb
from tests.brute_cores import best_interval
from tests.sample import draws
from xbarmip.compare.instance import Instance
from xbarmip.compare.recorder import row_here
from xbarmip.compare.verdict import judge
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.constraints import LargestDuplication
from xbarmip.cores.cases import random_cases, random_placement
from xbarmip.cores.door import (
    PLACEMENT_EXACT,
    PLACEMENT_SOLVERS,
    layout_facts,
    make_placement_solver,
)
from xbarmip.cores.heuristics import first_fit, longest_first
from xbarmip.cores.layout import check_layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import answer
from xbarmip.cores.score import score
from xbarmip.cores.statement import build_placement_model
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.solvers.check import confirm
from xbarmip.solvers.protocol import Limits
from xbarmip.solvers.result import Status, Stop


@cache
def sized():
    return [case.placement for case in random_cases(400, seed=3)]


def claims(result):
    return result.status, result.value, result.bound


def test_exhaustive_search_is_brute_force():
    """Brute force is written from the definition; ties go to fewer crossbars."""
    for placement in sized()[:60]:
        crossbar = placement.problem.crossbar
        expected = best_interval(
            placement.network, crossbar.rows, crossbar.columns, placement.chip, placement.capacity
        )
        result = xb.place(placement, "exhaustive")
        if result.layout is None:
            assert (result.status, expected) == (Status.INFEASIBLE, None)
        else:
            assert (result.value, score(placement, result.layout).crossbars) == expected
            assert result.status is Status.OPTIMAL


def test_the_search_is_exhaustive_search():
    seen = {Status.OPTIMAL: 0, Status.INFEASIBLE: 0}
    for placement in sized()[: draws(300)]:
        result = xb.place(placement)
        assert claims(result) == claims(xb.place(placement, "exhaustive"))
        assert result.stop is Stop.FINISHED
        seen[result.status] += 1
    assert min(seen.values()) > draws(20)


def random_hardware(random, placement):
    levels = tuple(
        MemoryLevel(f"level {number}", Fraction(10**9 * random.choice([1, 2, 4])))
        for number in range(random.randint(0, 2))
    )
    return Hardware(
        "random",
        "drawn",
        placement.problem.crossbar,
        input_bits=random.choice([8, 16]),
        product_ns=Fraction(random.randint(1, 60)),
        memory=levels,
    )


def random_constraint(random, placement):
    names = [part.name for part in placement.parts]
    layers = random.sample(names, min(len(names), random.randint(1, 2)))
    if random.random() < 0.3:
        return Predicate("odd sum", tuple(layers), lambda *copies: sum(copies) % 2 == 1)
    most = max(placement.problem.largest)
    weights = tuple((name, tuple(random.randint(-3, 5) for _ in range(most))) for name in layers)
    return LinearConstraint("weights", weights, random.randint(-2, 6))


@pytest.mark.parametrize("seed", range(3))
def test_three_provers_agree_on_periods_constraints_and_split_copies(seed):
    random, answered = Random(f"three {seed}"), 0
    for _ in range(draws(25)):
        placement = random_placement(random)
        if random.random() < 0.6:
            hardware = random_hardware(random, placement)
            placement = replace(placement, hardware=hardware, objective="period")
        placement = replace(placement, split=random.random() < 0.4)
        if random.random() < 0.5:
            constraint = random_constraint(random, placement)
            placement = replace(placement, constraints=(constraint,))
        found = [
            xb.place(placement, name)
            for name in PLACEMENT_EXACT
            if not make_placement_solver(name).unsupported(placement)
        ]
        assert len({claims(result) for result in found}) == 1, placement
        answered += len(found)
    assert answered > draws(60)


def test_splitting_copies_never_makes_it_worse():
    better = 0
    for placement in sized()[: draws(120)]:
        whole = xb.place(placement, "exhaustive").value
        split = xb.place(replace(placement, split=True), "exhaustive").value
        if whole is not None:
            assert split <= whole
            better += split < whole
    assert better


def test_more_cores_never_make_it_worse():
    for placement in sized()[:40]:
        fewer, more = (xb.place(replace(placement, cores=placement.chip + n)).value for n in (0, 1))
        if fewer is not None:
            assert more <= fewer


def test_heuristics_give_placements_and_nothing_better():
    for placement in sized()[:60]:
        best = xb.place(placement)
        for name in PLACEMENT_SOLVERS.keys() - set(PLACEMENT_EXACT):
            options = {"generations": 20, "population": 10} if name == "genetic" else {}
            result = xb.place(placement, name, **options)
            assert result.bound is None
            if result.value is not None:
                assert result.status is Status.FEASIBLE
                assert result.value >= best.value


def test_longest_first_and_first_fit_by_hand():
    """Copies of 4, 3, 3 and 2 products on two cores of 2 crossbars."""
    layers = tuple(
        xb.Layer(name, 1, 1, 1, outputs, xb.Window((1, 1)))
        for name, outputs in (("a", 3), ("b", 4), ("c", 2), ("d", 3))
    )
    placement = Placement(xb.Network("four", layers, ()), 2, 2, 1)
    assert score(placement, first_fit(placement, [1] * 4)).loads == (7, 5)
    assert score(placement, longest_first(placement, [1] * 4)).loads == (6, 6)
    assert first_fit(placement, [2, 1, 1, 1]) is None


def test_a_copy_is_split_only_where_that_is_allowed():
    """A copy of three row blocks beside one that fills the first of two cores of 3."""
    layers = (
        xb.Layer("a", 2, 1, 1, 4, xb.Window((1, 1))),
        xb.Layer("b", 3, 1, 1, 4, xb.Window((1, 1))),
        xb.Layer("c", 1, 1, 1, 4, xb.Window((1, 1))),
    )
    placement = Placement(xb.Network("three", layers, ()), 2, 3, 1)
    assert longest_first(placement, [2, 1, 1]) is None
    split = longest_first(replace(placement, cores=3, split=True), [2, 1, 1])
    check_layout(replace(placement, cores=3, split=True), split)


def test_a_researchers_constraint_on_the_model():
    """No core does more than two thirds of the products; written in Pyomo, obeyed by HiGHS."""
    placement = sized()[3]
    free = xb.place(placement)
    model = build_placement_model(placement)
    assert xb.place(model).value == free.value
    name = placement.parts[0].name
    model.at_least_two = pyo.Constraint(expr=model.R[name] >= 2)
    result = xb.place(model)
    assert result.allocation is None or result.allocation[name] >= 2
    least = LinearConstraint("two", ((name, tuple([0] + [-1] * 99)),), -1)
    assert result.value == xb.place(replace(placement, constraints=(least,))).value
    with pytest.raises(
        UnsupportedError, match="solver 'search' cannot take this: it takes no model"
    ):
        xb.place(model, "search")
    with pytest.raises(InputError, match="expected a model from build_placement_model"):
        xb.place(pyo.ConcreteModel())


def test_constraints_of_the_library():
    placement = Placement(xb.load_network("lenet-5"), 4, 12)
    free, few = (
        xb.place(replace(placement, constraints=constraints))
        for constraints in ((), (LargestDuplication(2),))
    )
    assert max(few.allocation.values()) <= 2
    assert few.value > free.value
    assert {few.status, free.status} == {Status.OPTIMAL}


def test_nothing_fits():
    layers = tuple(xb.Layer(name, 1, 2, 1, 1, xb.Window((1, 1))) for name in "abc")
    placement = Placement(xb.Network("three", layers, ()), 2, 3, 1)  # three pieces of 2, two cores
    for name in PLACEMENT_EXACT:
        assert xb.place(placement, name).status is Status.INFEASIBLE, name
    assert xb.place(placement, "balance").status is Status.UNKNOWN


def test_more_cores_than_python_calls_go_deep():
    """Every layer of LeNet with a window a copy: 784 copies of the first do one product each."""
    placement = Placement(xb.load_network("lenet-5"), 3000, 4)
    result = xb.place(placement, time_limit=60)
    assert (result.status, result.value) == (Status.OPTIMAL, 4)  # a copy of c5 has four row blocks


def test_a_limit_of_time():
    placement = Placement(xb.load_network("squeezenet-1.1-112"), 64, 8)
    result = xb.place(placement, time_limit=0.3)
    assert result.stop is Stop.TIME
    assert result.bound is None or result.value is None or result.bound <= result.value
    assert xb.place(placement, time_limit=0).bound >= 1


def test_a_limit_of_memory():
    placement = Placement(xb.load_network("squeezenet-1.1-112"), 64, 8)
    assert xb.place(placement, memory_limit=1, time_limit=20).stop in (Stop.MEMORY, Stop.TIME)


def test_an_interruption_leaves_what_was_found():
    placement = Placement(xb.load_network("squeezenet-1.1-112"), 64, 8)
    seen = []

    def stop(facts):
        if facts["best"] is not None and not seen:
            seen.append(facts)
            signal.raise_signal(signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    result = xb.place(placement, progress=stop, time_limit=60)
    assert result.stop is Stop.INTERRUPTED
    assert result.status is Status.FEASIBLE
    assert result.value <= seen[0]["best"]


def test_equal_seeds_give_equal_placements():
    placement = sized()[3]
    assert xb.place(placement, seed=4).layout == xb.place(placement, seed=4).layout


def test_unknown_solvers_and_options():
    with pytest.raises(InputError, match="solver of a placement must be one of search, milp"):
        xb.place(sized()[0], "dp")
    with pytest.raises(InputError, match="solver 'search' has no option 'speed'"):
        xb.place(sized()[0], speed=3)
    large = Placement(xb.load_network("lenet-5"), 64, 16)
    with pytest.raises(UnsupportedError, match="a chip of 1024 crossbars, it enumerates up to 64"):
        xb.place(large, "exhaustive")


class Liar:
    """A solver that answers with a fixed result."""

    name = "liar"

    def __init__(self, make):
        self.make = make

    def unsupported(self, placement):
        return ()

    def solve(self, placement, watch):
        return self.make(placement)


def wrong_bound(placement):
    honest = xb.place(placement)
    return answer(placement, "liar", None, honest.value + 1)


def wrong_layout(placement):
    honest = xb.place(placement)
    cores = (*honest.layout.cores[1:], ())
    return replace(honest, layout=replace(honest.layout, cores=cores))


def wrong_value(placement):
    honest = xb.place(placement)
    return replace(honest, value=honest.value - 1, bound=honest.value - 1)


def wrong_infeasibility(placement):
    return answer(placement, "liar", None, None, infeasible=True)


@pytest.mark.parametrize(
    ("lie", "verdict"),
    [
        (wrong_bound, "BOUNDS_CROSS"),
        (wrong_layout, "INVALID_ALLOCATION"),
        (wrong_value, "VALUE_MISMATCH"),
        (wrong_infeasibility, "INFEASIBILITY_CONFLICT"),
    ],
)
def test_liars_are_caught(lie, verdict):
    placement = Placement(xb.load_network("lenet-5"), 4, 12)
    solvers = [make_placement_solver("search"), Liar(lie)]
    assert compared("lenet", placement, solvers)[1].kind == verdict
    if lie in (wrong_layout, wrong_value):
        with pytest.raises(VerificationError):
            confirm(placement, "liar", lie(placement), layout_facts)


def test_a_comparison():
    solvers = [make_placement_solver(name) for name in ("search", "milp", "exhaustive", "balance")]
    for name, placement in random_cases(12, seed=9):
        assert compared(name, placement, solvers)[1].kind == "AGREE"
    [refused, _], _ = compared("large", Placement(xb.load_network("lenet-5"), 4, 20), solvers[2:])
    assert refused.status == "UNSUPPORTED"


def compared(name, placement, solvers):
    """Rows and verdict of one placement."""
    instance = Instance(name, placement)
    rows = [row_here(instance, solver, Limits(30)) for solver in solvers]
    return rows, judge(instance.facts, rows)
