"""Analysis: gaps, profiles, curves, regressions, on results whose figures are worked out here."""

from fractions import Fraction
from itertools import product
from math import comb
from random import Random

import pytest

from tests.results import comparison, failed, row, written
from xbarmip.compare.analysis.curves import (
    FLOOR_SECONDS,
    Curve,
    cactus,
    closeness,
    pairs,
    performance_profile,
)
from xbarmip.compare.analysis.gaps import gap_summaries
from xbarmip.compare.analysis.load import load, merge
from xbarmip.compare.analysis.regress import regress, signed_rank
from xbarmip.errors import InputError

# Three instances: a proves all; b proves one, faster; h finds values and proves nothing.
ROWS = [
    row("x", "a", 2.0, 10, 10, trace=[[0.5, 20, 3], [1.0, 10, 3], [2.0, 10, 10]]),
    row("x", "b", 1.0, 10, 10),
    row("x", "h", 0.1, 12),
    row("y", "a", 3.0, 100, 100),
    row("y", "b", 60.0, 101, 90, trace=[[5.0, 150, 1], [7.0, 101, 90]]),
    row("y", "h", 0.2, 100),
    row("z", "a", 0.0001, 7, 7),
    failed("z", "b", "TIMEOUT"),
    failed("z", "h", "REFUSED"),
]


def test_gaps_are_relative_to_the_best_confirmed_value():
    a, b, h = gap_summaries(comparison(ROWS))
    assert (a.runs, a.proven, a.values, a.best, a.mean, a.largest, a.failed) == (
        3,
        3,
        3,
        3,
        0,
        0,
        0,
    )
    assert (b.runs, b.proven, b.values, b.best, b.failed) == (3, 1, 2, 1, 1)
    assert (b.mean, b.largest) == (Fraction(1, 200), Fraction(1, 100))
    assert (h.runs, h.proven, h.values, h.best, h.failed) == (2, 0, 2, 1, 0)
    assert h.mean == Fraction(1, 10)


def test_a_refuted_proof_counts_for_nothing():
    liar = row("x", "liar", 0.01, 15, 15)
    found = comparison([*ROWS[:2], liar])
    assert {s.label: s.proven for s in gap_summaries(found)} == {"a": 1, "b": 1, "liar": 0}
    assert [curve.label for curve in cactus(found)] == ["a", "b"]


def test_performance_profile():
    a, b = performance_profile(comparison(ROWS))
    assert a == Curve("a", ((1.0, 2 / 3), (2.0, 1.0)))
    assert b == Curve("b", ((1.0, 1 / 3),))
    assert [a.at(x) for x in (0.9, 1, 1.9, 2, 99)] == [0, 2 / 3, 2 / 3, 1, 1]


def test_cactus():
    a, b = cactus(comparison(ROWS))
    assert a.points == ((FLOOR_SECONDS, 1), (2.0, 2), (3.0, 3))
    assert b.points == ((1.0, 1),)


def test_closeness_uses_what_was_told_on_the_way():
    a, b, h = closeness(comparison(ROWS), Fraction(1, 100))
    assert a.points == ((FLOOR_SECONDS, 1 / 3), (1.0, 2 / 3), (3.0, 1.0))
    assert b.points == ((1.0, 1 / 3), (7.0, 2 / 3))
    assert h.points == ((0.2, 1 / 3),)
    _, b, _ = closeness(comparison(ROWS), Fraction(0))
    assert b.points == ((1.0, 1 / 3),)


def test_a_value_below_the_best_confirmed_one_was_a_lie_on_the_way():
    boaster = row("x", "boaster", 9.0, 10, trace=[[0.1, 5, None], [4.0, 10, None]])
    curves = {c.label: c for c in closeness(comparison([ROWS[0], boaster]), Fraction(0))}
    assert curves["boaster"].points == ((4.0, 1.0),)


def test_pairs():
    assert pairs(comparison(ROWS), "a", "b") == [("x", 2.0, 1.0)]


def test_the_latest_row_counts_and_a_lost_one_yields(tmp_path):
    early, late = "2026-01-01T00:00:01+00:00", "2026-01-01T00:00:02+00:00"
    one = written(
        tmp_path / "a",
        [row("x", "a", 5.0, 10, 10, finished=late), failed("y", "a", "CRASHED")],
    )
    two = written(
        tmp_path / "b",
        [row("x", "a", 4.0, 11, 9, finished=early), failed("z", "a", "LOST")],
        run="r2",
        started="2026-01-02T00:00:00+00:00",
    )
    for paths in ((one, two), (two, one)):
        (found,) = load(paths)
        assert (found.rows[0].instance, found.rows[0].seconds) == ("x", 5.0)
        assert found.facts["run"] == "r2"
        assert found.facts["runs"] == ["r1", "r2"]
        assert [r.outcome for r in found.rows] == ["ANSWERED", "CRASHED", "LOST"]
        assert not found.complete
    three = written(
        tmp_path / "c",
        [row("z", "a", 1.0, 3, 3, finished=early)],
        run="r3",
        started="2026-01-03T00:00:00+00:00",
    )
    (found,) = load((three, one, two))
    assert found.complete
    assert [r.outcome for r in found.rows] == ["ANSWERED", "CRASHED", "ANSWERED"]


def test_merging_keeps_every_record_once(tmp_path):
    one = written(tmp_path / "a", ROWS[:4])
    two = written(tmp_path / "b", ROWS[4:], run="r2", started="2026-01-02T00:00:00+00:00")
    with two.open("ab") as file:
        file.write(b'{"record": "row", "insta')
    merged = tmp_path / "all.jsonl"
    merged.write_bytes(merge([one, two, one]))
    assert merged.read_bytes().count(b"\n") == 2 + len(ROWS)
    assert load([merged]) == load([one, two])
    assert merge([merged, two]) == merged.read_bytes()


def test_what_is_no_results_file_is_refused(tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "other.jsonl").write_text('{"record": "run", "run": "x", "suite": "y"}\n')
    with pytest.raises(InputError, match=r"empty\.jsonl: is not a results file"):
        load([tmp_path / "empty.jsonl"])
    with pytest.raises(InputError, match=r"other\.jsonl: line 1: missing key 'description'"):
        load([tmp_path / "other.jsonl"])
    with pytest.raises(InputError, match="cannot be read"):
        merge([tmp_path / "none.jsonl"])


def many(factor, count=30, noise=0.2, seed=1):
    random = Random(seed)
    return comparison(
        [
            row(f"i{n}", "a", (1 + n) * factor * random.uniform(1 - noise, 1 + noise), 10, 10)
            for n in range(count)
        ]
    )


def test_a_slower_solver_is_named_with_how_much():
    found = regress([many(1)], [many(1.4, seed=2)])
    (time,) = found.times
    assert (time.suite, time.label, time.pairs) == ("made", "a", 30)
    assert 1.3 < time.ratio < 1.5
    assert time.p < 0.001
    assert time.verdict == f"{time.ratio:.2f} times slower"
    assert found.worse and time.slower
    back = regress([many(1.4, seed=2)], [many(1)])
    assert back.times[0].verdict == f"{time.ratio:.2f} times faster"
    assert not back.worse


def test_noise_is_no_change():
    for seed in range(2, 8):
        (time,) = regress([many(1)], [many(1, seed=seed)]).times
        assert time.verdict == "no significant change"
    (time,) = regress([many(1)], [many(1)]).times
    assert (time.ratio, time.p, time.verdict) == (1, None, "no significant change")
    (time,) = regress([many(1, noise=0)], [many(1.05, noise=0)]).times
    assert time.p < 0.01
    assert time.verdict == "no significant change", "significant, but not worth a word"
    (time,) = regress([many(1e-6)], [many(1e-5)]).times
    assert time.ratio == 1, "times below the floor"


def test_answers_that_changed():
    old = comparison(
        [
            row("p", "a", 1, 10, 10),
            row("q", "a", 1, 12, 8),
            row("r", "a", 1, 12, 8),
            row("s", "a", 1, 12, 8),
            failed("t", "a", "REFUSED"),
            row("only old", "a", 1, 1, 1),
        ]
    )
    new = comparison(
        [
            row("p", "a", 1, 10, 7),
            row("q", "a", 1, 10, 10),
            row("r", "a", 1, 13, 9),
            failed("s", "a", "TIMEOUT"),
            row("t", "a", 1, 5),
            row("only new", "a", 1, 1, 1),
        ]
    )
    found = regress([old], [new])
    assert [(c.instance, c.what, c.worse) for c in found.changes] == [
        ("p", "was OPTIMAL, is FEASIBLE", True),
        ("p", "bound was 10, is 7", True),
        ("q", "was FEASIBLE, is OPTIMAL", False),
        ("q", "value was 12, is 10", False),
        ("q", "bound was 8, is 10", False),
        ("r", "value was 12, is 13", True),
        ("r", "bound was 8, is 9", False),
        ("s", "was FEASIBLE, is UNKNOWN", True),
        ("t", "was UNSUPPORTED, is FEASIBLE", False),
    ]
    assert found.missing == (("made", "only old", "a"), ("made", "only new", "a"))
    assert found.times[0].verdict == "no instance that both proved"
    flipped = comparison([row("p", "a", 1, status="INFEASIBLE")])
    assert regress([comparison([row("p", "a", 1, 10, 10)])], [flipped]).worse


def test_results_without_a_common_suite():
    from dataclasses import replace

    with pytest.raises(InputError, match="no suite in common: made against other"):
        regress([many(1)], [replace(many(1), suite="other")])


def test_the_test_is_the_signed_rank_test():
    """Against its definition: every sign pattern of ranks 1..n, equally likely."""
    differences = [0.5, -0.2, 0.9, 1.3, 0.1, -0.05, 0.7]
    ranks = {d: 1 + sum(abs(e) < abs(d) for e in differences) for d in differences}
    observed = sum(ranks[d] for d in differences if d > 0)
    sums = [
        sum(rank for rank, positive in zip(ranks.values(), signs, strict=True) if positive)
        for signs in product((False, True), repeat=len(ranks))
    ]
    middle = sum(ranks.values()) / 2
    extreme = sum(abs(s - middle) >= abs(observed - middle) for s in sums)
    assert signed_rank(differences) == pytest.approx(extreme / len(sums))
    assert len(sums) == sum(comb(7, k) for k in range(8))
