"""The nine light models of the onnx package, or what ships, at several budgets: `cycles`."""

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
SHIPPED_FACTORS = ("2", "4")


def networks(arguments: Namespace) -> Iterator[xb.Network]:
    """The models, one after another, or a small chain."""
    if arguments.smoke:
        yield deep_chain(4, extent=16, channels=4)
        return
    names = xb.list_networks() if arguments.shipped else list_onnx_models()
    for name in names:
        if fnmatch(name, arguments.models):
            yield xb.load_network(name if arguments.shipped else ONNX_SCHEME + name)


def main(argv: Sequence[str] | None = None) -> None:
    """Run all models at all budgets."""
    parser = options(__doc__, time_limit=10)
    parser.add_argument(
        "--models", default="*", metavar="GLOB", help="names of models (default: *)"
    )
    parser.add_argument(
        "--shipped", action="store_true", help="the networks that ship with the package instead"
    )
    parser.add_argument(
        "--factors",
        nargs="+",
        metavar="F",
        help=f"budgets over the smallest (default: {' '.join(FACTORS)}; "
        f"with --shipped {' '.join(SHIPPED_FACTORS)})",
    )
    arguments = parser.parse_args(argv)
    name, title = ("shipped", "Shipped networks") if arguments.shipped else (
        "onnx_models", "ONNX models"
    )  # fmt: skip
    report = Report(name, f"{title}, cycles", COLUMNS, arguments)
    warm_up("dp")
    for network in networks(arguments):
        smallest = xb.Problem(network, 1).smallest_budget
        for factor in arguments.factors or (SHIPPED_FACTORS if arguments.shipped else FACTORS):
            crossbars = int(Fraction(factor) * smallest)
            measured = measure(xb.Problem(network, crossbars), "dp", arguments)
            sizes = {"layers": len(network.layers), "factor": factor, "crossbars": crossbars}
            report.add({"network": network.name, **sizes, **measured})
    proven = sum(row["status"] == xb.Status.OPTIMAL for row in report.rows)
    report.write(f"{proven} of {len(report.rows)} proven within the limit.")


if __name__ == "__main__":
    sys.exit(main())
