"""Certificates that are broken, hostile, changed, or made by a broken search, are refused."""

import gzip
import json
from random import Random

import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES
from tests.certificate.test_write import SHAPES, first_problem, quiet, save, some_problem
from tests.sample import draws
from xbarmip.certificate import check, sweep
from xbarmip.certificate.relaxation import Relaxation
from xbarmip.certificate.statement import statement
from xbarmip.certificate.write import lines
from xbarmip.solvers.result import Status


@pytest.fixture(scope="module")
def good():
    problem = first_problem()
    return list(lines(problem, xb.solve(problem), quiet))


def refusal(path, content):
    path.write_bytes(content)
    with pytest.raises(check.Refused) as refused:
        check.check(str(path))
    message = str(refused.value)
    assert message.isprintable()
    assert len(message) < 400
    return message


def text(records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def head(record):
    """The first lines of a certificate of a problem."""
    digest = check.digest(record)
    first = {"format": check.FORMAT, "version": check.VERSION, "digest": digest}
    return [first, {"problem": record}]


BAD_BYTES = {
    "nothing": (b"", "ends too early"),
    "no JSON": (b"hello\n", "line 1 is not a JSON value"),
    "no UTF-8": (b"\xff\xfe\xfd\n", "line 1 is not a JSON value"),
    "UTF-16": ("{}\n".encode("utf-16"), "line 1 is not a JSON value"),
    "an empty line": (b"\n", "line 1 is not a JSON value"),
    "deep nesting": (b"[" * 10**6 + b"\n", "line 1 is not a JSON value"),
    "deep objects": (b'{"a":' * 10**6 + b"\n", "line 1 is not a JSON value"),
    "many digits": (b"9" * 10**6 + b"\n", "line 1 is not a JSON value"),
    "a long line": (b" " * (check.MOST_BYTES + 2), "line 1 is longer than"),
    "a bomb": (gzip.compress(b" " * 2**25), "line 1 is longer than"),
    "half a gzip file": (gzip.compress(b"[" * 5000)[:20], "line 1 cannot be read"),
    "no gzip after all": (b"\x1f\x8bgarbage", "line 1 cannot be read"),
    "a key twice": (b'{"format": 1, "format": 1}\n', "a key occurs twice"),
    "another format": (b'{"format": "x", "version": 2}\n', "not a certificate in the format"),
    "another version": (
        b'{"format": "xbarmip-certificate", "version": 1, "digest": ""}\n',
        "not a certificate in the format",
    ),
    "not a number": (b"NaN\n", "line 1 is not a JSON value: NaN is not a number"),
    "infinity": (b"[-Infinity]\n", "line 1 is not a JSON value: -Infinity is not a number"),
    "more than a float holds": (b"1e999\n", "first line must be an object"),
    "controls": (b'"\\u001b[31m\\n"\n', "first line must be an object"),
}


@pytest.mark.parametrize("case", BAD_BYTES)
def test_files_that_are_no_certificate(case, tmp_path):
    content, expected = BAD_BYTES[case]
    assert expected in refusal(tmp_path / "c", content)


def test_lines_that_are_missing_doubled_or_too_many(good, tmp_path):
    proven = check.check(save(tmp_path / "c", good))
    for line in range(len(good)):
        refusal(tmp_path / "c", text(good[:line]))
        (tmp_path / "c").write_bytes(text(good[:line] + good[line + 1 :]))
        status, said, _ = check.examine(str(tmp_path / "c"))
        others_do = "round" in good[line] and said == proven  # without a round that is not needed
        assert status == check.REFUSED or others_do
    assert "after the end of the proof" in refusal(tmp_path / "c", text([*good, []]))


def test_a_proof_of_less_does_not_prove_more(good, tmp_path):
    """The proof for a smaller target, under the optimum as the claim."""
    problem = first_problem()
    stated = check.Problem(statement(problem))
    for target in (80, 100, 104, 105):
        proof = list(sweep.proof(stated, target, quiet))
        refusal(tmp_path / "c", text([*good[:3], *proof]))


# --- searches with a planted defect: they "prove" what is false, and the checker says no


def bound_too_strong(monkeypatch):
    own = check.Bound.terms_of
    monkeypatch.setattr(check.Bound, "terms_of", lambda *a: [term + 10**6 for term in own(*a)])


class Pathless(Relaxation):
    """Its bound cuts nothing."""

    def bound(self, scale=1):
        constraints = [0] * len(self.search.problem.constraints)
        return {"scale": 0, "constraints": constraints, "paths": []}


def no_paths(monkeypatch):
    """Many labels: nothing is cut by paths."""
    monkeypatch.setattr(sweep, "rounds", lambda search, paths: ([], Pathless(search)))
    monkeypatch.setattr(sweep, "MOST_LABELS", 10**9)


class Listed:
    """Kept labels that are compared one by one, as the checker does."""

    def __init__(self, stage):
        self.stage, self.labels = stage, []

    @property
    def count(self):
        return len(self.labels)

    def add(self, label):
        self.labels.append(label)

    def rival(self, label):
        found = (n for n, one in enumerate(self.labels, 1) if self.stage.dominates(one, label))
        return next(found, None)


def dominance_inverted(monkeypatch):
    """The deadlines compared the wrong way round."""
    no_paths(monkeypatch)
    monkeypatch.setattr(sweep, "Kept", Listed)
    own = check.Stage.dominates

    def inverted(self, a, b):
        return own(
            self,
            check.Label(a.used, a.sums, b.due, b.ends),
            check.Label(b.used, b.sums, a.due, a.ends),
        )

    monkeypatch.setattr(check.Stage, "dominates", inverted)


def dominance_by_crossbars_alone(monkeypatch):
    no_paths(monkeypatch)
    monkeypatch.setattr(sweep, "Kept", Listed)
    monkeypatch.setattr(check.Stage, "dominates", lambda self, a, b: a.used <= b.used)


def window_cut_by_one(monkeypatch):
    no_paths(monkeypatch)

    def cut(search, paths):
        pairs = zip(search.low, search.high, strict=True)
        search.low = [low + (low < high) for low, high in pairs]
        bound = {"scale": 1, "paths": [], "constraints": [0] * len(search.problem.constraints)}
        left = {"bound": bound, "low": search.low, "high": search.high}
        return [left], Pathless(search)

    monkeypatch.setattr(sweep, "rounds", cut)


def last_r_forgotten(monkeypatch):
    own = check.Decision.successors
    monkeypatch.setattr(check.Decision, "successors", lambda *a: iter(list(own(*a))[:-1]))


def deadline_a_cycle_early(monkeypatch):
    for timing in (check.Pipeline, check.ClosedForm):

        def early(self, target, own=timing.first_label):
            return own(self, None if target is None else target - 1)

        monkeypatch.setattr(timing, "first_label", early)


def budget_one_short(monkeypatch):
    own = check.Stage.refutes
    monkeypatch.setattr(
        check.Stage, "refutes",
        lambda self, label: own(self, label) or label.used + self.rest >= self.problem.crossbars,
    )  # fmt: skip


def constraints_one_short(monkeypatch):
    own = check.Constraint.after
    monkeypatch.setattr(check.Constraint, "after", lambda *a: own(*a) + 1)


DEFECTS = [
    bound_too_strong,
    dominance_inverted,
    dominance_by_crossbars_alone,
    window_cut_by_one,
    last_r_forgotten,
    deadline_a_cycle_early,
    budget_one_short,
    constraints_one_short,
]


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_broken_search_is_found_out(defect, tmp_path):
    """Whatever a search with this defect "proves" of a target that can be met is refused."""
    random, false = Random(defect.__name__), 0
    for _ in range(600):
        objective, rule = random.choice(OBJECTIVES)
        problem = some_problem(random, random.choice(SHAPES), objective, rule)
        result = xb.solve(problem, "exhaustive")
        if result.status is not Status.OPTIMAL:
            continue
        record = statement(problem)
        with pytest.MonkeyPatch.context() as patched:
            defect(patched)
            try:
                proof = list(sweep.proof(check.Problem(record), result.value, quiet))
            except (sweep.NotRefuted, check.Refused):
                continue
        claim = {"value": None, "bound": result.value + 1, "allocation": None}
        refusal(tmp_path / "c", text([*head(record), {"claim": claim}, *proof]))
        false += 1
        if false == draws(3):
            return
    pytest.fail(f"only {false} false proofs: the defect does no harm")
