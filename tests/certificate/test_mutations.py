"""Random single changes to certificates are refused, or leave the claim true."""

import json
import sys
from importlib import import_module

import pytest

from benchmarks.by_definition import claim_holds, seal
from tests import ROOT
from xbarmip.certificate import check, narrowing, sweep

FOLDER = ROOT / "benchmarks"


@pytest.fixture
def mutations(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setattr(sweep, "MOST_LABELS", sweep.MOST_LABELS)  # which it changes
    monkeypatch.setattr(narrowing, "Relaxation", narrowing.Relaxation)
    yield import_module("mutations")
    for name in ("mutations", "by_definition", "older", "bench"):
        sys.modules.pop(name, None)


def test_no_change_makes_a_false_claim_pass(mutations, tmp_path, capsys):
    assert mutations.main(["--count", "600", "--seed", "test", "--output", str(tmp_path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    _, refused, true, false, faults = (cell.strip() for cell in last.strip("|").split("|"))
    assert int(refused) + int(true) == 600
    assert (int(refused) > 300, int(true) > 15, false, faults) == (True, True, "0", "0")
    table = (tmp_path / "mutations.md").read_text()
    for part in ("bound", "round", "split", "stage", "line of a label"):
        assert f"| {part} |" in table


def test_a_false_claim_is_seen():
    """What counts the outcomes can tell a false claim from a true one."""
    view = {"stalls": 1, "capped": 1, "counted": [5], "tails": [], "offset": 0}
    record = {
        "name": "one layer", "measure": "", "crossbars": 2, "view": view,
        "layers": [{"name": "a", "outputs": 5, "set": 1, "end": 1}],
        "edges": [], "constraints": [], "time": None,
    }  # fmt: skip
    for bound, allocation, value, holds in (
        (3, [2], 3, True),
        (4, None, None, False),
        (3, [1], 3, False),
        (3, [2], 4, False),
        (None, None, None, False),
    ):
        claim = {"value": value, "bound": bound, "allocation": allocation}
        assert claim_holds(record, claim) is holds


def test_what_is_read_wrongly_is_seen(mutations, tmp_path, monkeypatch):
    """A checker that lets the last of two pairs win accepts what is false, one that falls over is
    seen as well.
    """
    time = {
        "tick": [1, 1],
        "compute": 1,
        "layers": [
            {"own": [1], "times": [0], "producers": []},
            {"own": [0], "times": [1], "producers": [[0, 1000], [0, 1]]},
        ],
    }
    layer = {"outputs": 1, "set": 1}
    view = {"stalls": 1, "capped": 1, "counted": [1, 1], "tails": [None], "offset": 0}
    need = {"width": 1, "rows": [1], "columns": [1], "growth": 0}
    record = {
        "name": "two layers", "measure": "", "crossbars": 2, "view": view, "time": time,
        "layers": [{"name": "a", "end": 0, **layer}, {"name": "b", "end": 1, **layer}],
        "edges": [{"producer": 0, "consumer": 1, **need}], "constraints": [],
    }  # fmt: skip
    claim = {"value": 1, "bound": 1, "allocation": [1, 1]}
    first = {"format": check.FORMAT, "version": check.VERSION, "digest": ""}
    path = tmp_path / "c"
    path.write_bytes(mutations.text_of(seal([first, {"problem": record}, {"claim": claim}])))
    assert mutations.outcome(path) == "refused"
    with monkeypatch.context() as patched:
        patched.setattr(check, "rising", lambda *values, **order: None)
        patched.setattr(check.StepTime, "numbers", lambda self: time)
        assert mutations.outcome(path) == "FALSE"
    monkeypatch.setattr(check, "rising", lambda *values, **order: [][0])
    assert mutations.outcome(path) == "TRACEBACK"


@pytest.mark.around
def test_the_benchmark_of_certificates(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import_module("certificates").main(["--smoke", "--output", str(tmp_path)])
    rows = json.loads((tmp_path / "certificates.json").read_text(encoding="utf-8"))["rows"]
    for name in ("certificates", "ladder", "bench"):
        sys.modules.pop(name, None)
    assert len(rows) == 2
    for row in rows:
        assert row["accepted"] is True, row
        assert min(row["bytes"], row["write_seconds"], row["check_seconds"]) > 0
