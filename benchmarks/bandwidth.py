"""Least latencies on tiles of the ISAAC-like architecture, beside the published ones.

Run from anywhere: python benchmarks/bandwidth.py [--time-limit S]. Writes
results/bandwidth/bandwidth.{md,json}. Published latencies are those of figure 8 of the allocation
paper (doi 10.1145/3631523): its own allocation with bandwidth in the objective, and ISAAC's.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from bench import ROOT, Report, Row, isolated, options, warm_up

import xbarmip as xb
from xbarmip.hardware.preset import load_hardware

TILES = {
    "alexnet": (8, 16, 21, 32),
    "vgg-a": (16, 32, 64, 128),
    "vgg-e": (64, 128),
    "resnet-18": (16, 32),
}
PAPER = {  # microseconds
    "alexnet": (492, 357, 313, 386),
    "vgg-a": (1667, 1082, 1096, 2098),
    "resnet-18": (689, 344),
}
ISAAC = {"alexnet": (3306, 1305, 1105, 1779), "vgg-a": (53015, 26255, 30875, 60688)}
OBJECTIVES = (("latency-steps", "published"), ("latency", None))
COLUMNS = (
    "network", "tiles", "objective", "status", "latency_us", "bound_us", "count", "step_us",
    "subproblems", "seconds", "paper_us", "isaac_us",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Solve every case in a process of its own."""
    parser = options("Least latencies beside the published ones.", 60.0)
    parser.set_defaults(output=ROOT / "results" / "bandwidth")
    arguments = parser.parse_args(argv)
    report = Report(Path(__file__).stem, "Least latencies", COLUMNS, arguments)
    warm_up("dp")
    cases = [
        (network, number, objective, rule)
        for network, tiles in TILES.items()
        for number in range(len(tiles))
        for objective, rule in OBJECTIVES
    ]
    for case in cases[: 1 if arguments.smoke else None]:
        report.add(measured(*case, arguments))


def measured(
    network: str, number: int, objective: str, rule: str | None, arguments: Namespace
) -> Row:
    """One case: the answer, its time, and what is published."""
    hardware, tiles = load_hardware("isaac-like"), TILES[network][number]
    crossbars = tiles * (hardware.crossbars_per_tile or 0)
    net = xb.load_network(network)
    problem = xb.Problem(net, crossbars, None, objective, rule, hardware=hardware)
    row = {"network": network, "tiles": tiles, "objective": objective}
    if network in PAPER:
        row["paper_us"] = PAPER[network][number]
    if network in ISAAC:
        row["isaac_us"] = ISAAC[network][number]
    return row | isolated(lambda: answer(problem, arguments), arguments)


def answer(problem: xb.Problem, arguments: Namespace) -> Row:
    """Solve once, cold."""
    start = time.perf_counter()
    result = xb.solve(problem, "dp", arguments.time_limit)
    row: Row = {
        "status": str(result.status),
        "stop": str(result.stop),
        "gap": result.gap,
        "runs": 1,
        "seconds": time.perf_counter() - start,
        "subproblems": len(result.subproblems),
        "bound_us": float(result.latency_bound * 10**6) if result.bound is not None else None,
    }
    if result.allocation is not None:
        row |= {
            "latency_us": float(result.latency * 10**6),
            "count": result.count,
            "step_us": float(result.step_time.seconds * 10**6),
            "allocation": list(result.allocation.values()),
        }
    return row


if __name__ == "__main__":
    sys.exit(main())
