"""One solve: `python -m peer_models`, a JSON object on standard input, the answer as JSON.

A process of its own, which never imports xbarmip: two libraries that both carry HiGHS cannot be
loaded side by side.
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

from peer_models.statement import Chain, Conv


def main() -> None:
    """Read, solve, answer."""
    asked = json.load(sys.stdin)
    chain = Chain(tuple(Conv(**layer) for layer in asked["layers"]), asked["crossbars"])
    model = import_module(f"peer_models.{asked['peer']}")
    most = asked["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    start = time.perf_counter()
    try:
        answer = model.solve(chain, asked["seconds"])
    except OverflowError as error:  # the model says that it cannot hold this problem
        answer = {"status": "REFUSED", "message": str(error)}
    else:
        answer["seconds"] = time.perf_counter() - start
    print(json.dumps({**answer, "peak_mib": _peak_mib()}))


def _peak_mib() -> float | None:
    """Most memory of this process; None where the system does not tell it apart from the parent's.

    Linux hands ru_maxrss on to a program that a process starts, so it is no use here.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return peaks[0] / 1024 if peaks else None


main()
