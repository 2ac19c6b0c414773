"""Suites: the shipped ones, and everything that a suite file must not contain."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests import ROOT
from xbarmip.compare.instance import Suite
from xbarmip.compare.recorder import row_here
from xbarmip.compare.run import compare
from xbarmip.compare.suite import list_suites, read_suite
from xbarmip.compare.verdict import Agreement, judge
from xbarmip.errors import InputError
from xbarmip.network.library import load_network
from xbarmip.solvers.protocol import Limits
from xbarmip.solvers.registry import EXACT, make_solver, solve
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import ticks_of

pytestmark = pytest.mark.long

HEAD = """
format = "xbarmip-suite"
version = 1
name = "mine"
description = "For a test."
"""
LAYER = '{ name = "a", in_channels = 1, out_channels = 1, size = [1, 4], kernel = 1 }'
CASE = f"""
[[case]]
name = "one"
network.layers = [{LAYER}]
"""
FAMILY = """
[[family]]
name = "drawn"
seed = 1
count = 3
layers = [1, 3]
spare = 4
"""


def read(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_suite(path)


@pytest.mark.parametrize("objective", ["cycles", "steps/pipeline", "steps/published"])
def test_ladder_every_solver_confirms_every_stated_optimum(objective):
    """In this process: that each run has one of its own is tested apart."""
    rungs = [x for x in read_suite("ladder").instances if x.name.endswith(objective)]
    assert len(rungs) == len({instance.name.split("/")[0] for instance in rungs}) == 50
    solvers, refused = [make_solver(name) for name in EXACT], set()
    for instance in rungs:
        rows = [row_here(instance, solver, Limits()) for solver in solvers]
        verdict = judge(instance.facts, rows)
        assert (verdict.kind, verdict.findings) == (Agreement.AGREE, ()), verdict
        assert instance.optimum is not None
        assert verdict.value == (None if instance.optimum == "infeasible" else instance.optimum)
        found = {row.solver: row.status for row in rows}
        assert set(found.values()) <= {"OPTIMAL", "INFEASIBLE", "UNSUPPORTED"}
        refused |= {(n, instance.name) for n, status in found.items() if status == "UNSUPPORTED"}
    # HiGHS computes in floating point: numbers beyond it are refused by name
    assert {solver for solver, _ in refused} == {"milp"}
    assert {name.split("/")[0] for _, name in refused} == {
        "huge-sets",
        "huge-sets-two-layers",
        "huge-sets-two-layers-tight",
    }


def test_random_instances_never_change():
    suite = read_suite("random")
    names = [instance.name for instance in suite.instances]
    assert len(names) == 270
    assert names[:3] == [
        "chains-tight-0/5/cycles",
        "chains-tight-0/5/steps/pipeline",
        "chains-tight-0/5/steps/published",
    ]
    assert read_suite("random") == suite
    some = replace(suite, instances=suite.instances[::8])
    assert compare(some, ["exhaustive"]).counts["AGREE"] == 34


def test_published_cases():
    suite = {instance.name: instance for instance in read_suite("published").instances}
    assert len(suite) == 3 * 22
    for objective in ("steps/published", "steps/pipeline", "cycles"):
        assert suite[f"vgg-a@256/512/{objective}"].published == 482
    table6 = suite["vgg-a@128/2304/steps/published"]
    assert table6.published == 306  # SPEC, known oddities: with the -1 of PreOpInterval
    assert suite["vgg-a@128/2304/cycles"].published == 320
    assert suite["alexnet@128/2304/steps/published"].published == 46
    for instance in suite.values():
        assert instance.problem.feasible, instance.name


def test_onnx_models_at_multiples_of_their_smallest_budget():
    suite = read_suite("onnx")
    assert len(suite.instances) == 27
    for instance in suite.instances:
        factor = Fraction(instance.name.split("/")[1].removeprefix("x"))
        assert instance.problem.crossbars == int(factor * instance.problem.smallest_budget)
    assert suite.instances[0].name == "light_bvlc_alexnet@128/x1.5/cycles"


def test_the_documented_suite_can_be_read(tmp_path):
    page = ROOT / "docs" / "suite-format.md"
    text = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    suite = read(tmp_path, text)
    assert [instance.name for instance in suite.instances][:3] == [
        "light_resnet50@128/x1.5/cycles",
        "light_resnet50@128/x2/cycles",
        "pair/cycles",
    ]
    assert len(suite.instances) == 3 + 5


def test_shipped_suites_are_listed():
    assert set(list_suites()) == {
        "bandwidth", "cores", "first", "hard", "ladder", "onnx", "published", "random", "scale",
        "small-chips",
    }  # fmt: skip


def test_unknown_onnx_model_names_near_ones():
    with pytest.raises(InputError, match="light_resnet50"):
        load_network("onnx:light_resnet5")


def test_names_budgets_and_defaults(tmp_path):
    suite = read(
        tmp_path,
        HEAD + '[defaults]\nsize = [9, 1]\nobjectives = ["steps/pipeline"]\n'
        f"{CASE}crossbars = [2, 3]\n{CASE.replace('one', 'two')}crossbars = 2\n"
        + CASE.replace("one", "three")
        + "budget_factor = [1.5, 2]\nsize = 128\n",
    )
    names = [instance.name for instance in suite.instances]
    assert names == [
        "one/2/steps/pipeline",
        "one/3/steps/pipeline",
        "two/steps/pipeline",
        "three/x1.5/steps/pipeline",
        "three/x2/steps/pipeline",
    ]
    assert [i.problem.crossbars for i in suite.instances] == [2, 3, 2, 1, 2]
    assert [i.problem.crossbar.columns for i in suite.instances] == [1, 1, 1, 128, 128]


def test_a_network_path_starts_at_the_suite(tmp_path):
    network = {
        "format": "xbarmip-network",
        "version": 1,
        "name": "tiny",
        "layers": [
            {"name": "a", "in_channels": 1, "out_channels": 1, "size": [1, 4], "kernel": 1},
        ],
    }
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "tiny.json").write_text(json.dumps(network))
    suite = read(tmp_path, HEAD + '[[case]]\nnetwork = "nets/tiny.json"\ncrossbars = 2\n')
    assert suite.instances[0].name == "tiny@128/2/cycles"
    assert suite.instances[0].problem.network.name == "tiny"


def test_published_allocation_is_evaluated(tmp_path):
    text = HEAD + CASE + 'crossbars = 2\npublished_allocation = [2]\nobjectives = ["cycles"]\n'
    (instance,) = read(tmp_path, text).instances
    assert instance.published == evaluate(instance.problem, [2]) == 2


def test_a_larger_count_keeps_the_instances_before(tmp_path):
    three = read(tmp_path, HEAD + FAMILY).instances
    five = read(tmp_path, HEAD + FAMILY.replace("count = 3", "count = 5")).instances
    assert five[:3] == three
    other = read(tmp_path, HEAD + FAMILY.replace("seed = 1", "seed = 2")).instances
    assert all(a.problem != b.problem for a, b in zip(three, other, strict=True))


def test_latencies_on_hardware(tmp_path):
    case = CASE + 'hardware = "isaac-like"\ncrossbars = 2\nobjectives = ["latency", "cycles"]\n'
    latency, cycles = read(tmp_path, HEAD + case).instances
    assert (latency.name, cycles.name) == ("one/latency", "one/cycles")
    assert latency.problem.hardware.name == cycles.problem.hardware.name
    tick = ticks_of(latency.problem).tick
    assert (latency.note, cycles.note) == (f"latencies in ticks of {tick} s", "")
    found = compare(Suite("hw", "Hardware.", (latency, cycles)), ["dp", "exhaustive", "greedy"])
    assert found.counts["AGREE"] == 2
    assert [row.failed for row in found.rows] == [False] * 6
    assert found.verdicts[0].value == evaluate(latency.problem, [2])


BAD = {
    "not TOML": ("format = ", "not readable as TOML"),
    "no table": (HEAD + "case = 3\n", "case must be an array of tables"),
    "missing head": ('name = "x"\n', "missing key 'format'"),
    "wrong format": (HEAD.replace("xbarmip-suite", "x"), "format must be 'xbarmip-suite'"),
    "wrong version": (HEAD.replace("= 1", "= 2"), "version must be 1"),
    "boolean version": (HEAD.replace("= 1", "= true"), "version must be 1, got True"),
    "no instances": (HEAD, "has no instances"),
    "name with a slash": (HEAD.replace("mine", "a/b") + CASE + "crossbars = 1", "suite name"),
    "unknown suite key": (HEAD + "sollvers = 1\n", "unknown key 'sollvers'"),
    "unknown default": (HEAD + "[defaults]\nsized = 1\n", "did you mean 'size'"),
    "unknown case key": (HEAD + CASE + "crossbar = 1\n", "did you mean 'crossbars'"),
    "no network": (HEAD + '[[case]]\nname = "x"\ncrossbars = 1\n', "missing key 'network'"),
    "no budget": (HEAD + CASE, "either crossbars or budget_factor"),
    "two budgets": (HEAD + CASE + "crossbars = 1\nbudget_factor = 2\n", "and budget_factor"),
    "zero crossbars": (HEAD + CASE + "crossbars = 0\n", "crossbars must be at least 1"),
    "broken crossbars": (HEAD + CASE + "crossbars = 1.5\n", "crossbars must be an integer"),
    "empty crossbars": (HEAD + CASE + "crossbars = []\n", "crossbars must not be empty"),
    "crossbars twice": (HEAD + CASE + "crossbars = [3, 3]\n", "listed more than once"),
    "NaN factor": (HEAD + CASE + "budget_factor = nan\n", "must be a finite number"),
    "infinite factor": (HEAD + CASE + "budget_factor = inf\n", "must be a finite number"),
    "negative factor": (HEAD + CASE + "budget_factor = -1.5\n", "must be positive"),
    "factor as text": (HEAD + CASE + 'budget_factor = "2"\n', "budget_factor must be a number"),
    "latency without hardware": (
        HEAD + CASE + 'crossbars = 1\nobjectives = ["latency"]\n',
        "objective 'latency' needs hardware",
    ),
    "unknown hardware": (
        HEAD + CASE + 'crossbars = 1\nhardware = "isaac"\n',
        "unknown hardware preset 'isaac'",
    ),
    "another size": (
        HEAD + CASE + 'crossbars = 1\nhardware = "isaac-like"\nsize = 64\n',
        "crossbar size must be that of hardware",
    ),
    "zero size": (HEAD + CASE + "crossbars = 1\nsize = 0\n", "size must be at least 1"),
    "three sides": (HEAD + CASE + "crossbars = 1\nsize = [1, 2, 3]\n", "rows, columns"),
    "unknown objective": (
        HEAD + CASE + 'crossbars = 1\nobjectives = ["step"]\n',
        "cycles, steps/pipeline, steps/published",
    ),
    "no objective": (HEAD + CASE + "crossbars = 1\nobjectives = []\n", "array of objectives"),
    "objective twice": (
        HEAD + CASE + 'crossbars = 1\nobjectives = ["cycles", "cycles"]\n',
        "listed 2 times",
    ),
    "bad optimum": (HEAD + CASE + 'crossbars = 1\noptimum = "few"\n', "'infeasible'"),
    "zero optimum": (HEAD + CASE + "crossbars = 1\noptimum = 0\n", "optimum must be at least 1"),
    "optimum of what": (
        HEAD + CASE + "crossbars = 1\noptimum = { steps = 4 }\n",
        "unknown key 'steps'",
    ),
    "optimum of two budgets": (
        HEAD + CASE + "crossbars = [1, 2]\noptimum = 4\n",
        "optimum needs a single budget",
    ),
    "constraints as text": (
        HEAD + CASE + 'crossbars = 1\nconstraints = "powers-of-two"\n',
        "constraints must be an array of tables",
    ),
    "a constraint without a name": (
        HEAD + CASE + "crossbars = 1\nconstraints = [{ most = 2 }]\n",
        "constraints, number 1: must be a table with a name",
    ),
    "an unknown constraint": (
        HEAD + CASE + 'crossbars = 1\nconstraints = [{ name = "powers-of-too" }]\n',
        "constraints, number 1: unknown constraint 'powers-of-too'; did you mean 'powers-of-two'",
    ),
    "a bad parameter": (
        HEAD + CASE + 'crossbars = 1\nconstraints = [{ name = "spare-crossbars", rate = 2 }]\n',
        "spare-crossbars: rate must be at most 1, got 2",
    ),
    "NaN published": (HEAD + CASE + "crossbars = 1\npublished = nan\n", "finite"),
    "published twice": (
        HEAD + CASE + "crossbars = 1\npublished = 4\npublished_allocation = [1]\n",
        "got both",
    ),
    "published allocation too long": (
        HEAD + CASE + "crossbars = 1\npublished_allocation = [1, 1]\n",
        "must have 1 values, got 2",
    ),
    "published allocation over budget": (
        HEAD + CASE + "crossbars = 2\npublished_allocation = [3]\n",
        "takes 3 crossbars, the budget is 2",
    ),
    "unknown network": (
        HEAD + '[[case]]\nnetwork = "alexnett"\ncrossbars = 1\n',
        "unknown network 'alexnett'",
    ),
    "missing network file": (
        HEAD + '[[case]]\nnetwork = "no.json"\ncrossbars = 1\n',
        "no.json: cannot be read",
    ),
    "unknown onnx model": (
        HEAD + '[[case]]\nnetwork = "onnx:light_vgg"\ncrossbars = 1\n',
        "'onnx:light_vgg'; did you mean 'onnx:light_vgg19'",
    ),
    "network of another type": (HEAD + "[[case]]\nnetwork = 3\ncrossbars = 1\n", "network must be"),
    "own network without a name": (
        HEAD + f"[[case]]\nnetwork.layers = [{LAYER}]\ncrossbars = 1\n",
        "name (of a case with its own network)",
    ),
    "own network with a bad layer": (
        HEAD + CASE.replace("kernel = 1", "kernel = 0") + "crossbars = 1\n",
        "layer 'a': kernel must be at least 1",
    ),
    "two cases of one name": (
        HEAD + (CASE + "crossbars = 1\n") * 2,
        "2 instances are called 'one/cycles'",
    ),
    "case is not a table": (HEAD + "case = [3]\n", "case number 1: must be a table"),
    "unknown family key": (HEAD + FAMILY + "shape = 1\n", "unknown key 'shape'"),
    "family without seed": (HEAD + FAMILY.replace("seed = 1\n", ""), "missing key 'seed'"),
    "family of none": (HEAD + FAMILY.replace("count = 3", "count = 0"), "count must be at least 1"),
    "backward range": (HEAD + FAMILY.replace("[1, 3]", "[3, 1]"), "layers must be at least 3"),
    "negative spare": (HEAD + FAMILY.replace("spare = 4", "spare = -1"), "at least 0"),
    "chance above 1": (HEAD + FAMILY + "joining = 1.5\n", "joining must be a number from 0 to 1"),
    "NaN chance": (HEAD + FAMILY + "joining = nan\n", "joining must be a number from 0 to 1"),
    "empty note": (HEAD + CASE + 'crossbars = 1\nnote = ""\n', "note must be a non-empty string"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_bad_suites(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    line = str(caught.value)
    assert message in line
    assert "\n" not in line
    assert line.startswith(str(tmp_path / "mine.toml")) or "suite" in line


def test_unknown_suite_and_missing_file():
    with pytest.raises(InputError, match="did you mean 'ladder'"):
        read_suite("laddder")
    with pytest.raises(InputError, match="cannot be read"):
        read_suite(Path("nowhere") / "no.toml")


def test_constraints_of_a_case(tmp_path):
    """One layer of 4 outputs and 4 crossbars: 3 copies are no power of two, 4 leave no spare."""
    constraints = """
    crossbars = 4
    constraints = [{ name = "powers-of-two" }, { name = "spare-crossbars", rate = 0.1 }]
    """
    (instance,) = read(tmp_path, HEAD + CASE + constraints).instances
    assert instance.facts.constraints == ("powers-of-two", "spare-crossbars")
    for solver in ("dp", "milp", "exhaustive"):
        assert solve(instance.problem, solver).allocation == {"a": 2}


def test_constraints_of_all_cases_and_families(tmp_path):
    """A case's own stand in for those of the defaults."""
    defaults = '[defaults]\nconstraints = [{ name = "powers-of-two" }]\n'
    own = 'constraints = [{ name = "largest-duplication", most = 3 }]\n'
    case = CASE + "crossbars = 4\n"
    text = HEAD + defaults + case + case.replace("one", "two") + own
    text += FAMILY + FAMILY.replace("drawn", "more") + own
    names = [instance.facts.constraints for instance in read(tmp_path, text).instances]
    two, three = ("powers-of-two",), ("largest-duplication",)
    assert names == [two, three, *[two] * 3, *[three] * 3]
