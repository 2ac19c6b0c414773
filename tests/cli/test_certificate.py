"""`xbarmip solve --certificate` and `xbarmip check`."""

import json
import os
import subprocess
import sys

import pytest

import xbarmip as xb
from benchmarks.by_definition import certificate as certificate_of
from tests.certificate.test_reading import written
from xbarmip.certificate import check
from xbarmip.certificate.same import require_same
from xbarmip.certificate.statement import stated_problem, statement
from xbarmip.cli.main import main
from xbarmip.constraints import LargestDuplication
from xbarmip.hardware.preset import load_hardware

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
    good, refused = json.loads(found)
    assert (good["accepted"], good["outcome"]) == (True, "accepted")
    assert (refused["accepted"], refused["outcome"]) == (False, "refused")
    assert len(good["digest"]) == 64
    assert f"digest {good['digest']}" in line
    assert refused["digest"] is None
    assert main(["check", str(bad)]) == 1
    assert f"{bad}: REFUSED: first line must be" in capsys.readouterr().out
    assert not err


def test_every_file_is_checked_and_the_worst_decides(certificate, tmp_path, capsys):
    bad, none = tmp_path / "bad", tmp_path / "none"
    bad.write_text("[]\n")
    assert main(["check", str(none), str(bad), str(certificate)]) == 2
    out, err = capsys.readouterr()
    assert err == (
        f"xbarmip: error: certificate '{none}': cannot be read (No such file or directory)\n"
    )
    refused, accepted = out.splitlines()
    assert refused.startswith(f"{bad}: REFUSED: ")
    assert accepted.startswith(f"{certificate}: accepted: ")
    assert main(["check", str(bad), str(certificate)]) == 1
    assert main(["check", "--json", str(none), str(certificate)]) == 2
    out = json.loads(capsys.readouterr().out[len(out) // 2 :].split("\n", 1)[1])
    assert [one["outcome"] for one in out] == ["unreadable", "accepted"]


OWN = ["--network", "alexnet", "--crossbars", "1024"]
OTHERS = [
    ([*OWN[:3], "1023"], "crossbars: 1024 in the file, 1023 wanted"),
    (["--network", "vgg-a", *OWN[2:]], "number of layers: 5 in the file, 8 wanted"),
    ([*OWN, "--size", "64"], "layers[0].set: 3 in the file, 12 wanted"),
    ([*OWN, "--objective", "steps"], "view.stalls: 1 in the file, 0 wanted"),
    ([*OWN, "--constraint", "largest-duplication:most=50"], "number of constraints: 0 in the file"),
]


def test_a_certificate_of_ones_own_problem(certificate, capsys):
    assert main(["check", str(certificate), *OWN]) == 0
    digest = check.digest(statement(xb.Problem(xb.load_network("alexnet"), 1024)))
    assert capsys.readouterr().out == (
        f"{certificate}: accepted: alexnet, 1024 crossbars of 128x128 (digest {digest}): "
        "no allocation ends before 107 cycles; the given one takes 107\n"
    )


@pytest.mark.parametrize(("options", "difference"), OTHERS)
def test_a_certificate_of_another_problem(options, difference, certificate, capsys):
    assert main(["check", str(certificate), *options]) == 1
    said = f"{certificate}: REFUSED: the file states another problem: {difference}"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "change", "difference"),
    [
        ("edges", lambda edges: edges[2]["rows"].__setitem__(0, 1), "edges[2].rows[0]: 1 in"),
        ("layers", lambda layers: layers[0].update(end=1), "layers[0].end: 1 in the file, 0"),
        ("view", lambda view: view.update(offset=1), "view.offset: 1 in the file, 0 wanted"),
        ("constraints", lambda some: some[0].update(limit=99), "constraints[0].limit: 99 in"),
        (
            "constraints",
            lambda some: some[0]["weights"][0][1].__setitem__(0, 7),
            "constraints[0].weights[0][1][0]: 7 in the file, 1 wanted",
        ),
        ("time", lambda time: time.update(compute=5), "time.compute: 5 in the file, "),
        ("time", lambda time: time["layers"][2]["own"].__setitem__(1, 5), "time.layers[2].own[1]"),
    ],
)
def test_the_first_number_that_differs_is_named(key, change, difference):
    problem = xb.Problem(
        xb.load_network("alexnet"),
        1024,
        objective="latency",
        constraints=(LargestDuplication(most=40),),
        hardware=load_hardware("isaac-like"),
    )
    record, own = statement(problem), stated_problem(problem)
    require_same(check.Problem(record), own)
    change(record[key])
    with pytest.raises(check.Refused) as refused:
        require_same(check.Problem(record), own)
    assert f"another problem: {difference}" in str(refused.value)


def test_names_are_no_part_of_a_problem():
    problem = xb.Problem(xb.load_network("alexnet"), 1024)
    record = statement(problem)
    record.update(name="vgg-a", measure="steps")
    for number, layer in enumerate(record["layers"]):
        layer["name"] = f"fc{number}"
    require_same(check.Problem(record), stated_problem(problem))
    assert check.digest(record) == check.digest(statement(problem))


@pytest.mark.parametrize(
    "name", ["alexnet", "x: accepted: alexnet, 2304 crossbars", "\u00e9", "\x1b[2J"]
)
def test_a_name_is_never_passed_on(name, tmp_path, capsys):
    """One layer that calls itself whatever it likes."""
    record = {
        "name": name, "measure": name, "crossbars": 2304, "edges": [], "time": None,
        "layers": [{"name": name, "outputs": 1, "set": 2304, "end": 1}],
        "view": {"stalls": 1, "capped": 1, "counted": [1], "tails": [], "offset": 0},
        "constraints": [{"name": name, "limit": 1, "weights": [[0, [1]]]}],
    }  # fmt: skip
    path = written(tmp_path / "c", certificate_of(record))
    assert main(["check", path]) == 0
    said = capsys.readouterr().out
    assert f"{path}: accepted: the problem that the file states (1 layer, 2304 crossbars, " in said
    assert "1 constraint, digest" in said
    assert name not in said
    assert main(["check", path, "--network", "alexnet", "--crossbars", "2304"]) == 1
    assert "another problem: number of layers: 1 in the file, 5 wanted" in capsys.readouterr().out


COMMAND = ["-m", "xbarmip", "check"]


@pytest.mark.parametrize(
    ("checker", "encoding"),
    [
        *(([check.__file__], encoding) for encoding in ("ascii", "latin-1", "cp1252", "utf-8")),
        *((COMMAND, encoding) for encoding in ("ascii", "cp1252")),
    ],
)
def test_any_encoding_of_the_output(checker, encoding, certificate, tmp_path):
    """What it lacks is replaced, in names of files as well, and no terminal is given orders."""
    path = tmp_path / "\u4e2d\u20ac\u00e9\x1b[31m.cert"
    certificate.rename(path)
    done = subprocess.run(
        [sys.executable, *checker, str(path), str(tmp_path / "\u20ac none")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        check=False,
    )
    assert done.returncode == 2
    assert b"[31m.cert: accepted: the problem" in done.stdout
    assert b"\x1b" not in done.stdout
    assert b"cannot be read" in done.stderr
    assert b"Traceback" not in done.stderr
    done.stdout.decode(encoding)


@pytest.mark.parametrize("fault", [IndexError("x"), MemoryError(), RecursionError("deep")])
def test_what_the_checker_cannot_follow_is_refused(
    fault, certificate, tmp_path, capsys, monkeypatch
):
    """Of a first file; the second one is accepted."""
    own, first = check.Problem, [True]

    def fails(*record):
        if first.pop() if first else False:
            raise fault
        return own(*record)

    monkeypatch.setattr(check, "Problem", fails)
    assert check.main([str(certificate), str(certificate)]) == 1
    refused, accepted = capsys.readouterr().out.splitlines()
    assert refused.startswith(f"{certificate}: REFUSED: ")
    assert (type(fault).__name__ in refused) != ("more memory" in refused)
    assert accepted.startswith(f"{certificate}: accepted: ")


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
        (["check", "none", "--crossbars", "9"], "--crossbars says what the problem is, and needs"),
        (["check", "none", "--objective", "steps"], "--objective says what the problem is, and"),
        (["check", "none", "--write-cycles", "0"], "--write-cycles says what the problem is, and"),
        (["check", "none", "--digital"], "--digital says what the problem is, and needs --network"),
        (["check", "none", "--network", "alexnet"], "needs --crossbars, or --tiles and --hardware"),
        (["check", "none", "--network", "none", "--crossbars", "9"], "network 'none'"),
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
