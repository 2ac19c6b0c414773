"""The dynamic program against HiGHS: path cuts for `cycles`, the linear statement for `steps`."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from fnmatch import fnmatch
from fractions import Fraction

from bench import Report, measure, options, prefixed, ratio, warm_up
from ladder import small_problems

import xbarmip as xb
from xbarmip.compare.suite import read_suite
from xbarmip.network.library import ONNX_SCHEME, list_onnx_models

COLUMNS = (
    "case", "status", "value", "seconds", "milp_status", "milp_value", "milp_bound",
    "milp_stop", "milp_seconds", "milp_cpu_seconds", "ratio", "agree",
)  # fmt: skip
DEFAULT = ("*/cycles",)
FACTORS = ("1.5", "2")  # of the smallest budget, for the ONNX models


def problems(arguments: Namespace) -> dict[str, xb.Problem]:
    """The chosen cases of the published suite and of the ONNX models, or tiny ones."""
    if arguments.smoke:
        return small_problems((("cycles", None), ("steps", "published"), ("steps", "pipeline")))
    found = {one.name: one.problem for one in read_suite("published").instances}
    for name in list_onnx_models():
        network = xb.load_network(ONNX_SCHEME + name)
        smallest = xb.Problem(network, 1).smallest_budget
        for factor in FACTORS:
            problem = xb.Problem(network, int(Fraction(factor) * smallest))
            found[f"{name}@{factor}x/cycles"] = problem
    return {
        name: problem
        for name, problem in found.items()
        if any(fnmatch(name, glob) for glob in arguments.cases)
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run both solvers on the chosen cases."""
    parser = options(__doc__, time_limit=600)
    parser.add_argument(
        "--cases",
        nargs="+",
        default=DEFAULT,
        metavar="GLOB",
        help=f"names of cases, as `vgg-a@128/2304/cycles` (default: {' '.join(DEFAULT)})",
    )
    parser.add_argument("--name", default="milp", help="of the files (default: milp)")
    arguments = parser.parse_args(argv)
    report = Report(arguments.name, "Dynamic program and HiGHS", COLUMNS, arguments)
    warm_up("dp", "milp")
    for name, problem in problems(arguments).items():
        mine = measure(problem, "dp", arguments)
        other = measure(problem, "milp", arguments, repeat=1)
        row = {"case": name, **mine, "ratio": ratio(other, mine), "agree": agree(mine, other)}
        keys = (
            "status",
            "stop",
            "value",
            "bound",
            "seconds",
            "cpu_seconds",
            "allocation",
            "peak_mib",
            "message",
        )
        report.add(row | prefixed(other, "milp", keys))
    report.write(
        "`ratio` is the time of HiGHS, model building included, over that of `dp`. `seconds` are "
        "those of a clock, CPU seconds those of the process: on a busy machine the two differ."
    )


def agree(*answers: dict[str, object]) -> bool:
    """The largest bound is at most the smallest value."""
    bounds = [a["bound"] for a in answers if a.get("bound") is not None]
    values = [a["value"] for a in answers if a.get("value") is not None]
    return not bounds or not values or max(bounds) <= min(values)


if __name__ == "__main__":
    sys.exit(main())
