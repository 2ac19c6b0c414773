"""Certificates of latencies, and those whose windows are split."""

import json
from itertools import product
from random import Random

import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES
from tests.certificate.test_write import quiet, save, some_problem
from tests.export.test_export import Dull
from tests.random_hardware import LARGEST
from tests.sample import draws
from tests.solvers.latency.test_latency import KINDS, SHAPES, timed
from xbarmip.certificate import check, relaxation, sweep
from xbarmip.certificate.statement import statement
from xbarmip.certificate.write import lines, write_certificate
from xbarmip.constraint import LinearConstraint
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.hardware.preset import load_hardware
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

ROUNDS = draws(25)


def certifiable(problem):
    return all(isinstance(one, LinearConstraint) for one in problem.constraints)


def problems(kind, shape, seed, most=400):
    """Random latency problems that a certificate can state."""
    random = Random(f"{seed} {shape} {kind}")
    while True:
        problem = timed(random, shape, kind, most)
        if certifiable(problem):
            yield problem


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_least_latency_of_exhaustive_search_is_certified(kind, shape, tmp_path):
    path, links = tmp_path / "c", 0
    for _, problem in zip(range(ROUNDS), problems(kind, shape, "optimum"), strict=False):
        result = xb.solve(problem, "exhaustive")
        write_certificate(problem, result, path)
        said = check.check(str(path))
        if result.value is None:
            assert said.endswith("no allocation is allowed")
            continue
        assert f"step time of less than {result.value} ticks; the given one takes" in said
        assert f"digest {check.digest(statement(problem))}" in said
        links += sum("link" in line for line in lines(problem, result, quiet) if type(line) is dict)
        claim = Result("liar", Status.UNKNOWN, Stop.TIME, bound=result.value + 1, proof=Proof.EXACT)
        with pytest.raises(VerificationError, match="that is wrong"):
            write_certificate(problem, claim, path)
    assert links > draws(9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_checker_evaluates_latency_as_the_package_does(kind):
    random = Random(f"value {kind}")
    for _, problem in zip(
        range(draws(100)), problems(kind, SHAPES[2], "value", 4000), strict=False
    ):
        stated = check.Problem(statement(problem))
        for _ in range(5):
            allocation = [random.randint(1, most) for most in problem.largest]
            assert stated.value(allocation) == evaluate(problem, allocation)


@pytest.mark.parametrize("kind", KINDS)
def test_limits_of_the_step_time_are_exact(kind):
    """The checker's own constraints hold exactly where no layer takes longer."""
    random = Random(f"limits {kind}")
    for _, problem in zip(
        range(draws(100)), problems(kind, SHAPES[2], "limits", 4000), strict=False
    ):
        stated = check.Problem(statement(problem))
        stated.time.compute = 0
        for _ in range(10):
            allocation = [random.randint(1, most) for most in problem.largest]
            step = stated.time(allocation)
            for most in (step - 1, step, step + 1, random.randint(0, 2 * step)):
                held = all(
                    sum(c.after(0, k, r) for k, r in enumerate(allocation)) <= c.limit
                    for c in stated.time.limits(most)
                )
                assert held == (step <= most)


def test_every_link_is_needed(tmp_path):
    """A chain without a link, or with one that claims another count, is refused."""
    hardware = load_hardware("isaac-like")
    network = xb.load_network("alexnet")
    problem = xb.Problem(network, 800, objective="latency-steps", hardware=hardware)
    records = list(lines(problem, xb.solve(problem), quiet))
    said = check.check(save(tmp_path / "c", records))
    assert "steps times step time of less than" in said
    places = [n for n, line in enumerate(records) if type(line) is dict and "link" in line]
    assert len(places) > 1
    for place, end in zip(places, [*places[1:], len(records)], strict=True):
        with pytest.raises(check.Refused):
            check.check(save(tmp_path / "c", records[:place] + records[end:]))
        for change in (1, -1, None):
            changed = json.loads(json.dumps(records))
            below = changed[place]["link"]["refuted"]
            if below is None:
                changed[place]["link"]["refuted"] = 1000
            else:
                changed[place]["link"]["refuted"] = None if change is None else below + change
            try:
                check.check(save(tmp_path / "c", changed))
            except check.Refused:
                continue
            assert change == -1, "a link may refute less, as long as the chain closes"


def test_a_step_time_that_no_certificate_can_state():
    random = Random("general")
    while True:
        problem = timed(random, SHAPES[0], KINDS[0], 400, (LARGEST.name,))
        if certifiable(problem) and problem.feasible:
            break
    with pytest.raises(UnsupportedError, match="is not linear in the copies of its producers"):
        statement(problem)


def test_paths_that_rounds_leave_are_paths_where_a_search_begins():
    """Those of later rounds need not be: windows are narrower there, and steps make more."""
    random, left = Random("begun"), 0
    for _ in range(60):
        problem = some_problem(random, random.choice(SHAPES), "cycles", None)
        stated, paths = check.Problem(statement(problem)), []
        value = xb.solve(problem, "exhaustive").value
        for target in {max(1, (value or 2) // 2), max(1, (value or 2) - 1)}:
            sweep.by_rounds(stated, target, paths, quiet)
            edges, order = [*range(len(stated.edges))], [*reversed(stated.layers)]
            begun = check.Search(stated, target, edges, order)
            left += sum(bool(stated.timing.legs(path, begun)) for path in paths)
    assert left > 20


def test_windows_that_are_split(tmp_path, monkeypatch):
    """With dull bounds and no search of labels, so that windows must be split."""
    monkeypatch.setattr(sweep, "MOST_LABELS", 0)
    monkeypatch.setattr(relaxation, "Relaxation", Dull)
    random, splits = Random("split"), 0
    for shape, (objective, rule) in product(SHAPES, OBJECTIVES):
        for _ in range(draws(10)):
            problem = some_problem(random, shape, objective, rule)
            splits += split_and_certified(problem, tmp_path / "c")
    assert splits > draws(15)


def test_windows_that_are_searched_in_halves(tmp_path, monkeypatch):
    """Half of the searches are given up, as those with many labels are, and begun anew in each half
    of the windows.
    """
    random, mixed, own = Random("halves"), 0, sweep._searched
    monkeypatch.setattr(relaxation, "Relaxation", Dull)
    monkeypatch.setattr(
        sweep, "_searched", lambda *given: own(*given) if random.random() < 0.5 else None
    )
    for shape, (objective, rule) in product(SHAPES, OBJECTIVES):
        for _ in range(10):
            problem = some_problem(random, shape, objective, rule)
            records = list(lines(problem, xb.solve(problem, "exhaustive"), quiet))
            assert check.check(save(tmp_path / "c", records))
            mixed += {"split", "stage"} <= {next(iter(x)) for x in records if type(x) is dict}
    assert mixed > 10, mixed


def split_and_certified(problem, path):
    """Certify the optimum; how often windows are split. A split that is changed is refused."""
    result = xb.solve(problem, "exhaustive")
    records = list(lines(problem, result, quiet))
    assert check.check(save(path, records))
    places = [n for n, line in enumerate(records) if type(line) is dict and "split" in line]
    for place in places[:2]:
        k, at = records[place]["split"]
        for value in ([k, at + 10**6], [k, 0], [-1, at], [99, at], [k], None):
            broken = [*records[:place], {"split": value}, *records[place + 1 :]]
            with pytest.raises(check.Refused):
                check.check(save(path, broken))
    if result.value is not None:
        with pytest.raises(sweep.NotRefuted):
            list(sweep.proof(check.Problem(statement(problem)), result.value, quiet))
    return len(places)
