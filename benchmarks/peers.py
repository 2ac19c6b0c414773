"""The dynamic program against OR-Tools CP-SAT and didppy, on the published closed form.

Both need the extra `peers`; one that is not installed is left out.
"""

import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import GIB, GRACE, Report, Row, measure, options, prefixed, ratio, warm_up
from ladder import deep_chain, small_problems
from peer_models import statement

import xbarmip as xb
from xbarmip.compare.suite import read_suite

PEERS = {"cp_sat": "ortools", "didp": "didppy"}  # module of peer_models -> library
DEEP = (4, 6, 8, 12, 16)  # layers of the chains that are no published case
KEYS = ("status", "stop", "value", "bound", "seconds", "allocation", "peak_mib", "message")


def problems(arguments: Namespace) -> dict[str, xb.Problem]:
    """Deep chains with small maps and the published cases, or tiny ones."""
    if arguments.smoke:
        return small_problems((("steps", "published"),))
    made = {}
    for layers in DEEP:
        network = deep_chain(layers, extent=16, channels=8)
        crossbars = 3 * xb.Problem(network, 1, 32).smallest_budget
        made[network.name] = xb.Problem(network, crossbars, 32, "steps", "published")
    made |= {
        one.name: one.problem
        for one in read_suite("published").instances
        if one.problem.rule == "published"
    }
    return {name: each for name, each in made.items() if fnmatch(name, arguments.cases)}


def plain_chain(problem: xb.Problem) -> statement.Chain:
    """The numbers of a problem, in the form that the peers read.

    Raises
    ------
    ValueError
        On what that form cannot say: windows that are not square, other poolings.
    """
    layers = []
    for layer, crossbars in zip(problem.network.layers, problem.sets, strict=True):
        window = _square(layer.window)
        pool = (1, 1, 0) if layer.pool is None else _square(layer.pool)
        if layer.width != layer.height or window[0] <= window[2]:
            raise ValueError(f"layer {layer.name!r} is not square, or padded as wide as its kernel")
        layers.append(statement.Conv(layer.width, *window, *pool, crossbars))
    return statement.Chain(tuple(layers), problem.crossbars)


def _square(window: Any) -> tuple[int, int, int]:
    kernel, stride, pad = window.kernel[0], window.stride[0], window.pads[0]
    if not isinstance(window, xb.Window) or (window.kernel, window.stride) != (
        (kernel, kernel), (stride, stride)
    ) or set(window.pads[:2]) != {pad} or window.dilation != (1, 1):  # fmt: skip
        raise ValueError(f"{window} is not square")
    return kernel, stride, pad


def main(argv: Sequence[str] | None = None) -> None:
    """Run all solvers on all problems."""
    parser = options(__doc__, time_limit=60)
    parser.add_argument("--cases", default="*", metavar="GLOB", help="names of cases (default: *)")
    arguments = parser.parse_args(argv)
    peers = [peer for peer, library in PEERS.items() if find_spec(library)]
    for peer in PEERS.keys() - peers:
        print(f"{PEERS[peer]} is not installed: pip install 'xbarmip[peers]'", file=sys.stderr)
    shown = (f"{peer}_{key}" for peer in peers for key in ("status", "value", "bound", "seconds"))
    ratios = (f"{peer}_ratio" for peer in peers)
    columns = ("case", "value", "seconds", *shown, *ratios, "agree")
    report = Report("peers", "Independent solvers, steps (published)", columns, arguments)
    warm_up("dp")
    for name, problem in problems(arguments).items():
        mine = measure(problem, "dp", arguments)
        row = {"case": name, "layers": len(problem.sets), **mine}
        chain, answers = plain_chain(problem), [mine]
        for peer in peers:
            answer = _run(peer, chain, arguments)
            row |= prefixed(answer, peer, KEYS) | {f"{peer}_ratio": ratio(answer, mine)}
            answers.append(answer)
        report.add(row | {"agree": agree(chain, answers)})
    report.write(
        "`ratio` is the peer's time, modelling included, over that of `dp`; `agree`: every "
        "allocation has the value that is claimed for it, by the closed form as the peers state "
        "it, and no bound lies above a value."
    )


def _run(peer: str, chain: statement.Chain, arguments: Namespace) -> Row:
    """A peer's answer, from a process that never loads xbarmip."""
    asked = {
        "peer": peer,
        "seconds": arguments.time_limit,
        "memory_bytes": int(arguments.memory_limit * GIB),
        **asdict(chain),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "peer_models"],
            cwd=Path(__file__).parent,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=5 * arguments.time_limit + GRACE,  # didppy looks at the clock seldom
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"status": "KILLED", "message": "it did not stop at its time limit"}
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return {"status": "KILLED", "message": f"status {done.returncode}: {reason}"}
    answer: Row = json.loads(done.stdout)
    return answer


def agree(chain: statement.Chain, answers: Sequence[Row]) -> bool:
    """Whether allocations have the values that are claimed, and no bound contradicts them."""
    found = [answer for answer in answers if answer.get("allocation")]
    values = [statement.steps(chain, answer["allocation"]) for answer in found]
    spent = [
        sum(
            r * layer.crossbars for r, layer in zip(answer["allocation"], chain.layers, strict=True)
        )
        for answer in found
    ]
    bounds = [answer["bound"] for answer in answers if answer.get("bound") is not None]
    return (
        values == [answer["value"] for answer in found]
        and max(spent, default=0) <= chain.crossbars
        and max(bounds, default=0) <= min(values, default=sys.maxsize)
    )


if __name__ == "__main__":
    sys.exit(main())
