"""Exported statements, read back by HiGHS; proofs, every step derived again."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random

import highspy
import numpy as np
import pytest

import xbarmip as xb
from tests import pseudo_boolean
from tests.brute import tiny_problem
from tests.certificate.test_write import SHAPES
from tests.sample import draws
from xbarmip.certificate.relaxation import Relaxation
from xbarmip.cli.main import main
from xbarmip.constraints.library import make
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.export import refutation
from xbarmip.export.formula import Formula
from xbarmip.export.linear import add_cuts, linear_model, lp, mps
from xbarmip.export.refutation import refute
from xbarmip.model.verify import verify
from xbarmip.network.generate import Shape
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.quiet import quiet_highs

pytestmark = pytest.mark.long

RULES = ("pipeline", "published")
KINDS = [("steps", "pipeline"), ("steps", "published"), ("cycles", None)]


quiet = Watch(Limits())


def optimum_of(solver):
    """The optimum by HiGHS, an integer; None where there is no solution."""
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return round(solver.getInfo().objective_function_value)


def read_file(path):
    solver = quiet_highs()
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    return optimum_of(solver)


def read_opb(text):
    """The optimum of a formula (0 without an objective)."""
    objective, constraints = pseudo_boolean.formula_of(text)
    solver = quiet_highs()
    count = max(abs(n) for terms, _ in constraints for n in terms)
    for number in range(1, count + 1):
        solver.addVar(0.0, 1.0)
        solver.changeColIntegrality(number - 1, highspy.HighsVarType.kInteger)
        solver.changeColCost(number - 1, float((objective or {}).get(number, 0)))
    for terms, degree in constraints:
        columns = np.array([abs(n) - 1 for n in terms], dtype=np.int32)
        signs = np.array([c if n > 0 else -c for n, c in terms.items()], dtype=float)
        negated = sum(c for n, c in terms.items() if n < 0)
        solver.addRow(float(degree - negated), highspy.kHighsInf, len(terms), columns, signs)
    return optimum_of(solver)


def constant_of(text):
    line = text.splitlines()[1]
    return int(line.split()[4])


def problems(objective, rule, count, seed):
    """Tiny problems that can be solved, with their optima by exhaustive search."""
    random = Random(f"{seed} {objective} {rule}")
    while count:
        problem = tiny_problem(random, random.choice(SHAPES), objective, rule, most=400)
        result = xb.solve(problem, "exhaustive")
        if result.value is not None:
            count -= 1
            yield problem, result.value


@pytest.mark.parametrize(("objective", "rule"), KINDS)
def test_files_for_milp_solvers_have_the_optimum(objective, rule, tmp_path):
    for number, (problem, value) in enumerate(problems(objective, rule, draws(25), "milp")):
        text, ending = ((mps, "mps"), (lp, "lp"))[number % 2]
        path = tmp_path / f"problem.{ending}"
        for at_most, windows, found in (
            (None, False, value), (value, False, value), (value, True, value),
            (value + 3, True, value), (value - 1, False, None), (value - 1, True, None),
        ):  # fmt: skip
            if at_most != 0:
                path.write_text(text(linear_model(problem, at_most, windows)))
                assert read_file(path) == found, (problem, at_most, windows)


@pytest.mark.parametrize(("objective", "rule"), KINDS)
def test_cuts_change_no_optimum_and_reach_the_value_of_their_allocation(objective, rule, tmp_path):
    path = tmp_path / "problem.lp"
    for problem, value in problems(objective, rule, draws(15), "cuts"):
        model = linear_model(problem)
        verify(model, [1] * len(problem.sets))  # loads it
        add_cuts(model, problem)
        slack = [row.body() - row.lower for row in model.path.values()]
        assert min(slack) == 0
        path.write_text(lp(model))
        assert read_file(path) == value


@pytest.mark.parametrize(("objective", "rule"), KINDS)
def test_the_formula_has_the_optimum(objective, rule):
    for problem, value in problems(objective, rule, draws(30), "opb"):
        whole = Formula(linear_model(problem), problem).text(minimise=True)
        assert constant_of(whole) + read_opb(whole) == value
        for at_most, windows, met in (
            (value, False, True), (value, True, True), (value - 1, False, False),
        ):  # fmt: skip
            if at_most:
                model = linear_model(problem, at_most, windows)
                text = Formula(model, problem).text(minimise=False)
                assert "min:" not in text
                assert (read_opb(text) == 0) is met


LARGER = Shape(layers=5, extent=5, outputs=9)


class Dull(Relaxation):
    """Bounds without any path in them, in boxes of more than two allocations."""

    def bound(self, scale=10**6):
        record, search = super().bound(scale), self.search
        boxes = [high - low for low, high in zip(search.low, search.high, strict=True)]
        return {**record, "paths": []} if sum(boxes) > 1 else record


@pytest.mark.parametrize("kind", [Relaxation, Dull])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [*SHAPES, LARGER])
def test_every_step_of_a_refutation_follows(shape, rule, kind, monkeypatch):
    monkeypatch.setattr(refutation, "Relaxation", kind)
    random, divisions, refuted = Random(f"refutation {shape} {rule}"), [], 0
    divide = Relaxation.division
    monkeypatch.setattr(kind, "division", lambda at: divisions.append(1) or divide(at))
    for _ in range(10 if shape in SHAPES else draws(10)):
        problem = tiny_problem(random, shape, "steps", rule, most=1500)
        value = xb.solve(problem, "exhaustive").value
        if value is None or value == 1:
            continue
        formula, proof = refute(problem, value - 1, quiet)
        pseudo_boolean.check(formula, proof)
        refuted += 1
        divided = len(divisions)
        with pytest.raises(VerificationError, match="no proof"):
            refute(problem, value, quiet)
        del divisions[divided:]
    assert refuted >= draws(2)
    assert kind is Relaxation or len(divisions) > 0


def test_networks_of_the_library():
    for name, crossbars, rule in (
        ("lenet-5", 60, "published"), ("lenet-5", 200, "pipeline"), ("alexnet", 240, "published"),
    ):  # fmt: skip
        problem = xb.Problem(xb.load_network(name), crossbars, objective="steps", rule=rule)
        value = xb.solve(problem).value
        pseudo_boolean.check(*refute(problem, value - 1, quiet))


def some_proof():
    problem = xb.Problem(xb.load_network("lenet-5"), 20, objective="steps")
    return refute(problem, xb.solve(problem).value - 1, quiet)


def test_a_changed_proof_does_not_pass():
    """Lines dropped, and numbers changed: the checker of these tests sees it, or it still proves.

    A proof for another formula, one that can be met, never passes.
    """
    formula, proof = some_proof()
    problem = xb.Problem(xb.load_network("lenet-5"), 20, objective="steps")
    value = xb.solve(problem).value
    met = Formula(linear_model(problem, value), problem).text(minimise=False)
    lines = proof.splitlines()
    refused = 0
    random = Random("changed")
    for _ in range(100):
        changed = list(lines)
        place = random.randrange(2, len(lines))
        words = changed[place].split()
        numbers = [n for n, word in enumerate(words) if word.lstrip("x").isdigit()]
        if random.random() < 0.2 or not numbers:
            del changed[place]
        else:
            at = random.choice(numbers)
            prefix = "x" * words[at].startswith("x")
            words[at] = prefix + str(random.choice([1, 2, int(words[at].lstrip("x")) + 1]))
            changed[place] = " ".join(words)
        text = "\n".join(changed) + "\n"
        try:
            pseudo_boolean.check(formula, text)
        except (pseudo_boolean.Wrong, ValueError, IndexError):
            refused += 1
        with pytest.raises((pseudo_boolean.Wrong, ValueError, IndexError)):
            pseudo_boolean.check(met, text)
    assert refused > 30


def test_names_that_no_file_can_hold_are_replaced(tmp_path):
    network = Network(
        "two words",
        (Layer("a b", 1, 1, 1, 4, Window.square(1)), Layer("ü[1]", 2, 1, 1, 4, Window.square(1))),
        (Edge("a b", "ü[1]"),),
    )
    problem = xb.Problem(network, 6, 1, "steps")
    for text, name in ((mps, "p.mps"), (lp, "p.lp")):
        (tmp_path / name).write_text(text(linear_model(problem)), encoding="utf-8")
        assert read_file(tmp_path / name) == 2


def test_what_is_refused():
    lenet = xb.load_network("lenet-5")
    problem = xb.Problem(lenet, 60, objective="steps")
    with pytest.raises(UnsupportedError, match="a proof is of steps, the objective is 'cycles'"):
        refute(xb.Problem(lenet, 60), 10, quiet)
    few = make("largest-duplication", {"most": 8})
    with pytest.raises(UnsupportedError, match="no constraint other than the budget, got 'largest"):
        refute(replace(problem, constraints=(few,)), 10, quiet)
    with pytest.raises(InputError, match="at_most"):
        linear_model(problem, 0)
    large = xb.Problem(lenet, 2**70 + 1, objective="steps")
    with pytest.raises(UnsupportedError, match="is not a floating-point number"):
        mps(linear_model(large))


def test_a_constraint_is_part_of_the_statement(tmp_path):
    few = make("largest-duplication", {"most": 8})
    problem = xb.Problem(xb.load_network("lenet-5"), 60, objective="steps", constraints=(few,))
    (tmp_path / "p.mps").write_text(mps(linear_model(problem)))
    assert read_file(tmp_path / "p.mps") == xb.solve(problem).value


COMMAND = ["export", "lenet-5", "--crossbars", "20", "--objective", "steps"]


def test_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    proof = ["--format", "opb", "--at-most", "78", "--proof", "p.pbp"]
    assert main([*COMMAND, *proof, "--output", "p.opb", "--json"]) == 0
    sizes = json.loads(capsys.readouterr().out)["files"]
    texts = [Path(name).read_text() for name in sizes]
    assert list(map(len, texts)) == list(sizes.values())
    pseudo_boolean.check(*texts)
    assert main([*COMMAND, "--output", "p.mps"]) == 0
    assert capsys.readouterr().out == f"written: p.mps, {Path('p.mps').stat().st_size} bytes\n"
    assert read_file("p.mps") == 79


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ([], 2, "--format is needed, one of mps, lp, opb, pimcomp: the name of o ends in none"),
        (["--format", "mps", "--windows"], 2, "--windows needs --at-most"),
        (["--format", "opb", "--cuts"], 2, "--cuts needs --format mps or lp, got opb"),
        (["--format", "opb", "--proof", "p"], 2, "--proof needs --at-most"),
        (["--format", "lp", "--proof", "p", "--at-most", "9"], 2, "--proof needs --format opb"),
        (["--format", "opb", "--proof", "p", "--at-most", "9", "--windows"], 2, "without --windo"),
        (["--format", "opb", "--proof", "o", "--at-most", "9"], 2, "are the same file, o"),
        (["--format", "opb", "--proof", "no/p", "--at-most", "9"], 2, "'no/p': cannot be written"),
        (["--format", "opb", "--proof", "p", "--at-most", "79"], 1, "an allocation takes at most"),
        (["--format", "mps", "--at-most", "0"], 2, "at_most"),
        (["--format", "mps", "--objective", "cycles", "--rule", "published"], 2, "takes no rule"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    more, status, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main([*COMMAND, *more, "--output", "o"]) == status
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_mps_file_is_read_by_glpk(tmp_path):
    """No OBJSENSE where it minimises, and no blank in a name: then GLPK finds the same optimum."""
    window = Window((1, 1))
    layers = tuple(Layer(name, 1, 1, 1, 4, window) for name in ("a layer", "b, (2nd)"))
    network = Network("two layers", layers, (Edge("a layer", "b, (2nd)"),))
    problem = xb.Problem(network, 4, objective="steps")
    text = mps(linear_model(problem))
    assert "OBJSENSE" not in text
    assert "\nNAME two_layers_4_crossbars\n" in text
    if shutil.which("glpsol"):
        (tmp_path / "p.mps").write_text(text)
        call = ["glpsol", "--freemps", "p.mps", "--write", "p.sol"]
        subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
        status = next(x for x in (tmp_path / "p.sol").read_text().splitlines() if x[:2] == "s ")
        assert status.split()[-2:] == ["o", str(xb.solve(problem).value)]
