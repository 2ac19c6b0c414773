"""Comparisons that demand certificates: what is true is certified, and no liar ever is."""

import json
from dataclasses import dataclass, replace
from random import Random

import pytest

import xbarmip as xb
from tests import results
from tests.brute import OBJECTIVES, tiny_problem
from tests.compare.test_run import make_suite
from tests.compare.test_verdict import BEST, INSTANCE, ONES, SHORT, optimal
from tests.sample import draws
from xbarmip.certificate import check
from xbarmip.certificate.write import write_certificate
from xbarmip.cli.main import main
from xbarmip.compare.certify import Certifier
from xbarmip.compare.instance import Instance, Suite
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.journal import read_rows
from xbarmip.compare.kinds import KINDS
from xbarmip.compare.known import learn
from xbarmip.compare.report.page import page
from xbarmip.compare.report.summary import headline, markdown
from xbarmip.compare.report.tables import answer, rows_csv, solver_table
from xbarmip.compare.run import compare
from xbarmip.constraint import Predicate
from xbarmip.network.generate import Shape
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

pytestmark = pytest.mark.long

INFEASIBLE = Result("liar", Status.INFEASIBLE, Stop.FINISHED)


@dataclass(frozen=True)
class Says:
    """A solver that has its answer ready."""

    result: Result
    name: str = "liar"

    def unsupported(self, problem):
        return ()

    def solve(self, problem, watch):
        return self.result


def suite_of(*instances):
    return Suite("some", "Some.", instances)


def certified(instance, *results, **more):
    solvers = [Says(result, f"s{i}") for i, result in enumerate(results, start=1)]
    return compare(suite_of(instance), solvers, certify=True, **more)


def test_what_is_true_is_certified():
    comparison = compare(suite_of(INSTANCE, SHORT), ["dp", "exhaustive", "greedy"], certify=True)
    assert comparison.agreed
    for row in comparison.rows:
        if row.status in ("OPTIMAL", "INFEASIBLE"):
            assert row.certified == "yes", row
            assert row.certificate["bytes"] > 100
            assert row.certificate["write_seconds"] > 0
            assert row.certificate["check_seconds"] > 0
        else:
            assert (row.solver, row.certificate) == ("greedy", {})
    assert headline(comparison).endswith("2 AGREE; 5 of 5 proofs certified")


LIES = {
    "a worse allocation is not an optimum": optimal(4, ONES),
    "value of another allocation": optimal(2, ONES),
    "better than its allocation and too good": optimal(1, BEST),
    "over budget": optimal(1, {"a": 4, "b": 4}),
    "no allocation of this network": optimal(4, {"a": 1}),
    "there is one": INFEASIBLE,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_false_claim_is_never_certified_and_a_disagreement(lie):
    """Alone, so that no other solver contradicts it."""
    comparison = certified(INSTANCE, lie)
    assert [row.certified for row in comparison.rows] == ["refused"]
    assert not comparison.agreed
    kinds = [finding.kind for finding in comparison.verdicts[0].findings]
    assert "CERTIFICATE_REFUSED" in kinds
    assert "0 of 1 proofs certified" in headline(comparison)


def test_the_bound_alone_gives_a_liar_away():
    """Nothing else speaks against it: its allocation is allowed and takes what it says."""
    lie = optimal(4, ONES)
    assert compare(suite_of(INSTANCE), [Says(lie)]).agreed
    comparison = certified(INSTANCE, lie)
    (verdict,) = comparison.verdicts
    assert verdict.kind == "CERTIFICATE_REFUSED"
    message = "s1 claims a bound of 4: that is wrong"
    assert verdict.findings[0].message == f"claims OPTIMAL: {message}"
    assert f"- pair: s1: {message}" in markdown(comparison)


def test_claims_about_random_problems(tmp_path):
    """Certified exactly where they are true."""
    random, seen = Random("claims"), set()
    for number in range(draws(60)):
        objective, rule = OBJECTIVES[number % len(OBJECTIVES)]
        problem = tiny_problem(random, Shape(layers=3, branching=0.3), objective, rule, most=500)
        best = xb.solve(problem, "exhaustive")
        claims = [best, replace(best, solver="liar")]
        if best.value is None:
            claims.append(INFEASIBLE)
        else:
            ones = dict.fromkeys(best.allocation, 1)
            value = evaluate(problem, list(ones.values()))
            claims += [INFEASIBLE, optimal(value, ones), optimal(best.value + 1, best.allocation)]
        claim = random.choice(claims)
        true = (claim.status, claim.value) == (best.status, best.value)
        found = Certifier(claim, tmp_path / "c").solve(problem, Watch(Limits()))
        assert found.certified == ("yes" if true else "refused"), (claim, found)
        seen.add((claim.status, true))
    assert len(seen) == 4


def test_a_problem_that_no_certificate_can_state():
    odd = Predicate("odd", ("a",), lambda r: r % 2 == 1)
    asked = Instance("odd", replace(INSTANCE.problem, constraints=(odd,)))
    comparison = compare(suite_of(asked), ["exhaustive"], certify=True)
    (row,) = comparison.rows
    assert (row.status, row.certified) == ("OPTIMAL", "none")
    assert row.certificate["message"].startswith("constraint 'odd' is not linear")
    assert comparison.agreed
    assert "no certificate" in answer(row)


def test_limits_hold_for_certificates():
    no_time = Allowance(seconds=0, grace_seconds=60)
    (row,) = certified(INSTANCE, optimal(2, BEST), allowance=no_time).rows
    assert (row.certified, row.certificate["message"]) == (
        "none", "not written within the time limit",
    )  # fmt: skip
    no_memory = Allowance(memory_bytes=1, grace_bytes=1)
    network = xb.load_network("vgg-a")
    large = Instance("large", xb.Problem(network, 2304))
    claim = optimal(317, xb.solve(large.problem).allocation)
    (row,) = certified(large, claim, allowance=no_memory).rows
    assert row.certified == "none"
    assert row.certificate["message"].startswith("OUT_OF_MEMORY: ")


def certifier_with(monkeypatch, write, tmp_path, claim=None):
    """One whose certificates come from `write`."""
    monkeypatch.setitem(KINDS, xb.Problem, replace(KINDS[xb.Problem], write=write))
    return Certifier(claim or optimal(2, BEST), tmp_path / "c")


def test_the_checker_has_the_last_word(monkeypatch, tmp_path):
    """Whatever a broken writer makes of a claim: nothing, another claim, or nonsense."""
    true = write_certificate

    def weaker(problem, result, path, *limits):
        loose = Result("s", Status.FEASIBLE, Stop.TIME, 2, 1, BEST, Proof.EXACT)
        return true(problem, loose, path, *limits)

    def other(problem, result, path, *limits):
        return true(replace(problem, crossbars=5), xb.solve(replace(problem, crossbars=5)), path)

    def nonsense(problem, result, path, *limits):
        made = true(problem, result, path, *limits)
        path.write_text("[]\n")
        return made

    for write, said in ((weaker, "ends before 1 cycles"), (other, ", 5 crossbars, digest"),
                        (nonsense, "REFUSED: first line must be")):  # fmt: skip
        certifier = certifier_with(monkeypatch, write, tmp_path)
        found = certifier.solve(INSTANCE.problem, Watch(Limits()))
        assert found.certified == "refused"
        assert said in found.message


def test_a_checker_that_does_not_end(monkeypatch, tmp_path):
    slow = tmp_path / "check.py"
    slow.write_text("import time; time.sleep(1000)")
    certifier = certifier_with(monkeypatch, write_certificate, tmp_path)
    monkeypatch.setattr(check, "__file__", str(slow))
    found = certifier.solve(INSTANCE.problem, Watch(Limits(seconds=2)))
    assert (found.certified, found.message) == ("none", "not checked within the time limit")


def test_resuming_certifies_what_was_not_to_be_certified(tmp_path):
    plain = compare(make_suite(), [Exhaustive()], output=tmp_path)
    assert {row.certified for row in plain.rows} == {""}
    again = compare(make_suite(), [Exhaustive()], output=tmp_path, resume=True, certify=True)
    assert {row.certified for row in again.rows} == {"yes"}
    assert len(read_rows(tmp_path / "small.jsonl")) == 6
    compare(make_suite(), [Exhaustive()], output=tmp_path, resume=True, certify=True)
    assert len(read_rows(tmp_path / "small.jsonl")) == 6


def test_rows_without_the_field_are_read(tmp_path):
    path = results.written(tmp_path, [results.row("a", "s", value=2, bound=2)])
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[1].pop("certificate")
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert read_rows(path)[0].certified == ""


def made(instance, solver, outcome):
    certificate = {"certified": outcome, "message": "" if outcome == "yes" else "because"}
    return results.row(instance, solver, value=2, bound=2, certificate=certificate)


def test_reports_count_what_was_certified():
    comparison = results.comparison(
        [made("a", "s", "yes"), made("b", "s", "none"), made("a", "t", "refused")]
    )
    table = solver_table(comparison)
    place = list(table.columns).index("certified")
    assert [row[place] for row in table.rows] == ["1 of 2", "0 of 1"]
    assert [answer(row).split(", ")[1] for row in comparison.rows] == [
        "certified", "no certificate", "certificate refused",
    ]  # fmt: skip
    for text in (markdown(comparison), page([comparison])):
        assert "1 of 3 proofs certified" in text
        assert "b: s: because" in text
        assert "a: t: because" in text
    assert [line.rpartition(",")[2] for line in rows_csv((comparison,)).splitlines()] == [
        "certified", "yes", "none", "refused",
    ]  # fmt: skip
    assert "certified" not in markdown(results.comparison([results.row("a", "s", value=2)]))


def test_a_certificate_makes_an_optimum_golden():
    suite = suite_of(INSTANCE)
    for certificates, golden in ((False, False), (True, True)):
        found = compare(suite, ["dp"], certify=certificates)
        assert learn(suite, {}, found)["pair"].golden is golden


def test_command_line(tmp_path, capsys):
    command = ["compare", "first", "--solvers", "dp", "--certify", "--output", str(tmp_path)]
    assert main([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    claims = [row for row in rows if row["status"] in ("OPTIMAL", "INFEASIBLE")]
    assert claims
    assert {row["certificate"]["certified"] for row in claims} == {"yes"}
