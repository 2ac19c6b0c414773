"""`xbarmip solve --certificate` and `xbarmip check`."""

import json

import pytest

from xbarmip.certificate import check
from xbarmip.cli.main import main

SOLVE = ["solve", "alexnet", "--crossbars", "1024"]


@pytest.fixture
def certificate(tmp_path, capsys):
    path = tmp_path / "a.cert"
    assert main([*SOLVE, "--certificate", str(path)]) == 0
    assert f"{path}: certificate of {path.stat().st_size} bytes" in capsys.readouterr().out
    return path


def test_accepted_and_refused(certificate, tmp_path, capsys):
    bad = tmp_path / "bad"
    bad.write_text("[]\n")
    assert main(["check", str(certificate)]) == 0
    assert main(["check", "--json", str(certificate), str(bad)]) == 1
    out, err = capsys.readouterr()
    line, found = out.split("\n", 1)
    assert line == f"{certificate}: accepted: {check.check(str(certificate))}"
    assert [one["accepted"] for one in json.loads(found)] == [True, False]
    assert main(["check", str(bad)]) == 1
    assert f"{bad}: REFUSED: first line must be" in capsys.readouterr().out
    assert not err


def test_json_of_solve_stays_json(tmp_path, capsys):
    assert main([*SOLVE, "--json", "--certificate", str(tmp_path / "c")]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == 107
    assert check.check(str(tmp_path / "c"))


def test_an_infeasible_budget(tmp_path, capsys):
    path = tmp_path / "c"
    assert main(["solve", "alexnet", "--crossbars", "9", "--certificate", str(path)]) == 0
    assert main(["check", str(path)]) == 0
    assert ", 9 crossbars, digest" in (said := capsys.readouterr().out)
    assert said.endswith("no allocation is allowed\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "none"], "certificate 'none': cannot be read (No such file or directory)"),
        ([*SOLVE, "--certificate", "none/c"], "output 'none/c': cannot be written"),
        (
            [*SOLVE, "--solver", "greedy", "--certificate", "c"],
            "no certificate: greedy proves no bound",
        ),
    ],
)
def test_errors_are_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
