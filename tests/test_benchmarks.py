"""Every benchmark runs, on tiny instances, and writes what it says it writes."""

import json
import sys
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec

import pytest

import xbarmip as xb
from tests import ROOT
from xbarmip.compare.instance import Suite
from xbarmip.compare.known import read_known
from xbarmip.compare.suite import read_suite
from xbarmip.solvers.dp.effort import NEAR

pytestmark = [pytest.mark.long, pytest.mark.around]

FOLDER = ROOT / "benchmarks"
MODULES = (
    "bench", "certificates", "constraints", "cores", "growth", "ladder", "milp", "onnx_models",
    "peers", "published", "schedules", "zoo",
)  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a benchmark's main and read its rows back."""
    monkeypatch.syspath_prepend(FOLDER)
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)

    def smoke(name, *options):
        import_module(name).main(["--smoke", "--output", str(tmp_path), *options])
        data = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        page = (tmp_path / f"{name}.md").read_text(encoding="utf-8").splitlines()
        shown = [line for line in page if line.startswith("| ")]
        assert len(shown) == len(data["rows"]) + 2, "a line for every row, and two of head"
        assert capsys.readouterr().out.count("\n") == len(data["rows"])
        for row in data["rows"]:
            assert (row["status"], row["gap"], row["runs"]) == ("OPTIMAL", 0, 3), row
            assert row["seconds"] > 0
            assert 0 <= row["search_mib"] < row["peak_mib"]
        return data

    yield smoke
    for name in MODULES:
        sys.modules.pop(name, None)


def test_published(run):
    cycles, steps = run("published")["rows"]
    assert "rival_value" not in cycles
    assert steps["rival_status"] == "FEASIBLE"
    assert steps["rival_value"] >= steps["value"]
    assert float(steps["ratio"]) > 0


def test_published_without_the_rival(run):
    assert all("rival_value" not in row for row in run("published", "--limit", "0")["rows"])


def test_onnx_models(run):
    rows = run("onnx_models", "--factors", "1.5", "4")["rows"]
    assert [row["factor"] for row in rows] == ["1.5", "4"]
    assert rows[0]["value"] > rows[1]["value"]


def test_milp(run):
    for row in run("milp")["rows"]:
        assert row["milp_status"] == "OPTIMAL"
        assert (row["milp_value"], row["agree"]) == (row["value"], True)


def test_constraints(run):
    free, constrained = run("constraints")["rows"]
    assert (free["constraint"], constrained["constraint"]) == ("none", "powers-of-two")
    assert (constrained["free"], constrained["change"]) == (free["value"], "+19.4 %")
    for row in (free, constrained):
        assert (row["milp_value"], row["certificate"], row["agree"]) == (row["value"], True, True)


def test_knobs(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(FOLDER)
    import_module("knobs").main(["--smoke", "--output", str(tmp_path), "--knobs", "EVENLY"])
    rows = json.loads((tmp_path / "knobs.json").read_text(encoding="utf-8"))["rows"]
    assert [(row["knob"], row["value"], row["proven"]) for row in rows] == [
        ("EVENLY", "100", 1), ("EVENLY", "400", 1),
    ]  # fmt: skip
    scaled = import_module("scaling").scaled
    assert scaled((1, 3), Fraction(1, 2)) == (1, 1)
    assert scaled(NEAR, Fraction(2)) == (64, Fraction(1, 64), (1, 256))
    assert scaled(0.3, Fraction(1, 2)) == 0.15


def test_growth(run, tmp_path):
    data = run("growth")
    fitted = [(fit["family"], fit["against"], fit["quantity"]) for fit in data["fits"]]
    assert ("depth", "layers", "seconds") in fitted
    assert ("budget", "crossbars", "seconds") in fitted
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_growth_fits_a_power_law(run):
    fit = import_module("growth").fit([(size, 3 * size**1.5) for size in (2, 5, 9, 40)])
    assert fit.exponent == pytest.approx(1.5)
    assert fit.scale == pytest.approx(3)


def test_peers_agree(run):
    (row,) = run("peers")["rows"]
    assert row["agree"] is True
    for peer, library in (("cp_sat", "ortools"), ("didp", "didppy")):
        if find_spec(library):
            assert (row[f"{peer}_status"], row[f"{peer}_value"]) == ("OPTIMAL", row["value"])
            assert row[f"{peer}_bound"] == row["value"]
            assert row[f"{peer}_peak_mib"] is None or row[f"{peer}_peak_mib"] > 0
        else:
            assert f"{peer}_status" not in row


def test_the_peers_statement_is_the_published_closed_form(run):
    peers, statement = import_module("peers"), import_module("peer_models.statement")
    ladder = import_module("ladder")
    for layers in (4, 8, 12):
        network = ladder.deep_chain(layers, extent=16, channels=4)
        problem = xb.Problem(network, 10**6, 16, "steps", "published")
        chain = peers.plain_chain(problem)
        for divisor in (1, 2, 3, 7, 50):
            allocation = [max(1, layer.outputs // divisor) for layer in network.layers]
            assert statement.steps(chain, allocation) == xb.steps(network, allocation, "published")


def test_disagreement_is_seen(run):
    peers = import_module("peers")
    problem = xb.Problem(
        import_module("ladder").deep_chain(4, 1, 16, 4), 58, 16, "steps", "published"
    )
    chain = peers.plain_chain(problem)
    result = xb.solve(problem)
    right = {
        "value": result.value,
        "bound": result.bound,
        "allocation": list(result.allocation.values()),
    }
    assert peers.agree(chain, [right, right])
    assert not peers.agree(chain, [right, {**right, "value": result.value - 1}])
    assert not peers.agree(chain, [right, {**right, "bound": result.value + 1}])
    every = [layer.outputs for layer in chain.layers]
    too_much = {
        "value": xb.steps(problem.network, every, "published"),
        "bound": 1,
        "allocation": every,
    }
    assert not peers.agree(chain, [right, too_much])


def test_a_process_that_dies_is_a_row(run):
    import os

    bench = import_module("bench")
    arguments = bench.options("", 1).parse_args([])
    assert bench.isolated(lambda: os._exit(3), arguments)["status"] == "KILLED"
    failed = bench.isolated(lambda: {"value": 1 // 0}, arguments)
    assert (failed["status"], failed["message"].split(":")[0]) == ("ERROR", "ZeroDivisionError")
    assert bench.ratio(failed, failed) == ""


def test_suites_are_run_summed_up_and_learned_from(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(FOLDER)
    suites = import_module("suites")
    few = [x for x in read_suite("ladder").instances if x.name.startswith("one-layer-t")][:2]
    small = Suite("ladder", "Two.", tuple(few))
    monkeypatch.setattr(suites, "read_suite", lambda name: small)
    monkeypatch.setattr(
        suites, "compare", lambda name, *rest, **how: xb.compare(small, *rest, **how)
    )
    options = ["--suites", "ladder", "--output", str(tmp_path), "--known", str(tmp_path)]
    for more in ([], ["--resume"], []):
        (found,) = suites.main([*options, *more])
        assert len(found.rows) == 2 * sum(map(len, suites.GROUPS))
        assert [row.certified for row in found.rows if row.solver == "dp"] == ["yes", "yes"]
    lines = (tmp_path / "ladder.jsonl").read_text().count("\n")
    assert lines == len(found.rows) + len(suites.GROUPS)
    assert all(each.golden for each in read_known(tmp_path / "ladder.json").values())
    assert "published-dp" in (tmp_path / "ladder.md").read_text(encoding="utf-8")
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert capsys.readouterr().out == "ladder: 2 instances: 2 AGREE; 2 of 2 proofs certified\n" * 3
    head, _, line = suites.families(found).splitlines()[-3:]
    by_column = dict(zip(head.split(" | "), line.split(" | "), strict=True))
    assert by_column["verdicts"] == "2 AGREE"
    assert by_column["proofs of dp"] == by_column["dp"] == "2 of 2"


@pytest.mark.parametrize("part", ["cases", "random", "ties", "changed", "simulated"])
def test_cores(part, run, tmp_path):
    import_module("cores").main(["--smoke", "--output", str(tmp_path), "--part", part])
    rows = json.loads((tmp_path / f"{part}.json").read_text(encoding="utf-8"))["rows"]
    for row in rows:
        assert row.get("status", "OPTIMAL") == "OPTIMAL"
        assert row.get("disagreements", 0) == row.get("false", 0) == row.get("failures", 0) == 0
        assert row.get("equal") == (row["cases"] if "equal" in row else None)
        assert row.get("ratio", 1) >= 1


@pytest.mark.parametrize("part", ["cases", "random", "alterations"])
def test_schedules(part, run, tmp_path):
    import_module("schedules").main(["--smoke", "--output", str(tmp_path), "--part", part])
    rows = json.loads((tmp_path / f"{part}.json").read_text(encoding="utf-8"))["rows"]
    for row in rows:
        assert row.get("checked", "accepted") == "accepted"
        assert row.get("disagreements", 0) == row.get("false", 0) == 0


def test_rank_correlations(run):
    cores = import_module("cores")
    assert cores.spearman([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert cores.spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert cores.spearman([1, 1, 2], cores.in_order([1, 1, 2])) == pytest.approx(3**0.5 / 2)


def test_zoo(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.delitem(sys.modules, "bench", raising=False)
    zoo = import_module("zoo")
    for what in ("read", "verify", "solve"):
        zoo.main([what, "--smoke", "--positions", "0", "--output", str(tmp_path)])
    read, verified, solved = (
        json.loads((tmp_path / f"{what}.json").read_text("utf-8"))["rows"]
        for what in ("read", "verify", "solve")
    )
    # 64 outputs of 27 x 4 and 16 of 4 x 2 multiplications
    tiny = {"layers": 2, "sets": 2, "outputs": 80, "counted": "equal", "gmacs": 7040 / 1e9}
    assert [{key: row[key] for key in tiny} for row in read] == [tiny]
    assert [(row["wrong"], row["loose_edges"]) for row in verified] == [(0, 0)]
    assert [(row["factor"], row["status"]) for row in solved] == [(2, "OPTIMAL"), (4, "OPTIMAL")]
    for name in ("zoo", "bench"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("what", ["cim-mlc", "heuristics"])
def test_zoo_rules(what, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(FOLDER)
    for name in ("zoo", "zoo_rules", "bench"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    rules = import_module("zoo_rules")
    monkeypatch.setattr(rules.networks, "EVALUATIONS", 10)
    rules.main([what, "--smoke", "--families", "--output", str(tmp_path)])
    rows = json.loads((tmp_path / "zoo.json").read_text("utf-8"))["rows"]
    if what == "cim-mlc":
        # 8 x 8 and 4 x 4 outputs, a crossbar a copy: of 4 cores two copies of the first layer take
        # two and one of the second one, 64 / 2 + 16 / 1 = 48; or one and two, 64 + 8; or two each,
        # 32 + 8 = 40, in four; filled, these hold 32 copies and the 16 that are useful: 2 cycles
        (row,) = rows
        assert (row["network"], row["layers"], row["cores"]) == ("tiny", 2, 4)
        assert (row["its_sum"], row["its_crossbars"], row["its_cycles"]) == (40, 48, 2)
        assert (row["fewest_in_cores"], row["fewest_in_crossbars"]) == (2, 2)
        assert row["proven"] == [True, True]
    else:
        assert [row["objective"] for row in rows] == [*rules.networks.OBJECTIVES]
        for row in rows:
            assert row["open_%"] == 0
            assert min(row[rule] for rule in rules.networks.HEURISTICS) >= 0
            timed = row["objective"] == "latency"
            assert row["best"] == ("48.30 us" if timed else row["dp"]["value"])
    for name in ("zoo", "zoo_rules", "bench"):
        sys.modules.pop(name, None)


def test_page_certificates(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    for name in ("bench", "page_certificates"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    main = import_module("page_certificates").main
    assert main(["--smoke", "--output", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "pages.json").read_text(encoding="utf-8"))["rows"]
    assert [row["accepted"] for row in rows] == [1] * len(rows)
    assert {"pimsyn", "published"} <= {row["page"] for row in rows}
