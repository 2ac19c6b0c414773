"""`xbarmip schedule`: answers, files, and what is refused."""

import json
from fractions import Fraction

import pytest

LENET = ["schedule", "lenet-5", "--crossbars", "8", "--write-cycles", "2", "--batch", "3"]


def test_a_table_and_a_line(run):
    out = run(*LENET)
    assert "lenet-5, 8 crossbars of 128x128: 3 segments, 416 cycles, 44 of them writing" in out
    assert "OPTIMAL, exact proof (dp, " in out


def test_json_adds_up(run):
    facts = json.loads(run(*LENET, "--json"))
    assert (facts["status"], facts["value"], facts["gap"]) == ("OPTIMAL", 416, 0)
    assert sum(segment["write"] + segment["run"] for segment in facts["segments"]) == 416
    for segment in facts["segments"]:
        assert segment["write"] == 2 * segment["crossbars"]
        assert segment["run"] == segment["count"] + 2 * segment["interval"]
    units = [segment["units"] for segment in facts["segments"]]
    assert [unit for pair in units for unit in pair] == [0, 1, 1, 2, 2, 5]


def test_solvers_and_objectives(run):
    exact = json.loads(run(*LENET, "--json", "--objective", "steps"))["value"]
    assert exact <= 416
    tiny = ["schedule", "lenet-5", "--crossbars", "4", "--write-cycles", "1", "--json"]
    found = {json.loads(run(*tiny, "--solver", name))["value"] for name in ("dp", "exhaustive")}
    assert len(found) == 1


def test_the_chip_of_a_preset(run):
    facts = json.loads(
        run(
            "schedule",
            "lenet-5",
            "--hardware",
            "isaac-like",
            "--tiles",
            "1",
            "--write-cycles",
            "0",
            "--json",
        )
    )
    assert (facts["crossbars"], facts["status"]) == (72, "OPTIMAL")


def test_a_picture(run, tmp_path):
    path = tmp_path / "time.png"
    assert f"written: {path}" in run(*LENET, "--plot", str(path))
    assert path.read_bytes().startswith(b"\x89PNG")
    vector = tmp_path / "time.svg"
    assert f"written: {vector}" in run(*LENET, "--plot", str(vector))
    assert vector.read_text("utf-8").startswith("<?xml")
    assert "must end in .png" in run(*LENET, "--plot", str(tmp_path / "time.gif"), status=2)


def test_a_latency(run):
    """Writing takes 5 cycles of 2.1 us, and so does every step of lenet-5 on this hardware."""
    command = ["schedule", "lenet-5", "--crossbars", "8", "--hardware", "isaac-like",
               "--write-cycles", "5", "--objective", "latency"]  # fmt: skip
    facts = json.loads(run(*command, "--json"))
    for segment in facts["segments"]:
        assert segment["write_us"] == pytest.approx(10.5 * segment["crossbars"])
        assert segment["run_us"] == pytest.approx(segment["count"] * segment["step_us"])
    total = sum(segment["write_us"] + segment["run_us"] for segment in facts["segments"])
    assert total == pytest.approx(float(facts["value"] * Fraction(facts["unit_s"]) * 10**6))
    assert f"{total:,.2f} us, " in run(*command)


def test_infeasible_is_an_answer(run):
    out = run("schedule", "lenet-5", "--crossbars", "3", "--size", "16")
    assert "INFEASIBLE: one column block of layer 'c3' takes" in out


def test_a_chip_that_is_too_small_names_the_command(run):
    out = run("solve", "lenet-5", "--crossbars", "8")
    assert "`xbarmip schedule` cuts the network into segments" in out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--crossbars", "8", "--tiles", "1"], "only one is allowed"),
        ([], "needs --crossbars"),
        (["--crossbars", "8", "--batch", "0"], "batch must be at least 1, got 0"),
        (
            ["--crossbars", "8", "--hardware", "isaac-like"],
            "hardware 'isaac-like' gives no cost of writing",
        ),
        (["--crossbars", "8", "--option", "seed=1"], "solver 'dp'"),
    ],
)
def test_what_is_refused(run, given, message):
    assert message in run("schedule", "lenet-5", *given, status=2)
