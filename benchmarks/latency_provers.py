"""Who else proves the least latencies of benchmarks/bandwidth.py.

Run from anywhere: python benchmarks/latency_provers.py [--time-limit S] [--cases GLOB] [--resume].
Writes results/bandwidth/latency_provers.{md,json}. The dynamic program solves each case; a
certificate of its answer is written, and checked by the checker alone in a process of its own;
HiGHS solves the case too, by the same walk, and so does exhaustive search, without one. Where the
statement is too large for HiGHS, or there are too many allocations to look at, the row
says `refused`. All cases take up to an hour.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from bandwidth import Case, answer, cases
from bench import ROOT, Report, Row, isolated, measure, options, warm_up
from certificates import certified
from milp import agree

import xbarmip as xb
from xbarmip.solvers.registry import make_solver, solver_for
from xbarmip.timing.evaluate import seconds_of

OTHERS = ("milp", "exhaustive")
COLUMNS = (
    "network", "tiles", "objective", "status", "latency_us", "certificate", "labels",
    "write_seconds", "check_seconds", "milp_status", "milp_us", "milp_bound_us", "milp_seconds",
    "exhaustive_status", "exhaustive_us", "exhaustive_seconds", "agree", "others",
)  # fmt: skip
CERTIFICATE = ("bytes", "labels", "write_seconds", "check_seconds")


def main(argv: Sequence[str] | None = None) -> None:
    """Certify every case, and solve it by the others."""
    parser = options("Who else proves the least latencies.", 120.0)
    parser.set_defaults(output=ROOT / "results" / "bandwidth")
    parser.add_argument(
        "--cases", default="*", metavar="GLOB", help="names, NETWORK@TILES/OBJECTIVE (default: *)"
    )
    parser.add_argument("--resume", action="store_true", help="keep the rows that there are")
    arguments = parser.parse_args(argv)
    report = Report(Path(__file__).stem, "Who else proves the least latencies", COLUMNS, arguments)
    if arguments.resume:
        report.rows += json.loads((report.folder / f"{report.name}.json").read_text())["rows"]
    done = [row["case"] for row in report.rows]
    warm_up("dp")
    for case in cases(arguments):
        if case.name not in done and fnmatch(case.name, arguments.cases):
            report.add(proven(case, arguments))
    some = sum(bool(row["others"]) for row in report.rows)
    report.write(
        f"{some} of {len(report.rows)} optima have a prover beside the dynamic program. `others` "
        "counts the accepted certificate, and HiGHS and exhaustive search where they end with the "
        "same optimum."
    )


def proven(case: Case, arguments: Namespace) -> Row:
    """The answer to one case, its certificate, and the answers of the others."""
    problem = case.problem
    mine = isolated(lambda: answer(problem, arguments), arguments)
    proof = isolated(lambda: certified(problem, arguments), arguments)
    row = {
        "case": case.name,
        **case.row,
        **mine,
        **{key: proof.get(key) for key in CERTIFICATE},
        "certificate": certificate_words(proof),
    }
    others = int(bool(proof.get("accepted")) and proof["value"] == mine.get("value"))
    answers = [mine]
    for name in OTHERS:
        other = by_solver(name, problem, arguments)
        answers.append(other)
        others += other["status"] == "OPTIMAL" and other["value"] == mine.get("value")
        row |= {
            f"{name}_status": other["status"],
            f"{name}_us": microseconds(problem, other.get("value")),
            f"{name}_bound_us": microseconds(problem, other.get("bound")),
            f"{name}_seconds": other.get("seconds"),
            f"{name}_message": other.get("message"),
        }
    optimal = mine["status"] == "OPTIMAL"
    return row | {"agree": agree(*answers), "others": others if optimal else 0}


def certificate_words(proof: Row) -> str:
    """Accepted or refused; else what kept it from being written."""
    if "accepted" in proof:
        return "accepted" if proof["accepted"] else "refused"
    if proof["status"] == "KILLED":
        return "not written in time"
    return str(proof.get("message", "no bound to prove"))


def by_solver(name: str, problem: xb.Problem, arguments: Namespace) -> Row:
    """What another solver answers; status "refused" where it does not take the problem."""
    reasons = solver_for(problem, make_solver(name)).unsupported(problem)
    if reasons:
        return {"status": "refused", "message": "; ".join(reasons)}
    return measure(problem, name, arguments, repeat=0)


def microseconds(problem: xb.Problem, ticks: int | None) -> float | None:
    """A latency of the result, in ticks, as time."""
    return None if ticks is None else float(seconds_of(problem, ticks) * 10**6)


if __name__ == "__main__":
    sys.exit(main())
