"""Goals on the command line: --at-most, --then, --sum, and their certificates."""

import json

import pytest

from xbarmip.cli.main import main

GOAL = ("lenet-5", "--objective", "crossbars", "--at-most", "cycles=200", "--then", "interval")


def run(capsys, *arguments):
    """Status, and what was printed on both streams."""
    status = main(list(arguments))
    return status, *capsys.readouterr()


def test_a_goal_as_json(capsys):
    status, out, err = run(capsys, "solve", *GOAL, "--at-most", "serial=400", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert (answer["goal"], answer["then"]) == ("crossbars", ["interval"])
    assert answer["at_most"] == {"cycles": 200, "serial": 400}
    assert answer["status"] == "OPTIMAL"
    assert answer["value"] == answer["measures"]["crossbars"] == answer["crossbars_used"]
    assert answer["measures"]["serial"] <= 400
    assert [each["measure"] for each in answer["minima"]] == ["crossbars", "interval"]
    assert len(answer["digest"]) == 64


def test_a_certificate_of_a_goal_is_held_against_it(capsys, tmp_path):
    path = str(tmp_path / "c")
    assert run(capsys, "solve", *GOAL, "--certificate", path)[0] == 0
    name, *goal = GOAL
    status, out, _ = run(capsys, "check", path, "--network", name, *goal)
    assert (status, "accepted: lenet-5, crossbars of 128x128, cycles at most 200" in out) == (
        0,
        True,
    )
    status, out, _ = run(capsys, "check", path, "--network", name, *goal, "--at-most", "serial=500")
    assert (status, "states another problem" in out) == (1, True)
    status, _, err = run(capsys, "check", path, "--then", "interval")
    assert (status, "--then says what the problem is, and needs --network" in err) == (2, True)


CHIP = ("--crossbars", "300", "--share")
LENET, ALEXNET = ("--network", "lenet-5:2"), ("--network", "alexnet")


def test_a_certificate_of_several_networks_is_held_against_them(capsys, tmp_path):
    path, other = str(tmp_path / "c"), str(tmp_path / "other")
    shared = ("lenet-5:2", "alexnet", *CHIP, "slowest", "--certificate", path)
    assert run(capsys, "solve", *shared)[0] == 0
    assert run(capsys, "solve", "lenet-5", "--crossbars", "300", "--certificate", other)[0] == 0
    status, out, _ = run(capsys, "check", path, *LENET, *ALEXNET, *CHIP, "slowest")
    assert (status, "accepted: 2 networks, 300 crossbars of 128x128 (digest" in out) == (0, True)
    asked = (*LENET, *ALEXNET, *CHIP)
    for file, arguments, words in (
        (path, (*ALEXNET, *LENET, *CHIP, "slowest"), "numbers[0]: 2 in the file, 1 wanted"),
        (path, (*asked, "sum"), "share: slowest in the file, sum wanted"),
        (path, (*LENET, *LENET[:1], "lenet-5", *CHIP, "slowest"), "network 2: layers[0].outputs"),
        (path, (*LENET, *CHIP, "slowest"), "number of numbers: 2 in the file, 1 wanted"),
        (path, (*asked, "slowest", "--crossbars", "301"), "crossbars: 300 in the file, 301 wanted"),
        (path, (*asked, "slowest", "--constraint", "powers-of-two"), "network 1: number of constr"),
        (path, (*LENET[:1], "lenet-5", "--crossbars", "300"), "several networks on one chip"),
        (
            other,
            (*asked, "slowest"),
            "the file states another problem: an allocation of one network",
        ),
    ):
        status, out, _ = run(capsys, "check", file, *arguments)
        assert (status, words in out) == (1, True), (out, words)
    for arguments, words in (
        ((*LENET, *ALEXNET, "--crossbars", "300"), "--share must say how 2 networks share"),
        (("--share", "sum"), "--share says what the problem is, and needs --network"),
        ((*asked, "sum", "--cores", "2"), "--cores is for one network"),
        ((*asked, "sum", "--batch", "2"), "--batch is for one network"),
        ((*asked, "sum", "--then", "interval"), "--then is for one network"),
        ((*asked, "deadlines"), "needs a deadline for each network"),
    ):
        status, _, err = run(capsys, "check", path, *arguments)
        assert (status, words in err) == (2, True), (err, words)


def test_a_time_in_microseconds(capsys):
    status, out, _ = run(
        capsys, "solve", "lenet-5", "--hardware", "isaac-like", "--objective", "tiles",
        "--at-most", "latency_us=800.5",
    )  # fmt: skip
    assert status == 0
    assert "lenet-5, isaac-like (crossbars of 128x128), latency_us at most 1601/2: tiles 5" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--at-most", "cycles"), "--at-most: must be MEASURE=N, got 'cycles'"),
        (("--at-most", "cycles=x"), "--at-most: must be MEASURE=N, got 'cycles=x'"),
        (("--then", "interval,"), "--then: must be measures separated by commas"),
        (("--then", "watts"), "unknown measure 'watts'"),
        (("--sum", "power"), "--sum: must be NAME:KEY=W,..., each key once, got 'power'"),
        (("--sum", "power:c1=1,c1=2"), "each key once"),
        (("--sum", "power:c9=1"), "unknown layer 'c9'"),
        (("--sum", "power:tiles=1"), "--sum power: tiles needs --hardware"),
        (("--at-most", "latency=3", "--hardware", "isaac-like"), "as latency_us"),
        (("--then", "interval", "--whole-frontier"), "has no frontier of step times"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message, capsys):
    status, out, err = run(capsys, "solve", "lenet-5", "--crossbars", "40", *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_times_of_several_networks_are_in_microseconds(capsys):
    chip = ("--crossbars", "30", "--objective", "latency", "--hardware", "isaac-like")
    asked = ("lenet-5:2", "lenet-5", *chip, "--share", "slowest")
    status, out, _ = run(capsys, "solve", *asked)
    assert (status, "latency_us" in out, " us, OPTIMAL, exact" in out) == (0, True, True)
    facts = json.loads(run(capsys, "solve", *asked, "--json")[1])
    times = [part["count_us"] for part in facts["parts"]]
    assert facts["value_us"] == max(2 * times[0], times[1])
    due = (f"lenet-5={times[0]}", f"lenet-5={times[1] + 0.5}", *chip, "--share", "deadlines")
    facts = json.loads(run(capsys, "solve", *due, "--json")[1])
    assert facts["value"] <= 30
    assert "value_us" not in facts
