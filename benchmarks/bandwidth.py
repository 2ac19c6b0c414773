"""Least latencies on tiles of the ISAAC-like architecture, beside the published ones.

Run from anywhere: python benchmarks/bandwidth.py [--time-limit S]. Writes
results/bandwidth/bandwidth.{md,json}. Published latencies are those of figure 8 of the allocation
paper (doi 10.1145/3631523): its own allocation with bandwidth in the objective, and ISAAC's.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

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


class Case(NamedTuple):
    """A network, the place of its number of tiles in `TILES`, and an objective."""

    network: str
    number: int
    objective: str
    rule: str | None

    @property
    def tiles(self) -> int:
        """The budget."""
        return TILES[self.network][self.number]

    @property
    def name(self) -> str:
        """All of it in words."""
        return f"{self.network}@{self.tiles}/{self.objective}"

    @property
    def problem(self) -> xb.Problem:
        """What is asked."""
        hardware = load_hardware("isaac-like")
        crossbars = self.tiles * (hardware.crossbars_per_tile or 0)
        network = xb.load_network(self.network)
        return xb.Problem(network, crossbars, None, self.objective, self.rule, hardware=hardware)

    @property
    def row(self) -> Row:
        """What a row begins with."""
        return {"network": self.network, "tiles": self.tiles, "objective": self.objective}


def cases(arguments: Namespace) -> Iterator[Case]:
    """All cases, or the first."""
    every = (
        Case(network, number, *objective)
        for network, tiles in TILES.items()
        for number in range(len(tiles))
        for objective in OBJECTIVES
    )
    return islice(every, 1 if arguments.smoke else None)


def main(argv: Sequence[str] | None = None) -> None:
    """Solve every case in a process of its own."""
    parser = options("Least latencies beside the published ones.", 60.0)
    parser.set_defaults(output=ROOT / "results" / "bandwidth")
    arguments = parser.parse_args(argv)
    report = Report(Path(__file__).stem, "Least latencies", COLUMNS, arguments)
    warm_up("dp")
    for case in cases(arguments):
        report.add(measured(case, arguments))


def measured(case: Case, arguments: Namespace) -> Row:
    """One case: the answer, its time, and what is published."""
    row = case.row
    if case.network in PAPER:
        row["paper_us"] = PAPER[case.network][case.number]
    if case.network in ISAAC:
        row["isaac_us"] = ISAAC[case.network][case.number]
    problem = case.problem
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
        "value": result.value,
        "bound": result.bound,
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
