"""Every published case: the exact dynamic program, and beside it the paper's own on `steps`."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from fnmatch import fnmatch

from bench import Report, measure, options, prefixed, ratio, warm_up
from ladder import small_problems

import xbarmip as xb
from xbarmip.compare.instance import Instance
from xbarmip.compare.suite import read_suite

COLUMNS = (
    "case", "status", "value", "bound", "published", "seconds", "first_seconds", "search_mib",
    "rival_value", "rival_seconds", "ratio", "printed_seconds", "printed_ratio",
)  # fmt: skip


def instances(arguments: Namespace) -> list[Instance]:
    """The published cases, or tiny ones."""
    if not arguments.smoke:
        suite = read_suite("published").instances
        return [one for one in suite if fnmatch(one.name, arguments.cases)]
    tiny = small_problems((("cycles", None), ("steps", "published")))
    return [Instance(name, problem) for name, problem in tiny.items()]


def main(argv: Sequence[str] | None = None) -> None:
    """Run all cases."""
    parser = options(__doc__, time_limit=60)
    parser.add_argument(
        "--limit", type=float, default=600, metavar="S",
        help="seconds for each run of published-dp; 0 leaves it out (default: 600)",
    )  # fmt: skip
    parser.add_argument("--cases", default="*", metavar="GLOB", help="names of cases (default: *)")
    arguments = parser.parse_args(argv)
    report = Report("published", "Published cases", COLUMNS, arguments)
    warm_up("dp", "published-dp")
    for instance in instances(arguments):
        mine = measure(instance.problem, "dp", arguments)
        published = instance.published
        row = {
            "case": instance.name,
            "published": None if published is None else float(published),
            **mine,
        }
        if instance.problem.rule == "published" and arguments.limit:
            limited = Namespace(**{**vars(arguments), "time_limit": arguments.limit})
            rival = measure(instance.problem, "published-dp", limited)
            row |= prefixed(rival, "rival", ("status", "stop", "value", "seconds", "allocation"))
            row["ratio"] = ratio(rival, mine)
            printed = measure(instance.problem, "published-dp", limited, repeat=1, anew=True)
            row |= prefixed(printed, "printed", ("status", "stop", "value", "seconds"))
            row["printed_ratio"] = ratio(printed, mine)
        report.add(row)
    report.write(*_summary(report))


def _summary(report: Report) -> list[str]:
    proven = [row for row in report.rows if row["status"] == xb.Status.OPTIMAL]
    total = sum(row.get("seconds", 0.0) for row in report.rows)
    slowest = max(report.rows, key=lambda row: row.get("seconds", 0.0))
    return [
        f"{len(proven)} of {len(report.rows)} proven; {total:.2f} s warm in all, the longest "
        f"{slowest.get('seconds', 0.0):.2f} s ({slowest['case']}). `rival` is `published-dp`, the "
        "paper's Algorithm 2, compiled as well, which here keeps what it knows of a prefix; "
        "`printed` is the same as the paper prints it: the closed form is evaluated anew for every "
        "extension. "
        "`ratio` and `printed_ratio` are their times over that of `dp`.",
    ]


if __name__ == "__main__":
    sys.exit(main())
