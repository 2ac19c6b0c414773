"""Solvers that do not ship: in a file, in a module, brought by an installed package."""

import sys
from pathlib import Path

import pytest

import xbarmip as xb
from tests import ROOT
from xbarmip import example
from xbarmip.cli.main import main
from xbarmip.contract import check_solver
from xbarmip.errors import InputError, VerificationError
from xbarmip.solvers import own
from xbarmip.solvers.registry import make_solver, solve

TEXT = Path(example.__file__).read_text(encoding="utf-8")
WITH_OPTION = "from dataclasses import dataclass\n" + TEXT.replace(
    "class Slowest", "@dataclass(frozen=True)\nclass Slowest"
).replace('    name = "slowest"', '    leave: int = 0\n    name = "slowest"').replace(
    "total, plan = problem.crossbars", "total, plan = problem.crossbars - self.leave"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, own_modules):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pair():
    return xb.Problem(xb.load_network("lenet-5"), 30)


@pytest.mark.parametrize("name", ["mine.py:Slowest", "mine:Slowest", "deep/below.py:Slowest"])
def test_a_class_of_ones_own_is_a_solver(name):
    Path("deep").mkdir()
    for file in ("mine.py", "deep/below.py"):
        Path(file).write_text(WITH_OPTION)
    result = solve(pair(), name, leave=2)
    assert result.value >= solve(pair()).value
    assert pair().crossbars_used(pair().allocation(result.allocation)) <= 28


@pytest.mark.own_server
@pytest.mark.skipif(sys.platform == "win32", reason="comparisons fork: Linux, macOS, WSL")
def test_it_is_compared_in_a_process_of_its_own_and_resumed(capsys):
    Path("rules.py").write_text("LESS = 0\n")
    Path("near.py").write_text(
        "from rules import LESS\n" + WITH_OPTION.replace("int = 0", "int = LESS")
    )
    call = ["compare", "first", "--solvers", "exhaustive,near.py:Slowest", "--resume"]
    assert main(call) == 0
    assert "slowest" in capsys.readouterr().out
    rows = Path("results/first.jsonl").read_text()
    assert main(call) == 0
    assert Path("results/first.jsonl").read_text().count('"record": "row"') == rows.count(
        '"record": "row"'
    )


def test_an_installed_package_brings_one(folder):
    (folder / "plugged.py").write_text(WITH_OPTION)
    about = folder / "plugged-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{own.GROUP}]\nslow = plugged:Slowest\n")
    sys.path.insert(0, str(folder))
    assert own.plug_ins() == {"slow": "plugged:Slowest"}
    assert make_solver("slow", leave=1).leave == 1
    assert main(["solve", "lenet-5", "--crossbars", "30", "--solver", "slow"]) == 0
    second = folder / "other-1.0.dist-info"
    second.mkdir()
    (second / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (second / "entry_points.txt").write_text(f"[{own.GROUP}]\nslow = other:Slowest\n")
    with pytest.raises(InputError, match="two packages bring a solver 'slow'"):
        make_solver("slow")


REFUSED = {
    "no file": ("", "none.py:A", "'none.py' is not a file"),
    "no module": ("", "none_such:A", "No module named 'none_such'"),
    "no class": (TEXT, "bad.py:Slwest", r"no class 'Slwest'; did you mean 'Slowest'\?"),
    "syntax": ("\nx = = 1\n", "bad.py:A", r"SyntaxError: invalid syntax \(bad.py:2\)"),
    "import": ("\n\nimport none_such\n", "bad.py:A", r"'none_such' \(bad.py:3\)"),
    "members": ("\nclass A:\n    name = 'a'\n", "bad.py:A", r"A \(bad.py:2\) has no 'unsupported'"),
    "its name": (TEXT.replace('"slowest"', '"dp"'), "bad.py:Slowest", "that ships has its name"),
    "making": (
        WITH_OPTION + "\n    def __post_init__(self):\n        self.leave / 0\n",
        "bad.py:Slowest",
        r"ZeroDivisionError: division by zero \(bad.py:\d+\)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_wrong_is_named_with_file_and_line(what):
    text, name, message = REFUSED[what]
    Path("bad.py").write_text(text)
    with pytest.raises(InputError, match=message):
        make_solver(name)


def test_a_file_with_the_name_of_another_module_is_refused(folder):
    (folder / "json.py").write_text(TEXT)
    with pytest.raises(InputError, match=r"'json.py' has the name of another module"):
        make_solver("json.py:Slowest")


def test_an_option_that_it_has_not_is_refused():
    Path("mine.py").write_text(WITH_OPTION)
    with pytest.raises(InputError, match=r"no option 'speed' \(it takes: leave\)"):
        make_solver("mine.py:Slowest", speed=1)


def test_what_goes_wrong_in_a_solve_is_named_with_file_and_line(capsys):
    line = 1 + TEXT.splitlines().index("                plan[name] += 1")
    Path("worse.py").write_text(TEXT.replace("plan[name] += 1", "plan[name] += 1 // 0"))
    assert main(["solve", "lenet-5", "--crossbars", "30", "--solver", "worse.py:Slowest"]) == 1
    said = capsys.readouterr().err
    assert "solver 'slowest': ZeroDivisionError" in said and f"(worse.py:{line})" in said


def test_the_example_is_written_and_passes(capsys):
    assert main(["suite", "new-solver", "mine.py"]) == 0
    assert "dp,mine.py:Slowest" in capsys.readouterr().out
    assert Path("mine.py").read_text() == TEXT
    check_solver("mine.py:Slowest", problems=60)
    assert main(["suite", "new-solver", "mine.py"]) == 2
    assert main(["suite", "new-solver", "mine.txt"]) == 2


PLANTED = {
    "a false value": ("evaluate(problem, plan)", "1", "its allocation takes"),
    "too much": ("<= total", "<= 2 * total", "crossbars, the budget is"),
    "a false bound": ("plan), None, plan", "plan), 10**6, plan, 'exact'", "bound <= value"),
    "a false proof": (
        "FEASIBLE, watch.stop, evaluate(problem, plan), None, plan",
        "OPTIMAL, watch.stop, evaluate(problem, plan), evaluate(problem, plan), plan, 'exact'",
        "claims the bound",
    ),
    "no reasons": ("return tuple(", "return list(", "must give a tuple of texts"),
    "all refused": ("return tuple(", "return ('no',) or (", "refuses all of"),
    "false infeasibility": ("not problem.feasible", "problem.crossbars % 2", "claims INFEASIBLE"),
    "another name": ("Result(self.name", "Result('me'", "signed 'me'"),
    "no answer": ("return Result(self.name, Status.F", "Result(self.name, Status.F", "no usable"),
    "chance": ("<= total", "<= total * __import__('random').random()", "asked again"),
    "a failure": (
        "total, plan = problem.crossbars",
        "total, plan = 1 // 0",
        r"by zero \(planted.py:\d+\)",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_planted_mistakes_are_caught(what):
    right, wrong, message = PLANTED[what]
    assert right in TEXT
    text = TEXT.replace(right, wrong)
    Path("planted.py").write_text(text)
    with pytest.raises(VerificationError, match=message) as caught:
        check_solver("planted.py:Slowest", problems=60)
    assert "planted.py:" in str(caught.value)


@pytest.mark.parametrize("name", ["dp", "exhaustive", "greedy", "lagrangian"])
def test_solvers_that_ship_pass(name):
    check_solver(name, problems=25)


def test_the_page_shows_the_example():
    assert TEXT in (ROOT / "docs" / "own-solver.md").read_text(encoding="utf-8")
