"""Who else proves the least latencies of benchmarks/bandwidth.py.

Run from anywhere: python benchmarks/latency_provers.py [--time-limit S] [--cases GLOB]. Writes
results/bandwidth/latency_provers.{md,json}. The dynamic program solves each case; a certificate of
its answer is written, and checked by the checker alone in a process of its own; HiGHS solves the
case too, by the same walk. Where the statement of cycles is too large for it, the row says
`refused`. All cases take about half an hour.
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from bandwidth import Case, cases
from bench import ROOT, Report, Row, isolated, measure, options, warm_up
from certificates import certified
from milp import agree

import xbarmip as xb
from xbarmip.solvers.registry import make_solver, solver_for
from xbarmip.timing.evaluate import seconds_of

COLUMNS = (
    "network", "tiles", "objective", "status", "latency_us", "accepted", "labels", "check_seconds",
    "milp_status", "milp_us", "milp_bound_us", "milp_seconds", "agree", "others",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Certify every case, and solve it by HiGHS."""
    parser = options("Who else proves the least latencies.", 120.0)
    parser.set_defaults(output=ROOT / "results" / "bandwidth")
    parser.add_argument(
        "--cases", default="*", metavar="GLOB", help="NETWORK@TILES/OBJECTIVE (default: *)"
    )
    arguments = parser.parse_args(argv)
    report = Report(Path(__file__).stem, "Who else proves the least latencies", COLUMNS, arguments)
    warm_up("dp")
    for case in cases(arguments):
        if fnmatch(f"{case.network}@{case.tiles}/{case.objective}", arguments.cases):
            report.add(proven(case, arguments))
    twice = sum(bool(row["others"]) for row in report.rows)
    report.write(
        f"{twice} of {len(report.rows)} optima have a prover beside the dynamic program: `others` "
        "counts the accepted certificate, and HiGHS where it ends with the same optimum."
    )


def proven(case: Case, arguments: Namespace) -> Row:
    """The answer to one case, its certificate, and the answer of HiGHS."""
    problem = case.problem
    mine = isolated(lambda: certified(problem, arguments), arguments)
    other = by_milp(problem, arguments)
    optimal = mine["status"] == "OPTIMAL"
    same = other["status"] == "OPTIMAL" and other["value"] == mine.get("value")
    return {
        **case.row,
        **mine,
        "latency_us": microseconds(problem, mine.get("value")),
        "milp_status": other["status"],
        "milp_us": microseconds(problem, other.get("value")),
        "milp_bound_us": microseconds(problem, other.get("bound")),
        "milp_seconds": other.get("seconds"),
        "milp_message": other.get("message"),
        "agree": agree(mine, other),
        "others": optimal * (bool(mine.get("accepted")) + same),
    }


def by_milp(problem: xb.Problem, arguments: Namespace) -> Row:
    """What HiGHS answers; status "refused" where it does not take the problem."""
    reasons = solver_for(problem, make_solver("milp")).unsupported(problem)
    if reasons:
        return {"status": "refused", "message": "; ".join(reasons)}
    return measure(problem, "milp", arguments, repeat=0)


def microseconds(problem: xb.Problem, ticks: int | None) -> float | None:
    """A latency of the result, in ticks, as time."""
    return None if ticks is None else float(seconds_of(problem, ticks) * 10**6)


if __name__ == "__main__":
    sys.exit(main())
