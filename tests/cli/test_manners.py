"""How the command line behaves: narrow terminals, pipes, near misses, doctor, completion."""

import json
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.test_cli import PAIR
from tests.test_layers import MODULES
from xbarmip import compiled
from xbarmip.cli import doctor
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.main import main
from xbarmip.warm import all_kernels

STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of so many columns."""

    def set_width(columns):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(columns))

    return set_width


TABLES = {
    "solve": (
        "solve",
        "vgg-11",
        "--hardware",
        "isaac-like",
        "--crossbars",
        "9000",
        "--solver",
        "greedy",
    ),
    "frontier": ("frontier", "vgg-16", "--up-to", "8460"),
    "simulate": ("simulate", "pair.json", "--allocation", "2,1"),
    "suites": ("suites",),
    "hardware": ("hardware",),
    "hardware of one": ("hardware", "isaac-like"),
    "show": ("show", "squeezenet-1.1"),
}


@pytest.mark.parametrize("columns", [80, 50])
@pytest.mark.parametrize("name", TABLES)
def test_no_number_is_cut_on_a_narrow_terminal(name, columns, run, narrow):
    """Each that a pipe gets is there, and no line of a table is longer than the terminal."""
    whole = re.sub(r"[\d.]+ s\b", "", run(*TABLES[name]))
    narrow(columns)
    shown = STYLE.sub("", run(*TABLES[name]))
    words = [w for w in re.split(r"[\s|+]+", whole) if re.fullmatch(r"[\d.]+(,\d{3})*", w)]
    flat = re.findall(r"[\d.]+(?:,\d{3})*", shown)
    assert words and not [word for word in words if word not in flat]
    assert "…" not in shown
    assert all(len(line) <= columns for line in shown.splitlines() if line[:1] in "┏┃┡│└")


def test_a_pipe_gets_plain_ascii(run):
    for arguments in (("simulate", "pair.json", "--allocation", "2,1"), ("suites",)):
        assert run(*arguments).isascii()
    assert run("compare", "first", "--solvers", "exhaustive").isascii()


def test_a_near_miss_of_a_command_is_named(run):
    assert "'slove'; did you mean 'solve'" in run("slove", status=2)
    assert "'chek'; did you mean 'check'?" in run("suite", "chek", status=2)
    assert "did you mean 'steps'" in run("plot", "pair.json", "--objective", "step", status=2)


@pytest.mark.parametrize("file", ["net.pt", "net.PTH"])
def test_files_of_weights_get_the_line_that_exports(file, run):
    said = run("show", file, status=2)
    assert "torch.onnx.export(module, (x,), 'net.onnx')" in said and said.count("\n") == 1


def test_one_default_objective_for_all_commands(run):
    """Whatever minimises a count says cycles, and a latency where times alone make sense."""
    for command in ("solve", "export", "frontier", "plot", "score", "explain"):
        assert "(default: cycles)" in " ".join(run(command, "--help").split()), command


def test_a_refused_export_names_the_cure_that_works(run):
    export = ("export", "lenet-5", "--crossbars", "30", "--format", "mps", "--output", "out.mps")
    said = run(*export, status=2)
    cure = re.search(r"small enough is (--at-most \d+ --windows)", said)[1]
    assert not Path("out.mps").exists()
    run(*export, *cure.split())
    assert Path("out.mps").stat().st_size > 1000
    assert "small enough is" not in run(*export, "--at-most", "900", "--windows", status=2)
    large = ("export", "vgg-16", "--crossbars", "3000", "--format", "mps", "--output", "no.mps")
    said = run(*large, status=2)
    assert "small enough is" not in said and "one copy of every layer takes 8454" in said


def test_doctor_says_what_there_is(run, monkeypatch):
    found = json.loads(run("doctor", "--json"))
    assert found["complaints"] == [] and found["libraries"]["numpy"]
    assert found["cache"].endswith("xbarmip")
    assert 0 <= found["kernels_compiled"] <= found["kernels"] > 50
    assert found["compare_refused"] == ""
    assert "kernels compiled" in run("doctor")
    monkeypatch.setattr(compiled, "_folder", lambda _: None)
    assert main(["doctor"]) == 1


def test_doctor_knows_all_kernels():
    known = {id(kernel) for kernel in all_kernels()}
    for name in MODULES:
        if "timing" in name or "solvers" in name or "cores" in name:
            import_module(name)
    assert {k.__qualname__ for k in compiled.KERNELS if id(k) not in known} == set()


def test_doctor_reads_what_is_required():
    lines = ["numpy>=2.0", "a-b>=1; extra == 'x'", 'xbarmip[x,y]; extra == "z"', "c; extra == 'y'"]
    assert doctor.needs(lines) == {"": ["numpy"], "x": ["a-b"], "z": ["a-b", "c"], "y": ["c"]}


def test_completion_completes(run):
    pytest.importorskip("shtab")
    script = run("completion", "bash")
    asks = (("xbarmip", "fron"), ("xbarmip", "frontier", "--again"), ("xbarmip", "suite", "new"))
    wanted = ("frontier", "--against", "new-solver")
    for words, word in zip(asks, wanted, strict=True):
        quoted = " ".join(words)
        ask = (
            f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()\n"
            f"_shtab_xbarmip xbarmip {words[-1]} {words[-2]}; echo ${{COMPREPLY[@]}}"
        )
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False)
        assert word in done.stdout.split(), done.stderr
    for shell in ("zsh", "fish"):
        script = run("completion", shell)
        assert all(command in script for command in COMMANDS)


def test_completion_without_its_library_is_refused(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "shtab", None)
    assert "pip install 'xbarmip[completion]'" in run("completion", "fish", status=2)
