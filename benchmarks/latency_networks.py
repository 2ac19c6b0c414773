"""Least latencies of real networks on the ISAAC-like hardware, at multiples of the smallest budget.

Run from anywhere: python benchmarks/latency_networks.py [--factors F ..] [--networks GLOB]. Writes
results/bandwidth/latency_networks.{md,json}. Time is that of the processor, which other programs on
the machine do not change: --time-limit at twice the smallest budget, twice as much beyond.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from fractions import Fraction

from bench import GIB, ROOT, Report, Row, isolated, options, warm_up
from ladder import deep_chain

import xbarmip as xb
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.library import ONNX_SCHEME, list_onnx_models
from xbarmip.solvers.protocol import Limits, Watch
from xbarmip.solvers.registry import make_solver, solver_for
from xbarmip.timing.evaluate import seconds_of

COLUMNS = (
    "network", "layers", "joins", "factor", "crossbars", "status", "latency_us", "bound_us",
    "seconds", "questions", "peak_mib",
)  # fmt: skip
FACTORS = ("2", "4")
HARDWARE = "isaac-like"


def names(arguments: Namespace) -> Iterator[tuple[str, xb.Network]]:
    """The light models of the onnx package, then what ships, each with the name it is read by."""
    if arguments.smoke:
        yield "chain", deep_chain(4, extent=16, channels=4)
        return
    for name in (*(ONNX_SCHEME + model for model in list_onnx_models()), *xb.list_networks()):
        if fnmatch(name, arguments.networks):
            yield name, xb.load_network(name)


def solved(problem: xb.Problem, limit: float, memory: float) -> Row:
    """The answer of `dp` by the clock of the processor."""
    solver = solver_for(problem, make_solver("dp"))
    watch = Watch(Limits(limit, int(memory * GIB)), clock=time.process_time)
    result = solver.solve(problem, watch)
    in_time = {
        f"{key}_us": None if ticks is None else float(seconds_of(problem, ticks) * 10**6)
        for key, ticks in (("latency", result.value), ("bound", result.bound))
    }
    return {
        "status": str(result.status),
        "stop": str(result.stop),
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "seconds": watch.seconds,
        "runs": 1,
        "questions": result.statistics["subproblems"],
        "allocation": result.allocation and list(result.allocation.values()),
        **in_time,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Solve all networks at all budgets."""
    parser = options("Least latencies of real networks.", time_limit=30)
    parser.set_defaults(output=ROOT / "results" / "bandwidth")
    parser.add_argument("--networks", default="*", metavar="GLOB", help="names (default: *)")
    parser.add_argument("--factors", nargs="+", default=FACTORS, metavar="F", help="budgets")
    arguments = parser.parse_args(argv)
    report = Report("latency_networks", "Latency of real networks", COLUMNS, arguments)
    warm_up("dp")
    for factor in arguments.factors:
        limit = arguments.time_limit * (1 if Fraction(factor) <= 2 else 2)
        for name, network in names(arguments):
            one = xb.Problem(network, 1, objective="latency", hardware=load_hardware(HARDWARE))
            problem = one.with_crossbars(int(Fraction(factor) * one.smallest_budget))
            work = isolated(
                lambda problem=problem, limit=limit: solved(  # type: ignore[misc]
                    problem, limit, arguments.memory_limit
                ),
                # other programs may take most of the processors
                Namespace(**{**vars(arguments), "time_limit": 10 * limit}),
            )
            sizes = {"layers": len(network.layers), "joins": len(network.streams)}
            sizes |= {"factor": factor, "crossbars": problem.crossbars}
            report.add({"network": name, **sizes, **work})
    parts = []
    for factor in arguments.factors:
        rows = [row for row in report.rows if row["factor"] == factor]
        proven = sum(row["status"] == xb.Status.OPTIMAL for row in rows)
        parts.append(f"{proven} of {len(rows)} proven at {factor} times the smallest budget")
    report.write("; ".join(parts) + ".")


if __name__ == "__main__":
    sys.exit(main())
