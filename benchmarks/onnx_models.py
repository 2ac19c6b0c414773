"""The nine light models of the onnx package at several budgets, objective `cycles`."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from fractions import Fraction

from bench import Report, measure, options, warm_up
from ladder import deep_chain

import xbarmip as xb
from xbarmip.network.library import ONNX_SCHEME, list_onnx_models

COLUMNS = (
    "network", "layers", "factor", "crossbars", "status", "stop", "value", "bound", "gap",
    "seconds", "peak_mib", "search_mib",
)  # fmt: skip
FACTORS = ("1.5", "2", "4", "10")


def networks(arguments: Namespace) -> Iterator[xb.Network]:
    """The models, one after another, or a small chain."""
    if arguments.smoke:
        yield deep_chain(4, extent=16, channels=4)
        return
    for name in list_onnx_models():
        if fnmatch(name, arguments.models):
            yield xb.load_network(ONNX_SCHEME + name)


def main(argv: Sequence[str] | None = None) -> None:
    """Run all models at all budgets."""
    parser = options(__doc__, time_limit=10)
    parser.add_argument(
        "--models", default="*", metavar="GLOB", help="names of models (default: *)"
    )
    parser.add_argument(
        "--factors",
        nargs="+",
        default=FACTORS,
        metavar="F",
        help=f"budgets over the smallest (default: {' '.join(FACTORS)})",
    )
    arguments = parser.parse_args(argv)
    report = Report("onnx_models", "ONNX models, cycles", COLUMNS, arguments)
    warm_up("dp")
    for network in networks(arguments):
        smallest = xb.Problem(network, 1).smallest_budget
        for factor in arguments.factors:
            crossbars = int(Fraction(factor) * smallest)
            measured = measure(xb.Problem(network, crossbars), "dp", arguments)
            sizes = {"layers": len(network.layers), "factor": factor, "crossbars": crossbars}
            report.add({"network": network.name, **sizes, **measured})
    proven = sum(row["status"] == xb.Status.OPTIMAL for row in report.rows)
    report.write(f"{proven} of {len(report.rows)} proven within the limit.")


if __name__ == "__main__":
    sys.exit(main())
