"""`frontier --against`: two measures against each other at one budget."""

import json
from dataclasses import replace

import pytest

import xbarmip as xb
from xbarmip.cli.main import main
from xbarmip.hardware.preset import load_hardware
from xbarmip.questions.amounts import amounts

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


def test_counts_stand_beside_their_times(capsys):
    """A step of lenet-5 takes 2.1 us on this hardware, whatever the allocation."""
    on = ("--hardware", "isaac-like")
    status, out, _ = run(capsys, *ASKED, *on)
    assert (status, "cycles in us" in out, "interval in us" in out) == (0, True, True)
    front = xb.pareto(
        xb.Problem(xb.load_network("lenet-5"), 60, hardware=load_hardware("isaac-like")), "interval"
    )
    for point in front.points:
        assert f"{point.value * 2.1:,.2f} | " in out
        assert f"{point.against * 2.1:,.2f} | " in out
    shared = ("solve", "lenet-5", "lenet-5", "--crossbars", "30", "--share", "slowest", *on)
    facts = json.loads(run(capsys, *shared, "--json")[1])
    shown = run(capsys, *shared)[1]
    assert "cycles in us" in shown
    assert all(f"{part['count'] * 2.1:,.2f} | " in shown for part in facts["parts"])


def points(capsys, *arguments):
    """The points of a front as JSON has them."""
    status, out, err = run(capsys, "frontier", "lenet-5", *arguments, "--json")
    assert (status, err) == (0, "")
    return json.loads(out)["points"]


def test_bounds_ties_and_sums_are_those_of_python(capsys):
    network = xb.load_network("lenet-5")
    power = {name: [5 * r for r in range(1, 31)] for name in network.index}
    problem = xb.Problem(network, 30, at_most={"serial": 150}, then=("crossbars",))
    front = xb.pareto(replace(problem, sums=(xb.Sum("power", power),)), "power")
    asked = ("--crossbars", "30", "--against", "power", "--sum")
    layers = ",".join(f"{name}=5" for name in network.index)
    given = (*asked, f"power:{layers}", "--at-most", "serial=150", "--then", "crossbars")
    found = [
        (point["cycles"], point["power"], point["allocation"]) for point in points(capsys, *given)
    ]
    assert found == [(point.value, point.against, dict(point.allocation)) for point in front.points]
    assert len(found) > 3


def test_a_time_against_crossbars_is_its_frontier_of_budgets(capsys):
    chip = ("--hardware", "isaac-like", "--crossbars", "14")
    found = points(capsys, *chip, "--objective", "latency", "--against", "crossbars")
    hardware = load_hardware("isaac-like")
    least = {}
    for crossbars in range(9, 15):
        problem = xb.Problem(
            xb.load_network("lenet-5"), crossbars, objective="latency", hardware=hardware
        )
        allocation = xb.solve(problem, "exhaustive").allocation
        least.setdefault(amounts(problem, allocation.values())["latency_us"], crossbars)
    assert [(point["latency_us"], point["crossbars"]) for point in found] == sorted(least.items())


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
        (("--up-to", "60", "--at-most", "serial=9"), "--at-most is for --against; --crossbars N"),
        (("--up-to", "60", "--then", "serial"), "--then is for --against; --crossbars N"),
        (("--up-to", "60", "--sum", "own:c1=1"), "--sum is for --against; --crossbars N"),
        (("--up-to", "60", "--objective", "latency"), "is of a count; --crossbars N --against"),
        (("--up-to", "60", "--objective", "speed"), "is of a count; --crossbars N --against"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message, capsys):
    status, out, err = run(capsys, "frontier", "lenet-5", *arguments)
    assert (status, out) == (2, "")
    assert message in err
