"""Answers as JSON values: the same for the command line and for Python."""

import json
from fractions import Fraction

import pytest

import xbarmip as xb
from xbarmip.cli.main import main
from xbarmip.hardware.preset import load_hardware
from xbarmip.solvers.dp.frontier import frontier
from xbarmip.solvers.latency.sensitivity import bandwidth_scan, enough_bandwidth

TIMES = ("seconds", "compile_seconds", "statistics", "subproblems", "message")  # as runs differ
ON = ("--tiles", "6", "--hardware", "isaac-like")


def printed(capsys, *command):
    assert main([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def plain(facts):
    """What JSON makes of it."""
    return json.loads(json.dumps(facts, allow_nan=False))


@pytest.mark.parametrize("objective", ["cycles", "latency"])
def test_a_solve(objective, capsys):
    hardware = load_hardware("isaac-like")
    problem = xb.Problem(xb.load_network("alexnet"), 6 * 72, objective=objective, hardware=hardware)
    result = xb.solve(problem)
    facts = plain({**problem.as_dict(), **result.as_dict()})
    shown = printed(capsys, "solve", "alexnet", "--objective", objective, *ON)
    assert facts.keys() <= shown.keys()
    assert {key: shown[key] for key in facts if key not in TIMES} == {
        key: fact for key, fact in facts.items() if key not in TIMES
    }
    assert facts["allocation"] == dict(result.allocation)
    assert shown["cycles"] * shown["tstep_us"] == pytest.approx(shown["latency_us"])
    assert shown["hardware"] == "isaac-like"


def test_a_frontier(capsys):
    curve = frontier(xb.Problem(xb.load_network("alexnet"), 300))
    shown = printed(capsys, "frontier", "alexnet", "--up-to", "300")
    facts = {**plain(curve.as_dict()), "seconds": shown["seconds"]}
    assert {key: shown[key] for key in facts} == facts


def test_changes_of_bandwidth(capsys):
    problem = xb.Problem(
        xb.load_network("alexnet"),
        6 * 72,
        objective="latency",
        hardware=load_hardware("isaac-like"),
    )
    shown = printed(capsys, "bandwidth", "alexnet", *ON, "--scale", "2,1")
    changes = [change.as_dict() for change in bandwidth_scan(problem, [Fraction(2), Fraction(1)])]
    assert [{**each, "factor": None} for each in shown["scan"]] == [
        {**each, "factor": None} for each in plain(changes)
    ]
    assert shown["enough"] == plain(enough_bandwidth(problem).as_dict())


def test_hardware(capsys):
    preset = load_hardware("isaac-like")
    assert printed(capsys, "hardware", "isaac-like") == plain(preset.as_dict())
    assert preset.as_dict()["crossbar"] == (128, 128)
