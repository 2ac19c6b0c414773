"""What is known of a suite: learned from results, checked against the problems themselves."""

import json
from dataclasses import replace

import pytest

from xbarmip.cli.main import main
from xbarmip.compare.known import (
    CERTIFICATE,
    Known,
    Prover,
    faults,
    learn,
    list_known,
    read_known,
    write_known,
)
from xbarmip.compare.run import compare
from xbarmip.compare.suite import list_suites, read_suite
from xbarmip.errors import InputError
from xbarmip.solvers.result import Proof, Result, Status, Stop

TEXT = """format = "xbarmip-suite"
version = 1
name = "tiny"
description = "Two layers."
[[case]]
name = "pair"
network.layers = [
  { name = "a", in_channels = 1, out_channels = 1, size = [1, 4], kernel = 1 },
  { name = "b", in_channels = 1, out_channels = 1, size = [1, 4], kernel = 1 },
]
crossbars = [1, 4]
"""


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TEXT)
    return read_suite(path)


def learned(suite, solvers, known=None):
    return learn(suite, known or {}, compare(suite, solvers))


def test_one_prover_is_not_enough(suite):
    known = learned(suite, ["dp"])
    assert [(each.value, each.bound) for each in known.values()] == [(None, None), (2, 2)]
    assert all(each.settled and not each.golden for each in known.values())
    known = learned(suite, ["exhaustive"], known)
    assert all(each.golden for each in known.values())
    assert [prover.solver for prover in known["pair/4/cycles"].provers] == ["dp", "exhaustive"]
    assert faults(suite, known) == []


def test_a_checked_certificate_is_enough(suite):
    entry = learned(suite, ["dp"])["pair/4/cycles"]
    assert replace(entry, provers=(Prover(CERTIFICATE, "exact"),)).golden


def test_a_heuristic_proves_nothing(suite):
    entry = learned(suite, ["greedy"])["pair/4/cycles"]
    assert entry.value is not None
    assert (entry.bound, entry.provers, entry.settled) == (None, (), False)


class Liar:
    """Claims an optimum that is too good."""

    name = "liar"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, limits):
        chosen = dict.fromkeys(problem.network.index, 1)
        claim = {"value": 1, "bound": 1, "proof": Proof.EXACT, "allocation": chosen}
        return Result("liar", Status.OPTIMAL, Stop.FINISHED, **claim)


def test_a_liar_is_left_out(suite):
    known = learned(suite, [Liar(), "dp"])
    assert known["pair/4/cycles"].value == known["pair/4/cycles"].bound == 2
    assert [prover.solver for prover in known["pair/4/cycles"].provers] == ["dp"]


def test_a_better_value_dismisses_the_provers_of_a_worse_one(suite):
    before = learned(suite, ["dp"])
    worse = {
        name: replace(each, value=4, bound=4, allocation=(1, 1)) if each.value else each
        for name, each in before.items()
    }
    after = learned(suite, ["exhaustive"], worse)["pair/4/cycles"]
    assert after.value == 2
    assert [prover.solver for prover in after.provers] == ["exhaustive"]
    assert after.bound == 4, "a false bound stays, and is told"
    assert "the bound 4 is above the value 2" in faults(suite, {"pair/4/cycles": after})[1]


def test_figures_of_another_problem_are_dropped(suite):
    before = {
        name: replace(each, problem="0" * 16) for name, each in learned(suite, ["dp"]).items()
    }
    assert all("is of another problem: digest 0000" in each for each in faults(suite, before))
    assert learned(suite, ["woho"], before)["pair/4/cycles"].provers == ()


def test_known_values_are_written_and_read_back(suite, tmp_path):
    known = learned(suite, ["dp", "exhaustive"])
    path = tmp_path / "known.json"
    path.write_bytes(write_known("tiny", known))
    assert read_known(path) == known


FAULTS = {
    "value": ({"value": 3}, "its allocation takes 2, not 3"),
    "allocation": ({"allocation": (1, 1)}, "its allocation takes 4, not 2"),
    "too long": ({"allocation": (1, 1, 1)}, "must have 2 values, got 3"),
    "over budget": ({"allocation": (4, 4)}, "its allocation is not allowed"),
    "no allocation": ({"allocation": None}, "needs both a value and its allocation"),
    "bound": ({"bound": 3}, "the bound 3 is above the value 2"),
    "gap": ({"bound": 1}, "has provers, but value and bound differ"),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_found(suite, change, message):
    known = learned(suite, ["dp"])
    known["pair/4/cycles"] = replace(known["pair/4/cycles"], **change)
    assert any(message in fault for fault in faults(suite, known))


def test_what_the_suite_states_is_held_against_it(suite):
    known = learned(suite, ["dp"])
    stated = [replace(x, optimum="infeasible" if i else 7) for i, x in enumerate(suite.instances)]
    lines = faults(replace(suite, instances=tuple(stated)), known)
    assert lines == [
        "pair/1/cycles: has the value None, the suite states 7",
        "pair/4/cycles: has the value 2, the suite states that it is infeasible",
    ]


def test_instances_that_are_missing_or_too_many(suite):
    extra = Known("gone", "0" * 16, None, None, None, ())
    assert faults(suite, {"gone": extra}) == [
        "gone: is not an instance of the suite",
        "pair/1/cycles: nothing is known of it",
        "pair/4/cycles: nothing is known of it",
    ]


BAD = {
    "not JSON": ("{", "is not readable as JSON"),
    "format": ('{"format": "x"}', "format"),
    "key": ('{"format": "xbarmip-known", "version": 1, "suite": "a"}', "missing key 'instances'"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_bad_files(tmp_path, text, message):
    path = tmp_path / "known.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_known(path)


# --- what ships -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list_known())
def test_what_ships_is_right(name):
    assert name in list_suites()
    assert faults(read_suite(name), read_known(name)) == []


# --- the command ----------------------------------------------------------------------------------


def test_record_and_check(suite, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    compare(suite, ["dp", "exhaustive"], output="results")
    (tmp_path / "known").mkdir()
    recording = ["suite", "record", "tiny.toml", "results/tiny.jsonl", "--known", "known"]
    assert main(recording) == 0
    assert capsys.readouterr().out == "written: known/tiny.json, 2 instances\n"
    assert main(["suite", "check", "tiny.toml", "--known", "known", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["suites"]
    assert line == {
        "suite": "tiny", "instances": 2, "known": 2, "settled": 2, "by two or a certificate": 2,
    }  # fmt: skip
    path = tmp_path / "known" / "tiny.json"
    path.write_text(path.read_text().replace('"value": 2', '"value": 3'))
    assert main(["suite", "check", "tiny.toml", "--known", "known"]) == 1
    err = capsys.readouterr().err
    assert "xbarmip: tiny: pair/4/cycles: its allocation takes 2, not 3\n" in err


def test_a_suite_of_which_nothing_is_recorded_is_only_read(suite, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["suite", "check", "tiny.toml", "--known", "."]) == 0
    assert capsys.readouterr().err == ""
    (tmp_path / "tiny.toml").write_text(TEXT.replace("crossbars", "crossbar"))
    assert main(["suite", "check", "tiny.toml"]) == 2
    assert "did you mean 'crossbars'" in capsys.readouterr().err


def test_an_exported_suite_is_a_suite(suite, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["suite", "export", "tiny.toml", "--output", "integers.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"output": "integers.json", "instances": 2}
    again = read_suite(tmp_path / "integers.json")
    assert (again.name, again.description) == (suite.name, suite.description)
    assert [each.name for each in again.instances] == [each.name for each in suite.instances]
    assert learned(again, ["dp"]) == learned(suite, ["dp"])
    assert main(["suite", "export", "tiny.toml", "--output", "no/integers.json"]) == 2
    assert "no/integers.json" in capsys.readouterr().err
