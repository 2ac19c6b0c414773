"""`xbarmip solve` where the objective is a latency: what it prints, by every exact solver."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import PAIR
from xbarmip.cli.main import main
from xbarmip.solvers.registry import EXACT

HARDWARE = """
format = "xbarmip-hardware"
version = 1
name = "slow"
source = "A test."
crossbar_rows = 8
crossbar_columns = 8
crossbars_per_tile = 2
input_bits = 8
compute_ns = 3000
[[memory]]
name = "cache"
bandwidth_GB_per_s = 0.004
rule = "shared-buffer"
[[memory]]
name = "bus"
bandwidth_GB_per_s = 0.001
rule = "shared-buffer"
"""


@pytest.fixture
def solve(tmp_path, monkeypatch, capsys):
    """Run `xbarmip solve` on two tiles; its output."""
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))
    Path("slow.toml").write_text(HARDWARE)

    def call(*options):
        command = ["solve", "pair.json", "--hardware", "slow.toml", "--tiles", "2", *options]
        assert main(command) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return call


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(
    ("objective", "count"), [("latency", "cycles"), ("latency-steps", "steps")]
)
def test_the_answer(solve, solver, objective, count):
    """A byte takes 1 us on the bus and 0.25 us in the cache; a step of layer a moves R_a bytes
    through both, one of layer b R_b + R_a.

    Four crossbars hold (1, 1), 4 counts of max(3, 2.5) us, and (2, 2), 2 counts of 5 us. That is
    the whole frontier: a single second copy leaves the count at 4.
    """
    options = ("--objective", objective, "--solver", solver, "--whole-frontier")
    facts = json.loads(solve(*options, "--json"))
    assert (facts["status"], facts["hardware"], facts["tiles"]) == ("OPTIMAL", "slow", 2)
    assert facts["allocation"] == {"a": 2, "b": 2}
    assert (facts["latency_us"], facts["tstep_us"], facts[count]) == (10, 5, 2)
    assert facts["latency_bound_us"] == 10
    assert facts["binding"] == [["b", "bus"]]
    points = [(point[count], point["tstep_us"], point["tight"]) for point in facts["frontier"]]
    assert points == [(2, 5, True), (4, 3, True)]
    assert facts["frontier_whole"]
    assert bool(facts["subproblems"]) == (solver != "exhaustive")
    for asked in facts["subproblems"]:
        assert asked["status"] in ("OPTIMAL", "INFEASIBLE")
        assert asked["proof"] == "exact" or solver == "milp"
    shown = solve(*options)
    assert f"10.00 us = 2 {count}" in shown
    assert "of 5.00 us, OPTIMAL" in shown
    assert "b binds at bus" in shown
    assert f"frontier: {count}" in shown
    assert "frontier" not in solve(*options[:-1])
