"""The frontier against the optima of its budgets, one at a time; its formats and its ends."""

import csv
import json
import signal
import sys
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, brute_force, tiny_problem
from tests.sample import draws
from xbarmip.cli import frontier as command
from xbarmip.cli.main import main
from xbarmip.errors import UnsupportedError
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.json_format import write_json
from xbarmip.solvers.dp import run as solve
from xbarmip.solvers.dp.plain import plain_frontier
from xbarmip.timing.evaluate import evaluate, evaluate_many

SHAPES = [
    Shape(layers=3),
    Shape(layers=4, extent=5, outputs=8),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5),
    Shape(layers=5, extent=3, outputs=4, branching=0.6, joining=0.6),
]


def all_optima(problem):
    """The optimum of every feasible budget, by looking at every allocation once."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    allocations = np.array(list(product(*menus)), dtype=np.int64)
    used = allocations @ np.array(problem.sets)
    values = evaluate_many(problem, allocations)
    return {
        budget: int(values[used <= budget].min())
        for budget in range(problem.smallest_budget, problem.crossbars + 1)
    }


def staircase(optima):
    """(budget, optimum) wherever the optimum improves."""
    return [(budget, value) for budget, value in optima.items() if optima.get(budget - 1) != value]


def pairs(curve):
    return [(point.crossbars, point.value) for point in curve.points]


def check_points(curve):
    for point in curve.points:
        allocation = curve.problem.allocation(point.allocation)
        assert evaluate(curve.problem, allocation) == point.value
        assert curve.problem.crossbars_used(allocation) == point.crossbars


# --- The curve ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_the_optima_of_all_budgets(objective, rule, shape):
    random = Random(f"frontier {objective} {rule} {shape}")
    infeasible = improving = 0
    for _ in range(20):
        problem = tiny_problem(random, shape, objective, rule)
        curve = xb.frontier(problem)
        optima = all_optima(problem)
        assert curve.complete
        assert pairs(curve) == staircase(optima), problem
        check_points(curve)
        assert curve.covered == ((min(optima), problem.crossbars) if optima else None)
        for budget, value in optima.items():
            assert curve.at(budget).value == value
        infeasible += not optima
        improving += len(curve.points) > 1
    assert infeasible > 0
    assert improving > 1


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_equals_budgets_solved_one_at_a_time(objective, rule):
    random = Random(f"one at a time {objective} {rule}")
    for number in range(draws(25)):
        problem = tiny_problem(random, SHAPES[number % 4], objective, rule, most=1500)
        curve = xb.frontier(problem)
        for point in curve.points:
            here = xb.solve(replace(problem, crossbars=point.crossbars))
            assert (here.status, here.value) == (xb.Status.OPTIMAL, point.value)
            if point.crossbars > problem.smallest_budget:
                below = replace(problem, crossbars=point.crossbars - 1)
                assert xb.solve(below).value == brute_force(below) > point.value


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_equals_the_plain_program_on_larger_graphs(objective, rule):
    random = Random(f"larger frontier {objective} {rule}")
    shape = Shape(layers=6, extent=5, outputs=9, branching=0.4, joining=0.5)
    for _ in range(draws(25)):
        problem = tiny_problem(random, shape, objective, rule, most=10**9)
        assert pairs(xb.frontier(problem)) == [end[:2] for end in plain_frontier(problem)]


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
def test_the_path_beyond_64_bits_gives_the_same(objective, rule, monkeypatch):
    random = Random(f"plain frontier {objective} {rule}")
    problems = [tiny_problem(random, SHAPES[n % 4], objective, rule, most=1000) for n in range(20)]
    compiled = [xb.frontier(problem, problem.crossbars // 2 + 1) for problem in problems]
    monkeypatch.setattr(solve, "search_table", lambda problem: None)
    for problem, curve in zip(problems, compiled, strict=True):
        plain = xb.frontier(problem, problem.crossbars // 2 + 1)
        assert plain.complete
        assert pairs(plain) == pairs(curve)
        check_points(plain)


def test_crossbars_beyond_64_bits():
    layers = tuple(xb.Layer(name, 1, 2**62, 1, 2, xb.Window((1, 1))) for name in "ab")
    network = xb.Network("huge", layers, (xb.Edge("a", "b"),))
    problem = xb.Problem(network, 2**65, 1)
    smallest = problem.smallest_budget
    curve = xb.frontier(problem)
    assert pairs(curve) == staircase_of_two(smallest, problem)


def staircase_of_two(smallest, problem):
    """Of two layers with two outputs each: every allocation, by hand."""
    best = {}
    for r in product((1, 2), repeat=2):
        used = problem.crossbars_used(r)
        if used <= problem.crossbars:
            best[used] = min(best.get(used, 99), evaluate(problem, r))
    assert min(best) == smallest
    return [(x, v) for x, v in sorted(best.items()) if all(v < w for y, w in best.items() if y < x)]


def pair_problem(crossbars):
    """Two layers of 4 outputs in lockstep, one crossbar a copy: R = (r, r) takes ceil(4/r)."""
    layers = tuple(xb.Layer(name, 1, 1, 1, 4, xb.Window((1, 1))) for name in "ab")
    return xb.Problem(xb.Network("pair", layers, (xb.Edge("a", "b"),)), crossbars)


def test_worked_by_hand():
    curve = xb.frontier(pair_problem(100))
    # 4 cycles for (1, 1); 2 for (2, 2); 1 for (4, 4); nothing in between gains.
    assert pairs(curve) == [(2, 4), (4, 2), (8, 1)]
    assert [point.allocation for point in curve.points] == [{"a": r, "b": r} for r in (1, 2, 4)]
    assert curve.covered == (2, 100)
    assert [curve.at(budget).value for budget in (2, 3, 4, 7, 8, 100)] == [4, 4, 2, 2, 1, 1]
    for budget in (1, 101):
        with pytest.raises(xb.InputError, match="crossbars on this frontier must be at"):
            curve.at(budget)


@pytest.mark.parametrize(
    ("down_to", "expected"),
    [(1, [2, 4, 8]), (3, [2, 4, 8]), (4, [4, 8]), (7, [4, 8]), (8, [8]), (100, [8])],
)
def test_down_to_ends_with_the_point_that_holds_there(down_to, expected):
    curve = xb.frontier(pair_problem(100), down_to)
    assert [point.crossbars for point in curve.points] == expected
    assert curve.complete


@pytest.mark.parametrize("down_to", [0, -1, 101, 2.0, True])
def test_down_to_out_of_range(down_to):
    with pytest.raises(xb.InputError, match="down_to must be"):
        xb.frontier(pair_problem(100), down_to)


def test_infeasible_is_an_answer_without_points():
    curve = xb.frontier(pair_problem(1))
    assert (curve.points, curve.complete, curve.covered) == ((), True, None)
    with pytest.raises(xb.InputError, match="does not cover any budget"):
        curve.at(1)


def test_points_out_of_order_are_refused():
    curve = xb.frontier(pair_problem(8))
    with pytest.raises(ValueError, match="out of order"):
        replace(curve, points=curve.points[::-1])
    with pytest.raises(ValueError, match="over the budget"):
        replace(curve, problem=pair_problem(7))


# --- Stopped early --------------------------------------------------------------------------------


def test_no_time_gives_no_point_and_says_so():
    curve = xb.frontier(pair_problem(8), time_limit=0)
    assert (curve.points, curve.complete, curve.stop) == ((), False, xb.Stop.TIME)


@pytest.mark.parametrize("enough", [1, 3, 6])
def test_what_is_found_before_ctrl_c_is_exact(enough):
    random = Random("interrupted")
    network = random_network(random, Shape(layers=5, outputs=30, extent=8))
    problem = xb.Problem(network, 60, (8, 4))
    whole = xb.frontier(problem)
    assert len(whole.points) > enough

    def interrupt(facts):
        if facts["points"] >= enough:
            signal.raise_signal(signal.SIGINT)

    curve = xb.frontier(problem, progress=interrupt)
    assert (curve.complete, curve.stop) == (False, xb.Stop.INTERRUPTED)
    assert enough <= len(curve.points) < len(whole.points)
    assert pairs(curve) == pairs(whole)[-len(curve.points) :]
    assert curve.covered == (curve.points[0].crossbars, 60)


def test_a_memory_limit_stops_it():
    curve = xb.frontier(pair_problem(7), memory_limit=1)
    assert (curve.complete, curve.stop) == (False, xb.Stop.MEMORY)


def test_progress_tells_the_budget():
    told = []
    xb.frontier(pair_problem(8), progress=told.append)
    assert {"points", "crossbars", "best", "bound", "seconds"} <= set(told[0])
    assert (told[0]["points"], told[0]["crossbars"]) == (0, 8)
    assert all(facts["bound"] <= facts["best"] for facts in told)


# --- The command ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_json(pair_problem(1).network, "pair.json")


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["frontier", "pair.json", *arguments])
        return status, *capsys.readouterr()

    return call


def test_table(run):
    status, out, err = run("--up-to", "9")
    assert (status, err) == (0, "")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()[3:6]]
    assert rows == [["2", "4", "1,1"], ["4", "2", "2,2"], ["8", "1", "4,4"]]
    last = out.splitlines()[-1]
    assert last.startswith(
        "pair, crossbars of 128x128: 3 points, optimal cycles of the budgets 2 to 9, complete ("
    )


def test_json(run):
    status, out, err = run("--up-to", "9", "--from", "5", "--objective", "steps", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer.pop("seconds") >= 0
    for fact in ("xbarmip", "python", "command", "files", "compile_seconds", "digest"):
        answer.pop(fact)
    assert answer.pop("message").startswith("2 points, optimal steps (pipeline) of the budgets 4 ")
    assert answer == {
        "network": "pair", "up_to": 9, "size": 128, "objective": "steps", "rule": "pipeline",
        "constraints": [], "goal": "steps/pipeline", "at_most": {}, "then": [],
        "complete": True, "stop": "FINISHED", "covered": [4, 9], "smallest_budget": 2,
        "points": [
            {"crossbars": 4, "value": 2, "allocation": {"a": 2, "b": 2}},
            {"crossbars": 8, "value": 1, "allocation": {"a": 4, "b": 4}},
        ],
    }  # fmt: skip


def test_under_constraints(run):
    """Two layers of 4 outputs in lockstep: R = (1, 1) takes 4 cycles, R = (3, 3) takes 2."""
    some = ("--up-to", "9", "--constraint", "allowed-duplication:values=1+3")
    status, out, _ = run(*some, "--json")
    curve = json.loads(out)
    assert (status, curve["constraints"]) == (0, ["allowed-duplication"])
    assert [(point["crossbars"], point["value"]) for point in curve["points"]] == [(2, 4), (6, 2)]
    status, out, err = run(*some, "--constraint", "powers-of-two:layers=a", "--from", "6")
    assert (status, err) == (0, "")
    assert "|         2 |      4 | 1,1 |" in out
    never = ("--constraint", "allowed-duplication:values=2")
    status, out, err = run(*some, *never)
    assert (status, err) == (0, "")
    assert out == (
        "pair, crossbars of 128x128: INFEASIBLE up to 9: constraint 'allowed-duplication' cannot "
        "hold within the budget\n"
    )


def test_csv_and_picture(run):
    Path("curve.csv").write_text("old")
    status, _, err = run("--up-to", "9", "--csv", "curve.csv", "--plot", "curve.png")
    assert (status, err) == (0, "")
    with Path("curve.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["crossbars", "cycles", "a", "b"],
            ["2", "4", "1", "1"],
            ["4", "2", "2", "2"],
            ["8", "1", "4", "4"],
        ]
    assert Path("curve.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path().iterdir()) == ["curve.csv", "curve.png", "pair.json"]


@pytest.mark.parametrize("more", [["--up-to", "2"], ["--up-to", "9", "--from", "8"]])
def test_a_picture_of_one_point(run, more):
    assert run(*more, "--plot", "one.PNG")[0] == 0
    assert Path("one.PNG").stat().st_size > 1000


def test_infeasible_on_the_command_line(run):
    status, out, err = run("--up-to", "1", "--csv", "none.csv", "--plot", "none.png")
    assert status == 0
    assert out == (
        "pair, crossbars of 128x128: INFEASIBLE up to 1: one copy of every layer does not fit; "
        "the smallest budget that works is 2 crossbars; `xbarmip schedule` cuts the network into "
        "segments that do\n"
    )
    assert err == "xbarmip: none.png: not drawn: the frontier has no points\n"
    assert Path("none.csv").read_text() == "crossbars,cycles,a,b\n"
    assert not Path("none.png").exists()
    answer = json.loads(run("--up-to", "1", "--json")[1])
    assert (answer["points"], answer["covered"], answer["complete"]) == ([], None, True)


def test_no_time_on_the_command_line(run):
    status, out, err = run("--up-to", "9", "--time-limit", "0")
    assert (status, err) == (0, "")
    assert "no optimal cycles proven, INCOMPLETE (" in out
    assert "stopped: TIME" in out
    answer = json.loads(run("--up-to", "9", "--time-limit", "0", "--json")[1])
    assert (answer["points"], answer["complete"], answer["stop"]) == ([], False, "TIME")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs --up-to, or --tiles and --hardware"),
        (["--up-to", "x"], "--up-to: must be an integer, got 'x' (see"),
        (["--up-to", "0"], "crossbars must be at least 1, got 0"),
        (["--up-to", "9", "--from", "10"], "--from must be in 1..9, got 10"),
        (["--up-to", "9", "--from", "0"], "--from must be in 1..9, got 0"),
        (["--up-to", "9", "--rule", "published"], "objective 'cycles' takes no rule"),
        (["--up-to", "9", "--time-limit", "-1"], "time limit must be a number of seconds"),
        (["--up-to", "9", "--plot", "a.gif"], "--plot 'a.gif': the name must end in .png"),
        (["--up-to", "9", "--plot", "no/a.png"], "output 'no/a.png': cannot be written (its"),
        (
            ["--up-to", "9", "--constraint", "tile-granularity:crossbars_per_tile=2"],
            "constraint 'tile-granularity' depends on the budget, but there are many here: give",
        ),
        (
            ["--up-to", "9", "--constraint", "spare-crossbars:rate=0.1"],
            "constraint 'spare-crossbars' depends on the budget, but there are many here: a",
        ),
        (["--up-to", "9", "--csv", "no/a.csv"], "output 'no/a.csv': cannot be written (its"),
        (["--up-to", "9", "--csv", "."], "output '.': cannot be written (is a folder)"),
    ],
)
def test_refusals_are_one_line(run, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("xbarmip: error: ")
    assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["pair.json"]


def test_a_file_that_fails_leaves_the_old_one(run, monkeypatch):
    Path("curve.csv").write_text("old")

    class Full(BytesIO):
        def write(self, content):
            raise OSError(28, "No space left on device")

    opened = Path.open

    def fail(self, mode="r", *rest, **more):
        if mode != "wb":
            return opened(self, mode, *rest, **more)
        self.touch()
        return Full()

    with monkeypatch.context() as context:
        context.setattr(Path, "open", fail)
        status, out, err = run("--up-to", "9", "--csv", "curve.csv")
    assert (status, out) == (2, "")
    assert "output 'curve.csv': cannot be written (No space left on device)" in err
    assert Path("curve.csv").read_text() == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["curve.csv", "pair.json"]


def test_without_matplotlib(run, monkeypatch):
    for module in ("matplotlib", "matplotlib.figure", "matplotlib.ticker"):
        monkeypatch.setitem(sys.modules, module, None)
    status, out, err = run("--up-to", "9", "--plot", "a.png")
    assert (status, out) == (2, "")
    assert "the extra `plot`: pip install 'xbarmip[plot]'" in err
    assert run("--up-to", "9")[0] == 0


def test_interrupted_on_the_command_line(run, monkeypatch):
    whole = xb.frontier(pair_problem(9))

    def answer(points):
        curve = replace(whole, points=points, stop=xb.Stop.INTERRUPTED)
        monkeypatch.setattr(command, "frontier", lambda *_, **__: curve)
        return run("--up-to", "9")

    assert answer(())[::2] == (130, "xbarmip: interrupted\n")
    status, out, _ = answer(whole.points[1:])
    assert status == 0
    assert "2 points, optimal cycles of the budgets 4 to 9, INCOMPLETE (" in out
    assert "stopped: INTERRUPTED" in out


def test_times_and_goals_are_refused_with_what_would_do():
    lenet, hardware = xb.load_network("lenet-5"), load_hardware("isaac-like")
    with pytest.raises(UnsupportedError, match=r"of a count: .*xbarmip.pareto.*'crossbars'"):
        xb.frontier(xb.Problem(lenet, 40, objective="latency", hardware=hardware))
    with pytest.raises(UnsupportedError, match="solve and pareto alone"):
        xb.frontier(xb.Problem(lenet, 40, at_most={"interval": 90}))
