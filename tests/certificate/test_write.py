"""Certificates: written for every kind of problem, accepted when true, refused when not."""

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from benchmarks.older import in_older_form
from tests.brute import OBJECTIVES, tiny_problem
from tests.random_constraints import random_equality, random_linear
from tests.sample import draws
from xbarmip.certificate import check, write
from xbarmip.certificate.relaxation import Relaxation
from xbarmip.certificate.statement import edge_numbers, statement
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.certificate.write import lines, write_certificate
from xbarmip.constraint import LinearConstraint, Predicate
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.network.generate import Shape, random_network
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop
from xbarmip.timing.evaluate import evaluate

SHAPES = [
    Shape(layers=3),
    Shape(layers=4, extent=5, outputs=8),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=5, extent=3, outputs=4, branching=0.6, joining=0.6),
]
ROUNDS = 15  # for each shape and objective


quiet = Watch(Limits())


def some_problem(random, shape, objective, rule):
    """A tiny problem, in half of the cases with linear constraints."""
    problem = tiny_problem(random, shape, objective, rule, most=1500)
    if random.random() < 0.5:
        return problem
    constraints = [
        constraint
        for number in range(random.randint(1, 2))
        for constraint in random.choice([random_linear, random_equality])(
            random, problem, f"c{number}"
        )
    ]
    return xb.Problem(
        problem.network, problem.crossbars, problem.size, objective, rule, tuple(constraints)
    )


def save(path, records):
    path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in records).encode()))
    return str(path)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_optimum_of_exhaustive_search_is_certified(shape, objective, rule, tmp_path):
    random = Random(f"{shape} {objective} {rule}")
    path, statuses = tmp_path / "certificate", set()
    for _ in range(ROUNDS):
        problem = some_problem(random, shape, objective, rule)
        result = xb.solve(problem, "exhaustive")
        statuses.add(result.status)
        write_certificate(problem, result, path)
        said = check.check(str(path))
        assert f", {problem.crossbars} crossbar" in said
        assert f"digest {check.digest(statement(problem))})" in said
        if result.status is Status.OPTIMAL:
            assert said.endswith(f"; the given one takes {result.value}")
            assert f"ends before {result.value} " in said
        else:
            assert said.endswith("no allocation is allowed")
    assert statuses == {Status.OPTIMAL, Status.INFEASIBLE}


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_proof_is_found_for_a_target_that_can_be_met(shape, objective, rule):
    random = Random(f"met {shape} {objective} {rule}")
    for _ in range(ROUNDS):
        problem = some_problem(random, shape, objective, rule)
        result = xb.solve(problem, "exhaustive")
        if result.status is Status.OPTIMAL:
            stated = check.Problem(statement(problem))
            for target in (result.value, None):
                with pytest.raises(NotRefuted):
                    list(proof(stated, target, quiet))


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_checker_evaluates_as_the_package_does(objective, rule):
    random = Random(f"value {objective} {rule}")
    for _ in range(draws(300)):
        network = random_network(random, Shape(layers=5, branching=0.4, joining=0.4))
        problem = xb.Problem(network, 10**6, 8, objective, rule)
        stated = check.Problem(statement(problem))
        for _ in range(5):
            allocation = [random.randint(1, layer.outputs) for layer in network.layers]
            assert stated.timing.value(allocation) == evaluate(problem, allocation)


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_multipliers_decide_how_sharp_a_bound_is_and_not_whether_it_holds(objective, rule):
    """Rounds and bounds with random multipliers never lose an allocation that meets the target."""
    random = Random(f"multipliers {objective} {rule}")
    narrowed = 0
    for _ in range(draws(240)):
        problem = some_problem(random, random.choice(SHAPES), objective, rule)
        result = xb.solve(problem, "exhaustive")
        if result.status is not Status.OPTIMAL:
            continue
        records = in_older_form(list(lines(problem, result, quiet)))  # with paths in full
        rounds = [line for line in records if type(line) is dict and "round" in line]
        found = [line["round"]["bound"] for line in rounds]
        search = make_search(problem, result.value)
        for record in found:
            record["scale"] = random.choice([0, 1, 10**6])
            record["constraints"] = [random.choice([0, 5, 10**5]) for _ in record["constraints"]]
            record["paths"] = [[random.choice([1, m, 10 * m]), path] for m, path in record["paths"]]
            try:
                bound = check.Bound(record, search)
            except check.Refused:  # a path of narrower windows
                continue
            chosen = list(result.allocation.values())
            for k, gone in enumerate(search.refuted(bound)):
                assert not gone[chosen[k] - 1]
                narrowed += any(gone)
    assert narrowed > draws(20)


def test_paths_are_left_out_and_taken_back():
    """Without paths the least is less, and with them again what it was."""
    problem = first_problem()
    for target in (100, 106):
        relaxation = Relaxation(make_search(problem, target))
        relaxation.solve()
        value, rows = relaxation.value(), relaxation.used()
        assert len(rows) > 1
        for some in (rows[:1], rows):
            relaxation.leave_out(some)
            assert relaxation.value() < value
            assert not set(some) & set(relaxation.used())
            relaxation.leave_out(some, back=True)
            assert relaxation.value() == pytest.approx(value)


def make_search(problem, target):
    stated = check.Problem(statement(problem))
    everything, order = range(len(stated.edges)), list(reversed(stated.layers))
    return check.Search(stated, target, list(everything), order)


def first_problem(objective="cycles", rule=None):
    network = xb.load_network("alexnet")
    return xb.Problem(network, 1024, 128, objective, rule)


@pytest.fixture(scope="module")
def alexnet():
    problem = first_problem()
    return problem, xb.solve(problem)


def test_the_checker_runs_alone(alexnet, tmp_path):
    """Python without site packages, in a folder of its own."""
    alone = tmp_path / "check.py"
    alone.write_bytes(Path(check.__file__).read_bytes())
    path = tmp_path / "certificate"
    made = write_certificate(*alexnet, path)
    assert (made.path, made.size) == (path, path.stat().st_size)
    command = [sys.executable, "-I", "-S", str(alone), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{path}: accepted: the problem that the file states (5 layers, 1024 crossbars, digest "
        f"{check.digest(statement(alexnet[0]))}): no allocation ends before 107 cycles; the given "
        "one takes 107\n"
    )


def test_exit_status_of_the_checker(alexnet, tmp_path, capsys):
    good, bad = tmp_path / "good", tmp_path / "bad"
    write_certificate(*alexnet, good)
    save(bad, [*lines(*alexnet, quiet)][:-1])
    assert check.main([str(good)]) == 0
    assert check.main([str(good), str(bad)]) == 1
    assert check.main([str(bad), str(tmp_path / "none")]) == 2
    assert check.main([]) == 2
    out, err = capsys.readouterr()
    assert out.count("accepted") == 2
    assert f"{bad}: REFUSED: the certificate ends too early" in out
    assert "none: cannot be read (No such file" in err


def test_a_pipe_is_no_certificate(tmp_path, capsys):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = subprocess.Popen(["sh", "-c", f"echo > '{path}'"])
    assert check.main([str(path)]) == 2
    assert writer.wait() == 0
    assert capsys.readouterr().err.strip().endswith("is not seekable.)")


def test_the_same_answer_gives_the_same_file(alexnet, tmp_path):
    for name in ("a", "b"):
        write_certificate(*alexnet, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_a_bound_below_the_value_is_certified_for_what_it_is(alexnet, tmp_path):
    problem, result = alexnet
    loose = Result(
        "dp", Status.FEASIBLE, Stop.TIME, result.value, 100, result.allocation, Proof.EXACT
    )
    write_certificate(problem, loose, tmp_path / "c")
    assert "ends before 100 cycles; the given one takes 107" in check.check(str(tmp_path / "c"))
    unknown = Result("dp", Status.UNKNOWN, Stop.TIME, bound=90, proof=Proof.EXACT)
    write_certificate(problem, unknown, tmp_path / "c")
    assert check.check(str(tmp_path / "c")).endswith("ends before 90 cycles")


def test_a_wrong_bound_leaves_no_file(alexnet, tmp_path):
    problem, _ = alexnet
    wrong = Result("liar", Status.UNKNOWN, Stop.TIME, bound=108, proof=Proof.EXACT)
    with pytest.raises(VerificationError, match="liar claims a bound of 108: that is wrong"):
        write_certificate(problem, wrong, tmp_path / "c")
    wrong = Result("liar", Status.INFEASIBLE, Stop.FINISHED)
    with pytest.raises(VerificationError, match="liar claims INFEASIBLE"):
        write_certificate(problem, wrong, tmp_path / "c")
    assert not list(tmp_path.iterdir())


def test_lines_are_written_as_they_are_found(alexnet, tmp_path, monkeypatch):
    """What is written takes no memory."""
    line = ["x" * 5000]
    monkeypatch.setattr(write, "proof", lambda *_: (list(line) for _ in range(2000)))
    tracemalloc.start()
    try:
        made = write_certificate(*alexnet, tmp_path / "c")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made.labels == 2000
    assert peak < 2**20 < 2000 * len(json.dumps(line)) / 8


def test_a_killed_writer_leaves_nothing_half_written(alexnet, tmp_path, monkeypatch):
    path = tmp_path / "c"
    write_certificate(*alexnet, path)
    whole = path.read_bytes()

    def interrupted(*_):
        yield from ([] for _ in range(1000))
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "proof", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_certificate(*alexnet, path)
    assert path.read_bytes() == whole
    assert [*tmp_path.iterdir()] == [path]


def test_what_no_certificate_is_written_for(alexnet, tmp_path):
    problem, result = alexnet
    bare = Result("greedy", Status.FEASIBLE, Stop.FINISHED, 107, None, result.allocation)
    with pytest.raises(UnsupportedError, match="no certificate: greedy proves no bound"):
        write_certificate(problem, bare, tmp_path / "c")
    odd = xb.Problem(
        problem.network, 1024, constraints=(Predicate("odd", ("conv1",), lambda r: r % 2 == 1),)
    )
    with pytest.raises(UnsupportedError, match="constraint 'odd' is not linear"):
        write_certificate(odd, xb.solve(odd), tmp_path / "c")
    large = xb.Problem(problem.network, 2**1100, constraints=())
    with pytest.raises(UnsupportedError, match="no certificate can state this problem"):
        write_certificate(large, result, tmp_path / "c")
    with pytest.raises(InputError, match="cannot be written"):
        write_certificate(problem, result, tmp_path / "none" / "c")


def test_numbers_beyond_64_bits(tmp_path):
    random = Random("large")
    for _ in range(20):
        problem = tiny_problem(random, SHAPES[0], "cycles", None)
        weights = tuple((layer.name, tuple(2**200 * r for r in range(1, layer.outputs + 1)))
                        for layer in problem.network.layers)  # fmt: skip
        limit = 2**200 * (len(weights) + random.randint(0, 6))
        heavy = xb.Problem(
            problem.network, problem.crossbars, problem.size,
            constraints=(LinearConstraint("heavy", weights, limit),),
        )  # fmt: skip
        write_certificate(heavy, xb.solve(heavy, "exhaustive"), tmp_path / "c")
        assert ", 1 constraint, digest" in check.check(str(tmp_path / "c"))


def test_need_maps_are_stated_whole():
    random = Random("need")
    for _ in range(draws(200)):
        network = random_network(random, Shape(layers=4, branching=0.4, joining=0.4))
        for rule, needs in (("pipeline", network.clamped), ("published", network.printed)):
            problem = xb.Problem(network, 10**6, 8, "steps", rule)
            stated = check.Problem(statement(problem))
            for edge, number in zip(stated.edges, edge_numbers(problem), strict=True):
                need = needs[number]
                outputs = stated.outputs[edge.consumer]
                limit = outputs if rule == "pipeline" else 2 * outputs + 5
                mine = np.array([edge(x) for x in range(1, limit + 1)])
                assert (mine == [need(x) for x in range(1, limit + 1)]).all()
                assert (np.diff(mine) >= 0).all()
