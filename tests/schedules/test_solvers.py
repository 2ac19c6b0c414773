"""Schedules: solvers against each other and against brute force, and what is refused."""

import signal
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil, prod
from random import Random

import pyomo.environ as pyo
import pytest

import xbarmip as xb
from tests.brute_schedules import best_cost
from tests.random_hardware import OWN, SHIPPED, random_hardware
from tests.sample import draws
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.stream import concatenate, join_streams
from xbarmip.network.window import Window
from xbarmip.schedules.bounds import pace_bounds
from xbarmip.schedules.cases import random_cases
from xbarmip.schedules.cuts import even_cuts
from xbarmip.schedules.door import make_schedule_solver
from xbarmip.schedules.exact import shortest_path
from xbarmip.schedules.exhaustive import cheapest
from xbarmip.schedules.problem import Schedule, column_blocks, part_of
from xbarmip.schedules.result import Written, plan_facts, planned
from xbarmip.schedules.search import SegmentSearch
from xbarmip.schedules.segment import Segment
from xbarmip.schedules.statement import build_schedule_model, read_plan
from xbarmip.solvers.check import confirm
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Status, Stop
from xbarmip.timing.step_time import step_time

NOTHING_LEFT_OUT = 2**200


@cache
def cases():
    return [case.schedule for case in random_cases(150, seed=1)]


def claims(result):
    return result.status, result.value, result.bound


def test_both_solvers_are_brute_force():
    """Brute force is written from the definition alone."""
    seen = {Status.OPTIMAL: 0, Status.INFEASIBLE: 0}
    divided = longest = 0
    for schedule in cases()[: draws(150)]:
        size = schedule.crossbar
        expected = best_cost(
            schedule.network, size.rows, size.columns, schedule.crossbars, schedule.write_cycles,
            schedule.batch, schedule.divide,
        )  # fmt: skip
        result = xb.schedule(schedule)
        assert claims(result) == claims(xb.schedule(schedule, "exhaustive"))
        assert (result.value, result.stop) == (expected, Stop.FINISHED)
        seen[result.status] += 1
        longest = max(longest, len(result.plan or ()))
        divided += any("[" in name for name in result.allocation or ())
    assert seen[Status.OPTIMAL] > draws(100)
    assert seen[Status.INFEASIBLE] >= draws(2)
    assert divided >= draws(5)
    assert longest > 4


def test_the_closed_form_has_the_optimum_of_exhaustive_search():
    for case in random_cases(30, seed=2, objective="steps"):
        for rule in ("pipeline", "published"):
            schedule = replace(case.schedule, rule=rule)
            assert claims(xb.schedule(schedule)) == claims(xb.schedule(schedule, "exhaustive"))


@pytest.mark.parametrize(
    ("objective", "rule"),
    [("cycles", None), ("steps", "pipeline"), ("steps", "published"), ("latency", None),
     ("latency-steps", None)],
)  # fmt: skip
def test_the_statement_has_the_optimum(objective, rule):
    seen, random = {Status.OPTIMAL: 0, Status.INFEASIBLE: 0}, Random(objective)
    for case in random_cases(draws(18), seed=3):
        level = MemoryLevel("bus", Fraction(random.choice((1, 2, 5)) * 10**8), "shared-buffer")
        chip = Hardware(
            "chip", "drawn", case.schedule.crossbar, input_bits=8, memory=(level,),
            compute_ns=random.randint(1, 40), off_chip_GB_per_s=random.choice((1, 2)),
        )  # fmt: skip
        asked = replace(
            case.schedule, objective=objective, rule=rule, hardware=chip,
            off_chip=random.random() < 0.5,
        )  # fmt: skip
        if asked.is_latency and make_schedule_solver("milp").unsupported(asked):
            continue
        result = xb.schedule(asked, "milp")
        assert (result.value, result.status) == claims(xb.schedule(asked))[1::-1]
        assert result.proof is not Proof.EXACT
        seen[result.status] += 1
    assert seen[Status.OPTIMAL] > draws(7)


def test_the_statement_takes_what_is_added_to_it():
    """A model is solved as it stands: without cuts, the whole network is one segment."""
    schedule = Schedule(chain(1, 2, 2), 6, 1)
    model = build_schedule_model(schedule)
    model.whole = pyo.Constraint(expr=model.segment[0, 2] == 1)
    pyo.SolverFactory("appsi_highs").solve(model)
    assert round(pyo.value(model.objective)) == 4
    assert read_plan(model) == (Written(0, 2, (1, 1)),)


@pytest.mark.parametrize("name", ["filling", "even", "genetic"])
def test_rivals_are_never_better_and_never_claim_a_proof(name):
    worse = 0
    for schedule in cases()[:40]:
        best, found = xb.schedule(schedule), xb.schedule(schedule, name)
        if best.plan is None:
            assert claims(found) == claims(best)
        else:
            assert (found.status, found.bound) == (Status.FEASIBLE, None)
            assert found.value >= best.value
            worse += found.value > best.value
    assert worse > 0 or name == "genetic"


def test_greedy_filling_by_hand():
    """Chip of 4, crossbars of 1x1: l1 and l2 take 2 each and fill it; l3 takes 2, twice."""
    plan = xb.schedule(Schedule(chain(1, 2, 1, 2), 4, 1), "filling").plan
    assert plan == (Written(0, 2, (1, 1)), Written(2, 3, (2,)))


def test_even_cuts_by_hand():
    """Sets 2, 2, 2, 6: two halves of 6 on a chip of 8 or 6; on one of 4 l4 is divided."""
    network = chain(1, 2, 1, 2, 3)
    assert even_cuts(Schedule(network, 8, 1)) == ((0, 3), (3, 4))
    assert even_cuts(Schedule(network, 6, 1)) == ((0, 3), (3, 4))
    assert even_cuts(Schedule(network, 4, 1)) == ((0, 2), (2, 4), (4, 6))


def test_the_least_latency_is_that_of_exhaustive_search():
    """Segments have steps of their own, and the time of writing needs no whole number of them."""
    random, seen, plain = Random(6), {Status.OPTIMAL: 0, Status.INFEASIBLE: 0}, 0
    for case in random_cases(draws(60), seed=5):
        asked = case.schedule
        hardware = random_hardware(random, asked.crossbar, (*SHIPPED, *OWN))
        write = random.choice((asked.write_cycles, None))
        figures = {
            "row_write_ns": Fraction(random.randint(1, 50), 7),
            "write_ports": 3,
            "off_chip_GB_per_s": Fraction(random.randint(1, 50), 9),
        }
        timed = replace(
            asked, objective=random.choice(("latency", "latency-steps")),
            hardware=replace(hardware, **figures), write_cycles=write,
            off_chip=random.random() < 0.5,
        )  # fmt: skip
        result, other = xb.schedule(timed), xb.schedule(timed, "exhaustive")
        assert result.status is other.status
        if result.plan is not None:
            assert result.value == other.value == result.bound
            value = result.value * result.unit
            assert value == sum(by_definition(timed, written) for written in result.plan)
            plain += len(result.plan) > 1
        seen[result.status] += 1
    assert seen[Status.OPTIMAL] > draws(45)
    assert plain > draws(7)


def test_a_join_counts_what_of_it_is_in_the_segment():
    """l4 reads l1 + l2 beside l3: in units 1.. l1 is in memory, and l2 beside l3 is left."""
    window = Window((1, 1))
    layers = [xb.Layer(f"l{k}", 1, 1, 2, 2, window) for k in (1, 2, 3)]
    last = xb.Layer("l4", 2, 1, 2, 2, window)
    edges = tuple(xb.Edge(layer.name, "l4") for layer in layers)
    tree = concatenate([join_streams(["l1", "l2"]), "l3"])
    network = xb.Network("joined", (*layers, last), edges, streams=(("l4", tree),))
    schedule = Schedule(network, 9, 1)
    assert Segment(schedule, 0, 4).timed.network.streams == (("l4", tree),)
    assert Segment(schedule, 1, 4).timed.network.reads[-1] == concatenate([0, 1])
    assert Segment(schedule, 0, 2).timed.network.reads == (None, None)
    assert Segment(schedule, 3, 4).timed.network.reads == (None,)


def by_definition(schedule, written):
    """Seconds of a segment: steps times step time, writing, and memory off the chip."""
    segment = Segment(schedule, written.start, written.stop)
    figures, hardware = segment.figures(written.allocation), schedule.hardware
    step = step_time(segment.timed.network, hardware, written.allocation).seconds
    steps = figures.count + (schedule.batch - 1) * figures.interval
    return steps * step + figures.crossbars * schedule.write_time + kept(schedule, written)


def kept(schedule, written):
    """Seconds that the maps take which a unit from written.stop on reads, channel by channel."""
    if not schedule.off_chip:
        return 0
    later, values = {unit.layer for unit in schedule.units[written.stop :]}, 0
    for layer, first, blocks in schedule.units[written.start : written.stop]:
        if any(p == layer and c in later for p, c in schedule.network.links):
            made, [count, _] = schedule.network.layers[layer], schedule.blocks[layer]
            each = schedule.crossbar.columns if made.groups == 1 else made.out_channels // count
            channels = range(made.out_channels)[first * each :][: blocks * each]
            values += made.outputs * len(channels)
    bits = schedule.batch * values * schedule.hardware.input_bits
    return Fraction(bits, 8) / (schedule.hardware.off_chip_GB_per_s * 10**9)


def test_memory_off_the_chip_by_hand():
    """l1 makes 4 outputs of 2 channels, 8 values of a byte, which l2 reads in the next segment: 80
    ns at 0.1 GB/s, 40 cycles of 2 ns, or 27 of 3 ns, rounded up; for 5 images 400 ns, 134 of them.
    """
    chip = Hardware("chip", "drawn", xb.Crossbar(1, 1), input_bits=8, compute_ns=2,
                    off_chip_GB_per_s=Fraction(1, 10))  # fmt: skip
    asked = Schedule(chain(1, 2, 2), 4, hardware=chip, write_cycles=0, off_chip=True)
    assert [f.off_chip for _, f in planned(asked, xb.schedule(asked).plan)] == [40, 0]
    assert xb.schedule(asked).value == 46
    slower = replace(asked, hardware=replace(chip, compute_ns=3))
    assert xb.schedule(slower).value == 6 + 27
    assert Segment(replace(slower, batch=5), 0, 1).off_chip == 134
    for missing in ("off_chip_GB_per_s", "input_bits", "compute_ns"):
        with pytest.raises(InputError, match=f"gives no cost of memory off the chip: .* {missing}"):
            replace(asked, hardware=replace(chip, **{missing: None}))
    with pytest.raises(InputError, match="off_chip needs hardware"):
        replace(asked, hardware=None)


def test_memory_off_the_chip_in_whole_cycles():
    random = Random(12)
    for case in random_cases(draws(60), seed=12):
        bits, speed = random.choice((1, 8, 16)), Fraction(random.randint(1, 40), 10)
        chip = Hardware("chip", "drawn", case.schedule.crossbar, input_bits=bits,
                        compute_ns=random.randint(1, 9), off_chip_GB_per_s=speed)  # fmt: skip
        asked = replace(case.schedule, hardware=chip, off_chip=True)
        result = xb.schedule(asked)
        assert claims(result) == claims(xb.schedule(asked, "exhaustive"))
        if result.plan is None:
            continue
        for written, (_, figures) in zip(result.plan, planned(asked, result.plan), strict=True):
            assert figures.off_chip == ceil(kept(asked, written) * 10**9 / chip.compute_ns)


class Counted(SegmentSearch):
    """A search that counts how often it halves a box."""

    halved = 0

    def _halves(self, box):
        Counted.halved += 1
        return super()._halves(box)


def test_the_least_cost_of_a_segment_is_that_of_exhaustive_search():
    """Writing and batches that pull at R; goals below the least cost raise the bound to them."""
    random, watch, questions, done = Random(5), Watch(Limits()), 0, 0
    while done < draws(70):
        network = random_network(random, Shape(random.randint(2, 4), 7, 40, 0.2, 0.2, channels=3))
        if not 200 < prod(layer.outputs for layer in network.layers) < 20_000:
            continue
        size = (random.randint(4, 40), random.randint(1, 4))
        smallest = xb.Problem(network, 1, size).smallest_budget
        schedule = Schedule(
            network, smallest + random.randint(0, 60), size,
            write_cycles=random.choice((0, 1, 1, 2, 3)), batch=random.choice((1, 2, 3, 5, 16)),
        )  # fmt: skip
        segment = Segment(schedule, 0, len(schedule.units))
        least, _ = cheapest(segment)
        search, at_once = Counted(segment, 1), Counted(segment, 1)
        for enough in (least // 2, least - 1, least):
            search.prove(enough, watch)
            assert enough <= search.bound <= least
        for each in (search, at_once):
            each.prove(NOTHING_LEFT_OUT, watch)
            assert each.bound == each.cost == least
        assert least == segment.figures(search.allocation).cost
        assert pace_bounds(schedule)[0, len(schedule.units)] <= least
        questions, done = questions + len(search.facts), done + 1
    assert questions > draws(20)
    assert Counted.halved > draws(5)


def test_without_cuts_and_free_writing_it_is_the_allocation_of_today():
    for schedule in cases()[: draws(120)]:
        if schedule.obstacle or not schedule.whole.feasible:
            continue
        free = replace(schedule, write_cycles=0, batch=1)
        search = SegmentSearch(Segment(free, 0, len(free.units)), 1)
        search.prove(NOTHING_LEFT_OUT, Watch(Limits()))
        optimum = xb.solve(free.whole).value
        assert search.cost == optimum
        assert xb.schedule(free).value <= optimum


def test_more_crossbars_are_never_worse_and_dearer_writing_never_better():
    """More crossbars where cuts may pass through every layer: a layer that has come to fit is whole
    without --divide, and its halves can no longer lie in the segments before and after it.
    """
    for schedule in cases()[: draws(120)]:
        divided = replace(schedule, divide=True)
        if schedule.obstacle or len(divided.units) > 7:
            continue
        value = xb.schedule(divided).value
        assert xb.schedule(replace(divided, crossbars=schedule.crossbars + 1)).value <= value
        assert value <= xb.schedule(schedule).value
        dearer = replace(schedule, write_cycles=schedule.write_cycles + 1)
        assert xb.schedule(dearer).value >= xb.schedule(schedule).value


def chain(*channels):
    """Layers of 1x1 kernels on 2x2 maps."""
    window = Window((1, 1))
    layers = [
        xb.Layer(f"l{number}", before, after, 2, 2, window)
        for number, (before, after) in enumerate(pairwise(channels), start=1)
    ]
    edges = [xb.Edge(a.name, b.name) for a, b in pairwise(layers)]
    return xb.Network("chain", tuple(layers), tuple(edges))


def test_a_schedule_worked_out_by_hand():
    """Crossbars of 1x1, chip of 4: l1 takes 2, l2 takes 4, so each is a segment. l1 runs with R = 2
    in 2 steps or with R = 1 in 4, l2 in 4.

    W = 0: 2 + 4 = 6. W = 1: (2 + 4) or (4 + 2), and 4 + 4, in all 14. W = 2: l1 4 + 4 = 8 (R = 2:
    2 + 8), l2 4 + 8, in all 20. W = 2 and 2 images: l1 R = 2: 4 + 8 = 12 = R = 1: 8 + 4, l2 8 + 8.
    """
    network = chain(1, 2, 2)
    for write, batch, value in ((0, 1, 6), (1, 1, 14), (2, 1, 20), (2, 2, 28)):
        result = xb.schedule(Schedule(network, 4, 1, write_cycles=write, batch=batch))
        assert claims(result) == (Status.OPTIMAL, value, value)
        assert [(w.start, w.stop) for w in result.plan] == [(0, 1), (1, 2)]


def test_a_layer_that_exceeds_the_chip_is_cut_by_column_blocks():
    """l2 takes 3 column blocks of 2 crossbars, on a chip of 4. W = 0: each way takes 8 steps.
    W = 1: l1 beside one block, 4 steps and 4 crossbars, and the other two, 4 and 4, cost 16; two
    cuts cost 20, l1 alone 6, two blocks 8, one 6.
    """
    schedule = Schedule(chain(1, 2, 3), 4, 1)
    assert schedule.units == ((0, 0, 2), (1, 0, 1), (1, 1, 1), (1, 2, 1))
    assert xb.schedule(schedule).value == 8
    result = xb.schedule(replace(schedule, write_cycles=1))
    assert claims(result) == (Status.OPTIMAL, 16, 16)
    assert result.allocation == {"l1": 1, "l2[1-1]": 1, "l2[2-3]": 1}
    assert [(w.start, w.stop) for w in result.plan] == [(0, 2), (2, 4)]


def test_where_a_column_block_exceeds_the_chip_there_is_no_schedule():
    result = xb.schedule(Schedule(chain(3, 2), 2, 1))
    assert claims(result) == (Status.INFEASIBLE, None, None)
    assert result.message == "one column block of layer 'l1' takes 3 crossbars, there are 2"


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_parts_take_the_crossbars_of_their_blocks(groups):
    """Groups that share a crossbar, that fill one, that take several; dense layers."""
    for rows, columns in ((3, 2), (9, 4), (40, 3), (40, 16), (4, 1)):
        layer = xb.Layer("l", 8, 24, 3, 3, Window((3, 3)), groups)
        crossbar = xb.Crossbar(rows, columns)
        count, each = column_blocks(crossbar, layer)
        assert count * each == crossbar.crossbar_set(layer)
        whole = 0
        for first in range(count):
            for blocks in range(1, count - first + 1):
                part = part_of(crossbar, layer, first, blocks)
                assert crossbar.crossbar_set(part) == blocks * each
                assert (part.outputs, part.window) == (layer.outputs, layer.window)
            whole += part_of(crossbar, layer, first, 1).out_channels
        assert whole == layer.out_channels


def test_shortest_path_is_that_of_every_set_of_edges():
    assert shortest_path(2, {(0, 1): 3, (1, 2): 4, (0, 2): 8}) == (7, ((0, 1), (1, 2)))
    assert shortest_path(2, {(0, 1): 3, (1, 2): 4, (0, 2): 7}).cost == 7
    assert shortest_path(3, {(0, 1): 3, (1, 2): 4, (0, 2): 7}) is None


FINE = Hardware(
    "fine", "drawn", xb.Crossbar(128, 128), input_bits=8, compute_ns=Fraction(1, 3),
    memory=(MemoryLevel("bus", Fraction(10**11, 7), "shared-buffer"),),
)  # fmt: skip
LENET = Schedule(xb.load_network("lenet-5"), 60, 32, write_cycles=3, batch=4)


def test_when_a_limit_ends_it_value_and_bound_hold():
    result = xb.schedule(LENET, time_limit=0)
    assert (result.status, result.stop) == (Status.FEASIBLE, Stop.TIME)
    best = xb.schedule(LENET)
    assert result.bound <= best.value <= result.value
    assert best.status is Status.OPTIMAL


def test_ctrl_c_ends_it(monkeypatch):
    def press(facts):
        if facts["segments_proven"] >= 1:
            signal.raise_signal(signal.SIGINT)

    result = xb.schedule(LENET, progress=press)
    assert (result.stop, result.bound <= xb.schedule(LENET).value) == (Stop.INTERRUPTED, True)


def test_the_progress_is_told():
    told = []
    result = xb.schedule(LENET, progress=told.append)
    assert {"best", "bound", "segments_proven", "seconds"} <= told[-1].keys()
    assert told[-1]["bound"] <= result.value


def test_a_wrong_plan_is_caught():
    result = xb.schedule(LENET)
    with pytest.raises(VerificationError, match="claims 1, its allocation takes"):
        confirm(LENET, "dp", replace(result, value=1, bound=1), plan_facts)
    first = result.plan[0]
    for plan, message in (
        (result.plan[:-1], "the last segment ends before unit 5"),
        (result.plan[1:], "segment 1 must begin at unit 0"),
        ((first._replace(allocation=(900,)),), "allocation"),
        ((Written(0, 5, (1, 400, 1, 1, 1)),), "R of layer 'c3' must be at most 100"),
        ((Written(0, 5, (100, 1, 1, 1, 1)),), "takes .* crossbars, there are 60"),
    ):
        with pytest.raises(VerificationError, match=message):
            confirm(LENET, "dp", replace(result, plan=plan), plan_facts)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"crossbars": 0}, "crossbars must be at least 1"),
        ({"write_cycles": -1}, "write_cycles must be at least 0"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"objective": "latency"}, "objective 'latency' needs hardware"),
        ({"objective": "serial"}, "objective of a schedule must be one of cycles, steps, latency"),
        ({"rule": "pipeline"}, "objective 'cycles' takes no rule"),
        ({"divide": 1}, "divide must be True or False"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Schedule(**{"network": LENET.network, "crossbars": 60, **given})


def test_what_writing_costs_follows_from_hardware():
    """128 rows of 50 ns by 4 ports are 1600 ns: 16 cycles of 100 ns, 17 of 99 ns."""
    figures = {"row_write_ns": 50, "write_ports": 4, "compute_ns": 100}
    chip = Hardware("chip", "drawn", xb.Crossbar(128, 128), **figures)
    network = LENET.network
    assert Schedule(network, 8, hardware=chip).cycles_to_write == 16
    assert Schedule(network, 8, hardware=replace(chip, compute_ns=99)).cycles_to_write == 17
    assert Schedule(network, 8, hardware=replace(chip, write_ports=None)).cycles_to_write == 64
    assert Schedule(network, 8, hardware=chip, write_cycles=3).cycles_to_write == 3
    timed = Schedule(network, 8, objective="latency", hardware=replace(FINE, **figures))
    odd = replace(timed, hardware=replace(timed.hardware, compute_ns=99))
    for asked in (odd, replace(odd, batch=2)):
        assert (asked.write_time, asked.cycles_to_write) == (Fraction(16, 10**7), 17)
    for missing in ("row_write_ns", "compute_ns"):
        with pytest.raises(InputError, match=f"gives no cost of writing: it has no {missing}"):
            Schedule(network, 8, hardware=replace(chip, **{missing: None}))


def test_exhaustive_search_refuses_what_is_too_large():
    with pytest.raises(UnsupportedError, match="a segment has more than 10 allocations"):
        xb.schedule(LENET, "exhaustive", limit=10)
    with pytest.raises(UnsupportedError, match="the limit is 16"):
        xb.schedule(Schedule(xb.load_network("vgg-16"), 1000), "exhaustive")
    with pytest.raises(UnsupportedError, match="more than 300000 choices of R and outputs"):
        xb.schedule(Schedule(xb.load_network("vgg-16"), 1000), "milp")
    fine = replace(FINE, crossbar=xb.Crossbar(1, 1))
    asked = Schedule(chain(1, 2, 2), 4, objective="latency", hardware=fine, write_cycles=1)
    with pytest.raises(UnsupportedError, match="HiGHS tells units apart up to 1000000"):
        xb.schedule(replace(asked, batch=10**6), "milp")
    with pytest.raises(InputError, match="solver of a schedule must be one of"):
        xb.schedule(LENET, "best")
