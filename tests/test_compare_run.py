"""Runs: what is written, that nothing finished is lost, and what is refused beforehand."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO

import pytest
from rich.console import Console

from xbarmip.compare.instance import Instance, Suite, problem_for
from xbarmip.compare.journal import Journal, read_records, read_rows
from xbarmip.compare.report import terminal_table
from xbarmip.compare.row import Row
from xbarmip.compare.run import compare
from xbarmip.compare.verdict import Verdict
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.window import Window
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.result import Result, Status, Stop


def make_suite(count=3):
    network = Network("one", (Layer("a", 1, 1, 1, 12, Window.square(1)),), ())
    instances = [
        Instance(f"one/{n}", problem_for(network, n, 1, "cycles"), published=7, note="A note.")
        for n in range(1, count + 1)
    ]
    return Suite("small", "One layer of 12 outputs.", tuple(instances))


@dataclass(frozen=True)
class Asks:
    """Answers exhaustively until the budget reaches `until`, then does something else."""

    until: int
    then: object
    name: str = "asks"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        if problem.crossbars >= self.until:
            return self.then()
        return Exhaustive().solve(problem, watch)


def test_results_hold_the_run_every_row_and_every_verdict(tmp_path):
    suite = make_suite()
    comparison = compare(
        suite, [Exhaustive(limit=100)], time_limit=5, output=tmp_path / "new" / "x"
    )
    assert comparison.output == tmp_path / "new" / "x" / "small.jsonl"
    records = list(read_records(comparison.output))
    assert [r["record"] for r in records] == ["run", *["row", "verdict"] * 3]
    run = records[0]
    assert run["suite"] == "small"
    assert run["solvers"] == {"exhaustive": {"limit": 100}}
    assert run["time_limit"] == 5
    assert {r["run"] for r in records} == {run["run"]}
    assert read_rows(comparison.output) == comparison.rows
    assert [r["value"] for r in records[2::2]] == [12, 6, 4]
    assert records[1]["allocation"] == {"a": 1}
    assert records[3]["crossbars_used"] == 2
    summary = (tmp_path / "new" / "x" / "small.md").read_text()
    assert "small: 3 instances: 3 AGREE" in summary
    assert "| one/2 | AGREE | 6 | 6 | 0 | 7 | -1 | 6 ✓, " in summary
    assert "- one/1, one/2, one/3: A note." in summary


def test_the_comparison_as_json():
    comparison = compare(make_suite(), [Exhaustive()])
    data = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert data["agreed"] is True
    assert data["complete"] is True
    assert data["output"] is None
    assert data["counts"]["AGREE"] == 3
    assert [row["solver"] for row in data["rows"]] == ["exhaustive"] * 3
    assert [v["verdict"] for v in data["verdicts"]] == ["AGREE"] * 3


def test_the_terminal_table_shows_every_instance():
    console = Console(width=120, record=True, file=StringIO())
    console.print(terminal_table(compare(make_suite(), [Exhaustive()])))
    text = console.export_text()
    assert "3 AGREE" in text
    for name in ("one/1", "one/2", "one/3", "exhaustive", "6 ✓"):
        assert name in text


def test_observers_see_rows_and_verdicts_as_they_are_made():
    seen, told = [], []
    comparison = compare(make_suite(), [Exhaustive()], observe=seen.append, progress=told.append)
    assert [type(one) for one in seen] == [Row, Verdict] * 3
    assert tuple(seen[::2]) == comparison.rows
    assert tuple(seen[1::2]) == comparison.verdicts
    assert told[0]["instance"] == "one/1"
    assert told[0]["solver"] == "exhaustive"
    assert told[0]["best"] == 12


KILLED = """
import os, signal, sys
from tests.test_compare_run import Asks, make_suite
from xbarmip.compare.run import compare
compare(make_suite(), [Asks(3, lambda: os.kill(os.getpid(), signal.SIGKILL))], output=sys.argv[1])
"""


def test_a_kill_loses_nothing_that_was_finished(tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    rows = read_rows(tmp_path / "small.jsonl")
    assert [(row.instance, row.value, row.confirmed) for row in rows] == [
        ("one/1", 12, 12),
        ("one/2", 6, 6),
    ]
    assert not (tmp_path / "small.md").exists()
    # the next run appends; a line that a kill cut off neither hides nor damages other lines
    with (tmp_path / "small.jsonl").open("a") as file:
        file.write('{"record": "row", "instance": "one/3", "val')
    again = compare(make_suite(), [Exhaustive()], output=tmp_path)
    assert read_rows(tmp_path / "small.jsonl") == (*rows, *again.rows)
    assert read_rows(tmp_path / "small.jsonl", again.facts["run"]) == again.rows


def test_two_runs_write_side_by_side(tmp_path):
    journals = [Journal.open(tmp_path, "small", run) for run in ("one", "two")]
    for number in range(50):
        for journal in journals:
            journal.write("row", {"number": number, "filling": "x" * 20_000})
    records = list(read_records(journals[0].path))
    assert [r["run"] for r in records] == ["one", "two"] * 50
    assert [r["number"] for r in records[::2]] == list(range(50))


def interrupted_by_user():
    raise KeyboardInterrupt


def interrupted_in_search():
    return Result("asks", Status.UNKNOWN, Stop.INTERRUPTED)


@pytest.mark.parametrize(
    ("then", "rows"), [(interrupted_by_user, 3), (interrupted_in_search, 4)], ids=["raises", "ends"]
)
def test_an_interrupt_ends_the_run_and_keeps_what_is_done(tmp_path, then, rows):
    comparison = compare(make_suite(), [Exhaustive(), Asks(2, then)], output=tmp_path)
    assert not comparison.complete
    assert len(comparison.rows) == rows
    assert [verdict.instance for verdict in comparison.verdicts] == ["one/1"]
    assert read_rows(tmp_path / "small.jsonl") == comparison.rows
    assert "(interrupted)" in (tmp_path / "small.md").read_text()


class Untouchable:
    """A solver that must not be asked."""

    name = "untouchable"

    def unsupported(self, problem):
        raise AssertionError("was run")

    solve = unsupported


def test_unwritable_output_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "file").write_text("no folder")
    asked = []
    for output in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"small\.jsonl: cannot be written") as caught:
            compare(make_suite(), [Untouchable()], output=output, observe=asked.append)
        assert "\n" not in str(caught.value)
    assert asked == []


def test_a_results_file_that_is_a_folder_is_refused(tmp_path):
    (tmp_path / "small.jsonl").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        compare(make_suite(), [Untouchable()], output=tmp_path)


def test_results_that_can_no_longer_be_written_end_the_run(tmp_path):
    folder = tmp_path / "results"

    def pull_the_rug():
        shutil.rmtree(folder)
        return Result("asks", Status.UNKNOWN, Stop.TIME)

    with pytest.raises(InputError, match=r"small\.jsonl: cannot be written"):
        compare(make_suite(), [Asks(2, pull_the_rug)], output=folder)


BAD = {
    "unknown solver": ({"solvers": ["simplex"]}, "solver must be one of"),
    "no solver": ({"solvers": []}, "at least one solver"),
    "one word": ({"solvers": "exhaustive"}, "sequence of at least one solver"),
    "a solver twice": ({"solvers": ["exhaustive", Exhaustive()]}, "listed 2 times"),
    "negative time": ({"time_limit": -1}, "time limit"),
    "NaN time": ({"time_limit": float("nan")}, "time limit"),
    "no memory": ({"memory_limit": 0}, "memory limit"),
    "unknown suite": ({"suite": "nonesuch"}, "unknown suite"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD.keys())
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        compare(**{"suite": make_suite(), "solvers": [Untouchable()], **arguments})


def test_suites_need_instances_of_different_names():
    instances = make_suite(1).instances
    with pytest.raises(InputError, match="2 instances are called 'one/1'"):
        Suite("twice", "Twice.", instances * 2)
    with pytest.raises(InputError, match="has no instances"):
        Suite("none", "None.", ())


def test_results_of_another_layout_are_refused(tmp_path):
    path = tmp_path / "other.jsonl"
    path.write_text('{"record": "row", "run": "x"}\n')
    with pytest.raises(InputError, match="missing key 'suite'"):
        read_rows(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "none.jsonl")
