"""Going on with results: rows of other problems are never taken, and two runs share the work."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from tests import ROOT
from tests.results import comparison, failed
from tests.results import row as made_row
from xbarmip.cli.main import main
from xbarmip.compare.analysis.load import load
from xbarmip.compare.analysis.regress import regress
from xbarmip.compare.claims import Claims
from xbarmip.compare.instance import Instance, Suite
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.journal import Journal, read_rows
from xbarmip.compare.known import read_known
from xbarmip.compare.plan import Plan
from xbarmip.compare.resume import Rest
from xbarmip.compare.run import compare
from xbarmip.compare.suite import read_suite
from xbarmip.constraint import Predicate
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.problem import Problem
from xbarmip.solvers.exhaustive import Exhaustive

HEAD = 'format = "xbarmip-suite"\nversion = 1\nname = "edited"\ndescription = "d"\n'
CASE = """[[case]]
name = "x"
size = 8
crossbars = 24
network.layers = [
  { name = "a", in_channels = 1, out_channels = 1, size = [1, 12], kernel = 1 },
  { name = "b", in_channels = 1, out_channels = 1, size = [1, 12], kernel = 1 },
]
"""
PACKED = """[[case]]
name = "x"
size = [128, 1]
crossbars = 40
constraints = [{ name = "core-packing", crossbars_per_core = 7, cores = 1 }]
network.layers = [
  { name = "a", in_channels = 1, out_channels = 2, size = [1, 12], kernel = 1 },
  { name = "b", type = "fc", in_channels = 24, out_channels = 3 },
]
"""


@pytest.fixture
def suite(tmp_path):
    """Writes a suite and reads it."""

    def write(text):
        path = tmp_path / "edited.toml"
        path.write_text(HEAD + text)
        return read_suite(path)

    return write


def network(names=("a", "b"), outputs=6):
    layers = tuple(Layer(name, 1, 1, 1, outputs, Window.square(1)) for name in names)
    return Network("pair", layers, (Edge(*names),))


def of(*problems, name="mine"):
    instances = (Instance(f"i{n}", problem) for n, problem in enumerate(problems))
    return Suite(name, "d", tuple(instances))


# --- suites that were edited ----------------------------------------------------------------------


def test_an_optimum_is_not_recorded_for_an_edited_problem(suite, tmp_path, capsys):
    """24 crossbars take 1 step, 2 crossbars 12: the old row is of the old problem."""
    before = compare(suite(CASE), ["exhaustive"], output=tmp_path)
    assert before.verdicts[0].value == 1
    after = suite(CASE.replace("crossbars = 24", "crossbars = 2"))
    paths = [str(tmp_path / name) for name in ("edited.toml", "edited.jsonl")]
    assert main(["suite", "record", *paths, "--known", str(tmp_path)]) == 1
    old, new = before.instances[0].digest, after.instances[0].digest
    assert capsys.readouterr().err == (
        f"xbarmip: edited: x/cycles: row of exhaustive is of another problem: "
        f"digest {old}, here {new}\n"
    )
    (known,) = read_known(tmp_path / "edited.json").values()
    assert (known.problem, known.value, known.bound, known.provers) == (new, None, None, ())


def test_known_values_of_another_problem_are_named(suite, tmp_path, capsys):
    compare(suite(CASE), ["exhaustive"], output=tmp_path)
    paths = [str(tmp_path / name) for name in ("edited.toml", "edited.jsonl")]
    assert main(["suite", "record", *paths, "--known", str(tmp_path)]) == 0
    check = ["suite", "check", paths[0], "--known", str(tmp_path)]
    assert main(check) == 0
    suite(CASE.replace("crossbars = 24", "crossbars = 23"))
    capsys.readouterr()
    assert main(check) == 1
    assert "x/cycles: what is known of it is of another problem: digest" in capsys.readouterr().err


def test_a_captured_value_of_a_constraint_is_part_of_the_problem(suite, tmp_path):
    before = compare(suite(PACKED), ["exhaustive"], output=tmp_path)
    changed = suite(PACKED.replace("core = 7", "core = 6"))
    fresh, seen = compare(changed, ["exhaustive"]), []
    after = compare(changed, ["exhaustive"], output=tmp_path, resume=True, observe=seen.append)
    assert [v.value for v in after.verdicts] == [v.value for v in fresh.verdicts]
    assert after.verdicts[0].value != before.verdicts[0].value
    assert len(seen) == 2, "it was run"
    again = compare(changed, ["exhaustive"], output=tmp_path, resume=True, observe=seen.append)
    assert (len(seen), again.rows) == (2, after.rows)


def test_the_same_is_so_for_a_condition_written_in_python(tmp_path):
    def limited(most, body=lambda a, b, most: a * b <= most):
        condition = Predicate("c", ("a", "b"), lambda a, b: body(a, b, most))
        return of(Problem(network(), 8, 1, constraints=(condition,)))

    def runs(suite):
        seen = []
        compare(suite, [Exhaustive()], output=tmp_path, resume=True, observe=seen.append)
        return len(seen) // 2

    assert [runs(limited(4)), runs(limited(4)), runs(limited(3))] == [1, 0, 1]
    assert runs(limited(4, lambda a, b, most: not a * b > most)) == 0, "it allows the same"


def test_a_condition_that_cannot_be_listed_is_run_anew_and_said(tmp_path):
    def wide():
        condition = Predicate("c", ("a", "b"), lambda a, b: a * b <= 50)
        return of(Problem(network(outputs=300), 9999, 1, constraints=(condition,)))

    for said in ([], ["run anew: what the constraints of i0 allow is too much to be listed"]):
        seen = []
        found = compare(wide(), ["woho"], output=tmp_path, resume=bool(said), observe=seen.append)
        assert (len(seen), list(found.strangers)) == (2, said)
    assert len(read_rows(tmp_path / "mine.jsonl")) == 2


# --- solvers of one's own -------------------------------------------------------------------------


def solver(most, option=0, extra=None):
    """A solver whose code captures a value and holds an option that is not a dataclass's."""

    class Mine:
        name = "mine"

        def __init__(self):
            self.option, self.extra = option, extra

        def unsupported(self, problem):
            return ()

        def solve(self, problem, watch):
            found = Exhaustive().solve(problem, watch)
            return replace(found, solver="mine", statistics={"most": most, "option": self.option})

    return Mine()


def test_the_code_of_a_users_solver_is_part_of_the_task(tmp_path):
    suite, statistics = of(Problem(network(), 4, 1)), []
    for one in (solver(1), solver(1), solver(2), solver(2, option=1)):
        found = compare(suite, [one], output=tmp_path, resume=True)
        statistics.append(found.rows[0].statistics)
        assert found.strangers == ()
    assert len(read_rows(tmp_path / "mine.jsonl")) == 3
    assert statistics[1:] == [
        {"most": 1, "option": 0}, {"most": 2, "option": 0}, {"most": 2, "option": 1},
    ]  # fmt: skip


@dataclass
class Closed:
    """Says nothing of what it is made of, but can be sent."""

    def __reduce_ex__(self, protocol):
        if protocol == 4:
            raise TypeError("I do not tell")
        return (Closed, ())


def test_a_solver_that_cannot_be_looked_into_is_run_anew_and_said(tmp_path):
    plan = Plan(of(Problem(network(), 4, 1)), ["dp"], (), Allowance())
    (task,) = plan.tasks
    assert task.unknowable == ""
    closed = replace(task, solver=solver(1, extra=Closed()))
    assert closed.unknowable == "the code of solver 'mine' cannot be read (Closed: I do not tell)"
    assert closed.key == replace(closed).key != replace(closed, run="another").key
    assert task.key == replace(task, run="another").key
    rest = Rest([closed], Journal.open(tmp_path, "mine", "r"), SimpleNamespace())
    assert rest.notes == [f"run anew: {closed.unknowable}"]


# --- rows that were edited ------------------------------------------------------------------------


def edit(path, **changes):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["record"] == "row":
            line.update(changes)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


EDITS = {
    "a better value": (
        {"value": 1, "bound": 1, "confirmed": 1},
        "row of exhaustive says that its allocation takes 1, it takes 3",
    ),
    "a better allocation": (
        {"allocation": {"a": 6, "b": 6}},
        "row of exhaustive has an allocation that is not allowed",
    ),
    "other layers": (
        {"allocation": {"x": 2, "y": 2}},
        "row of exhaustive does not fit: allocation for network 'pair': unknown layer 'x'",
    ),
    "another problem's": ({"digest": "0" * 64}, "row of exhaustive is of another problem"),
    "no digest": ({"digest": ""}, "row of exhaustive cannot be matched: without a digest"),
}


@pytest.mark.parametrize(("changes", "message"), EDITS.values(), ids=EDITS)
def test_an_edited_row_is_named_and_run_anew(tmp_path, capsys, changes, message):
    suite = of(Problem(network(), 4, 1))
    honest = compare(suite, [Exhaustive()], output=tmp_path)
    edit(tmp_path / "mine.jsonl", **changes)
    again = compare(suite, [Exhaustive()], output=tmp_path, resume=True)
    assert again.verdicts == honest.verdicts
    assert len(again.strangers) == 1
    assert again.strangers[0].startswith(f"i0: {message}")
    assert again.strangers[0].endswith("run anew")


def test_a_report_names_rows_of_another_problem_and_leaves_them_out(tmp_path):
    old, new = of(Problem(network(), 4, 1)), of(Problem(network(), 6, 1))
    compare(old, [Exhaustive(), "dp"], output=tmp_path)
    found = compare(new, [Exhaustive()], output=tmp_path)
    (read,) = load([tmp_path / "mine.jsonl"])
    assert [(row.solver, row.value) for row in read.rows] == [("exhaustive", 2)]
    first, last = old.instances[0].digest, new.instances[0].digest
    assert read.strangers == (f"i0: row of dp is of another problem: digest {first}, here {last}",)
    assert (read.verdicts, read.complete) == (found.verdicts, False)


def test_rows_of_earlier_versions_are_read_and_matched_to_their_own_run_alone(tmp_path):
    suite = of(Problem(network(), 4, 1))
    compare(suite, [Exhaustive()], output=tmp_path)
    path = tmp_path / "mine.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1].pop("digest")
    lines[0]["instances"][0].pop("digest")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (alone,) = load([path])
    assert (alone.agreed, len(alone.rows), alone.strangers) == (True, 1, ())
    compare(suite, ["dp"], output=tmp_path)
    (both,) = load([path])
    assert [row.solver for row in both.rows] == ["dp"]
    assert both.strangers[0].startswith("i0: row of exhaustive cannot be matched: without a digest")


def test_regress_does_not_compare_rows_of_two_problems(tmp_path):
    sides = []
    for crossbars in (4, 6):
        folder = tmp_path / str(crossbars)
        compare(of(Problem(network(), crossbars, 1)), [Exhaustive()], output=folder)
        sides.append(load([folder / "mine.jsonl"]))
    found = regress(*sides)
    assert (found.changes, found.times, found.missing) == ((), (), ())
    assert len(found.strangers) == 1
    assert "mine: i0: the old row of exhaustive is of another problem: digest" in found.strangers[0]
    assert regress(sides[0], sides[0]).strangers == ()


def test_a_solver_that_only_fails_agrees_with_nobody():
    bad = failed("i", "b", "CRASHED")
    good, fine = made_row("i", "a", value=2, bound=2), made_row("j", "b", value=2, bound=2)

    for rows, expected in (((good, bad), False), ((good, bad, fine), True), ((bad,), False)):
        assert comparison(rows).agreed is expected
    refused = failed("i", "b", "REFUSED")
    assert comparison((good, refused)).agreed is True


# --- two runs at once -----------------------------------------------------------------------------

SLOW = """
import os, sys, time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tests.compare.test_resume import network, of
from xbarmip.compare.run import compare
from xbarmip.problem import Problem
from xbarmip.solvers.exhaustive import Exhaustive

@dataclass(frozen=True)
class Slow:
    folder: str
    name: str = "slow"
    def unsupported(self, problem):
        return ()
    def solve(self, problem, watch):
        with Path(self.folder, "log").open("a") as file:
            file.write(f"{problem.crossbars}\\n")
        time.sleep(float(os.environ["SECONDS"]))
        return replace(Exhaustive().solve(problem, watch), solver="slow")

if __name__ == "__main__":
    suite = of(*(Problem(network(), n, 1) for n in range(2, 12)))
    for seconds in sys.stdin:
        os.environ["SECONDS"] = seconds
        run = os.fork()
        if run:
            print(run, flush=True)
            continue
        try:
            found = compare(suite, [Slow(sys.argv[1])], output=sys.argv[1], resume=True)
            facts = found.complete, found.agreed, len(found.rows), found.counts["AGREE"]
            print(*facts, flush=True)
        finally:
            os._exit(0)
    with suppress(ChildProcessError):
        while True:
            os.wait()
"""


def started(folder):
    """What starts a run, a process that it forks, for each line that says how slow it is to be."""
    (folder / "slow.py").write_text(SLOW)
    command = [sys.executable, str(folder / "slow.py"), str(folder)]
    root = str(ROOT)
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, **pipes)


def test_two_runs_share_the_work(tmp_path):
    said = started(tmp_path).communicate("0.5\n0.5\n")[0].splitlines()
    assert said[2:] == ["True True 10 10"] * 2
    log = (tmp_path / "log").read_text().split()
    assert sorted(map(int, log)) == list(range(2, 12)), "each was run once"
    rows = read_rows(tmp_path / "mine.jsonl")
    assert len(rows) == 10
    assert len({row.run for row in rows}) == 2, "both took their part"


def test_a_claim_ends_with_its_process(tmp_path):
    """A run that is killed holds nobody up: what it had begun is run by the other."""
    runs = started(tmp_path)
    runs.stdin.write("1000\n")
    runs.stdin.flush()
    one = int(runs.stdout.readline())
    while not (tmp_path / "log").exists():
        assert runs.poll() is None
        time.sleep(0.01)
    os.kill(one, signal.SIGKILL)
    _, said = runs.communicate("0\n")[0].splitlines()
    assert said == "True True 10 10"
    assert len(read_rows(tmp_path / "mine.jsonl")) == 10


def test_a_task_is_claimed_by_one(tmp_path):
    """From another process: the locks of one process do not stand in its own way."""
    path = tmp_path / "x.jsonl"
    code = (
        "import sys; from pathlib import Path; from xbarmip.compare.claims import Claims\n"
        f"claims = Claims(Path({str(path)!r}))\n"
        "print(*(claims.take(key) for key in sys.argv[1:]))"
    )

    def elsewhere(*keys):
        command = [sys.executable, "-c", code, *keys]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    one, two = "0123456789abcdef", "f" * 16
    with Claims(path) as claims:
        assert claims.take(one)
        assert elsewhere(one, two) == ["False", "True"]
        assert claims.take(two), "what ended has given it back"
        claims.give_back(one)
        assert elsewhere(one, two) == ["True", "False"]
    assert elsewhere(one, two) == ["True", "True"]
