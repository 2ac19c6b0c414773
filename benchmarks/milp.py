"""The dynamic program against HiGHS on the same `steps` statement."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from fnmatch import fnmatch

from bench import Report, measure, options, prefixed, ratio, warm_up
from ladder import small_problems

import xbarmip as xb
from xbarmip.compare.suite import read_suite

COLUMNS = (
    "case", "status", "value", "seconds", "milp_status", "milp_value", "milp_bound",
    "milp_seconds", "ratio", "agree",
)  # fmt: skip
DEFAULT = ("alexnet@*/steps/published", "vgg-a@256/512/steps/*")


def problems(arguments: Namespace) -> dict[str, xb.Problem]:
    """The chosen cases of the published suite, or tiny ones."""
    if arguments.smoke:
        return small_problems((("steps", "published"), ("steps", "pipeline")))
    return {
        one.name: one.problem
        for one in read_suite("published").instances
        if one.problem.rule and any(fnmatch(one.name, glob) for glob in arguments.cases)
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run both solvers on the chosen cases."""
    parser = options(__doc__, time_limit=600)
    parser.add_argument(
        "--cases",
        nargs="+",
        default=DEFAULT,
        metavar="GLOB",
        help=f"names of cases of the published suite (default: {' '.join(DEFAULT)})",
    )
    arguments = parser.parse_args(argv)
    report = Report("milp", "Dynamic program and HiGHS on one statement", COLUMNS, arguments)
    warm_up("dp")
    for name, problem in problems(arguments).items():
        mine = measure(problem, "dp", arguments)
        other = measure(problem, "milp", arguments, repeat=1)
        row = {"case": name, **mine, "ratio": ratio(other, mine), "agree": agree(mine, other)}
        keys = ("status", "stop", "value", "bound", "seconds", "allocation", "peak_mib", "message")
        report.add(row | prefixed(other, "milp", keys))
    report.write("`ratio` is the time of HiGHS, model building included, over that of `dp`.")


def agree(*answers: dict[str, object]) -> bool:
    """The largest bound is at most the smallest value."""
    bounds = [a["bound"] for a in answers if a.get("bound") is not None]
    values = [a["value"] for a in answers if a.get("value") is not None]
    return not bounds or not values or max(bounds) <= min(values)


if __name__ == "__main__":
    sys.exit(main())
