"""Certificates of published cases and ONNX models: size, time to write, time to check."""

import resource
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from bench import ROOT, Report, Row, isolated, options, warm_up
from ladder import small_problems

import xbarmip as xb
from xbarmip.certificate import check
from xbarmip.certificate.write import write_certificate
from xbarmip.compare.suite import read_suite
from xbarmip.network.library import ONNX_SCHEME, list_onnx_models

COLUMNS = (
    "case", "status", "value", "bytes", "labels", "solve_seconds", "write_seconds", "write_mib",
    "check_seconds", "accepted",
)  # fmt: skip


def problems(arguments: Namespace) -> Iterator[tuple[str, xb.Problem]]:
    """Published cases, then the models at twice their smallest budget; or tiny ones."""
    if arguments.smoke:
        yield from small_problems((("cycles", None), ("steps", "published"))).items()
        return
    for instance in read_suite("published").instances:
        yield instance.name, instance.problem
    for name in list_onnx_models():
        network = xb.load_network(ONNX_SCHEME + name)
        yield f"{name}, twice", xb.Problem(network, 2 * xb.Problem(network, 1).smallest_budget)


def certified(problem: xb.Problem, arguments: Namespace) -> Row:
    """Solve, write the certificate, and check it by the checker alone, in its own process."""
    result = xb.solve(problem, time_limit=arguments.time_limit)
    row: Row = {"status": str(result.status), "value": result.value, "bound": result.bound}
    row["solve_seconds"] = result.seconds
    if result.bound is None:
        return row
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate"
        before = peak_mib()
        made = write_certificate(problem, result, path)
        start = time.perf_counter()
        command = [sys.executable, "-I", "-S", check.__file__, str(path)]
        done = subprocess.run(command, capture_output=True, check=False)
        return {
            **row,
            "bytes": made.size,
            "labels": made.labels,
            "write_seconds": made.seconds,
            "write_mib": peak_mib() - before,
            "check_seconds": time.perf_counter() - start,
            "accepted": done.returncode == 0,
        }


def peak_mib() -> float:
    """The most memory that this process has taken."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv: Sequence[str] | None = None) -> None:
    """Certify all cases."""
    parser = options(__doc__, time_limit=60)
    parser.set_defaults(output=ROOT / "results" / "certificates")
    parser.add_argument("--cases", default="*", metavar="GLOB", help="names of cases (default: *)")
    arguments = parser.parse_args(argv)
    report = Report("certificates", "Certificates", COLUMNS, arguments)
    warm_up("dp")
    for name, problem in problems(arguments):
        if fnmatch(name, arguments.cases):
            row = isolated(lambda problem=problem: certified(problem, arguments), arguments)
            report.add({"case": name, **row})
    accepted = sum(bool(row.get("accepted")) for row in report.rows)
    report.write(
        f"{accepted} of {len(report.rows)} accepted. write_mib is how much the peak of memory "
        "grows when the certificate is written after solving. A case is ended, as KILLED, when "
        f"solving and writing take more than {2 * arguments.time_limit + 60:g} s."
    )


if __name__ == "__main__":
    sys.exit(main())
