"""What each ready constraint costs: AlexNet and VGG-A with 2304 crossbars of 128x128.

Run from anywhere: python benchmarks/constraints.py [--time-limit S]. Writes
results/constraints/constraints.{md,json}.

Every optimum is proven by `dp`, then by a certificate that the checker accepts, or by HiGHS, or by
both. Parameters: tiles of 72 crossbars and step times as in the allocation paper (doi
10.1145/3631523); 36 cores of 64 as in PIMCOMP; power and area of an in-situ unit of 8 crossbars
(24.1 mW, 0.0131 mm^2; one logical crossbar) and of the rest of a tile of 12 (40.8 mW, 0.215 mm^2)
as in ISAAC's table 6, with a limit at about 80 percent of what all would take.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatch

from bench import ROOT, Report, Row, isolated, measure, options, prefixed, warm_up
from certificates import certified
from ladder import small_problems
from milp import agree

import xbarmip as xb
from xbarmip import constraints as ready
from xbarmip.constraint import Recipe
from xbarmip.hardware.preset import load_hardware

NETWORKS = ("alexnet", "vgg-a")
CROSSBARS = 2304
OBJECTIVES = (("cycles", None), ("steps", "published"))
COLUMNS = (
    "network", "constraint", "objective", "status", "free", "value", "change", "used", "seconds",
    "milp_status", "milp_value", "milp_bound", "milp_seconds", "certificate", "agree",
)  # fmt: skip
Made = Callable[[Sequence[str]], Recipe]  # from the names of the layers

CONSTRAINTS: dict[str, Made] = {
    "tile-granularity, tiles of 72": lambda _: ready.TileGranularity(72),
    "core-packing, 36 cores of 64": lambda _: ready.CorePacking(64, 36),
    "core-packing, 576 cores of 4": lambda _: ready.CorePacking(4, 576),
    "power-budget, 50 W": lambda _: ready.PowerBudget(50_000, Decimal("24.1"), Decimal("40.8"), 12),
    "area-budget, 57 mm^2": lambda _: ready.AreaBudget(57, Decimal("0.0131"), Decimal("0.215"), 12),
    "largest-duplication, 64": lambda _: ready.LargestDuplication(64),
    "equal-duplication, all layers": lambda names: ready.EqualDuplication(tuple(names)),
    "ratio-limit, 1/2 to 2": lambda _: ready.RatioLimit(2, Decimal("0.5")),
    "spare-crossbars, 5 percent": lambda _: ready.SpareCrossbars(Decimal("0.05")),
    "allowed-duplication, 1 to 10 and tens": lambda _: ready.AllowedDuplication(
        (*range(1, 10), *range(10, 1000, 10))
    ),
    "powers-of-two": lambda _: ready.PowersOfTwo(),
    "divisors-of-width": lambda _: ready.DivisorsOfWidth(),
    "step-time-limit, 2.1 us": lambda _: ready.StepTimeLimit(Decimal("2.1")),
}


def cases(arguments: Namespace) -> Iterator[tuple[str, xb.Problem, dict[str, Made]]]:
    """Networks without constraints, and what to add to each."""
    if arguments.smoke:
        for name, problem in small_problems((("cycles", None),)).items():
            yield name, problem, {"powers-of-two": CONSTRAINTS["powers-of-two"]}
        return
    hardware = load_hardware("isaac-like")
    chosen = {k: v for k, v in CONSTRAINTS.items() if fnmatch(k, arguments.constraints)}
    for name in NETWORKS:
        for objective, rule in OBJECTIVES:
            network = xb.load_network(name)
            yield (
                name,
                xb.Problem(network, CROSSBARS, 128, objective, rule, hardware=hardware),
                chosen,
            )


def main(argv: Sequence[str] | None = None) -> None:
    """Solve each problem free, then under each constraint."""
    parser = options(__doc__, time_limit=20)
    parser.set_defaults(output=ROOT / "results" / "constraints")
    parser.add_argument(
        "--constraints", default="*", metavar="GLOB", help="which of them (default: *)"
    )
    arguments = parser.parse_args(argv)
    report = Report("constraints", "Effect of the ready constraints", COLUMNS, arguments)
    warm_up("dp")
    for network, problem, constraints in cases(arguments):
        facts = {"network": network, "objective": problem.objective}
        xb.solve(problem, time_limit=arguments.time_limit)  # compiles what the warm-up missed
        free = answers(problem, arguments)
        report.add({**facts, "constraint": "none", **free})
        for name, make in constraints.items():
            recipe = make(list(problem.network.index))
            row = answers(replace(problem, constraints=(recipe,)), arguments)
            row |= {"free": free.get("value"), "change": change(free, row)}
            if row["certificate"] is not True and row.get("value") == free.get("value"):
                row["certificate"] = "of none" if free["certificate"] is True else ""
            report.add({**facts, "constraint": name, **row})
    report.write(
        "`free` is the optimum without the constraint, `used` the crossbars that the allocation "
        "takes; `certificate` says whether the checker accepts a proof of the value, `of none` "
        "that the one without the constraint proves it, as the optimum is the same. HiGHS refuses "
        "a statement that is too large, and is stopped by the time limit."
    )


def answers(problem: xb.Problem, arguments: Namespace) -> Row:
    """By `dp`, by HiGHS, and by the checker of certificates, each in a process of its own."""
    mine = measure(problem, "dp", arguments)
    other = measure(problem, "milp", arguments, repeat=0)
    if str(other.get("message")).startswith("UnsupportedError"):
        other["status"] = "REFUSED"
    longer = Namespace(**{**vars(arguments), "time_limit": 10 * arguments.time_limit})
    proof = isolated(lambda: certified(problem, longer), longer)
    row = {**mine, "certificate": proof.get("accepted", proof.get("message", proof["status"]))}
    if mine.get("allocation"):
        row["used"] = problem.crossbars_used(mine["allocation"])
    keys = ("status", "stop", "value", "bound", "seconds", "message")
    return {**row, "agree": agree(mine, other, proof), **prefixed(other, "milp", keys)}


def change(free: Row, row: Row) -> str:
    """By how much the optimum grows."""
    if not free.get("value") or not row.get("value"):
        return ""
    return f"{100 * (row['value'] / free['value'] - 1):+.1f} %"


if __name__ == "__main__":
    sys.exit(main())
