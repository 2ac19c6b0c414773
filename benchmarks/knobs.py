"""Each knob of the dynamic program halved and doubled: labels and time, beside the shipped value.

A child process sets the knob before anything that reads it is imported. Kernels hold the knobs that
they read as constants, so a knob of a kernel gets a kernel cache of its own.
"""

import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import Report, Row, options
from scaling import scaled

import xbarmip as xb
from xbarmip.compiled import KERNELS
from xbarmip.solvers.dp import effort
from xbarmip.warm import warm

COLUMNS = ("knob", "value", "status", "proven", "labels", "labels_ratio", "seconds", "ratio")
CASES = (
    ("vgg-a", 2304, "cycles"), ("vgg-a", 4096, "steps"), ("resnet-18", 1024, "cycles"),
    ("mobilenet-v1", 1024, "steps"), ("onnx:light_squeezenet", 2, "cycles"),
    ("onnx:light_squeezenet", 4, "cycles"), ("onnx:light_resnet50", 4, "cycles"),
    ("onnx:light_inception_v1", 2, "cycles"), ("onnx:light_densenet121", 2, "cycles"),
)  # fmt: skip
"""Network, crossbars (a multiple of the smallest budget below 100), objective."""
CHILD = """
import sys
from fractions import Fraction
from xbarmip.solvers.dp import effort
sys.path.insert(0, {folder!r})
import scaling
setattr(effort, {name!r}, scaling.scaled(getattr(effort, {name!r}), Fraction({factor!r})))
import knobs
knobs.solve_all({cases}, {seconds})
"""


def knobs() -> dict[str, Any]:
    """Every knob that there is, by name."""
    return {name: value for name, value in vars(effort).items() if name.isupper()}


def in_kernels(name: str) -> bool:
    """Whether some kernel reads the knob."""
    functions = (getattr(kernel, "py_func", kernel) for kernel in KERNELS)
    return any(name in function.__code__.co_names for function in functions)


def solve_all(cases: int, seconds: float) -> None:
    """In the child: solve the cases and print what came out."""
    warm()
    began, labels, proven = time.process_time(), 0, 0
    for name, size, objective in CASES[:cases]:
        network = xb.load_network(name)
        least = xb.Problem(network, 1, 128, objective).smallest_budget
        crossbars = size if size >= 100 else size * least
        result = xb.solve(xb.Problem(network, crossbars, 128, objective), time_limit=seconds)
        proven += result.status == "OPTIMAL"
        labels += result.statistics["labels"]
    print(json.dumps({"seconds": time.process_time() - began, "labels": labels, "proven": proven}))


def turned(name: str, factor: str, arguments: Namespace, cases: int) -> Row:
    """What a child says that has turned a knob."""
    folder = str(Path(__file__).parent)
    code = CHILD.format(
        folder=folder, name=name, factor=factor, cases=cases, seconds=arguments.time_limit
    )
    with TemporaryDirectory() as cache:
        place = {"XDG_CACHE_HOME": cache} if factor != "1" and in_kernels(name) else {}
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **place},
        )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def main(argv: Sequence[str] | None = None) -> None:
    """Turn all knobs."""
    parser = options(__doc__, time_limit=300)
    parser.add_argument("--knobs", nargs="*", metavar="NAME", help="some knobs (default: all)")
    arguments = parser.parse_args(argv)
    cases = 1 if arguments.smoke else len(CASES)
    report = Report("knobs", "Knobs of the dynamic program, halved and doubled", COLUMNS, arguments)
    for name, value in knobs().items():
        if arguments.knobs is not None and name not in arguments.knobs:
            continue
        shipped = turned(name, "1", arguments, cases)
        for factor in ("1/2", "2"):
            row = turned(name, factor, arguments, cases)
            report.add({
                "knob": name, "value": str(scaled(value, Fraction(factor))), **row,
                "status": "OPTIMAL" if row["proven"] == cases else "FEASIBLE",
                "labels_ratio": row["labels"] / max(1, shipped["labels"]),
                "ratio": row["seconds"] / shipped["seconds"],
            })  # fmt: skip
    report.write(
        "Labels and CPU seconds of all cases; ratios to the shipped knobs, run just before."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
