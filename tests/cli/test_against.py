"""`frontier --against`: two measures against each other at one budget."""

import json

import pytest

from xbarmip.cli.main import main

ASKED = ("frontier", "lenet-5", "--crossbars", "60", "--against", "interval")


def run(capsys, *arguments):
    """Status, and what was printed on both streams."""
    status = main(list(arguments))
    return status, *capsys.readouterr()


def test_table_json_and_csv_say_the_same(capsys, tmp_path):
    path = tmp_path / "front.csv"
    status, out, err = run(capsys, *ASKED, "--csv", str(path))
    assert (status, err) == (0, "")
    assert "60 crossbars of 128x128: cycles against interval: 2 points, complete, exact" in out
    _, printed, _ = run(capsys, *ASKED, "--json")
    facts = json.loads(printed)
    assert (facts["goal"], facts["against"], facts["complete"]) == ("cycles", "interval", True)
    pairs = [(point["cycles"], point["interval"]) for point in facts["points"]]
    lines = path.read_text().splitlines()
    assert lines[0] == "cycles,interval,c1,c3,c5,f6,output"
    for pair, line, point in zip(pairs, lines[1:], facts["points"], strict=True):
        assert line.split(",") == [str(n) for n in (*pair, *point["allocation"].values())]
        assert point["measures"]["interval"] == pair[1]
        assert f"{pair[0]} | " in out


def test_a_time_is_in_microseconds(capsys):
    asked = ("frontier", "lenet-5", "--hardware", "isaac-like", "--crossbars", "30")
    status, out, _ = run(
        capsys, *asked, "--objective", "interval", "--against", "latency", "--json"
    )
    points = json.loads(out)["points"]
    assert status == 0
    assert points
    assert all(point["latency_us"] == point["measures"]["latency_us"] for point in points)


def test_nothing_allowed_is_an_answer(capsys):
    status, out, _ = run(
        capsys, *ASKED, "--constraint", "tile-granularity:crossbars_per_tile=72,tiles=4"
    )
    assert status == 0
    assert "INFEASIBLE: constraint 'tile-granularity' cannot hold" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--against", "interval"), "needs --crossbars"),
        ((*ASKED[2:], "--up-to", "70"), "--up-to is for many budgets"),
        ((*ASKED[2:], "--from", "7"), "--from is for many budgets"),
        ((*ASKED[2:], "--plot", "a.png"), "--plot is for many budgets"),
        (("--crossbars", "60"), "--crossbars is the budget of --against"),
        (("--up-to", "60", "--solver", "milp"), "--solver is for --against"),
        (("--crossbars", "60", "--against", "steps"), "it takes one of the measures"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message, capsys):
    status, out, err = run(capsys, "frontier", "lenet-5", *arguments)
    assert (status, out) == (2, "")
    assert message in err
