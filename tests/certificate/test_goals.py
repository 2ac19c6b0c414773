"""Certificates of goals: one proof for each measure that is minimised (SPEC §10, §12)."""

import gzip
import json
from dataclasses import replace
from random import Random

import pytest

import xbarmip as xb
from benchmarks.by_definition import claim_holds, seal
from tests.goals import best_tuple, goal_problem
from tests.sample import draws
from xbarmip.certificate import check
from xbarmip.certificate.same import require_same
from xbarmip.certificate.statement import stated_problem
from xbarmip.certificate.write import write_certificate
from xbarmip.constraint import LinearConstraint
from xbarmip.digest import problem_digest
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.solvers.result import Status

LENET = xb.load_network("lenet-5")
GOAL = xb.Problem(LENET, minimise="crossbars", at_most={"cycles": 200}, then=("interval", "serial"))


def records(path):
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def test_certificates_prove_what_every_allocation_says(tmp_path):
    random, path, proven = Random("goals"), tmp_path / "c", {True: 0, False: 0}
    while sum(proven.values()) < draws(90):
        problem = goal_problem(random, most=400)
        linear = all(isinstance(each, LinearConstraint) for each in problem.constraints)
        if not linear:
            with pytest.raises(UnsupportedError, match="is not linear"):
                write_certificate(problem, xb.solve(problem), path)
            continue
        write_certificate(problem, xb.solve(problem), path)
        own = stated_problem(problem)
        status, said, found = check.examine(
            str(path), lambda file, own=own: require_same(file, own)
        )
        best = best_tuple(problem)
        assert status == check.ACCEPTED, said
        assert found[1:] == ((None, []) if best is None else ([*best], [*best]))
        assert problem_digest(problem) == check.digest(found[0].numbers())
        made = records(path)
        assert claim_holds(made[1]["problem"], made[2]["claim"])
        proven[best is not None] += 1
    assert min(proven.values()) >= draws(11)


def test_the_largest_of_sums_is_refused_by_name(tmp_path):
    tables = [{"c1": range(1, 785)}, {"c3": range(1, 101)}]
    problem = xb.Problem(LENET, 40, minimise="zone", sums=(xb.Largest("zone", tables),))
    with pytest.raises(UnsupportedError, match="no certificate can state 'zone'"):
        write_certificate(problem, xb.solve(problem), tmp_path / "c")


def test_what_a_certificate_says(tmp_path):
    path = tmp_path / "c"
    write_certificate(GOAL, xb.solve(GOAL), path)
    said = check.check(str(path))
    values = ", ".join(str(least.value) for least in xb.solve(GOAL).minima)
    assert (
        f"no allocation with a value of at most 200 has less than {values} in the order crossbars, "
        f"then a greatest, then a sum; the given one has {values}" in said
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bound": [13]}, "comes after the end"),
        ({"bound": [14, 201, 301]}, "bounds must be the values"),
        ({"bound": []}, "values need an allocation and a bound"),
        ({"value": [13, 1, 1]}, "the allocation has"),
        ({"value": None}, "more bounds than values"),
        ({"allocation": None}, "values need an allocation"),
        ({"allocation": [1, 1, 1, 1, 1]}, "the allocation has"),
    ],
)
def test_a_false_claim_is_refused(change, message, tmp_path):
    path = tmp_path / "c"
    write_certificate(GOAL, xb.solve(GOAL), path)
    made = records(path)
    made[2]["claim"].update(change)
    path.write_text("".join(json.dumps(line) + "\n" for line in made))
    status, said, _ = check.examine(str(path))
    assert status == check.REFUSED
    assert message in said


@pytest.mark.parametrize(
    "least",
    [
        [],
        ["cycles"],
        [{"sum": []}],
        [{"sum": [[0, [1]]]}],
        [{"sum": [[1, [1] * 100], [0, [1] * 784]]}],
        [{"least": [[0, [1] * 784]]}],
        [{"sum": [[9, [1]]]}],
    ],
)
def test_a_malformed_goal_is_refused(least, tmp_path):
    path = tmp_path / "c"
    write_certificate(GOAL, xb.solve(GOAL), path)
    made = records(path)
    made[1]["problem"]["goal"]["least"] = least
    path.write_text("".join(json.dumps(line) + "\n" for line in seal(made)))
    status, said, _ = check.examine(str(path))
    assert status == check.REFUSED
    assert "checker fails" not in said


def test_a_bound_that_is_too_high_gets_no_certificate(tmp_path):
    result = xb.solve(GOAL)
    first = replace(result.minima[0], value=result.value + 1, bound=result.value + 1)
    dearer = {**result.allocation, "c3": result.allocation["c3"] + 1}
    false = replace(result, allocation=dearer, minima=(first,), status=Status.FEASIBLE)
    with pytest.raises(VerificationError, match="that is wrong"):
        write_certificate(GOAL, false, tmp_path / "c")


def test_another_goal_is_another_problem(tmp_path):
    path = tmp_path / "c"
    write_certificate(GOAL, xb.solve(GOAL), path)
    for other in (
        replace(GOAL, then=("serial", "interval")),
        replace(GOAL, at_most={"cycles": 201}),
        replace(GOAL, at_most={"cycles": 200, "interval": 700}),
        xb.Problem(LENET, GOAL.crossbars),
    ):
        own = stated_problem(other)
        status, said, _ = check.examine(str(path), lambda file, own=own: require_same(file, own))
        assert (status, "states another problem" in said) == (check.REFUSED, True)


def test_an_unfinished_answer_is_certified_as_far_as_it_goes(tmp_path):
    result = xb.solve(GOAL)
    second = replace(result.minima[1], bound=result.minima[1].bound - 5)
    part = replace(result, minima=(result.minima[0], second), status=Status.FEASIBLE)
    write_certificate(GOAL, part, tmp_path / "c")
    _, _, found = check.examine(str(tmp_path / "c"))
    assert found[2] == [result.value, second.bound]
