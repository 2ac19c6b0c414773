"""Random single changes to certificates are refused, or leave the claim true."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def mutations(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    yield import_module("mutations")
    for name in ("mutations", "bench"):
        sys.modules.pop(name, None)


def test_no_change_makes_a_false_claim_pass(mutations, tmp_path, capsys):
    assert mutations.main(["--count", "400", "--seed", "test", "--output", str(tmp_path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    _, refused, true, false = (cell.strip() for cell in last.strip("|").split("|"))
    assert int(refused) + int(true) == 400
    assert (int(refused) > 200, int(true) > 10, false) == (True, True, "0")
    assert (tmp_path / "mutations.md").is_file()


def test_a_false_claim_is_seen(mutations):
    """What counts the outcomes can tell a false claim from a true one."""
    problem = {
        "name": "one layer", "objective": "cycles", "rule": None, "crossbars": 2,
        "layers": [{"name": "a", "outputs": 5, "set": 1, "end": 1}],
        "edges": [], "tails": [], "constraints": [], "time": None,
    }  # fmt: skip
    for bound, value, holds in ((3, 3, True), (4, None, False), (3, 4, False), (None, None, False)):
        claim = {"value": value, "bound": bound, "allocation": None}
        assert mutations.claim_holds([{}, {"problem": problem}, {"claim": claim}]) is holds


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
