"""Kills at random moments: a few here, fifty by `benchmarks/kills.py`."""

import json
from importlib import import_module

import pytest

from tests import ROOT

pytestmark = [pytest.mark.long, pytest.mark.around]


@pytest.fixture
def kills(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return import_module("kills")


def test_nothing_is_lost_or_doubled(kills, tmp_path):
    options = [
        "--kills",
        "2",
        "--suite",
        "first",
        "--solvers",
        "exhaustive",
        "--output",
        str(tmp_path),
    ]
    counts = kills.main(options)
    assert counts["kills"] == 2
    assert counts["rows"] == 8
    assert counts["rounds"] >= 1
    for bad in ("lost", "doubled", "different", "outlived"):
        assert counts.get(bad, 0) == 0, bad
    assert json.loads((tmp_path / "kills.json").read_text()) == counts


def test_the_count_can_fail(kills, tmp_path, monkeypatch):
    """A harness that forgets rows, and one that writes them twice, are found out."""
    from argparse import Namespace
    from collections import Counter

    from tests.compare.test_run import make_suite
    from xbarmip.compare.run import compare

    class Done:
        def wait(self):
            return 0

    monkeypatch.setattr(kills, "_command", lambda chosen, folder: Done())
    chosen, expected = Namespace(suite="small"), {}
    for row in compare(make_suite(), ["exhaustive"], output=tmp_path / "a").rows:
        expected[kills._place(row)] = kills._answer(row)
    lines = (tmp_path / "a" / "small.jsonl").read_text().splitlines(keepends=True)
    other = lines[-1].replace('"value": 4, "bound": 4', '"value": 5, "bound": 5')
    for kept, bad in (
        (lines[:-1], {"lost": 1}),
        ([*lines, lines[-1]], {"doubled": 1}),
        ([*lines[:-1], other], {"different": 1}),
        ([*lines, lines[-1][:50]], {"cut_off_lines": 1}),
    ):
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "small.jsonl").write_text("".join(kept))
        counts = Counter()
        kills._hold_against(expected, chosen, tmp_path / "b", counts)
        assert {key: n for key, n in counts.items() if n and key != "rounds"} == bad
