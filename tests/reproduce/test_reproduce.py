"""The reproduction: its data, its definitions, its files, and what is committed of them."""

import json
import shutil
from dataclasses import dataclass, replace
from random import Random
from typing import Annotated

import numpy as np
import pytest

import xbarmip as xb
from tests import ROOT
from tests.brute import tiny_problem
from xbarmip.cli.main import main
from xbarmip.network.generate import Shape
from xbarmip.reproduce.answers import answer_of
from xbarmip.reproduce.li_han_chen_2023 import accuracy, bandwidth, runtime, steps
from xbarmip.reproduce.li_han_chen_2023.figures import case_key, figures, step_cases
from xbarmip.reproduce.li_han_chen_2023.paper import PAPER
from xbarmip.reproduce.page import files
from xbarmip.reproduce.records import as_json
from xbarmip.reproduce.run import reproduce
from xbarmip.reproduce.source import Part, Source
from xbarmip.reproduce.store import Kept, Made, Store
from xbarmip.solvers.result import Result, Status, Stop

RESULTS = ROOT / "results" / "published"


PARTS = {part.name: part for part in PAPER.parts}


def kept(part):
    return Store(RESULTS, part, PARTS[part].row).rows


def rows_of(part):
    return {key: each.row for key, each in kept(part).items()}


# --- the published numbers -----------------------------------------------------------------------


def test_the_data_fit_the_networks():
    for name in accuracy.NETWORKS:
        printed = figures()["accuracy"]["networks"][name]
        assert printed["within_1"] + printed["from_1_to_5"] + printed["over_5"] == 100
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
        allocation = problem.allocation(accuracy.DRAWS[name](problem, random))
        if name != "free":
            assert problem.crossbars_used(allocation) <= problem.crossbars
        many += max(allocation) > 1
    assert many > 50


def test_shares_by_hand():
    found = accuracy._shares(np.array([0.0, 1.0, 1.5, 5.0, 7.5]))
    assert found == accuracy.Shares(within_1=40, from_1_to_5=40, over_5=20, accuracy=97, worst=7.5)


def test_a_row_of_table_4(monkeypatch):
    """Against the definition, allocation by allocation."""
    monkeypatch.setitem(figures()["accuracy"], "allocations", 40)
    row = accuracy.cases(60)["alexnet/2048x128/copies"](None)
    problem = xb.Problem(xb.load_network("alexnet"), 2048)
    random = Random(accuracy.SEED)
    drawn = [accuracy.DRAWS["copies"](problem, random) for _ in range(40)]
    for rule in ("pipeline", "published"):
        errors = [
            abs(xb.steps(problem.network, each, rule) / xb.cycles(problem.network, each) - 1)
            for each in drawn
        ]
        assert row.shares(rule).within_1 == 100 * sum(error <= 0.01 for error in errors) / 40
        assert row.shares(rule).worst == round(100 * max(errors), 2)
    assert (row.network, row.crossbars, row.draw) == ("alexnet", 2048, "copies")


# --- rows on disk --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of the small source."""

    key: str
    size: Annotated[int, "its size"] = 0


MADE = Made("me", "sources", "here", 20, 0.1)


def test_a_store_keeps_every_row(tmp_path):
    def stored():
        return {key: each.row.key for key, each in Store(tmp_path, "part", Letter).rows.items()}

    store = Store(tmp_path, "part", Letter)
    store.add("a", Kept(Letter("x"), MADE))
    store.add("b", Kept(Letter("y"), MADE))
    assert stored() == {"a": "x", "b": "y"}
    store.clear()
    assert stored() == {"a": "x", "b": "y"}
    store.add("c", Kept(Letter("z", 3), MADE))
    assert Store(tmp_path, "part", Letter).rows == {"c": Kept(Letter("z", 3), MADE)}
    assert [file.name for file in tmp_path.iterdir()] == ["part.json"]
    stored_row = json.loads((tmp_path / "part.json").read_text())["rows"]["c"]
    assert stored_row == {"key": "z", "its size": 3, "made": as_json(MADE)}


def test_a_store_tells_how_a_row_was_made_where_the_row_above_differs(tmp_path):
    made = {
        "a": MADE,
        "b": MADE,
        "c": replace(MADE, seconds=0.0, limit=60),
        "d": replace(MADE, by="you"),
    }
    store = Store(tmp_path, "part", Letter)
    for key, how in made.items():
        store.add(key, Kept(Letter(key), how))
    told = json.loads((tmp_path / "part.json").read_text())["rows"]
    assert told["a"]["made"] == as_json(MADE)
    assert told["b"]["made"] == {}
    assert told["c"]["made"] == {"limit": 60, "seconds": 0.0}
    assert told["d"]["made"] == {"by": "you", "limit": 20, "seconds": 0.1}
    again = Store(tmp_path, "part", Letter).rows
    assert {key: kept.made for key, kept in again.items()} == made


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "must be a table"),
        ("{", "is not readable as JSON"),
        ('{"rows": {"a": {"key": "x"}}}', "a: made must be a table"),
        ('{"rows": {"a": {"key": "x", "made": {}}}}', "a: made: missing key 'by'"),
        ('{"rows": {"a": {"key": 1, "its size": 0, "made": MADE}}}', "a: key must be a string"),
        ('{"rows": {"a": {"key": "x", "size": 0, "made": MADE}}}', "a: unknown key 'size'"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, text, why):
    (tmp_path / "part.json").write_text(text.replace("MADE", json.dumps(as_json(MADE))))
    message = rf"part\.json: is not a file of `xbarmip reproduce`: {why}"
    with pytest.raises(xb.InputError, match=message):
        Store(tmp_path, "part", Letter)


@pytest.fixture
def small(tmp_path):
    """A source of two parts of two rows each, and a page that shows them; calls are recorded."""
    calls, stop = [], set()

    def cases(part):
        def work(key):
            def compute(progress):
                calls.append(f"{part}{key}")
                if calls[-1] in stop:
                    raise KeyboardInterrupt
                progress and progress({"seconds": 0})
                return Letter(key)

            return compute

        return lambda seconds: {key: work(key) for key in "01"}

    templates = tmp_path / "templates"
    templates.mkdir()
    for part in "pq":
        (templates / f"{part}.md.j2").write_text(f"{part}: {{{{ {part} | join(' and ') }}}}\n")
    shutil.copy(PAPER.templates / "page.md.j2", templates)
    (templates / "short.md.j2").write_text("")
    parts = tuple(Part(name, "", Letter, cases(name), list) for name in "pq")
    published = {"source": "a paper", "unprinted": ["x"], "remarks": {}}
    return Source("small", "small", "Small", parts, lambda: published, templates), calls, stop


def test_run_computes_parts_and_writes_the_page(small, tmp_path):
    source, calls, _ = small
    done = reproduce(source, tmp_path, ["q"])
    assert (calls, done.complete) == (["q0", "q1"], False)
    assert (done.rows, done.cases) == ({"p": 0, "q": 2}, {"p": 2, "q": 2})
    text = (tmp_path / "page.md").read_text()
    assert text.startswith("# Small\n\nPublished: a paper.")
    assert "*Part `p` is not complete.*" in text
    assert "q: 0 and 1" in text
    told = []
    assert reproduce(source, tmp_path, keep=True, progress=told.append).complete
    assert calls == ["q0", "q1", "p0", "p1"]
    assert [facts["instance"] for facts in told] == ["p 0", "p 1"]
    reproduce(source, tmp_path, ["p"])
    assert calls[4:] == ["p0", "p1"]
    reproduce(source, tmp_path, [])
    assert len(calls) == 6


def test_rows_that_others_made_are_made_again(small, tmp_path):
    source, calls, _ = small
    reproduce(source, tmp_path, time_limit=5)
    reproduce(source, tmp_path, keep=True, time_limit=5)
    assert len(calls) == 4
    store = Store(tmp_path, "q", Letter)
    store.add("1", replace(store.rows["1"], made=replace(store.rows["1"].made, sources="others")))
    done = reproduce(source, tmp_path, keep=True, time_limit=5)
    assert done.computed == {"p": 0, "q": 1}
    reproduce(source, tmp_path, ["p"], keep=True, time_limit=6)
    assert calls[4:] == ["q1", "p0", "p1"]
    page_text = (tmp_path / "page.md").read_text()
    assert "Made by xbarmip " in page_text
    assert "in minutes by part: p 0.0 and q 0.0. Each proof had 6 s and 5 s, " in page_text


def test_ctrl_c_keeps_what_is_done(small, tmp_path):
    source, calls, stop = small
    stop.add("q1")
    with pytest.raises(KeyboardInterrupt):
        reproduce(source, tmp_path)
    assert "p: 0 and 1" in (tmp_path / "page.md").read_text()
    stop.clear()
    assert reproduce(source, tmp_path, keep=True).complete
    assert calls == ["p0", "p1", "q0", "q1", "q1"]


def test_reproduce_refuses_before_it_computes(small, tmp_path):
    source, calls, _ = small
    for wrong, message in (
        ({"parts": ["x"]}, "part must be one of p, q, got 'x'"),
        ({"time_limit": -1}, "time limit must be"),
    ):
        with pytest.raises(xb.InputError, match=message):
            reproduce(source, tmp_path, **wrong)
    (tmp_path / "file").write_text("")
    with pytest.raises(xb.InputError, match="cannot be written"):
        reproduce(source, tmp_path / "file")
    assert calls == []


def test_command(small, tmp_path, monkeypatch, capsys):
    other = replace(small[0], name="other", folder="elsewhere")
    sources = {"small": small[0], "other": other}
    monkeypatch.setattr("xbarmip.cli.reproduce.SOURCES", sources)
    output = ["--output", str(tmp_path)]
    assert main(["reproduce", "small", *output, "--parts", "p", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["source"], answer["complete"]) == ("small", False)
    assert answer["output"] == str(tmp_path / "small")
    assert answer["parts"][0] == {"part": "p", "about": "", "computed": 2, "rows": 2, "of": 2}
    assert main(["reproduce", *output, "--keep"]) == 0
    said = capsys.readouterr().out
    for folder in ("small", "elsewhere"):
        assert f"written: {tmp_path / folder / 'page.md'}" in said
    for arguments, why in (
        (["small", "--parts", "x"], "part must be one of"),
        (["--parts", "p"], "--parts needs one source"),
        (["smal"], "unknown source 'smal'; did you mean 'small'?"),
    ):
        assert main(["reproduce", *output, *arguments]) == 2
        assert why in capsys.readouterr().err


# --- answers of solvers --------------------------------------------------------------------------


def test_an_answer_without_an_allocation_makes_no_row():
    problem = xb.Problem(xb.load_network("alexnet"), 2048)
    found = Result("slow", Status.UNKNOWN, Stop.TIME, message="stopped early")
    message = r"alexnet on 2048 crossbars: slow found no allocation, UNKNOWN \(stopped early\)"
    with pytest.raises(xb.InputError, match=message):
        answer_of(problem, found)
    solved = xb.solve(problem, "identical")
    assert answer_of(problem, solved) == (solved.value, problem.allocation(solved.allocation))


# --- table 4, as shown ---------------------------------------------------------------------------


def test_the_closest_budget_of_each_network_is_never_farther_than_another():
    ways = accuracy.Accuracy(rows_of("accuracy")).ways
    apart = {(way.rule, way.draw, way.size): way.distance for way in ways}
    for (rule, draw, size), distance in apart.items():
        if size in ("smallest", "largest"):
            assert apart[rule, draw, "closest"] <= distance
    assert len(apart) == 2 * (1 + 3 * (len(accuracy.DRAWS) - 1))


def test_every_draw_is_described():
    text = (RESULTS / "page.md").read_text(encoding="utf-8")
    assert [draw for draw in accuracy.DRAWS if f"\n- `{draw}`: " not in text] == []


# --- what is committed ---------------------------------------------------------------------------


def unproven(row):
    """A row as it were had a limit ended what proves, and the page to say so."""
    if isinstance(row, steps.StepsRow):
        found = replace(row.fewest_steps, status=Status.FEASIBLE, bound=row.fewest_steps.bound - 1)
        return replace(row, fewest_steps=found, rivals={**row.rivals, steps.LEAVING: row.paper})
    if isinstance(row, bandwidth.SolvedRow):
        best, for_steps, fewest = (
            replace(each, status=Status.FEASIBLE)
            for each in (row.best, row.best_for_steps, replace(row.fewest_steps, steps=10**6))
        )
        return replace(
            row, best=best, best_for_steps=for_steps, fewest_steps=fewest, leaving=row.spending
        )
    if isinstance(row, runtime.RuntimeRow):
        cut = {"status": Status.FEASIBLE, "stop": Stop.TIME, "bound": 1}
        return replace(row, steps=replace(row.steps, **cut), paper=replace(row.paper, **cut))
    return row


def test_what_is_not_proven_is_marked():
    parts = tuple(replace(part, pictures={}) for part in PAPER.parts)
    rows = {
        part.name: {
            key: replace(each, row=unproven(each.row)) for key, each in kept(part.name).items()
        }
        for part in parts
    }
    text = files(replace(PAPER, parts=parts), rows, RESULTS)["page.md"].decode()
    for said in (
        "| alexnet/1024x128 | 115.1 | 113 | 105 (≥ 104) | +7.6 |",
        "Not all optima are proven.",
        "final states helps in 0 of 22 cases. The optimum that",
        "It is at least 27.8 percent above the optimum of the paper's own",
        "fewest steps | 97 23 6 6 6 |",
        "| ≤ 464 | ≤ 464 |",
        "Spending every crossbar nowhere costs it more than a tenth.",
        "In no row is bandwidth free; the paper says from a factor of 2 on.",
        "| \\> 0.0269 | 49 | \\> 0.0101 | 48 (≥ 1) |  | 0.014 | 49 |",
        "- No case of table 7 was proven within the time limit.",
    ):
        assert said in text


def test_the_table_of_the_readme_is_the_one_of_the_reproduction():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (RESULTS / "summary.md").read_text(encoding="utf-8") in readme


def test_the_committed_steps_evaluate_to_what_they_say():
    for instance in step_cases():
        problem = instance.problem
        row = rows_of("steps")[steps.key_of(problem)]
        best, true = row.fewest_steps, row.fewest_cycles
        for answer in (best, true, *row.rivals.values()):
            allocation = problem.allocation(answer.allocation)
            assert problem.crossbars_used(allocation) + answer.left == problem.crossbars
            assert answer.left >= 0
            assert xb.steps(problem.network, allocation, "published") == answer.steps
            assert xb.cycles(problem.network, allocation) == answer.cycles
            assert answer.steps >= best.bound
            assert answer.cycles >= true.bound
        assert best.steps == best.bound
        assert true.cycles == true.bound


def test_every_remark_is_about_something_that_deviates():
    text = (RESULTS / "page.md").read_text(encoding="utf-8")
    for remark in figures()["remarks"].values():
        assert remark in text
