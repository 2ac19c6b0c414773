"""Runs: what is written, that nothing finished is lost, and what is refused beforehand."""

import json
import shutil
from dataclasses import dataclass, replace
from importlib.metadata import version
from io import StringIO

import pytest
from rich.console import Console

from xbarmip.compare.instance import Instance, Suite, problem_for
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.journal import Journal, read_records, read_rows
from xbarmip.compare.report.summary import markdown, terminal_table
from xbarmip.compare.row import Row
from xbarmip.compare.run import compare
from xbarmip.compare.verdict import Verdict
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.window import Window
from xbarmip.solvers.exhaustive import Exhaustive


def make_suite(count=3):
    network = Network("one", (Layer("a", 1, 1, 1, 12, Window.square(1)),), ())
    instances = [
        Instance(f"one/{n}", problem_for(network, n, 1, "cycles"), published=7, note="A note.")
        for n in range(1, count + 1)
    ]
    return Suite("small", "One layer of 12 outputs.", tuple(instances))


def test_results_hold_the_run_every_row_and_every_verdict(tmp_path):
    suite = make_suite()
    comparison = compare(
        suite, [Exhaustive(limit=100)], time_limit=5, output=tmp_path / "new" / "x"
    )
    assert comparison.output == tmp_path / "new" / "x" / "small.jsonl"
    records = list(read_records(comparison.output))
    assert [r.kind for r in records] == ["run", *["row"] * 3]
    run, rows = records[0].facts, [r.facts for r in records[1:]]
    assert run["suite"] == "small"
    assert run["solvers"] == {"exhaustive": {"limit": 100, "known": []}}
    assert run["limits"]["seconds"] == 5
    assert [instance["published"] for instance in run["instances"]] == [7, 7, 7]
    assert {r["run"] for r in rows} == {run["run"]}
    assert read_rows(comparison.output) == comparison.rows
    assert [row.value for row in comparison.rows] == [12, 6, 4]
    assert rows[0]["allocation"] == {"a": 1}
    assert rows[1]["crossbars_used"] == 2
    assert [r["digest"] for r in rows] == [i["digest"] for i in run["instances"]]
    assert len({r["digest"] for r in rows}) == 3
    for row in comparison.rows:
        assert row.outcome == "ANSWERED"
        assert (row.limits["seconds"], row.limits["threads"]) == (5, 1)
        assert row.code["xbarmip"] == version("xbarmip")
        assert len(row.code["sources"]) == len(row.task) == 16
        assert row.code["numba"] and row.machine["memory_bytes"] > 0
        assert row.seconds < row.startup_seconds + row.seconds
        assert row.cpu_seconds > 0
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
    for name in ("one/1", "one/2", "one/3", "exhaustive", "6 ok"):
        assert name in text


def test_observers_see_rows_and_verdicts_as_they_are_made():
    seen, told = [], []
    comparison = compare(make_suite(), [Exhaustive()], observe=seen.append, progress=told.append)
    assert [type(one) for one in seen] == [Row, Verdict] * 3
    assert tuple(seen[::2]) == comparison.rows
    assert tuple(seen[1::2]) == comparison.verdicts
    assert (told[0]["done"], told[0]["rows"]) == (0, 3)
    assert told[0]["instance"] == "one/1"
    assert told[0]["solver"] == "exhaustive"
    assert told[0]["best"] == 12
    assert [facts["done"] for facts in told if "best" not in facts] == [1, 2, 3]


def test_a_kill_in_the_middle_of_a_line_hides_no_other(tmp_path):
    first = compare(make_suite(), [Exhaustive()], output=tmp_path)
    with (tmp_path / "small.jsonl").open("a") as file:
        file.write('{"record": "row", "instance": "one/3", "val')
    again = compare(make_suite(), [Exhaustive()], output=tmp_path)
    assert read_rows(tmp_path / "small.jsonl") == (*first.rows, *again.rows)
    assert read_rows(tmp_path / "small.jsonl", again.facts["run"]) == again.rows


def test_resuming_runs_what_is_missing_and_nothing_else(tmp_path):
    short = compare(make_suite(2), [Exhaustive()], output=tmp_path)
    seen = []
    long = compare(make_suite(4), [Exhaustive()], output=tmp_path, resume=True, observe=seen.append)
    assert [row.instance for row in seen[::2]] == ["one/3", "one/4"]
    assert long.complete
    assert long.rows[:2] == short.rows
    assert [v.value for v in long.verdicts] == [12, 6, 4, 3]
    assert len(read_rows(tmp_path / "small.jsonl")) == 4
    for changed in ({"time_limit": 77}, {"solvers": [Exhaustive(limit=99)]}):
        seen = []
        arguments = {"solvers": [Exhaustive()], **changed}
        compare(make_suite(2), output=tmp_path, resume=True, observe=seen.append, **arguments)
        assert len(seen) == 4, "other limits or options are another task"
    with pytest.raises(InputError, match="resume needs an output"):
        compare(make_suite(2), [Untouchable()], resume=True)


def test_jobs_change_nothing_but_the_time(tmp_path):
    one, two = (compare(make_suite(6), [Exhaustive(), "dp"], jobs=jobs) for jobs in (1, 2))
    assert [same(row) for row in one.rows] == [same(row) for row in two.rows]
    assert one.verdicts == two.verdicts
    with pytest.raises(InputError, match="jobs must be at least 1"):
        compare(make_suite(), [Untouchable()], jobs=0)


def same(row):
    """A row without what differs between two runs of the same task."""
    volatile = dict.fromkeys(("seconds", "startup_seconds", "cpu_seconds", "memory_bytes"), 0)
    trace = [point[1:] for point in row.trace]
    return replace(row, **volatile, run="", finished="", trace=trace)


@dataclass(frozen=True)
class Seeded:
    """Finds what its seed tells it to find."""

    seed: int = 5
    threads: int = 1
    name: str = "seeded"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        found = Exhaustive().solve(problem, watch)
        return replace(found, statistics={"seed": self.seed, "threads": self.threads})


def test_seeds_and_threads_reach_the_solvers_that_have_them():
    alone = compare(make_suite(1), [Seeded(), Exhaustive()])
    assert [(row.solver, row.seed) for row in alone.rows] == [("seeded", 5), ("exhaustive", None)]
    assert alone.labels == ("seeded", "exhaustive")
    allowance = Allowance(60, threads=3)
    both = compare(make_suite(1), [Seeded(), Exhaustive()], seeds=[0, 7], allowance=allowance)
    assert both.labels == ("seeded#0", "seeded#7", "exhaustive")
    assert [row.statistics.get("seed") for row in both.rows] == [0, 7, None]
    assert [row.options.get("threads") for row in both.rows] == [3, 3, None]
    assert r"| seeded\#7 |" in markdown(both)
    for seeds, message in (([1, 1], "seed 1 is listed 2 times"), ([-1], "seed must be at least 0")):
        with pytest.raises(InputError, match=message):
            compare(make_suite(1), [Untouchable()], seeds=seeds)


def test_two_runs_write_side_by_side(tmp_path):
    journals = [Journal.open(tmp_path, "small", run) for run in ("one", "two")]
    for number in range(50):
        for journal in journals:
            journal.write("row", {"number": number, "filling": "x" * 20_000})
    records = [r.facts for r in read_records(journals[0].path)]
    assert [r["run"] for r in records] == ["one", "two"] * 50
    assert [r["number"] for r in records[::2]] == list(range(50))


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
        with pytest.raises(InputError, match=r"small\.jsonl'?: cannot be written") as caught:
            compare(make_suite(), [Untouchable()], output=output, observe=asked.append)
        assert "\n" not in str(caught.value)
    assert asked == []


def test_a_results_file_that_is_a_folder_is_refused(tmp_path):
    (tmp_path / "small.jsonl").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        compare(make_suite(), [Untouchable()], output=tmp_path)


def test_results_that_can_no_longer_be_written_end_the_run(tmp_path):
    folder = tmp_path / "results"

    def pull_the_rug(made):
        if isinstance(made, Row):
            shutil.rmtree(folder)

    with pytest.raises(InputError, match=r"small\.jsonl'?: cannot be written"):
        compare(make_suite(), [Exhaustive()], output=folder, observe=pull_the_rug)


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
    with pytest.raises(InputError, match="missing key 'instance'"):
        read_rows(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "none.jsonl")
