"""What is said of PIMSYN, CIM-MLC, PIMCOMP and the heuristics: by hand, and computed again."""

from dataclasses import replace
from math import atanh, sqrt
from random import Random

import pytest

import xbarmip as xb
from tests.reproduce.test_pages import kept
from xbarmip.cores.heuristics import longest_first
from xbarmip.cores.problem import Placement
from xbarmip.cores.score import score
from xbarmip.hardware.preset import load_hardware
from xbarmip.reproduce.cim_mlc import cases as cim_mlc
from xbarmip.reproduce.commands import score_command, solve_command
from xbarmip.reproduce.heuristics.networks import HEURISTICS, NetworkRow, Tried, networks
from xbarmip.reproduce.optima import OBJECTIVES
from xbarmip.reproduce.pimcomp.runs import Runs
from xbarmip.reproduce.pimsyn import allocations, grid
from xbarmip.reproduce.published import published
from xbarmip.reproduce.ranks import ranked
from xbarmip.reproduce.sources import SOURCES
from xbarmip.solvers.result import Status


def rows_of(name, part):
    return {key: each.row for key, each in kept(SOURCES[name])[part].items()}


def case_of(name, part, key):
    """A row computed anew."""
    found = next(each for each in SOURCES[name].parts if each.name == part)
    return found.cases(60)[key](None)


# --- commands ------------------------------------------------------------------------------------


def test_commands_are_what_a_reader_types():
    network = xb.load_network("alexnet")
    problem = xb.Problem(network, 2304, (128, 64), "interval")
    assert solve_command(problem, ["tile-granularity:crossbars_per_tile=16"]) == (
        "xbarmip solve alexnet --crossbars 2304 --size 128x64 --objective interval "
        "--constraint tile-granularity:crossbars_per_tile=16"
    )
    hardware = load_hardware("isaac-like")
    timed = xb.Problem(network, 2304, 128, "latency", hardware=hardware)
    assert score_command(timed, (3, 2)) == (
        "xbarmip score alexnet --crossbars 2304 --size 128 --hardware isaac-like "
        "--objective latency --allocation 3,2"
    )


# --- PIMSYN --------------------------------------------------------------------------------------


def test_budgets_follow_the_rule_of_the_program():
    points = {(float(p.ratio), p.bits, p.size): p for p in grid.points()}
    assert len(points) == 36
    for printed in published("pimsyn")["allocation"]:
        point = points[float(printed["ratio"]), printed["bits"], printed["size"]]
        assert point.physical == printed["physical"]
        assert point.crossbars == point.physical // 8
    assert points[0.15, 4, 512].crossbars == 1531 // 4


def test_an_excess_of_crossbars_is_within_the_tolerance_that_explains_it():
    for printed in published("pimsyn")["allocation"]:
        network = xb.load_network(printed["network"])
        problem = xb.Problem(network, 1, printed["size"])
        sets = [s for s, layer in zip(problem.sets, network.layers, strict=True)
                if layer.outputs > 1]  # fmt: skip
        assert 0 < 8 * printed["used"] - printed["physical"] <= 8 * sum(sets) / len(sets)


def test_what_pimsyn_ships_comes_out():
    rows = rows_of("pimsyn", "allocations")
    assert all(each.agrees for each in allocations.Allocations(rows).compared)
    resnet = rows["resnet-18-full"]
    budget, used = resnet.budget, resnet.used
    assert (budget.crossbars, used.crossbars) == (765, resnet.printed.crossbars) == (765, 775)
    assert (resnet.printed.interval, resnet.printed.cycles) == (196, 320)
    assert (budget.interval.value, budget.cycles.value) == (119, 198)
    assert resnet.ordered
    least = replace(budget.interval, allocation=(1, *budget.interval.allocation[1:]))
    assert not replace(resnet, budget=replace(budget, interval=least)).ordered


def test_pimsyn_again():
    again = case_of("pimsyn", "allocations", "alexnet-torchvision")
    row = rows_of("pimsyn", "allocations")["alexnet-torchvision"]
    for budget in ("budget", "used"):
        for objective in OBJECTIVES:
            one, other = (getattr(each, budget).best(objective) for each in (again, row))
            assert (one.status, one.value) == (other.status, other.value) == ("OPTIMAL", one.bound)
    assert again.printed == row.printed


def test_an_optimum_never_gets_worse_with_more_crossbars():
    rows = sorted(rows_of("pimsyn", "grid").values(), key=lambda row: row.crossbars)
    for objective in OBJECTIVES:
        last = {}
        for row in rows:
            best, key = row.best(objective), (row.network, row.size)
            assert best.crossbars <= row.crossbars
            assert best.value <= last.get(key, best.value)
            last[key] = best.value


# --- CIM-MLC -------------------------------------------------------------------------------------


def test_cim_mlc_again():
    again, row = case_of("cim-mlc", "cases", "vgg-a/138"), rows_of("cim-mlc", "cases")["vgg-a/138"]
    assert (again.sum, again.rule) == (row.sum, row.rule)
    assert again.rule.cycles == 466
    assert again.in_cores.value == row.in_cores.value == 388
    assert again.in_crossbars.value == row.in_crossbars.value <= 388


def test_the_rule_is_never_below_what_is_proven():
    for part in ("cases", "networks"):
        for row in rows_of("cim-mlc", part).values():
            assert min(row.rule.cycles, row.in_cores.value) >= row.in_crossbars.bound
            for way in cim_mlc.WAYS:
                least, best = row.above(way), row.best(way)
                assert best.proven or least is None or best.value < row.rule.cycles
                assert least is None or row.rule.cycles == round(best.value * (1 + least / 100))
            assert max(row.rule.crossbars, row.in_cores.crossbars) <= 16 * row.cores


# --- PIMCOMP -------------------------------------------------------------------------------------


def test_pimcomp_again():
    rows = rows_of("pimcomp", "runs")
    for key in list(rows)[::9]:
        assert case_of("pimcomp", "runs", key) == rows[key]


def test_the_plain_finding():
    shown = Runs(rows_of("pimcomp", "runs"))
    optima = rows_of("pimcomp", "optima")
    for chip, own in shown.own.items():
        best = optima[f"{chip.network}/{chip.cores * chip.crossbars_per_core}"].cycles
        assert own["cycles_opt"].taken.cycles == best.value == best.bound
        times = [own[name].simulated_ns for name in ("cycles_opt", "GA", "balance")]
        assert times == sorted(times)


def test_no_placement_is_below_the_volume_or_the_interval():
    """Random allocations in cores; the committed rows, too."""
    placement, random = Placement(xb.load_network("lenet-5"), 4, 24, split=True), Random(1)
    outputs = [layer.outputs for layer in placement.network.layers]
    seen = 0
    for _ in range(60):
        allocation = [random.randint(1, min(n, 6)) for n in outputs]
        layout = longest_first(placement, allocation)
        if layout is not None:
            parts = zip(placement.parts, allocation, strict=True)
            volume = sum(part.blocks * r * part.windows(r) for part, r in parts)
            found = score(placement, layout).interval
            assert 4 * found >= volume
            assert found >= max(-(-n // r) for n, r in zip(outputs, allocation, strict=True))
            seen += 1
    assert seen > 10
    for row in rows_of("pimcomp", "runs").values():
        assert row.core_interval >= max(row.volume, row.taken.interval)


def test_ranks_by_hand():
    found = ranked([1, 2, 3, 4, 5], [10, 20, 40, 30, 50])
    assert found.coefficient == pytest.approx(0.9)  # 1 - 6 * (1 + 1) / (5 * 24)
    half = 1.959964 * sqrt((1 + 0.81 / 2) / 2)
    assert (atanh(found.low), atanh(found.high)) == pytest.approx(
        (atanh(0.9) - half, atanh(0.9) + half), abs=1e-5
    )
    assert (found.count, found.pairs, found.wrong, found.equal) == (5, 10, 1, 0)
    alike = ranked([1, 2, 3, 4], [1, 2, 3, 4])
    assert (alike.coefficient, alike.low) == (pytest.approx(1), None)
    constant = ranked([1, 1, 1], [1, 2, 3])
    assert (constant.coefficient, constant.wrong, constant.equal) == (None, 0, 3)


# --- the heuristics ------------------------------------------------------------------------------


def test_every_network_is_there_once():
    found = networks()
    assert set(xb.list_networks()) <= found.keys()
    assert "onnx:light_shufflenet" in found
    assert "onnx:light_resnet50" not in found  # it is resnet-50


def test_heuristics_again():
    for objective in ("cycles", "interval"):
        key = f"lenet-5/{objective}"
        row, again = rows_of("heuristics", "networks")[key], case_of("heuristics", "networks", key)
        assert again.dp.value == row.dp.value
        for rule in HEURISTICS:
            assert again.rules[rule].values == row.rules[rule].values, rule


def test_no_heuristic_is_below_a_proven_bound():
    for key, row in rows_of("heuristics", "networks").items():
        assert row.best >= row.dp.bound, key


@pytest.mark.parametrize(("value", "best"), [(8, 8), (11, 10)])
def test_excess_over_the_best_known(value, best):
    row = next(iter(rows_of("heuristics", "networks").values()))
    rules = {rule: Tried((20, 30), (0.0, 0.0)) for rule in HEURISTICS}
    rules["woho"] = Tried((10,), (0.0,))
    dp = replace(row.dp, status=Status.FEASIBLE, value=value, bound=4)
    made = NetworkRow("lenet-5", 5, 18, "cycles", dp, rules)
    assert made.best == best
    assert made.above("greedy") == pytest.approx(100 * (25 / best - 1))
    assert (made.spread("greedy"), made.spread("woho")) == (pytest.approx(50), 0)
    assert made.open == pytest.approx(100 * (best / 4 - 1))


def test_a_row_that_lacks_a_rule_is_refused():
    row = next(iter(rows_of("heuristics", "networks").values()))
    with pytest.raises(xb.InputError, match=r"rules must be woho, stride, .*, got woho"):
        replace(row, rules={"woho": Tried((3,), (0.1,))})
