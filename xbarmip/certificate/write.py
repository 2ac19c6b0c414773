"""Writing the certificate of an answer (docs/certificate-format.md)."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.chain import chain
from xbarmip.certificate.levels import goal_claim, goal_lines
from xbarmip.certificate.statement import stated_problem, statement
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.errors import UnsupportedError, VerificationError
from xbarmip.files import replacing
from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Limits, Progress, Watch
from xbarmip.solvers.result import Result, Status


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was written.

    Attributes
    ----------
    path : Path
    size : int
        Bytes of the file.
    labels : int
        Labels that the checker expands.
    seconds : float
        Time that writing took.
    note : str
        What it leaves out of the claim; empty where it proves all.
    """

    path: Path
    size: int
    labels: int
    seconds: float
    note: str = ""


def write_certificate(
    problem: Problem,
    result: Result,
    path: Path | str,
    progress: Progress | None = None,
    time_limit: float | None = None,
) -> Certificate:
    """Write a certificate of what `result` says of `problem`: its value, bound and allocation.

    The proof is made here, whatever the solver did. The file appears when it is whole.

    Parameters
    ----------
    problem : Problem
    result : Result
        OPTIMAL or INFEASIBLE, or anything else with a bound.
    path : Path or str
        Where to write it, compressed by gzip.
    progress : callable, optional
        Called with a dict of facts while the proof is made.
    time_limit : float, optional
        Wall-clock seconds.

    Raises
    ------
    InputError
        When the file cannot be written.
    UnsupportedError
        When the problem cannot be stated, or the result has no bound.
    VerificationError
        When the bound does not hold.
    StoppedError
        When the time is over; no file is left.
    """
    path, watch = Path(path), Watch(Limits(time_limit), progress)
    require_certifiable(problem)
    if result.bound is None and result.status is not Status.INFEASIBLE:
        raise UnsupportedError(f"no certificate: {result.solver} proves no bound")
    return written_lines(path, lines(problem, result, watch), watch, _claims(result))


def written_lines(path: Path, made: Iterator[Any], watch: Watch, claims: str) -> Certificate:
    """Write lines as they are made; `claims` says what is wrong where a proof fails."""
    labels = 0
    try:
        with replacing(path) as raw, gzip.GzipFile("", "wb", 9, raw, 0) as file:
            for line in made:
                labels += isinstance(line, list)
                file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    except NotRefuted:
        raise VerificationError(f"{claims}: that is wrong") from None
    return Certificate(path, path.stat().st_size, labels, watch.seconds)


def require_certifiable(problem: Problem) -> None:
    """Refuse a problem that a certificate cannot state.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, by name, or a problem beyond the checker's limits.
    """
    stated_problem(problem)


def lines(problem: Problem, result: Result, watch: Watch) -> Iterator[Any]:
    """The lines of a certificate, each a JSON value."""
    record = statement(problem)
    stated = check.Problem(record)
    yield {"format": check.FORMAT, "version": check.VERSION, "digest": check.digest(record)}
    yield {"problem": record}
    if not problem.is_core:
        claim = goal_claim(problem, result)
        yield {"claim": claim}
        yield from goal_lines(problem, stated, claim, watch)
        return
    allocation = None if result.allocation is None else [*result.allocation.values()]
    yield {"claim": {"value": result.value, "bound": result.bound, "allocation": allocation}}
    if result.bound is not None and problem.is_latency:
        known = () if allocation is None else (tuple(allocation),)
        yield from chain(problem, stated, result.bound - 1, known, watch)
    elif result.bound is not None:
        yield from proof(stated, result.bound - 1, watch)
    elif stated.spare >= 0:
        yield from proof(stated, None, watch)


def _claims(result: Result) -> str:
    what = "INFEASIBLE" if result.bound is None else f"a bound of {result.bound}"
    return f"{result.solver} claims {what}"
