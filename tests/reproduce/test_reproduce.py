"""The reproduction: its data, its definitions, its files, and what is committed of them."""

import json
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests import ROOT
from tests.brute import tiny_problem
from xbarmip.cli.main import main
from xbarmip.compare.suite import read_suite
from xbarmip.network.generate import Shape
from xbarmip.reproduce import accuracy, page, run, steps
from xbarmip.reproduce.models import OBJECTIVES
from xbarmip.reproduce.sections import models, short
from xbarmip.reproduce.sections.accuracy import ranking
from xbarmip.reproduce.source import case_key, figures, step_cases
from xbarmip.reproduce.store import Part, Store
from xbarmip.reproduce.text import (
    Compared,
    deviations,
    listed,
    marked,
    percent_above,
    signed,
    table,
)

RESULTS = ROOT / "results" / "published"


def rows_of(part):
    return Store(RESULTS, part).rows


# --- the published numbers -----------------------------------------------------------------------


def test_the_data_fit_the_networks():
    assert [sum(figures()["accuracy"][name][:3]) for name in accuracy.NETWORKS] == [100] * 5
    for entry in figures()["allocation"]:
        layers = xb.load_network(entry["network"]).layers
        assert len(entry["duplication"]) == len(entry["step_us"]) == len(layers)
    keys = {steps.key_of(each.problem) for each in step_cases()}
    assert len(keys) == len(step_cases()) == 22
    for entry in figures()["woho"]:
        assert case_key(entry["network"], entry["crossbars"], entry["size"]) in keys
    for entry in figures()["tiles"]:
        assert len(entry["tiles"]) == len(entry["with_us"])


# --- table 4 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", accuracy.DRAWS)
def test_draws_are_allocations(name):
    random, many = Random(name), 0
    for _ in range(200):
        problem = tiny_problem(random, Shape(4), "cycles", None)
        if not problem.feasible:
            continue
        allocation = problem.allocation(accuracy.DRAWS[name][1](problem, random))
        if name != "free":
            assert problem.crossbars_used(allocation) <= problem.crossbars
        many += max(allocation) > 1
    assert many > 50


def test_shares_by_hand():
    found = accuracy._shares(np.array([0.0, 1.0, 1.5, 5.0, 7.5]))
    assert found == {"within 1": 40, "1 to 5": 40, "over 5": 20, "accuracy": 97, "worst": 7.5}


def test_a_row_of_table_4(monkeypatch):
    """Against the definition, allocation by allocation."""
    monkeypatch.setitem(figures()["accuracy"], "allocations", 40)
    row = accuracy.cases(60)["alexnet/2048x128/copies"](None)
    problem = xb.Problem(xb.load_network("alexnet"), 2048)
    random = Random(accuracy.SEED)
    drawn = [accuracy.DRAWS["copies"][1](problem, random) for _ in range(40)]
    for rule in ("pipeline", "published"):
        errors = [
            abs(xb.steps(problem.network, each, rule) / xb.cycles(problem.network, each) - 1)
            for each in drawn
        ]
        assert row[rule]["within 1"] == 100 * sum(error <= 0.01 for error in errors) / 40
        assert row[rule]["worst"] == round(100 * max(errors), 2)
    assert (row["network"], row["crossbars"], row["draw"]) == ("alexnet", 2048, "copies")


# --- rows on disk --------------------------------------------------------------------------------


def test_a_store_keeps_every_row(tmp_path):
    (tmp_path / "new").mkdir()
    store = Store(tmp_path / "new", "part")
    store.add("a", {"x": 1})
    store.add("b", {"x": 2})
    assert Store(tmp_path / "new", "part").rows == {"a": {"x": 1}, "b": {"x": 2}}
    store.clear()
    assert Store(tmp_path / "new", "part").rows == {"a": {"x": 1}, "b": {"x": 2}}
    store.add("c", {})
    assert Store(tmp_path / "new", "part").rows == {"c": {}}
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["part.json"]


def test_a_file_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "part.json").write_text("[]")
    with pytest.raises(xb.InputError, match=r"part\.json: is not a file of `xbarmip reproduce`"):
        Store(tmp_path, "part")


@pytest.fixture
def small(monkeypatch):
    """Two parts of two rows each, and a page that shows them; the calls are recorded."""
    calls = []

    def cases(part, count=2):
        def work(key):
            def compute(progress):
                calls.append(f"{part}{key}")
                if calls[-1] in stop:
                    raise KeyboardInterrupt
                progress and progress({"seconds": 0})
                return {"key": key}

            return compute

        return lambda seconds: {str(key): work(key) for key in range(count)}

    stop = set()
    monkeypatch.setattr(run, "PARTS", (Part("p", "", cases("p")), Part("q", "", cases("q"))))
    text = {name: page.Section(name, lambda rows, name=name: f"{name}: {sorted(rows)}", {})
            for name in "pq"}  # fmt: skip
    monkeypatch.setattr(page, "SECTIONS", tuple(text.values()))
    monkeypatch.setattr(short, "_SAID", {})
    return calls, stop


def test_run_computes_parts_and_writes_the_page(small, tmp_path):
    calls, _ = small
    done = run.reproduce(tmp_path, ["q"])
    assert (calls, done.complete) == (["q0", "q1"], False)
    assert (done.rows, done.cases) == ({"p": 0, "q": 2}, {"p": 2, "q": 2})
    text = (tmp_path / "page.md").read_text()
    assert "*Part `p` is not complete.*" in text
    assert "q: ['0', '1']" in text
    told = []
    assert run.reproduce(tmp_path, keep=True, progress=told.append).complete
    assert calls == ["q0", "q1", "p0", "p1"]
    assert [facts["instance"] for facts in told] == ["p 0", "p 1"]
    run.reproduce(tmp_path, ["p"])
    assert calls[4:] == ["p0", "p1"]
    run.reproduce(tmp_path, [])
    assert len(calls) == 6


def test_rows_that_others_made_are_made_again(small, tmp_path):
    calls, _ = small
    run.reproduce(tmp_path, time_limit=5)
    run.reproduce(tmp_path, keep=True, time_limit=5)
    assert len(calls) == 4
    store = Store(tmp_path, "q")
    store.add("1", {**store.rows["1"], "made": {**store.rows["1"]["made"], "sources": "others"}})
    assert run.reproduce(tmp_path, keep=True, time_limit=5).computed == {"p": 0, "q": 1}
    run.reproduce(tmp_path, ["p"], keep=True, time_limit=6)
    assert calls[4:] == ["q1", "p0", "p1"]
    page_text = (tmp_path / "page.md").read_text()
    assert "Made by xbarmip " in page_text
    assert "in minutes by part: p 0.0 and q 0.0. Each proof had 6 s and 5 s, " in page_text


def test_ctrl_c_keeps_what_is_done(small, tmp_path):
    calls, stop = small
    stop.add("q1")
    with pytest.raises(KeyboardInterrupt):
        run.reproduce(tmp_path)
    assert "p: ['0', '1']" in (tmp_path / "page.md").read_text()
    stop.clear()
    assert run.reproduce(tmp_path, keep=True).complete
    assert calls == ["p0", "p1", "q0", "q1", "q1"]


def test_reproduce_refuses_before_it_computes(small, tmp_path):
    calls, _ = small
    for wrong, message in (
        ({"parts": ["x"]}, "part must be one of p, q, got 'x'"),
        ({"time_limit": -1}, "time limit must be"),
    ):
        with pytest.raises(xb.InputError, match=message):
            run.reproduce(tmp_path, **wrong)
    (tmp_path / "file").write_text("")
    with pytest.raises(xb.InputError, match="cannot be written"):
        run.reproduce(tmp_path / "file")
    assert calls == []


def test_command(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("xbarmip.cli.reproduce.PARTS", run.PARTS)
    assert main(["reproduce", "--output", str(tmp_path), "--parts", "p", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["complete"], answer["output"]) == (False, str(tmp_path))
    assert answer["parts"][0] == {"part": "p", "about": "", "computed": 2, "rows": 2, "of": 2}
    assert main(["reproduce", "--output", str(tmp_path), "--keep"]) == 0
    assert f"written: {tmp_path / 'page.md'}" in capsys.readouterr().out
    assert main(["reproduce", "--parts", "x"]) == 2
    assert "part must be one of" in capsys.readouterr().err


# --- networks of today ---------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "best"), [(None, 10), (8, 8), (11, 10)])
def test_excess_over_the_best_known(value, best):
    row = {"dp": {"status": "FEASIBLE", "value": value}, "rivals": {"greedy": 12, "woho": 10}}
    assert models.best(row) == best
    assert models.excess(row, "greedy") == pytest.approx(100 * (12 / best - 1))


def test_every_network_of_the_suite_takes_part_for_each_objective():
    networks = {each.problem.network.name for each in read_suite("onnx").instances}
    rows = rows_of("models").values()
    found = {(row["network"], row["objective"]) for row in rows}
    assert found == {(name, objective) for name in networks for objective in OBJECTIVES}
    assert all(row["crossbars"] == 2 * row["smallest"] for row in rows)
    assert len(networks) == 9


def test_no_rival_is_below_a_proven_bound():
    for key, row in rows_of("models").items():
        assert min(row["rivals"].values()) >= row["dp"]["bound"], key


# --- text ----------------------------------------------------------------------------------------


def test_numbers_as_text(monkeypatch):
    assert table(("a", "b"), [("x", 1), ("y", None)]) == (
        "| a | b |\n| --- | ---: |\n| x | 1 |\n| y |  |"
    )
    assert percent_above(105, 100) == pytest.approx(5)
    assert [signed(x) for x in (1.26, -0.04, -2)] == ["+1.3", "0.0", "-2.0"]
    assert [listed(list(x)) for x in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]


def test_the_closest_budget_of_each_network_is_never_farther_than_another():
    apart = {way: distance for distance, way in ranking(rows_of("accuracy"))}
    for (rule, draw, size), distance in apart.items():
        if size in ("smallest", "largest"):
            assert apart[rule, draw, "closest"] <= distance
    assert len(apart) == 2 * (1 + 3 * (len(accuracy.DRAWS) - 1))


def test_networks_that_are_not_printed_are_marked():
    assert marked("vgg-a/4096x128") == "vgg-a/4096x128"
    assert marked("mobilenet-v1") == "mobilenet-v1 *"
    assert marked("mobilenet-v1/2048x128") == "mobilenet-v1/2048x128 *"
    text = (RESULTS / "page.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| mobilenet-v1")]
    assert len(rows) > 6
    assert all(line.split("|")[1].rstrip().endswith(" \\*") for line in rows)


def test_deviations_are_explained_or_called_unexplained(monkeypatch):
    monkeypatch.setitem(figures(), "remarks", {"steps of": "short.", "steps of a": "long."})
    compared = [
        Compared("steps of a", 100, 101),
        Compared("steps of b", 100, 100.4),  # as printed
        Compared("steps of c", 100, 102, read=True),
        Compared("steps of d", 100, 103, read=True),
        Compared("left", 2.10, 2.3, digits=2),
    ]
    assert [each.agrees for each in compared] == [False, True, True, False, False]
    text = deviations(compared)
    assert text.startswith("2 of 5 published numbers come out")
    assert text.splitlines()[2:] == [
        "- steps of a: published 100, ours 101 (+1.0 percent): long.",
        "- steps of d: published 100, ours 103 (+3.0 percent): short.",
        "- left: published 2.10, ours 2.30 (+9.5 percent): unexplained.",
    ]


# --- what is committed ---------------------------------------------------------------------------


def test_every_part_is_there_and_complete():
    for part in run.PARTS:
        assert rows_of(part.name).keys() == part.cases(20).keys(), part.name


def test_the_committed_page_is_what_the_rows_give():
    rows = {part.name: rows_of(part.name) for part in run.PARTS}
    made = page.files(
        {part.name: {key: rows[part.name][key] for key in part.cases(20)} for part in run.PARTS}
    )
    for name in ("page.md", "page.html", "summary.md"):
        assert (RESULTS / name).read_bytes() == made[name], name
    for name, content in made.items():
        assert (RESULTS / name).exists(), name
        if name.endswith(".png"):
            assert content.startswith(b"\x89PNG")


def test_the_table_of_the_readme_is_the_one_of_the_reproduction():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (RESULTS / "summary.md").read_text(encoding="utf-8") in readme


def test_the_committed_steps_evaluate_to_what_they_say():
    for instance in step_cases():
        problem = instance.problem
        row = rows_of("steps")[steps.key_of(problem)]
        best, true = row["fewest steps"], row["fewest cycles"]
        for answer in (best, true, *row["rivals"].values()):
            allocation = problem.allocation(answer["allocation"])
            assert problem.crossbars_used(allocation) + answer["left"] == problem.crossbars
            assert answer["left"] >= 0
            assert xb.steps(problem.network, allocation, "published") == answer["steps"]
            assert xb.cycles(problem.network, allocation) == answer["cycles"]
            assert answer["steps"] >= best["bound"]
            assert answer["cycles"] >= true["bound"]
        assert best["steps"] == best["bound"]
        assert true["cycles"] == true["bound"]


def test_every_remark_is_about_something_that_deviates():
    text = (RESULTS / "page.md").read_text(encoding="utf-8")
    for remark in figures()["remarks"].values():
        assert remark in text
