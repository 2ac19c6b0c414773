"""Several networks on one chip against every split there is (SPEC §14)."""

import gzip
import json
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES, tiny_problem
from tests.model.test_statement import SHAPES
from tests.random_constraints import constrained
from tests.random_hardware import random_hardware
from tests.sample import draws
from xbarmip.certificate import check
from xbarmip.certificate.shared import stated_shared, write_shared_certificate
from xbarmip.constraint import LinearConstraint
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.hardware.preset import load_hardware
from xbarmip.questions.chip import SharedChip
from xbarmip.questions.shared import crossbars_that_would_do, solve_shared
from xbarmip.questions.staircase import cheapest
from xbarmip.solvers.result import Status, Stop
from xbarmip.timing.evaluate import evaluate_many
from xbarmip.timing.step_time import ticks_of

LENET, ALEXNET = xb.load_network("lenet-5"), xb.load_network("alexnet")


def random_chip(random, most=300):
    """Two or three tiny networks, counts of any kind, now with constraints, budgets near enough."""
    problems, spare = [], random.choice([-1, 0, 2, random.randint(0, 30)])
    for _ in range(random.randint(1, 3)):
        objective, rule = random.choice([*OBJECTIVES, ("interval", None), ("serial", None)])
        problems.append(tiny_problem(random, random.choice(SHAPES), objective, rule, most))
    total = max(1, sum(problem.smallest_budget for problem in problems) + spare)
    problems = [replace(problem, crossbars=total) for problem in problems]
    if random.random() < 0.3:
        problems = [constrained(random, problem) for problem in problems]
    share = random.choice(["slowest", "sum", "deadlines"])
    if share == "deadlines":
        return SharedChip(problems, share, deadlines=[random.randint(1, 12) for _ in problems])
    return SharedChip(problems, share, [random.randint(1, 4) for _ in problems])


def outcomes(problem):
    """(crossbars, count) of every allocation that is allowed."""
    menus = [range(1, layer.outputs + 1) for layer in problem.network.layers]
    rows = np.array([r for r in product(*menus) if problem.meets(r)], dtype=np.int64)
    if not len(rows):
        return set()
    used = rows @ np.array(problem.sets)
    return set(zip(used.tolist(), evaluate_many(problem, rows).tolist(), strict=True))


def best_split(chip):
    """The least cost over all splits; None where there is none."""
    costs = []
    for split in product(*map(outcomes, chip.problems)):
        crossbars, counts = zip(*split, strict=True)
        late = chip.share == "deadlines" and any(
            count > due for count, due in zip(counts, chip.factors, strict=True)
        )
        if sum(crossbars) <= chip.crossbars and not late:
            costs.append(chip.cost(counts, crossbars))
    return min(costs, default=None)


def test_dp_finds_the_best_split_and_its_certificate_holds(tmp_path):
    random, path, seen = Random("shared"), tmp_path / "c", set()
    for _ in range(draws(60)):
        chip = random_chip(random, 60)
        best, result = best_split(chip), solve_shared(chip)
        assert result.stop is Stop.FINISHED
        assert result.status is (Status.INFEASIBLE if best is None else Status.OPTIMAL), chip
        assert result.value == result.bound == best, chip
        seen.add((chip.share, best is None))
        linear = all(isinstance(c, LinearConstraint) for p in chip.problems for c in p.constraints)
        if linear:
            write_shared_certificate(chip, result, path)
            status, said, proven = check.examine(str(path))
            assert status == check.ACCEPTED, said
            assert proven[1:] == (best, best)
        else:
            with pytest.raises(UnsupportedError, match="is not linear"):
                write_shared_certificate(chip, result, path)
    assert len(seen) == 6


def timed_chip(random):
    """Two tiny networks whose times have ticks of their own, with weights or with deadlines."""
    problems, share = [], random.choice(["slowest", "sum", "deadlines"])
    for _ in range(2):
        problem = tiny_problem(random, random.choice(SHAPES), "cycles", None, 60)
        hardware = random_hardware(random, problem.crossbar)
        objective = random.choice(["latency", "period", "latency-serial"])
        problems.append(replace(problem, objective=objective, hardware=hardware))
    total = sum(problem.smallest_budget for problem in problems) + random.randint(-1, 20)
    problems = [replace(problem, crossbars=max(1, total)) for problem in problems]
    if share != "deadlines":
        return SharedChip(problems, share, [random.randint(1, 4) for _ in problems])
    due = []
    for problem in problems:
        ticks = random.choice([count for _, count in outcomes(problem)] or [1])
        due.append(ticks * ticks_of(problem).tick * 10**6 + random.choice([0, 0, Fraction(-1, 7)]))
    return SharedChip(problems, share, deadlines=[max(each, Fraction(1, 9**9)) for each in due])


def best_time(chip):
    """The least cost over all splits, in seconds or crossbars; None where there is none."""
    costs, ticks = [], [ticks_of(problem).tick for problem in chip.problems]
    for split in product(*map(outcomes, chip.problems)):
        crossbars, counts = zip(*split, strict=True)
        times = [count * tick for count, tick in zip(counts, ticks, strict=True)]
        if sum(crossbars) > chip.crossbars:
            continue
        if chip.share == "deadlines":
            if all(10**6 * t <= due for t, due in zip(times, chip.deadlines, strict=True)):
                costs.append(sum(crossbars))
        else:
            weighted = [a * t for a, t in zip(chip.weights, times, strict=True)]
            costs.append(sum(weighted) if chip.share == "sum" else max(weighted))
    return min(costs, default=None)


@pytest.mark.parametrize(
    ("solver", "count"), [("dp", draws(30)), ("milp", 4), ("exhaustive", draws(30))]
)
def test_times_are_shared_exactly(solver, count):
    random, seen = Random("shared times"), set()
    for _ in range(count):
        chip = timed_chip(random)
        best, result = best_time(chip), solve_shared(chip, solver)
        assert result.stop is Stop.FINISHED
        unit = 1 if chip.share == "deadlines" else chip.unit
        found = None if result.value is None else result.value * unit
        assert result.value == result.bound
        assert found == best, chip
        seen.add((chip.share, best is None))
    assert len(seen) > 2


def test_times_have_no_certificate_and_do_not_go_with_counts(tmp_path):
    hardware = load_hardware("isaac-like")
    networks = LENET, replace(LENET, name="another")
    problems = [xb.Problem(each, 30, objective="latency", hardware=hardware) for each in networks]
    chip = SharedChip(problems, "sum")
    with pytest.raises(UnsupportedError, match="the objectives are times"):
        write_shared_certificate(chip, solve_shared(chip), tmp_path / "c")
    with pytest.raises(UnsupportedError, match="all by counts or all by times"):
        SharedChip([problems[0], xb.Problem(ALEXNET, 30)])
    with pytest.raises(InputError, match="must be positive, got 0"):
        SharedChip(problems, "deadlines", deadlines=(1, 0))


@pytest.mark.parametrize("solver", ["milp", "exhaustive"])
def test_other_solvers_find_it_too(solver):
    random = Random(f"shared by {solver}")
    for _ in range(8):
        chip = random_chip(random, 60)
        assert solve_shared(chip, solver).value == best_split(chip), chip


def disjoint_union(networks):
    """One network that has the layers of all, and no edge between them."""
    layers = [
        replace(layer, name=f"{network.name}/{layer.name}")
        for network in networks
        for layer in network.layers
    ]
    edges = [
        replace(
            edge,
            producer=f"{network.name}/{edge.producer}",
            consumer=f"{network.name}/{edge.consumer}",
        )
        for network in networks
        for edge in network.edges
    ]
    return xb.Network("union", tuple(layers), tuple(edges))


def test_the_largest_count_is_that_of_the_disjoint_union():
    """One network that has the layers of both takes as long as the slower of the two."""
    union = disjoint_union((LENET, ALEXNET))
    for crossbars in (260, 400):
        chip = SharedChip([xb.Problem(each, crossbars) for each in (LENET, ALEXNET)])
        assert solve_shared(chip).value == xb.solve(xb.Problem(union, crossbars)).value


def test_how_many_crossbars_would_do():
    random, seen = Random("would do"), 0
    while seen < 8:
        chip = timed_chip(random) if seen % 4 == 0 else random_chip(random, 60)
        if best_split(chip) is not None or any(problem.constraints for problem in chip.problems):
            continue
        most = crossbars_that_would_do(chip, "dp")
        if most is None:  # a deadline that no number of crossbars meets
            assert chip.due
            continue
        wider, narrower = (
            SharedChip(
                [problem.with_crossbars(crossbars) for problem in chip.problems],
                chip.share,
                **{"deadlines" if chip.due else "weights": chip.numbers},
            )
            for crossbars in (most, most - 1)
        )
        assert solve_shared(wider).status is Status.OPTIMAL
        assert solve_shared(narrower).status is Status.INFEASIBLE
        seen += 1


def test_deadlines_and_what_is_said():
    chip = SharedChip(
        [xb.Problem(each, 900) for each in (LENET, ALEXNET)], "deadlines", deadlines=(200, 300)
    )
    result = solve_shared(chip)
    assert (result.value, [part.crossbars for part in result.parts]) == (13 + 380, [13, 380])
    facts = result.as_dict()
    assert facts["status"] == "OPTIMAL"
    assert json.dumps(chip.as_dict())
    assert json.dumps(facts)


def changed(path, change):
    with gzip.open(path, "rt") as file:
        lines = [json.loads(line) for line in file]
    change(lines)
    lines[0]["digest"] = check.digest(lines[1]["shared"])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return check.examine(str(path))[:2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[2]["claim"].update(value=867), "the allocations have"),
        (lambda lines: lines[1]["shared"].update(share="sum"), "the allocations have"),
        (lambda lines: lines[1]["shared"].update(share="fair"), "unknown share"),
        (lambda lines: lines[1]["shared"].update(crossbars=500), "crossbars of a problem"),
        (lambda lines: lines[2]["claim"].update(allocation=None), "a value needs allocations"),
        (lambda lines: lines.pop(), ""),
        (lambda lines: lines.append(lines[-1]), ""),
        (lambda lines: lines[3]["refuted"].__setitem__(1, 5), "must be at least"),
    ],
)
def test_a_false_split_is_refused(change, message, tmp_path):
    chip = SharedChip([xb.Problem(each, 260) for each in (LENET, ALEXNET)])
    result = solve_shared(chip)
    write_shared_certificate(chip, result, tmp_path / "c")
    assert check.examine(str(tmp_path / "c"))[0] == check.ACCEPTED
    status, said = changed(tmp_path / "c", change)
    assert status == check.REFUSED
    assert message in said


def test_a_bound_that_does_not_follow_is_refused(tmp_path):
    chip = SharedChip([xb.Problem(each, 260) for each in (LENET, ALEXNET)])
    result = solve_shared(chip)
    dearer = replace(result, parts=(), value=None, bound=result.bound + 1, status=Status.UNKNOWN)
    write_shared_certificate(chip, dearer, tmp_path / "c")
    said = check.examine(str(tmp_path / "c"))[1]
    assert f"gives the bound {result.bound}, not {result.bound + 1}" in said


def test_a_false_refutation_gets_no_certificate(tmp_path):
    chip = SharedChip([xb.Problem(each, 260) for each in (LENET, ALEXNET)])
    result = solve_shared(chip)
    better = replace(result, refuted=tuple(((260, 10**6),) for _ in chip.problems))
    with pytest.raises(VerificationError, match="that is wrong"):
        write_shared_certificate(chip, better, tmp_path / "c")
    assert stated_shared(chip).bound([[], []]) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"problems": ()}, "at least one network"),
        ({"share": "fair"}, "share must be one of slowest, sum, deadlines"),
        ({"share": "deadlines"}, "needs a deadline for each network"),
        ({"share": "sum", "deadlines": (1, 2)}, "takes weights, not deadlines"),
        ({"weights": (1,)}, "2 networks, got 1 numbers"),
        ({"weights": (1, 0)}, "must be at least 1"),
        ({"problems": [xb.Problem(LENET, 9), xb.Problem(LENET, 10)]}, "its budget is 10"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    problems = [xb.Problem(each, 400) for each in (LENET, ALEXNET)]
    with pytest.raises(InputError, match=message):
        SharedChip(**{"problems": problems, **given})


def test_what_is_no_count_is_refused():
    with pytest.raises(UnsupportedError, match="solve and pareto alone"):
        SharedChip([xb.Problem(LENET, 40, then="interval")])
    with pytest.raises(UnsupportedError, match="proves nothing"):
        solve_shared(SharedChip([xb.Problem(LENET, 40)]), "greedy")


def test_a_split_of_options():
    options = [[(1, 9), (5, 3)], [(2, 7), (4, 4), (6, 1)]]
    assert cheapest(options, 3, add=True) == (16, (0, 0))
    assert cheapest(options, 9, add=True) == (7, (1, 1))
    assert cheapest(options, 9, add=False) == (4, (1, 1))
    assert cheapest(options, 2, add=True) is None
