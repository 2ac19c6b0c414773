"""`xbarmip score`, and allocations in files."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import xbarmip as xb
from tests.cli.test_cli import PAIR
from xbarmip.allocation import pimcomp_text, read_allocation
from xbarmip.cli.main import main
from xbarmip.errors import InputError, VerificationError
from xbarmip.hardware.preset import load_hardware
from xbarmip.solvers.result import Proof, Result, Status, Stop


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))


def pair():
    return xb.load_network("pair.json")


def noded(network, nodes):
    """The network as if read from a file that calls its layers so."""
    layers = zip(network.layers, nodes, strict=True)
    return replace(network, layers=tuple(replace(layer, node=node) for layer, node in layers))


SAME = {
    "csv": "layer,R\na,2\nb,1\n",
    "csv of Windows": "layer, R\r\n\r\nb, 1\r\na, 2\r\n",
    "list": "[2, 1]",
    "object": '{"b": 1, "a": 2}',
    "answer": '{"status": "OPTIMAL", "allocation": {"a": 2, "b": 1}}',
    "pimcomp": '{"replication": {"a": 2, "b": 1}, "mapping": {}}',
}


@pytest.mark.parametrize("name", SAME)
def test_every_form_is_the_same_allocation(name):
    Path("given").write_text(SAME[name])
    assert read_allocation(Path("given"), pair()) == (2, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is neither JSON nor CSV with the header layer,R"),
        ("a,2\nb,1\n", "is neither JSON nor CSV with the header layer,R"),
        ("layer,R\na,2\n", "missing layer 'b'"),
        ("layer,R\na,2\na,1\n", "'a' is given twice"),
        ("layer,R\na,2,3\n", "row 2: must be a layer and its R"),
        ("layer,R\na,two\nb,1\n", "row 2: R must be a whole number, got 'two'"),
        ("layer,R\na,2\nc,1\n", "unknown layer 'c'"),
        ("layer,R\na,5\nb,1\n", "R of layer 'a'"),
        ("[2, 1.0]", "R of layer 'b'"),
        ("[2, true]", "R of layer 'b'"),
        ("[2]", "must have 2 values, got 1"),
        ('{"a": 2, "a": 1, "b": 1}', "'a' is given twice"),
        ("{", "is not readable as JSON"),
        ("[" * 10**5, "is not readable as JSON"),
    ],
)
def test_what_is_no_allocation_is_refused_in_one_line(text, message, capsys):
    Path("given").write_text(text)
    command = ["score", "pair.json", "--crossbars", "4", "--size", "8", "--allocation", "given"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("xbarmip: error: given: ")
    assert message in said
    assert said.count("\n") == 1


def test_by_hand(capsys):
    """R = (2, 1) takes 4 cycles, (2, 2) takes 2, with 4 crossbars."""
    Path("given.csv").write_text(SAME["csv"])
    command = ["score", "pair.json", "--crossbars", "4", "--size", "8", "--allocation", "given.csv"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {key: found[key] for key in ("value", "best", "bound", "percent_above", "allowed")} == {
        "value": 4, "best": 2, "bound": 2, "percent_above": 100.0, "allowed": True,
    }  # fmt: skip
    assert found["crossbars_used"] == found["measures"]["crossbars"] == 3
    assert (found["measures"]["interval"], found["measures"]["serial"]) == (4, 6)
    assert main(command) == 0
    assert "4 cycles; the proven optimum is 2: 100.0 percent above it" in capsys.readouterr().out


def test_more_than_the_budget_and_less_than_nothing(capsys):
    Path("all.json").write_text("[4, 4]")
    command = ["score", "pair.json", "--size", "8", "--allocation", "all.json", "--crossbars"]
    assert main([*command, "4", "--constraint", "largest-duplication:most=3"]) == 0
    said = capsys.readouterr().out
    assert "50.0 percent below it" in said
    assert "the allocation takes 4 crossbars too many\n" in said
    assert main([*command, "9", "--constraint", "largest-duplication:most=3"]) == 0
    assert "; it breaks largest-duplication\n" in capsys.readouterr().out
    assert main([*command, "1"]) == 0
    assert "nothing is allowed here" in capsys.readouterr().out


def test_times_are_exact():
    network = xb.load_network("alexnet")
    problem = xb.Problem(network, 2304, objective="latency", hardware=load_hardware("isaac-like"))
    found = xb.score(problem, dict.fromkeys(network.index, 1))
    assert isinstance(found.value, Fraction)
    assert found.above > 0
    assert found.best == found.bound == found.result.latency
    assert found.as_dict()["value"] == found.measures["latency_us"]


def test_a_solver_that_is_beaten_is_named(monkeypatch):
    lie = Result("dp", Status.OPTIMAL, Stop.FINISHED, 3, 3, {"a": 2, "b": 2}, Proof.EXACT)
    monkeypatch.setattr("xbarmip.questions.score.solve", lambda *_, **__: lie)
    with pytest.raises(VerificationError, match="the allocation is allowed and better"):
        xb.score(xb.Problem(pair(), 4, 8), [2, 2])


def test_goals_are_refused():
    with pytest.raises(xb.UnsupportedError, match="bounds, ties and sums"):
        xb.score(xb.Problem(pair(), 4, 8, then=("crossbars",)), [1, 1])
    with pytest.raises(InputError, match="must have 2 values"):
        xb.score(xb.Problem(pair(), 4, 8), [1])


def test_an_allocation_without_a_file(capsys):
    command = ["score", "pair.json", "--crossbars", "4", "--size", "8", "--allocation"]
    assert main([*command, "2,1"]) == 0
    assert "4 cycles; the proven optimum is 2" in capsys.readouterr().out
    assert main([*command, "2,1,1"]) == 2
    assert "must have 2 values, got 3" in capsys.readouterr().err


def test_pimcomp_gets_the_names_of_the_file_and_is_read_back(capsys):
    named = noded(pair(), ("/x/Conv", "b"))
    text = pimcomp_text(named, (2, 1))
    assert json.loads(text)["replication"] == {"/x/Conv": 2, "b": 1}
    Path("given").write_text(text)
    assert read_allocation(Path("given"), named) == (2, 1)
    command = ["export", "pair.json", "--format", "pimcomp", "--output", "table.json"]
    assert main([*command, "--allocation", "2,1"]) == 0
    assert main(["simulate", "pair.json", "--allocation", "table.json", "--json"]) == 0
    assert '"a": 2' in capsys.readouterr().out


@pytest.mark.parametrize("nodes", [("same", "same"), ("b", "a"), ("b", "")])
def test_names_of_a_file_that_lead_elsewhere_are_not_used(nodes):
    named = noded(pair(), nodes)
    assert named.names_in_file == ("a", "b")


def test_export_to_pimcomp_refuses_what_it_would_ignore(capsys):
    command = ["export", "pair.json", "--output", "out"]
    for options, why in (
        (["--format", "pimcomp"], "one needs the other"),
        (["--format", "mps", "--crossbars", "4", "--allocation", "1,1"], "one needs the other"),
        (
            ["--format", "pimcomp", "--allocation", "1,1", "--crossbars", "4"],
            "takes no --crossbars",
        ),
        (["--format", "pimcomp", "--allocation", "1,1", "--objective", "cycles"], "no --objective"),
        (["--format", "pimcomp", "--allocation", "1,1", "--at-most", "3"], "takes no --at-most"),
        (["--format", "pimcomp", "--allocation", "1"], "must have 2 values"),
    ):
        assert main([*command, *options]) == 2
        assert why in capsys.readouterr().err
    assert not Path("out").exists()


def test_simulate_reads_the_same_files(capsys):
    Path("given").write_text(SAME["csv"])
    assert main(["simulate", "pair.json", "--allocation", "given", "--size", "8", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["allocation"] == {"a": 2, "b": 1}
    assert main(["simulate", "pair.json", "--allocation", "none"]) == 2
    assert "none: cannot be read" in capsys.readouterr().err
