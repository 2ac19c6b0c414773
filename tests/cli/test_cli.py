"""The command line: what it prints, its exit status, and that every refusal is one line."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from xbarmip.cli.main import COMMANDS, main
from xbarmip.cli.progress import describe
from xbarmip.network.library import list_networks, list_onnx_models, load_network
from xbarmip.solvers.exhaustive import Exhaustive
from xbarmip.solvers.registry import EXACT, SOLVERS
from xbarmip.solvers.result import Proof, Result, Status, Stop

ALEXNET = "onnx:light_bvlc_alexnet"  # smallest budget 3745 crossbars of 128x128
LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

# Two layers of 4 outputs in lockstep: R = (2, 2) takes 2 cycles and 4 crossbars.
PAIR = {
    "format": "xbarmip-network",
    "version": 1,
    "name": "pair",
    "layers": [
        {"name": "a", "in_channels": 1, "out_channels": 1, "size": [1, 4], "kernel": 1},
        {"name": "b", "in_channels": 1, "out_channels": 1, "size": [1, 4], "kernel": 1},
    ],
}
SUITE = """
format = "xbarmip-suite"
version = 1
name = "mine"
description = "One pair."
[[case]]
network = "pair.json"
crossbars = [1, 2, 4]
"""
KEYS = [
    "xbarmip", "python", "command", "files", "compile_seconds",
    "network", "crossbars", "size", "objective", "rule", "constraints", "goal",
    "at_most", "then", "digest", "smallest_budget", "crossbars_used", "measures", "solver",
    "status", "stop", "value", "bound", "gap",
    "proof", "allocation", "seconds", "statistics", "options", "message",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a network and a suite, which is where the command runs."""
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))
    Path("mine.toml").write_text(SUITE)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Runs a command in this process: status, standard output, standard error."""

    def call(*arguments):
        status = main(list(arguments))
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def answers(run):
    """The JSON that a command prints when all is well."""

    def call(*arguments):
        status, out, err = run(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return call


# --- solve ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", EXACT)
def test_solve_under_constraints(answers, run, solver):
    some = ("--solver", solver, "--constraint", "allowed-duplication:values=1+3")
    answer = answers("solve", "pair.json", "--crossbars", "6", *some)
    assert (answer["constraints"], answer["value"]) == (["allowed-duplication"], 2)
    assert answer["allocation"] == {"a": 3, "b": 3}
    more = (
        "--constraint",
        "equal-duplication:layers=a+b",
        "--constraint",
        "spare-crossbars:rate=1",
    )
    answer = answers("solve", "pair.json", "--crossbars", "6", *some, *more)
    assert answer["allocation"] == {"a": 1, "b": 1}
    status, out, err = run("solve", "pair.json", "--crossbars", "3", *some, *more)
    assert (status, err) == (0, "")
    assert out.endswith("INFEASIBLE: constraint 'spare-crossbars' cannot hold within the budget\n")


def test_explain(answers, run):
    some = ("pair.json", "--crossbars", "6", "--constraint", "equal-duplication:layers=a+b")
    status, out, err = run("explain", *some)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "pair, 6 crossbars of 128x128",
        "equal-duplication: linear, over b, a",
        "  dp: a running sum from b to a, less is better; 4 values to tell apart",
        "  milp: a row over the choices",
        "  exhaustive: evaluated on blocks of allocations",
    ]
    answer = answers("explain", *some)
    assert [each["growth"] for each in answer["constraints"]] == [4, 4]
    assert answer["constraints"][0]["by_solver"]["milp"] == "a row over the choices"
    assert answer["refusals"] == {}
    assert run("explain", "pair.json", "--crossbars", "6")[1].endswith(
        "no constraint but the budget\n"
    )


def test_a_solver_that_refuses_constraints_names_them(run):
    status, out, err = run(
        "solve",
        "pair.json",
        "--crossbars",
        "4",
        "--solver",
        "woho",
        "--constraint",
        "powers-of-two",
    )
    assert (status, out) == (2, "")
    assert "constraint 'powers-of-two'" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("two", "unknown constraint 'two'"),
        ("powers-of-two:layers=x", "powers-of-two: unknown layer 'x'"),
        ("largest-duplication:most=x", "largest-duplication: most must be an integer, got 'x'"),
    ],
)
def test_constraints_that_cannot_be(run, text, message):
    status, out, err = run("solve", "pair.json", "--crossbars", "4", "--constraint", text)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_solve_prints_a_table_and_one_line(run):
    status, out, err = run("solve", "pair.json", "--crossbars", "4")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [word.strip() for word in lines[1].strip("|").split("|")] == [
        "layer", "outputs", "set", "R", "crossbars", "own steps",
    ]  # fmt: skip
    assert [word.strip() for word in lines[3].strip("|").split("|")] == list("a41222")
    assert lines[-1].startswith("pair, 4 crossbars of 128x128: 2 cycles, OPTIMAL, exact proof (dp,")
    assert lines[-1].endswith("s); 4 crossbars used")


@pytest.mark.parametrize("solver", EXACT)
def test_solve_as_json(answers, solver):
    answer = answers("solve", "pair.json", "--crossbars", "4", "--solver", solver)
    assert list(answer) == KEYS
    expected = {
        "network": "pair", "crossbars": 4, "size": 128, "objective": "cycles", "rule": None,
        "solver": solver, "status": "OPTIMAL", "stop": "FINISHED", "value": 2, "bound": 2, "gap": 0,
        "allocation": {"a": 2, "b": 2}, "crossbars_used": 4, "smallest_budget": 2, "message": "",
    }  # fmt: skip
    assert {key: answer[key] for key in expected} == expected
    assert answer["seconds"] >= 0


def test_solve_with_options_of_the_solver(answers):
    answer = answers(
        "solve", "pair.json", "--crossbars", "4", "--solver", "random",
        "--option", "seed=7", "--option", "draws=2",
    )  # fmt: skip
    assert answer["options"] == {"evaluations": 20_000, "seed": 7, "draws": 2}
    plain = answers(
        "solve", "pair.json", "--crossbars", "4", "--solver", "dp", "--option", "windows=false"
    )
    assert plain["options"]["windows"] is False


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("seed", "--option: must be NAME=VALUE, got 'seed'"),
        ("=3", "--option: must be NAME=VALUE, got '=3'"),
        ("time_limit=3", "solver 'random' has no option 'time_limit'"),
        ("name=3", "solver 'random' has no option 'name'"),
        ("seed=x", "random option seed must be an integer, got 'x'"),
    ],
)
def test_solve_refuses_options(run, option, message):
    status, out, err = run(
        "solve", "pair.json", "--crossbars", "4", "--solver", "random", "--option", option
    )
    assert (status, out) == (2, "")
    assert message in err


def test_solve_real_onnx_file(answers):
    path = LIGHT / "light_bvlc_alexnet.onnx"
    by_path = answers("solve", str(path), "--crossbars", "7490")
    by_name = answers("solve", ALEXNET, "--crossbars", "7490")
    for answer in (by_path, by_name):
        assert (answer["status"], answer["value"], answer["bound"]) == ("OPTIMAL", 16, 16)
        assert answer["crossbars_used"] <= 7490
    layers = [layer.name for layer in load_network(ALEXNET).layers]
    assert list(by_name["allocation"]) == layers
    again = ",".join(str(r) for r in by_name["allocation"].values())
    assert answers("simulate", ALEXNET, "--allocation", again)["cycles"] == 16


def test_objective_rule_and_size(answers):
    common = ("solve", ALEXNET, "--crossbars", "8000", "--objective", "steps")
    published = answers(*common, "--rule", "published", "--size", "256x128")
    assert (published["rule"], published["size"]) == ("published", [256, 128])
    assert published["smallest_budget"] < 3745
    pipeline = answers(*common)
    assert (pipeline["rule"], pipeline["size"]) == ("pipeline", 128)


@pytest.mark.parametrize("solver", EXACT)
def test_too_small_a_budget_is_an_answer(run, answers, solver):
    command = ("solve", ALEXNET, "--crossbars", "3744", "--solver", solver)
    answer = answers(*command)
    assert (answer["status"], answer["smallest_budget"]) == ("INFEASIBLE", 3745)
    assert [answer[key] for key in ("value", "bound", "allocation", "crossbars_used")] == [None] * 4
    status, out, err = run(*command)
    assert (status, err, out.count("\n")) == (0, "", 1)
    assert "INFEASIBLE" in out
    assert "the smallest budget that works is 3745 crossbars" in out


def test_the_smallest_budget_is_enough(answers):
    answer = answers("solve", ALEXNET, "--crossbars", "3745")
    assert (answer["status"], answer["crossbars_used"]) == ("OPTIMAL", 3745)


def test_a_time_limit_leaves_an_allocation_and_a_gap(run, answers):
    command = ("solve", ALEXNET, "--crossbars", "7490", "--time-limit", "0")
    answer = answers(*command)
    assert (answer["status"], answer["stop"]) == ("FEASIBLE", "TIME")
    assert answer["gap"] == answer["value"] - answer["bound"] > 0
    line = run(*command)[1].splitlines()[-1]
    assert f"FEASIBLE, bound {answer['bound']}, gap {answer['gap']} (dp," in line
    assert "stopped: TIME)" in line


def test_a_memory_limit_is_in_gib(answers):
    answer = answers("solve", "pair.json", "--crossbars", "4", "--memory-limit", "0.5")
    assert answer["status"] == "OPTIMAL"
    assert (
        answers("solve", "pair.json", "--crossbars", "4", "--memory-limit", "1e300")["value"] == 2
    )
    starved = answers(
        "solve", "pair.json", "--crossbars", "4", "--solver", "exhaustive",
        "--memory-limit", "0.00000001",
    )  # fmt: skip
    assert (starved["status"], starved["stop"]) == ("UNKNOWN", "MEMORY")


# --- the other commands ---------------------------------------------------------------------------


def test_simulate(run, answers):
    answer = answers("simulate", "pair.json", "--allocation", "1,2")
    assert answer == {
        "network": "pair",
        "allocation": {"a": 1, "b": 2},
        "cycles": 4,
        "steps_pipeline": 4,
        "steps_published": 4,
        "interval": 4,
        "serial": 6,
        "crossbars_used": 3,
    }
    assert answers("simulate", "pair.json", "--allocation", "2,4")["cycles"] == 2
    out = run("simulate", "pair.json", "--allocation", "1,2", "--size", "64")[1]
    for words in ("cycles", "steps (pipeline)", "steps (published)", "crossbars of 64x64"):
        assert words in out


def test_compare_writes_results_and_agrees(run, answers):
    status, out, err = run("compare", "mine.toml")
    assert (status, err) == (0, "")
    assert "mine: 3 instances: 3 AGREE" in out
    assert "written: results/mine.jsonl, results/mine.md" in out
    assert sorted(path.name for path in Path("results").iterdir()) == ["mine.jsonl", "mine.md"]
    comparison = answers("compare", "mine.toml", "--solvers", "exhaustive,dp", "--output", "here")
    assert list(comparison["solvers"]) == ["exhaustive", "dp"]
    assert comparison["agreed"] is True
    assert [verdict["value"] for verdict in comparison["verdicts"]] == [None, 4, 2]
    assert comparison["limits"]["seconds"] == 60
    assert Path("here/mine.jsonl").exists()


def test_lists(run, answers):
    networks = {entry["name"]: entry for entry in answers("networks")["networks"]}
    assert [*networks] == [*list_networks(), *(f"onnx:{model}" for model in list_onnx_models())]
    assert len(list_onnx_models()) == 9
    light = networks[ALEXNET]
    assert (light["layers"], light["edges"], light["smallest_budget"]) == (8, 7, 3745)
    suites = {suite["name"]: suite for suite in answers("suites")["suites"]}
    assert {"ladder", "published", "onnx", "random"} <= set(suites)
    assert len(suites["onnx"]["instances"]) == 27
    assert ALEXNET in run("networks")[1]
    assert "ladder" in run("suites")[1]


def test_show(run, answers):
    shown = answers("show", "onnx:light_shufflenet")
    assert (shown["smallest_budget"], shown["edges"], shown["size"]) == (544, 185, [128, 128])
    first, second, third = shown["layers"][:3]
    assert (first["kind"], first["outputs"], first["set"]) == ("convolution", 112 * 112, 1)
    assert first["pool"]["kernel"] == [3, 3]
    assert (second["kind"], third["kind"]) == ("grouped", "depthwise")
    assert shown["layers"][-1]["kind"] == "fully connected"
    assert sum(layer["set"] for layer in shown["layers"]) == 544
    out = run("show", "onnx:light_shufflenet")[1]
    assert "3x3 stride 2 pads 1" in out
    assert out.splitlines()[-2:] == [
        "light_shufflenet: 50 layers, 185 edges, smallest budget 544 crossbars of 128x128",
        "source: ONNX file light_shufflenet.onnx",
    ]


def test_hardware(run, answers):
    presets = answers("hardware")["hardware"]
    assert presets
    for name, preset in presets.items():
        assert answers("hardware", name) == preset
        assert name in run("hardware")[1]
        shown = run("hardware", name)[1]
        assert shown.count(" GiB/s = ") == len(preset["memory"])
        assert all(str(level["rule"] or "no rule") in shown for level in preset["memory"])
        assert ("nothing" in shown) == (preset["lacks_for_latency"] == [])
    Path("mine.toml").write_text(
        'format = "xbarmip-hardware"\nversion = 1\nname = "mine"\nsource = "A test."\n'
        "crossbar_rows = 64\ncrossbar_columns = 32\nclock_ns = 12.8\n"
        '[[memory]]\nname = "bus"\nbandwidth_GiB_per_s = 1.5\n'
    )
    own = answers("hardware", "mine.toml")
    assert run("hardware", "mine.toml")[0] == 0
    assert (own["crossbar"], own["clock_ns"], own["tiles"]) == ([64, 32], 12.8, None)
    assert own["memory"] == [{"name": "bus", "bytes_per_second": 1610612736, "rule": None}]
    assert own["lacks_for_latency"] == ["compute_ns", "input_bits", "rule of memory level 'bus'"]
    assert "1.5 GiB/s = 1.61061 GB/s, no rule" in run("hardware", "mine.toml")[1]


def test_logical_and_physical_crossbars_are_told_apart(run, answers):
    puma = answers("hardware", "puma")
    facts = ("physical_crossbars_per_tile", "physical_per_logical", "crossbars_per_tile")
    assert [puma[fact] for fact in facts] == [128, 8, 16]
    (line,) = (line for line in run("hardware")[1].splitlines() if " puma " in line)
    assert [cell.strip() for cell in line.split("|")[1:-1]] == [
        "puma", "128x128", "16", "8", "138", "2.304", "nothing",
    ]  # fmt: skip


def test_data_movement_rules_are_listed(run, answers):
    rules = {rule["name"]: rule for rule in answers("hardware", "--rules")["rules"]}
    assert {"isaac-intra-tile", "isaac-inter-tile", "shared-buffer"} <= set(rules)
    shown = run("hardware", "--rules")[1]
    assert all(rule["source"] in shown and rule["text"] in shown for rule in rules.values())
    assert rules["isaac-intra-tile"]["tiled"] and not rules["shared-buffer"]["tiled"]


def test_version_and_help(run, answers):
    line = run("--version")[1]
    assert line == run("version")[1]
    assert line == f"xbarmip {answers('version')['xbarmip']}\n"
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    for name in COMMANDS:
        assert f"\n    {name} " in out.replace(f"{name}\n", f"{name} ")
        if name != "suite":  # a group: its parts have the option
            assert "--json" in run(name, "--help")[1]
    for part in ("check", "export", "record"):
        assert "--json" in run("suite", part, "--help")[1]


def test_names_with_brackets_are_printed_as_they_are(run):
    layers = [{**PAIR["layers"][0], "name": "[bold]a[/bold] :smile:"}]
    Path("odd.json").write_text(json.dumps({**PAIR, "layers": layers}))
    assert "[bold]a[/bold] :smile:" in run("solve", "odd.json", "--crossbars", "1")[1]
    assert "[bold]a[/bold] :smile:" in run("show", "odd.json")[1]


# --- bad input: one line, status 2, nothing half-written ------------------------------------------


def edited(**changes):
    """The pair with its first layer changed."""
    first, *others = PAIR["layers"]
    return json.dumps({**PAIR, "layers": [{**first, **changes}, *others]})


def with_unknown_operator():
    shape = [1, 1, 4, 4]
    graph = helper.make_graph(
        [helper.make_node("Spiral", ["x"], ["y"], "turn")],
        "odd",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    return helper.make_model(graph).SerializeToString()


HARDWARE = """
format = "xbarmip-hardware"
version = 1
name = "mine"
source = "A test."
crossbar_rows = 128
crossbar_columns = 128
"""
FILES = {
    "cut.onnx": (LIGHT / "light_squeezenet.onnx").read_bytes()[:2000],
    "odd.onnx": with_unknown_operator(),
    "text.onnx": b"no model",
    "negative.json": edited(out_channels=-3).encode(),
    "zero.json": edited(size=[0, 4]).encode(),
    "float.json": edited(kernel=1.5).encode(),
    "nan.json": edited(kernel=float("nan")).encode(),
    "cut.json": json.dumps(PAIR)[:60].encode(),
    "latin.json": b'{"name": "\xe9"}',
    "nan.toml": (HARDWARE + "clock_ns = nan\n").encode(),
    "key.toml": (SUITE + "crossbar = 3\n").encode(),
    "nan-suite.toml": (SUITE + "budget_factor = nan\n").encode(),
    "file": b"",
}
SOLVE = ("solve", "pair.json", "--crossbars", "4")
LIKE = ("--hardware", "isaac-like")
BAD = {
    "truncated ONNX": (("show", "cut.onnx"), "cut.onnx: is not an ONNX model, or is truncated"),
    "no ONNX": (("show", "text.onnx"), "text.onnx: is not an ONNX model"),
    "unknown operator": (("solve", "odd.onnx", "--crossbars", "9"), "'turn' (Spiral)"),
    "negative channels": (("show", "negative.json"), "out_channels must be at least 1, got -3"),
    "zero size": (("show", "zero.json"), "layer 'a': height must be at least 1, got 0"),
    "float kernel": (("show", "float.json"), "kernel must be an integer, got 1.5"),
    "NaN kernel": (("show", "nan.json"), "kernel must be an integer, got nan"),
    "truncated JSON": (("show", "cut.json"), "cut.json: is not JSON"),
    "not UTF-8": (("show", "latin.json"), "is not UTF-8 text"),
    "NaN in TOML": (("hardware", "nan.toml"), "clock_ns must be a finite number, got NaN"),
    "unknown suite key": (("compare", "key.toml"), "unknown key 'crossbar'; did you mean"),
    "NaN in a suite": (("compare", "nan-suite.toml"), "nan-suite.toml"),
    "missing file": (("show", "none.json"), "none.json: cannot be read"),
    "a folder": (("show", "."), "unknown network '.'"),
    "a folder called .json": (("show", "folder.json"), "folder.json: cannot be read"),
    "unknown network": (("show", "onnx:light_resnet5"), "did you mean 'onnx:light_resnet50'"),
    "unknown shipped network": (("show", "nosuchnet"), "unknown network 'nosuchnet'"),
    "unknown suite": (("compare", "laddr"), "unknown suite 'laddr'; did you mean 'ladder'"),
    "unknown preset": (("hardware", "nosuch"), "unknown hardware preset 'nosuch'"),
    "preset and rules": (("hardware", "puma", "--rules"), "not allowed with argument NAME"),
    "no tiles": (("solve", "pair.json", *LIKE), "has no tiles: --tiles or --crossbars must give"),
    "tiles of unknown size": (
        ("solve", "pair.json", "--hardware", "mnsim-2.0", "--tiles", "3"),
        "'mnsim-2.0' has no crossbars_per_tile: --crossbars must give the budget",
    ),
    "no step time": (
        ("solve", "pair.json", "--hardware", "isaac-ce", "--objective", "latency"),
        "hardware 'isaac-ce' gives no step time: it has no compute_ns",
    ),
    "latency without hardware": (
        (*SOLVE, "--objective", "latency"),
        "objective 'latency' needs hardware, got none",
    ),
    "budget twice": ((*SOLVE, *LIKE, "--tiles", "1"), "--crossbars and --tiles both give"),
    "another size": ((*SOLVE, *LIKE, "--size", "64"), "must be that of hardware 'isaac-like'"),
    "frontier of cycles": ((*SOLVE, "--whole-frontier"), "'cycles' has no frontier of step times"),
    "frontier of a heuristic": (
        (*SOLVE, *LIKE, "--objective", "latency", "--solver", "stride", "--whole-frontier"),
        "solver 'stride' is a heuristic and finds no frontier",
    ),
    "unwritable output": (("compare", "mine.toml", "--output", "file/x"), "cannot be written"),
    "output is a file": (("compare", "mine.toml", "--output", "file"), "cannot be written"),
    "unknown solver": ((*SOLVE, "--solver", "magic"), "path/to/file.py:Class, got 'magic'"),
    "unknown solvers": (("compare", "mine.toml", "--solvers", "dp,magic"), "got 'magic'"),
    "no solvers": (("compare", "mine.toml", "--solvers", ""), "solver must be one of"),
    "a solver twice": (("compare", "mine.toml", "--solvers", "dp,dp"), "listed 2 times"),
    "too large for it": (
        ("solve", ALEXNET, "--crossbars", "9999", "--solver", "exhaustive"),
        "solver 'exhaustive' cannot take this problem: more than 20000000 allocations",
    ),
    "no command": ((), "arguments are required: COMMAND"),
    "unknown command": (("slove",), "invalid choice: 'slove'"),
    "no budget": (("solve", "pair.json"), "needs --crossbars, or --tiles and --hardware"),
    "no budget, but text": (("solve", "pair.json", "--crossbars", "many"), "got 'many'"),
    "zero budget": (("solve", "pair.json", "--crossbars", "0"), "at least 1, got 0"),
    "negative budget": (("solve", "pair.json", "--crossbars", "-4"), "at least 1, got -4"),
    "fractional budget": (("solve", "pair.json", "--crossbars", "4.0"), "got '4.0'"),
    "long budget": (("solve", "pair.json", "--crossbars", "9" * 5000), "must be an integer"),
    "zero crossbar": ((*SOLVE, "--size", "0"), "crossbar rows must be at least 1, got 0"),
    "negative crossbar": ((*SOLVE, "--size", "-8"), "must be at least 1, got -8"),
    "crossbar of three": ((*SOLVE, "--size", "1x2x3"), "rows x columns as 256x128, got '1x2x3'"),
    "crossbar of text": ((*SOLVE, "--size", "big"), "got 'big'"),
    "unknown objective": (
        (*SOLVE, "--objective", "watts"),
        "objective must be one of cycles, steps, ",
    ),
    "unknown rule": ((*SOLVE, "--rule", "thumb"), "invalid choice: 'thumb'"),
    "rule of cycles": ((*SOLVE, "--rule", "published"), "'cycles' takes no rule"),
    "negative time": ((*SOLVE, "--time-limit", "-1"), "time limit must be"),
    "NaN time": ((*SOLVE, "--time-limit", "nan"), "must be a finite number, got 'nan'"),
    "endless time": ((*SOLVE, "--time-limit", "inf"), "must be a finite number, got 'inf'"),
    "time in words": ((*SOLVE, "--time-limit", "soon"), "must be a finite number, got 'soon'"),
    "no memory": ((*SOLVE, "--memory-limit", "0"), "memory limit must be positive, got 0"),
    "NaN memory": ((*SOLVE, "--memory-limit", "nan"), "must be a finite number, got 'nan'"),
    "hardly any memory": ((*SOLVE, "--memory-limit", "1e-20"), "must be positive, got 0"),
    "shortened option": (
        ("solve", "pair.json", "--cross", "4"),
        "unrecognized arguments: --cross 4",
    ),
    "unknown option": ((*SOLVE, "--fast"), "unrecognized arguments: --fast"),
    "two lines": (("show", "two\nlines\x1b[31m"), "unknown network"),
    "short allocation": (("simulate", "pair.json", "--allocation", "1"), "must have 2 values, got"),
    "long allocation": (("simulate", "pair.json", "--allocation", "1,1,1"), "2 values, got 3"),
    "fractional R": (("simulate", "pair.json", "--allocation", "1,1.5"), "got '1,1.5'"),
    "empty R": (("simulate", "pair.json", "--allocation", "1,"), "separated by commas, got '1,'"),
    "R of 0": (("simulate", "pair.json", "--allocation", "0,1"), "R of layer 'a' must be at least"),
    "R too large": (("simulate", "pair.json", "--allocation", "1,5"), "at most 4, got 5"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing_behind(run, case):
    for name, content in FILES.items():
        Path(name).write_bytes(content)
    Path("folder.json").mkdir()
    before = sorted(Path().rglob("*"))
    arguments, expected = BAD[case]
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("xbarmip: error: ")
    assert expected in err
    assert err.count("\n") == 1
    assert err.removesuffix("\n").isprintable()
    assert sorted(Path().rglob("*")) == before


# --- status 1: a check failed ---------------------------------------------------------------------


def liar(bend):
    """A kind of solver: exhaustive search whose answer `bend` bends."""

    @dataclass(frozen=True)
    class Liar:
        @property
        def name(self):
            return "liar"

        def unsupported(self, problem):
            return ()

        def solve(self, problem, watch):
            return bend(Exhaustive().solve(problem, watch))

    return Liar


def infeasible(result):
    return Result("liar", Status.INFEASIBLE, Stop.FINISHED)


def crash(result):
    raise ZeroDivisionError("oh")


LIES = {
    "a better value": (lambda r: replace(r, value=1, bound=1), "VALUE_MISMATCH: liar claims 1"),
    "over budget": (
        lambda r: replace(r, allocation={"a": 4, "b": 4}),
        "INVALID_ALLOCATION: liar takes 8 crossbars, the budget is 4",
    ),
    "a missing layer": (lambda r: replace(r, allocation={"a": 2}), "missing layer 'b'"),
    "infeasible": (infeasible, "INFEASIBILITY_CONFLICT: liar claims INFEASIBLE"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_status_1(run, monkeypatch, lie):
    bend, expected = LIES[lie]
    monkeypatch.setitem(SOLVERS, "liar", liar(bend))
    status, out, err = run(*SOLVE, "--solver", "liar")
    assert (status, out) == (1, "")
    assert err.startswith("xbarmip: check failed: ")
    assert expected in err
    assert err.count("\n") == 1
    status, out, err = run("compare", "mine.toml", "--solvers", "liar,exhaustive", "--json")
    assert status == 1
    assert json.loads(out)["agreed"] is False
    assert expected.partition(": ")[2] in err


def test_a_bound_that_another_solver_refutes_is_status_1(run, monkeypatch):
    def bend(result):
        return replace(result, value=4, bound=4, allocation={"a": 1, "b": 1})

    monkeypatch.setitem(SOLVERS, "liar", liar(bend))
    assert run("compare", "mine.toml", "--solvers", "exhaustive")[0] == 0
    status, out, err = run("compare", "mine.toml", "--solvers", "liar,exhaustive")
    assert status == 1
    assert "BOUNDS_CROSS" in out
    assert "pair@128/4/cycles: BOUNDS_CROSS: liar claims the bound 4" in err


def test_a_crash_is_status_1_in_a_comparison(run, monkeypatch):
    monkeypatch.setitem(SOLVERS, "liar", liar(crash))
    status, out, err = run("compare", "mine.toml", "--solvers", "liar,exhaustive")
    assert status == 1
    assert "RAISED" in out
    assert "ZeroDivisionError: oh" in err


def test_an_answer_that_ended_in_an_error_is_printed_with_status_1(run, monkeypatch):
    def bend(result):
        return Result(
            "liar", Status.FEASIBLE, Stop.ERROR, 2, 1, result.allocation, Proof.EXACT,
            message="the backend failed",
        )  # fmt: skip

    monkeypatch.setitem(SOLVERS, "liar", liar(bend))
    status, out, err = run(*SOLVE, "--solver", "liar")
    assert (status, err) == (1, "xbarmip: liar: the backend failed\n")
    assert "2 cycles, FEASIBLE, bound 1, gap 1" in out
    status, out, err = run(*SOLVE, "--solver", "liar", "--json")
    assert (status, err) == (1, "")
    assert json.loads(out)["message"] == "the backend failed"


# --- interruption, terminals and pipes: in processes of their own ---------------------------------


def command(*arguments):
    return [sys.executable, "-m", "xbarmip", *arguments]


def test_ctrl_c_before_an_answer_is_status_130(run, monkeypatch):
    def pressed(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("xbarmip.cli.solve.solve", pressed)
    assert run(*SOLVE) == (130, "", "xbarmip: interrupted\n")


def test_ctrl_c_during_a_comparison_keeps_what_is_done(run, monkeypatch):
    """Pressed when the first row is there; the second task goes on until it is ended."""

    def endless(result):
        if result.status is not Status.INFEASIBLE:
            time.sleep(1000)
        return result

    def tell(facts):
        if facts.get("done") == 1:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setitem(SOLVERS, "liar", liar(endless))
    monkeypatch.setattr("xbarmip.cli.compare.progress_line", lambda: nullcontext(tell))
    status, out, err = run("compare", "mine.toml", "--solvers", "liar")
    assert (status, err) == (130, "xbarmip: interrupted\n")
    assert "1 AGREE (incomplete)" in out
    assert "(incomplete)" in Path("results/mine.md").read_text()


def test_ctrl_c_returns_the_best_so_far():
    """The pipe says that the search is on: the progress of the terminal goes there."""
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        command("solve", "onnx:light_densenet121", "--crossbars", "3000", "--json"),
        stdout=subprocess.PIPE,
        stderr=writer,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(writer)
    seen = b""
    while b"best" not in seen:
        seen += os.read(reader, 1000)
    process.send_signal(signal.SIGINT)
    answer = json.loads(process.communicate()[0])
    os.close(reader)
    assert process.returncode == 0
    assert (answer["status"], answer["stop"]) == ("FEASIBLE", "INTERRUPTED")
    assert 1 <= answer["bound"] < answer["value"]
    assert answer["crossbars_used"] <= 3000


def test_a_reader_that_goes_away_is_no_error():
    process = subprocess.Popen(
        command("show", "onnx:light_densenet121", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.wait() == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command("version"), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == ("xbarmip: error: output cannot be written: No space left on device\n")


def test_the_script_is_installed():
    script = shutil.which("xbarmip", path=str(Path(sys.executable).parent))
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("xbarmip ")


def test_progress_in_one_line():
    facts = {"seconds": 1.0, "labels": 12345, "best": 44, "bound": 40, "target": 42, "solver": "dp"}
    assert describe(facts) == "dp  target 42  best 44  bound 40  gap 4  labels 12,345"
    assert describe({"best": 44, "bound": None, "allocations": 7}) == "best 44  allocations 7"
    assert describe({"seconds": 1.0}) == ""
