"""Sensitivity to bandwidth: against its definition, and on the command line."""

import json
import signal
import sys
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from itertools import count
from random import Random

import pytest

import xbarmip as xb
from tests import ROOT
from tests.sample import draws
from tests.solvers.dp.test_constraints import SHAPES
from tests.solvers.latency.test_latency import ISAAC, KINDS, by_definition, timed
from xbarmip.cli.bandwidth import scale
from xbarmip.cli.main import main
from xbarmip.constraints import TileGranularity
from xbarmip.errors import InputError
from xbarmip.hardware.preset import load_hardware
from xbarmip.problem import Problem
from xbarmip.solvers.latency.sensitivity import bandwidth_scan, enough_bandwidth, gains
from xbarmip.solvers.result import Status, Stop
from xbarmip.timing.step_time import ticks_of


@pytest.mark.parametrize("kind", KINDS)
def test_enough_bandwidth_by_its_definition(kind):
    random = Random(f"enough {kind}")
    met = 0
    for number in range(draws(24)):
        problem = timed(random, SHAPES[number % 3], kind, 150)
        enough = enough_bandwidth(problem)
        every = by_definition(problem) if problem.feasible else []
        if not every:
            assert (enough.count, enough.factor) == (None, None)
            continue
        met += 1
        fewest = min(count for count, _, _ in every)
        assert (enough.count, enough.stop) == (fewest, Stop.FINISHED)
        compute = ticks_of(problem).compute * ticks_of(problem).tick
        for factor, binds in ((enough.factor, False), (enough.binds_at, True)):
            if factor == 0:
                continue
            wider = replace(problem, hardware=problem.hardware.with_bandwidth(factor))
            least = min(latency for _, _, latency in by_definition(wider))
            assert (least > fewest * compute) is binds
        assert enough.factor >= enough.binds_at
    assert met > draws(12)


@pytest.mark.parametrize("kind", KINDS)
def test_scan_and_gains_are_the_least_latencies_of_what_they_say(kind):
    random = Random(f"gains {kind}")
    for number in range(draws(15)):
        problem = timed(random, SHAPES[number % 3], kind, 100)
        hardware = problem.hardware
        factors = (Fraction(1, 3), Fraction(1), Fraction(5, 2))
        expected = [
            *(replace(problem, hardware=hardware.with_bandwidth(f)) for f in factors),
            replace(problem, crossbars=problem.crossbars + hardware.crossbars_per_tile),
            *(
                replace(problem, hardware=hardware.with_bandwidth(Fraction(6, 5), level.name))
                for level in hardware.memory
            ),
        ]
        changes = [*bandwidth_scan(problem, factors), *gains(problem, Fraction(1, 5))]
        for change, changed in zip(changes, expected, strict=True):
            every = by_definition(changed) if changed.feasible else []
            if every:
                assert change.result.latency == min(latency for _, _, latency in every)
            else:
                assert change.result.status is Status.INFEASIBLE


def test_a_count_is_refused():
    problem = timed(Random(0), SHAPES[0], KINDS[0], 50)
    with pytest.raises(InputError, match="needs a latency as objective, got 'cycles'"):
        enough_bandwidth(Problem(problem.network, 100, 8))


def test_factors():
    assert scale("0.25..8") == tuple(Fraction(2) ** n for n in range(-2, 4))
    assert scale("1..3") == (1, 2, 3)
    assert scale("2..2") == (2,)
    assert scale("0.5,3") == (Fraction(1, 2), 3)


ALEXNET = ["bandwidth", "alexnet", "--hardware", "isaac-like", "--objective", "latency-steps"]


def test_the_command(capsys, tmp_path):
    plot = tmp_path / "scan.png"
    more = ["--tiles", "8", "--scale", "0.5,1", "--rule", "published"]
    assert main([*ALEXNET, *more, "--json", "--plot", str(plot)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(each["factor"], each["status"]) for each in facts["scan"]] == [
        (0.5, "OPTIMAL"),
        (1.0, "OPTIMAL"),
    ]
    latencies = [each["latency_us"] for each in facts["scan"]]
    assert latencies[0] >= latencies[1] == 464.1
    assert [each["what"] for each in facts["changes"]] == [
        "one more tile",
        "buffer 10 percent wider",
        "bus 10 percent wider",
    ]
    assert all(each["latency_us"] <= 464.1 for each in facts["changes"])
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert main([*ALEXNET, "--crossbars", "1", "--scale", "1"]) == 0
    assert "INFEASIBLE" in capsys.readouterr().out


def test_the_command_under_constraints(capsys):
    """8 tiles whole: the tile beside them makes a difference, as the limit goes with the budget."""
    tiles = ["--tiles", "8", "--scale", "1", "--rule", "published", "--json"]
    assert main([*ALEXNET, *tiles, "--constraint", "tile-granularity:crossbars_per_tile=72"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["constraints"] == ["tile-granularity"]
    (scanned,), more = facts["scan"], facts["changes"][0]
    hardware, network = load_hardware("isaac-like"), xb.load_network("alexnet")
    for entry, number in ((scanned, 8), (more, 9)):
        problem = xb.Problem(
            network, number * 72, objective="latency-steps", rule="published", hardware=hardware,
            constraints=[TileGranularity(72)],
        )  # fmt: skip
        assert entry["latency_us"] == pytest.approx(float(xb.solve(problem).latency * 10**6))
    assert more["latency_us"] < scanned["latency_us"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--scale", "2..1"], "must go up, got '2..1'"),
        (["--scale", "1,x"], "must be a number from 0.000001 to 1000000, got 'x'"),
        (["--more", "-3"], "must be a number from 0.000001 to 1000000, got '-3'"),
        (["--plot", "a.gif"], "--plot 'a.gif': the name must end in .png, .svg, .pdf"),
    ],
)
def test_bad_options(option, message, capsys):
    assert main([*ALEXNET, "--tiles", "8", *option]) == 2
    assert message in capsys.readouterr().err


def test_ctrl_c_ends_a_scan_after_the_latency_that_it_meets():
    """Whenever it comes, also in the last moments of a search, which then ends by itself."""
    problem = Problem(xb.load_network("alexnet"), 400, objective="latency", hardware=ISAAC)
    told = []
    every = list(bandwidth_scan(problem, (Fraction(1, 2), Fraction(1)), progress=told.append))
    for moment in range(0, len(told), 1 + len(told) // 10):
        kept, calls = [], count()

        def press(facts, calls=calls, moment=moment):
            if next(calls) == moment:
                signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            for change in bandwidth_scan(problem, (Fraction(1, 2), Fraction(1)), progress=press):
                kept.append(change)
        (last,) = kept[-1:]
        whole = every[len(kept) - 1].result
        assert last.result.bound <= whole.value
        assert next(calls) <= len(told) + 2
        if len(kept) == 2:
            assert kept[0].result.value == every[0].result.value


def test_ctrl_c_is_not_taken_for_an_answer():
    problem = Problem(xb.load_network("alexnet"), 576, objective="latency", hardware=ISAAC)

    def press(facts):
        signal.raise_signal(signal.SIGINT)

    enough = enough_bandwidth(problem, progress=press)
    assert enough.stop is Stop.INTERRUPTED


@pytest.fixture
def benchmark(tmp_path, monkeypatch):
    """Run the first case of a benchmark; its row."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")

    def run(name, *options):
        import_module(name).main(["--smoke", "--output", str(tmp_path), *options])
        return json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))["rows"]

    yield run
    for name in ("bandwidth", "bench", "certificates", "ladder", "latency_provers", "milp"):
        sys.modules.pop(name, None)


def test_the_benchmark_runs(benchmark):
    (row,) = benchmark("bandwidth")
    assert (row["status"], row["gap"], row["tiles"]) == ("OPTIMAL", 0, 8)
    assert (round(row["latency_us"], 1), row["paper_us"]) == (464.1, 492)


@pytest.mark.around
def test_the_benchmark_of_provers_runs(benchmark):
    (row,) = benchmark("latency_provers")
    assert (row["status"], row["certificate"]) == ("OPTIMAL", "accepted")
    assert (row["milp_status"], row["exhaustive_status"]) == ("OPTIMAL", "OPTIMAL")
    assert (row["agree"], row["others"]) == (True, 3)
    assert row["latency_us"] == row["milp_us"] == row["exhaustive_us"]
    assert benchmark("latency_provers", "--resume") == [row]
    assert benchmark("latency_provers", "--cases", "vgg*") == []


def test_a_certificate_that_is_not_there_says_why(benchmark):
    words = import_module("latency_provers").certificate_words
    assert words({"status": "OPTIMAL", "accepted": False}) == "refused"
    assert words({"status": "KILLED"}) == "not written in time"
    assert words({"status": "ERROR", "message": "wrong"}) == "wrong"


def test_a_case_that_others_do_not_take_says_so(benchmark, monkeypatch):
    monkeypatch.setattr("xbarmip.solvers.cuts.search.MOST_OUTPUTS", 9)
    provers = import_module("latency_provers")
    problem = provers.Case("vgg-a", 1, "latency", None).problem
    for name, message in (("milp", "the limit is 9"), ("exhaustive", "allocations fit into")):
        row = provers.by_solver(name, problem, None)
        assert row["status"] == "refused"
        assert message in row["message"]
